import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.helpers import ignore
from wizard import local_runs, process_identity, run_files
from wizard.errors import VerifyFailed
from wizard.inspection import inspect
from wizard.local_runs import LocalRun
from wizard.profile_files import command_that_resumes
from wizard.run_status import RunStatus
from wizard.running_builds import is_being_built, next_step
from wizard.targets.names import MANIFEST
from wizard.verify.dataset import verify


@pytest.fixture
def unfinished(built_copy: Path) -> Path:
    """A build that stopped: its dataset.json and a shard are missing."""
    (built_copy / MANIFEST).unlink()
    (built_copy / "train-00000-of-00005").unlink()
    return built_copy


@pytest.fixture
def builder() -> Iterator["subprocess.Popen[bytes]"]:
    """The process of a build of another command."""
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as child:
        yield child
        child.kill()


def _runs_here(out: Path, builder: "subprocess.Popen[bytes]") -> LocalRun:
    born = process_identity.start_of(builder.pid) or 0.0
    made = replace(local_runs.this_process(out), pid=builder.pid, born=born, state="building")
    local_runs.write(made)
    _says_that_it_builds(out, made.host, builder.pid)
    return made


def _says_that_it_builds(out: Path, host: str, pid: int) -> None:
    run_files.write(out, RunStatus(host=host, pid=pid, begun=1.0, written=2.0, state="building"))


def _advice(out: Path) -> list[str]:
    """What all that name the next step with an unfinished build say."""
    with pytest.raises(VerifyFailed) as refused:
        verify(out, ignore)
    return [inspect(out, ignore).facts["next"], refused.value.hint, next_step(out, "builds it")]


def test_a_folder_in_which_nothing_runs_is_built_by_the_command_that_resumes(unfinished: Path) -> None:
    assert _advice(unfinished) == [
        f"{command_that_resumes(unfinished)} {does}"
        for does in ("builds only what is missing", "builds the rest; verify it then", "builds it")
    ]


def test_a_folder_that_is_built_on_this_machine_is_watched(
    unfinished: Path, builder: "subprocess.Popen[bytes]"
) -> None:
    _runs_here(unfinished, builder)
    shown = f"It is being built now: imagenet-setup attach {unfinished} shows it"
    assert _advice(unfinished) == [shown] * 3


def test_a_folder_that_is_built_elsewhere_is_watched_by_what_lies_in_it(unfinished: Path) -> None:
    _says_that_it_builds(unfinished, "node07", 7)
    shown = f"It is being built now: imagenet-setup status {unfinished} --watch shows it"
    assert _advice(unfinished) == [shown] * 3


def test_a_build_of_this_machine_that_was_killed_no_longer_counts(
    unfinished: Path, builder: "subprocess.Popen[bytes]"
) -> None:
    _runs_here(unfinished, builder)
    builder.kill()
    builder.wait()
    assert not is_being_built(unfinished)


def test_damage_that_is_found_during_a_build_is_not_to_be_repaired_by_another(built_copy: Path) -> None:
    (built_copy / "train-00000-of-00005").write_bytes(b"")
    _says_that_it_builds(built_copy, "node07", os.getpid())
    with pytest.raises(VerifyFailed) as refused:
        verify(built_copy, ignore)
    assert "--repair" not in refused.value.hint
    assert f"imagenet-setup status {built_copy} --watch shows it" in refused.value.hint
