"""The section [run] of a profile: where and by how many workers a dataset is built."""

import difflib
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import Field, field_validator
from pydantic_core import PydanticCustomError

from wizard.engines import engine_names
from wizard.profile_section import Section, one_of

JOBQUEUE = (
    "HTCondorCluster",
    "LSFCluster",
    "MoabCluster",
    "OARCluster",
    "PBSCluster",
    "SGECluster",
    "SLURMCluster",
)
"""The classes of dask_jobqueue 0.9 that submit jobs to a job scheduler."""


class Run(Section):
    """How the work is spread; changes no byte of the result."""

    workers: int | Literal["auto"] = Field(
        default="auto", description='a number, or "auto": one per core, fewer where memory is short'
    )
    engine: Annotated[str, one_of(engine_names)] = Field(
        default="local",
        description=f"{' | '.join(engine_names())}: processes on this machine, or workers of Dask (the extra dask)",
    )
    scheduler: str | None = Field(
        default=None,
        description='with engine = "dask", the address of a scheduler that is there, such as "tcp://node1:8786", or a '
        f"class of dask_jobqueue whose jobs are workers: {', '.join(JOBQUEUE)}; left out, Dask's LocalCluster",
    )
    jobs: int | None = Field(
        default=None, ge=1, le=10_000, description="how many jobs such a class submits; each has the cores of cluster"
    )
    cluster: dict[str, Any] | None = Field(
        default=None,
        description="settings of that class or of LocalCluster, passed on as they are: "
        '{queue = "cpu", cores = 16, memory = "32GB"}',
    )

    # Before pydantic's own check, whose message for a union lists the problems of each member.
    @field_validator("workers", mode="before")
    @classmethod
    def _a_number_or_auto(cls, value: object) -> object:
        if value == "auto" or (type(value) is int and 1 <= value <= 4096):
            return value
        raise PydanticCustomError("workers", '"auto", or a whole number from 1 to 4096')


def run_problems(run: Mapping[str, object]) -> list[str]:
    """Values of the run section that contradict each other."""
    engine, scheduler = run.get("engine", "local"), run.get("scheduler")
    given = [key for key in ("scheduler", "jobs", "cluster") if run.get(key)]
    if engine != "dask":
        return [f'{key} has no meaning with engine = {engine!r}; it is for "dask"' for key in given]
    if isinstance(scheduler, str) and "://" in scheduler:
        return [f"{key} has no meaning with the address of a scheduler" for key in given if key != "scheduler"]
    if scheduler is None:
        return ["jobs has no meaning without a class of dask_jobqueue as scheduler"] if "jobs" in given else []
    if scheduler not in JOBQUEUE:
        allowed = f"an address such as tcp://node1:8786, or one of {', '.join(JOBQUEUE)}"
        by_letters = {name.lower(): name for name in JOBQUEUE}
        meant = [by_letters[name] for name in difflib.get_close_matches(str(scheduler).lower(), by_letters, n=1)]
        return [f"scheduler = {scheduler!r}: allowed is {allowed}" + (f"; did you mean {meant[0]}?" if meant else "")]
    return [] if "jobs" in given else [f"jobs is missing; {scheduler} has to know how many to submit"]
