"""What keeps runs apart that build in one folder, on any machines: leases, and answers that they agree on.

Nothing in a shard depends on this. Should two runs build the same shard after all, both write the same bytes, under
temporary names of their own, and the commit record of one replaces that of the other.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

import wizard
from wizard import local_runs
from wizard.errors import Interrupted, MachineError, PlanMismatch, writing
from wizard.lock import DURATION, SILENT, Waiting, exclusive_lock, is_held, lease, waiting_lease
from wizard.running_builds import command_that_watches
from wizard.slices import Slice
from wizard.storage import time_in, write_whole
from wizard.targets.names import RUN_FOLDER

Answers = Mapping[str, Any]

_FOLDER = "folder"
"""Name of the lease on preparing and finishing; those of runs are named as slices are."""
_OWN = {"source.path", "source.read", "output.path"}
"""Answers that may differ from machine to machine; so may the whole section "run"."""


@contextmanager
def holding(output: Path, part: Slice, waiting: Waiting) -> Iterator[Callable[[], bool]]:
    """Holds the lease on a slice, or on the whole build, while the block runs.

    Yields:
        What says whether another process has taken it over, because this one showed no sign of life.

    Raises:
        MachineError: another run builds the same shards and lives, or the folder cannot be written.
    """
    runs = output / RUN_FOLDER
    runs.mkdir(parents=True, exist_ok=True)
    taken = f"Another run is building {'in' if part.is_whole else f'slice {part} in'} {output}."
    hint = _how_to_watch(output)
    with ExitStack() as held:
        if part.is_whole:  # a run that was suspended on this machine shows no sign of life, and is not dead
            held.enter_context(exclusive_lock(runs / "whole.lock", taken, hint))
        lost = held.enter_context(lease(_lease_of(runs, part.name), taken, waiting, hint))
        for other in _alive(output, [name for name in _others(output, part) if not _is_beside(name, part)]):
            raise MachineError(
                f"{_named(other)} is being built in {output}, and "
                f"{'this run' if part.is_whole else f'slice {part}'} would build the same shards.",
                f"{hint}\n  One that was killed on another machine counts as running for {DURATION:.0f} s.",
            )
        yield lost


def refuse_if_taken(output: Path, part: Slice, waiting: Waiting = SILENT) -> None:
    """Refuses a run at once, before its checks, where `holding` would refuse it after them.

    Raises:
        MachineError: as `holding`.
    """
    if any((output / RUN_FOLDER).glob("*.lease")):
        with writing(output), holding(output, part, waiting):
            pass


def _how_to_watch(output: Path) -> str:
    watch = command_that_watches(output)
    if local_runs.others_alive(output, "build"):
        return f"Watch it: {watch}\n  Stop it: {watch} --stop"
    return f"Wait for it, or stop it where it runs. Watch it: {watch}"


@contextmanager
def naming_a_lost_lease(output: Path, part: Slice, lost: Callable[[], bool]) -> Iterator[None]:
    """Context manager: ends the run with a MachineError that says so if another process has taken over meanwhile."""
    what = "this dataset" if part.is_whole else f"slice {part}"
    try:
        yield
        if lost():
            raise Interrupted("All of its shards are done.")
    except Interrupted as error:
        if not lost():
            raise
        raise MachineError(
            f"Another process has taken over {what} in {output}: this one showed no sign of life for "
            f"{DURATION:.0f} s, as if it had been suspended or its file system had hung. {error.what}",
            "Nothing needs to be done while that process runs; otherwise, run the same command again",
        ) from error


def others(output: Path, part: Slice) -> list[str]:
    """Names of the other runs that live, on any machine. One that died elsewhere seems to live for a while."""
    return [*_alive(output, _others(output, part))]


def forget_the_dead(output: Path, part: Slice) -> None:
    """Removes the leases of runs that do not live, and will not be started again as the dataset is complete."""
    names = _others(output, part)
    for name in {*names}.difference(_alive(output, names)):
        _lease_of(output / RUN_FOLDER, name).unlink(missing_ok=True)


def _others(output: Path, part: Slice) -> list[str]:
    names = sorted(file.stem for file in (output / RUN_FOLDER).glob("*.lease"))
    return [name for name in names if name not in (part.name, _FOLDER)]


def _alive(output: Path, names: list[str]) -> Iterator[str]:
    now = time_in(output / RUN_FOLDER) if names else 0.0
    return (name for name in names if is_held(_lease_of(output / RUN_FOLDER, name), now))


def _is_beside(name: str, part: Slice) -> bool:
    """Whether a run of that name builds other shards than the slice."""
    return not part.is_whole and name.endswith(f"-of-{part.of}")


@contextmanager
def alone_with(output: Path, waiting: Waiting) -> Iterator[None]:
    """Keeps all others from preparing or finishing a folder while the block runs; waits for one that does.

    Raises:
        MachineError: the folder cannot be written.
    """
    taken = f"Another run is preparing or finishing {output}."
    with waiting_lease(_lease_of(output / RUN_FOLDER, _FOLDER), taken, waiting):
        yield


def agree(output: Path, part: Slice, answers: Answers) -> Answers:
    """The answers that all slices of a build go by: those of the first; to be called in a block of `alone_with`.

    What only says where this machine finds things, and how it works, may differ.

    Raises:
        PlanMismatch: other slices run with other answers, or are run by another version of this program.
    """
    if part.is_whole:
        return answers
    path = output / RUN_FOLDER / "answers.json"
    ours = {"version": wizard.__version__, "profile": dict(answers)}
    stored: dict[str, Any] = {}
    with suppress(OSError, ValueError):
        stored = json.loads(path.read_bytes())
    if stored:
        there, here = _binding(stored), _binding(ours)
        changed = [
            f"{key}: there {there.get(key, 'not set')} · asked for {here.get(key, 'not set')}"
            for key in sorted({*there, *here})
            if there.get(key) != here.get(key)
        ]
        if not changed:
            agreed: Answers = stored["profile"]
            return agreed
        if others(output, part):
            listed = "".join(f"\n  {each}" for each in changed)
            raise PlanMismatch(
                f"The other slices that are being built in {output} were started with other settings:{listed}",
                "Give all slices the same settings; or stop all of them, and start them again with the new ones",
            )
    write_whole(path, json.dumps(ours, indent=1, ensure_ascii=False).encode())
    return answers


def _binding(stored: Mapping[str, Any]) -> dict[str, str]:
    """The answers that must not differ, by dotted key, as text."""
    found = {"imagenet-setup": str(stored.get("version"))}
    for section in ("source", "image", "output"):
        for key, value in dict(stored["profile"].get(section, {})).items():
            if f"{section}.{key}" not in _OWN:
                found[f"{section}.{key}"] = json.dumps(value, ensure_ascii=False)
    return found


def _lease_of(runs: Path, name: str) -> Path:
    return runs / f"{name}.lease"


def _named(name: str) -> str:
    number, _, of = name.partition("-of-")
    return f"Slice {int(number)}/{of}" if of else "The whole dataset"
