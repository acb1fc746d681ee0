"""The end of a conversation where jobs can be submitted, with a fake sbatch."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.ask.conftest import BACK, DEFAULT, Script
from tests.ask.test_wizard import COMMAND
from tests.submit.conftest import Cluster
from wizard import profile_store
from wizard.ask import setup_draft
from wizard.ask.view import Outcome

Converse = Callable[..., tuple[Script, Outcome | None]]

ASKED = ["slurm.cpus", "slurm.array", "slurm.time", "slurm.partition", "slurm.account"]
SUBMITS = "print(40 + len(sys.argv))"


def test_without_sbatch_the_review_offers_no_cluster(converse: Converse, forward: list[Any]) -> None:
    script, _ = converse(*forward)
    choices = script.asked[-1].choices
    values = [choice.value for choice in choices]
    assert values == ["start", "background", "edit", "save", "command", "preview", "quit"]
    assert [choice.title for choice in choices[:2]] == ["Start", "Start in the background"]


def test_with_sbatch_the_review_asks_where_to_run(converse: Converse, forward: list[Any], cluster: Cluster) -> None:
    cluster.has("sbatch")
    script, outcome = converse(*forward, "start")
    titles = [choice.title for choice in script.asked[-1].choices]
    assert titles[:2] == ["Run here", "Run here in the background"]
    assert titles[2:4] == ["Run on the cluster (Slurm)", "Show the script for the cluster"]
    assert script.asked[-1].default == "start"
    assert outcome is not None
    assert outcome.kind == "start"


def test_a_build_is_submitted_with_the_answers(
    converse: Converse, forward: list[Any], cluster: Cluster, tmp_path: Path
) -> None:
    cluster.has("sbatch", SUBMITS)
    script, outcome = converse(*forward, "cluster", 2, "3%2", "90", "long", "research")
    assert script.keys[-5:] == ASKED
    assert outcome is not None
    assert outcome.submitted is not None
    prepared, jobs = outcome.submitted
    build = prepared.build
    assert (outcome.kind, jobs.array, jobs.verify) == ("submitted", "43", "44")
    assert (build.cpus, build.tasks, build.at_once, build.time) == (2, 3, 2, "90")
    assert (build.partition, build.account, build.output) == ("long", "research", tmp_path / "out")
    assert [call[0] for call in cluster.calls] == ["sbatch", "sbatch"]
    assert outcome.path is not None
    assert profile_store.load("mine") == outcome.profile
    assert setup_draft.load() is None


def test_defaults_follow_from_what_was_measured(converse: Converse, forward: list[Any], cluster: Cluster) -> None:
    cluster.has("sbatch", SUBMITS)
    script, outcome = converse(*forward, "cluster", *[DEFAULT] * 5)
    assert [asked.default for asked in script.asked[-5:]] == [8, "1", "0:20:00", "", ""]
    assert outcome is not None
    assert outcome.kind == "submitted"


def test_the_scripts_are_shown_and_the_review_comes_again(
    converse: Converse, forward: list[Any], cluster: Cluster
) -> None:
    cluster.has("sbatch")
    script, _ = converse(*forward, "script", 2, "3", DEFAULT, "long", DEFAULT, "cluster")
    assert [prepared.build.tasks for prepared in script.scripts_shown] == [3]
    assert script.keys[-7:-1] == [*ASKED, "review"]
    assert cluster.calls == []


def test_answers_about_the_jobs_are_offered_again(converse: Converse, forward: list[Any], cluster: Cluster) -> None:
    cluster.has("sbatch", SUBMITS)
    script, _ = converse(*forward, "script", 2, "3", "90", "long", "research", "cluster", *[DEFAULT] * 5)
    assert [asked.default for asked in script.asked[-5:]] == [2, "3", "90", "long", "research"]


def test_back_leads_through_the_questions_to_the_review(
    converse: Converse, forward: list[Any], cluster: Cluster
) -> None:
    cluster.has("sbatch")
    script, _ = converse(*forward, "cluster", 2, BACK, BACK)
    assert script.keys[-5:] == ["review", "slurm.cpus", "slurm.array", "slurm.cpus", "review"]
    assert cluster.calls == []


@pytest.mark.parametrize(
    ("answers", "why"),
    [
        ([0], "CPUs 0: a task has 1 to 4,096 CPUs"),
        ([2, "0"], "Tasks '0': give the number of tasks"),
        ([2, "8"], "Tasks 8: there are 7 shards to build"),
        ([2, "3", "4h"], "Time '4h': not a time limit"),
        ([2, "3", "90", "a b"], "Partition 'a b'"),
        ([2, "3", "90", "long", "$x"], "Account '$x'"),
    ],
)
def test_an_answer_that_slurm_would_not_take_is_asked_again(
    converse: Converse, forward: list[Any], cluster: Cluster, answers: list[Any], why: str
) -> None:
    cluster.has("sbatch")
    script, _ = converse(*forward, "cluster", *answers)
    assert script.asked[-1].error.startswith(why)
    assert "--" not in script.asked[-1].error
    assert script.asked[-1].key == script.asked[-2].key


def test_jobs_that_slurm_refuses_lead_back_to_the_review(
    converse: Converse, forward: list[Any], cluster: Cluster
) -> None:
    cluster.has("sbatch", "sys.exit('sbatch: error: invalid partition specified: nope')")
    script, _ = converse(*forward, "cluster", *[DEFAULT] * 3, "nope", DEFAULT)
    assert "invalid partition specified: nope" in script.said[-1]
    assert script.keys[-1] == "review"
    assert setup_draft.load() is not None


def test_a_check_that_fails_here_alone_does_not_concern_the_cluster(
    converse: Converse, forward: list[Any], cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    cluster.has("sbatch", SUBMITS)
    monkeypatch.setattr("shutil.disk_usage", lambda _: type("Usage", (), {"free": 1000}))
    monkeypatch.setattr("wizard.preflight.examine.open_file_limits", lambda: (16, 16))
    script, outcome = converse(*forward, "cluster", *[DEFAULT] * 5)
    (review,) = [asked for asked in script.asked if asked.key == "review"]
    assert review.choices[0].title == "Run here despite failed checks: disk, open-files"
    assert review.choices[2].title == "Run on the cluster (Slurm) despite failed checks: disk"
    assert outcome is not None
    assert outcome.submitted is not None
    assert outcome.submitted[0].build.ignored == ("disk",)


def test_a_program_can_submit_a_build(
    raw: Path, tmp_path: Path, cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    cluster.has("sbatch", SUBMITS)
    monkeypatch.chdir(raw)  # a usual place, so that a first start asks at once where it goes
    out = str(tmp_path / "out")
    answers: list[Any] = ["other", str(raw), ["train"], "tfrecord", "none", out, "original", 2, "driven"]
    answers += ["script", 2, "2", None, None, None, "cluster", None, None, None, None, None]
    ran = subprocess.run(
        [*COMMAND, "setup", "--json"],
        input="".join(f"{json.dumps(answer)}\n" for answer in answers),
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert ran.returncode == 0, ran.stderr
    events = [json.loads(line) for line in ran.stdout.splitlines()]
    assert [Path(each["path"]).name for each in events if each["event"] == "script"] == ["build.sh", "verify.sh"]
    last = events[-1]
    assert (last["event"], last["kind"], last["array"], last["verify"]) == ("finished", "submitted", "43", "44")
