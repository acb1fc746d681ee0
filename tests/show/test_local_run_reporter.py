import json
import re
import time
from pathlib import Path
from typing import Any

import pytest

from tests.show.scenes import beat, shard_done, split, started
from wizard import local_runs
from wizard.errors import Interrupted, MachineError
from wizard.events import Note
from wizard.hangup import Terminal
from wizard.local_runs import LocalRun
from wizard.show.build_view import BuildView
from wizard.show.local_run_reporter import LocalRunReporter

OUT = Path("/data/train-480-q85")


def told() -> tuple[LocalRun, list[str]]:
    """The only run, and the lines of its log without their times."""
    (run,) = local_runs.read_all()
    lines = run.log.read_text().splitlines()
    assert all(re.match(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d  ", line) for line in lines)
    return run, [line[21:] for line in lines]


def ended_by(error: BaseException) -> None:
    reporter = LocalRunReporter(OUT, "", "imagenet-setup run trial", Terminal())
    with pytest.raises(type(error)), reporter.shown():
        raise error


def written_view(run: LocalRun) -> dict[str, Any]:
    """The view of a run, as soon as it is written."""
    end = time.monotonic() + 20
    while time.monotonic() < end:
        seen = local_runs.read(run.name)
        if seen is not None and seen.view is not None:
            return seen.view
        time.sleep(0.02)
    raise AssertionError("it was never written")


def test_the_log_has_the_messages_and_how_the_build_ended() -> None:
    reporter = LocalRunReporter(OUT, "", "imagenet-setup run trial", Terminal())
    with reporter.shown():
        for event in (started(split()), Note(text="a note", warning=True), shard_done(0, skipped=("n1_2.JPEG",))):
            reporter.handle(event)
        (run,) = local_runs.alive()
        assert (run.state, run.output) == ("building", str(OUT))
        reporter.finish(5, "Finished writing all 99 images.\n  more\n\nLoad it\nimport torch")
    run, lines = told()
    assert (run.state, run.exit_code) == ("finished", 5)
    assert run.said.endswith("import torch")
    assert lines[0].startswith("imagenet-setup run trial (process ")
    assert lines[1].startswith("Building 1,000 train images")
    assert lines[2:] == [
        "! a note",
        "! skipped n1_2.JPEG: broken",
        "Finished writing all 99 images.",
        "  more",
        "finished with exit code 5",
    ]


@pytest.mark.parametrize(
    ("error", "state", "code", "said"),
    [
        (MachineError("The disk is full.", "Free some"), "failed", 4, ["✗ The disk is full.", "→ Free some"]),
        (Interrupted("Stopped."), "stopped", 130, ["✗ Stopped.", "→ Resume with: imagenet-setup run trial"]),
        (
            KeyboardInterrupt(),
            "stopped",
            130,
            ["✗ Stopped at once; what was finished is kept.", "→ Resume with: imagenet-setup run trial"],
        ),
        (ValueError("a bug"), "failed", 1, ["✗ ValueError: a bug"]),
    ],
)
def test_the_log_says_why_a_build_did_not_finish(error: BaseException, state: str, code: int, said: list[str]) -> None:
    ended_by(error)
    run, lines = told()
    assert (run.state, run.exit_code, run.said.splitlines()) == (state, code, said)
    assert lines[1:] == [*said, f"{state} with exit code {code}"]


@pytest.mark.parametrize("error", [KeyboardInterrupt(), BrokenPipeError()])
def test_a_build_that_is_done_has_finished_though_its_result_could_not_be_shown(error: BaseException) -> None:
    reporter = LocalRunReporter(OUT, "", "imagenet-setup run trial", Terminal())

    def interrupted() -> None:
        with reporter.shown():
            reporter.finish(0, "Finished writing all 99 images.")
            raise error

    with pytest.raises(type(error)):
        interrupted()
    run, lines = told()
    assert (run.state, run.exit_code, run.said) == ("finished", 0, "Finished writing all 99 images.")
    assert lines[-1] == "finished with exit code 0"


def test_a_view_is_written_while_somebody_watches() -> None:
    reporter = LocalRunReporter(OUT, "", "imagenet-setup run trial", Terminal())
    with reporter.shown():
        reporter.handle(started(split()))
        reporter.handle(beat(1, 0, 10))
        (run,) = local_runs.alive()
        assert run.view is None
        local_runs.ask_for_view(run)
        view = BuildView.from_json(json.loads(json.dumps(written_view(run))))
        assert (view.reached, view.images) == (10, 1000)
    assert told()[0].view is None


def test_a_state_folder_that_cannot_be_written_hinders_no_build(home: Path) -> None:
    (home / "state").write_text("in the way")
    ended_by(Interrupted("Stopped."))
    assert local_runs.read_all() == []
