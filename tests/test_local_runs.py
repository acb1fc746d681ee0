import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from wizard import local_runs, process_identity
from wizard.local_runs import LocalRun


def run(**values: object) -> LocalRun:
    return replace(local_runs.this_process(Path("/data/out")), **values)  # type: ignore[arg-type]


def test_a_run_is_read_as_it_was_written(tmp_path: Path) -> None:
    made = run(slice="3/16", view={"a": [1]})
    local_runs.write(made)
    assert local_runs.read(made.name) == made
    assert local_runs.alive() == [made]
    assert local_runs.of_process(os.getpid(), made.begun) == made
    assert local_runs.of_process(os.getpid(), made.begun + 1) is None
    assert local_runs.folder().is_relative_to(tmp_path.parent)


def test_the_latest_run_is_the_first() -> None:
    older, newer = run(begun=1_000_000_000.0), run(begun=1_700_000_000.0)
    for each in (newer, older):
        local_runs.write(each)
    assert local_runs.read_all() == [newer, older]


def test_what_a_later_version_adds_is_passed_over_and_damaged_files_are_none() -> None:
    made = run()
    local_runs.write(made)
    file = local_runs.folder() / f"{made.name}.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | {"new": 1}))
    assert local_runs.read(made.name) == made
    for content in ("", "[]", "{}", json.dumps({"host": "a"})):
        file.write_text(content)
        assert local_runs.read_all() == []


def test_a_killed_process_is_not_alive_even_before_its_parent_has_noticed() -> None:
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    made = run(pid=child.pid, born=process_identity.start_of(child.pid))
    try:
        assert made.is_alive
        child.kill()
        os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)  # a zombie from now on
        assert not made.is_alive
    finally:
        child.communicate()
    assert not made.is_alive


def test_another_process_with_the_same_id_is_not_the_run() -> None:
    assert run().is_alive
    assert not run(born=run().born - 60).is_alive


def test_a_run_of_another_container_or_machine_with_this_ones_name_may_live() -> None:
    for other in ({"pid_namespace": "pid:[1]"}, {"boot": "another"}):
        made = run(pid=2**22 + 1, **other)  # an ID that no process has
        assert not made.is_here
        assert made.is_alive


def test_a_run_from_before_this_machines_boot_has_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    outermost = "pid:[4026531836]"
    monkeypatch.setattr(process_identity, "NAMESPACE", outermost)
    made = run(boot="an earlier one", pid_namespace=outermost)
    monkeypatch.setattr(psutil, "boot_time", lambda: made.begun + 60)
    assert not made.is_alive
    assert replace(made, pid_namespace="pid:[1]").is_alive  # a container's, which may run on another machine
    assert replace(made, host="node7").is_alive


@pytest.mark.skipif(not process_identity.BOOT, reason="starts are not told in ticks here")
def test_a_run_lives_on_when_the_clock_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    made = run()
    monkeypatch.setattr(psutil.Process, "create_time", lambda _: 0.0)
    assert made.is_alive


def test_a_run_of_an_earlier_version_which_did_not_say_where_it_is_is_of_this_machine() -> None:
    made = run(boot="", pid_namespace="", born=psutil.Process().create_time())
    local_runs.write(made)
    file = local_runs.folder() / f"{made.name}.json"
    told = json.loads(file.read_text())
    file.write_text(json.dumps({key: told[key] for key in told if key not in ("boot", "pid_namespace")}))
    assert local_runs.alive() == [made]
    assert not replace(made, born=made.born - 60).is_alive


def test_runs_of_other_hosts_are_not_of_this_machine() -> None:
    assert not run(host="node7", begun=1_700_000_000.0).is_alive  # it would have ended by now
    made = run(host="node7", pid=1)
    local_runs.write(made)
    assert made.is_alive  # as far as can be told
    assert local_runs.alive() == []
    assert not replace(made, state="failed").is_alive


def test_a_run_that_has_ended_is_not_alive_though_its_process_is() -> None:
    assert not run(state="finished").is_alive


def test_old_runs_are_forgotten_with_their_logs_but_living_ones_are_kept() -> None:
    ended = [run(begun=1_700_000_000.0 + number, state="finished") for number in range(25)]
    living = run(begun=1_600_000_000.0)
    for each in (*ended, living):
        local_runs.write(each)
        each.log.touch()
    local_runs.forget_old()
    assert local_runs.read_all() == [*reversed(ended[5:]), living]
    assert len(list(local_runs.folder().glob("*.log"))) == 21


def test_verifications_do_not_make_the_logs_of_builds_be_forgotten() -> None:
    build = run(begun=1_600_000_000.0, state="finished")
    checks = [run(begun=1_700_000_000.0 + number, state="finished", kind="verification") for number in range(25)]
    for each in (build, *checks):
        local_runs.write(each)
    local_runs.forget_old()
    assert local_runs.read_all() == [*reversed(checks[5:]), build]


def test_a_verification_of_a_folder_is_no_build_that_runs_in_it() -> None:
    parent = os.getppid()
    made = run(pid=parent, born=process_identity.start_of(parent), kind="verification")
    local_runs.write(made)
    assert local_runs.others_alive(Path(made.output), "build") == []
    assert local_runs.others_alive(Path(made.output), "verification") == [made]


def test_a_request_to_a_run_whose_file_is_gone_is_forgotten() -> None:
    gone, living = run(begun=1_700_000_000.0), run()
    local_runs.write(living)
    for each in (gone, living):
        local_runs.ask_for_view(each)
    local_runs.forget_old()
    assert [file.stem for file in local_runs.folder().glob("*.watched")] == [living.name]


def test_a_view_is_asked_for_once() -> None:
    made = run()
    local_runs.write(made)
    assert not local_runs.view_is_asked_for(made)
    local_runs.ask_for_view(made)
    assert local_runs.view_is_asked_for(made)
    assert not local_runs.view_is_asked_for(made)
