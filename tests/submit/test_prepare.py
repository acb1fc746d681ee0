from pathlib import Path

import pytest

from tests.helpers import examined, profile
from wizard import profile_store
from wizard.errors import InputError, MachineError, UsageError
from wizard.events import CheckResult
from wizard.preflight.examine import Verdict
from wizard.submit.environment import Environment
from wizard.submit.prepare import Prepared, prepare, refuse_here, require_possible
from wizard.submit.request import SlurmRequest, slurm_request
from wizard.submit.slurm import BUILD, LOGS, VERIFY

HERE = Environment(lines=("source /venv/bin/activate",), program="imagenet-setup")


@pytest.fixture
def verdict(raw: Path, tmp_path: Path) -> Verdict:
    return examined(profile(raw, tmp_path / "out"))


def prepared(verdict: Verdict, **said: str) -> Prepared:
    return prepare(verdict, slurm_request(**said), HERE)  # type: ignore[arg-type]


def test_scripts_profile_and_logs_lie_in_the_datasets_folder(verdict: Verdict, tmp_path: Path) -> None:
    made = prepared(verdict)
    folder = tmp_path / "out" / ".imagenet-setup" / "slurm"
    assert [path for path, _ in made.scripts] == [folder / BUILD, folder / VERIFY]
    assert [path.read_text() for path, _ in made.scripts] == [text for _, text in made.scripts]
    assert {path.name for path in folder.iterdir()} == {BUILD, VERIFY, made.build.profile.name, LOGS}


def test_the_profile_means_the_same_from_any_folder(raw: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(raw.parent)
    asked = profile(Path(raw.name), tmp_path / "out", run={"workers": 2})
    made = prepared(examined(asked))
    monkeypatch.chdir(tmp_path)
    read = profile_store.load(str(made.build.profile))
    assert read.source.path == str(raw)
    assert read.model_copy(update={"name": "", "source": asked.source}) == asked


def test_what_is_not_said_is_decided_and_explained(verdict: Verdict) -> None:
    made = prepared(verdict)
    assert (made.build.tasks, made.build.time, made.build.memory) == (1, "0:20:00", "1G")
    assert [line.partition(":")[0] for line in made.why] == ["--array 1", "--time 0", "--mem 1G"]


def test_what_is_said_is_taken(verdict: Verdict) -> None:
    made = prepared(verdict, array="3%2", time="90", memory="4G", partition="long", account="research")
    build = made.build
    assert (build.tasks, build.at_once, build.time, build.memory) == (3, 2, "90", "4G")
    assert (build.partition, build.account) == ("long", "research")
    assert made.why == ()


def test_more_tasks_than_shards_are_refused(verdict: Verdict) -> None:
    with pytest.raises(UsageError, match="there are 7 shards to build"):
        prepared(verdict, array="8")
    assert prepared(verdict, array="7").build.tasks == 7


def test_an_engine_with_workers_elsewhere_is_refused(raw: Path, tmp_path: Path) -> None:
    asked = profile(raw, tmp_path / "out")
    run = asked.run.model_copy(update={"engine": "dask"})
    with pytest.raises(UsageError, match="each task of an array has workers of its own"):
        require_possible(asked.model_copy(update={"run": run}))


def test_nothing_is_written_for_raw_data_that_cannot_be_built_from(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    verdict = examined(profile(tmp_path / "empty", tmp_path / "out"))
    with pytest.raises(InputError):
        prepare(verdict, SlurmRequest(), HERE)
    assert not (tmp_path / "out").exists()


def test_an_output_folder_that_is_a_file_is_an_error_with_its_name(verdict: Verdict, tmp_path: Path) -> None:
    (tmp_path / "out").touch()
    with pytest.raises(MachineError, match="out cannot be written"):
        prepare(verdict, SlurmRequest(), HERE)


def test_what_the_machine_that_submits_lacks_is_no_reason_to_refuse(verdict: Verdict) -> None:
    lacking = [CheckResult(name=name, status="fail", looked_at="", found="too little") for name in ("memory", "disk")]
    refuse_here(Verdict(checks=(lacking[0],), settings=verdict.settings), ())
    with pytest.raises(MachineError, match="disk: too little"):
        refuse_here(Verdict(checks=tuple(lacking), settings=verdict.settings), ())
    refuse_here(Verdict(checks=tuple(lacking), settings=verdict.settings), ("disk",))


def test_tasks_that_wait_in_the_queue_keep_the_profile_that_they_were_submitted_with(raw: Path, tmp_path: Path) -> None:
    first = prepared(examined(profile(raw, tmp_path / "out")))
    second = prepared(examined(profile(raw, tmp_path / "out", output={"on_bad_image": "skip"})))
    assert first.build.profile.read_text() != second.build.profile.read_text()
    assert str(first.build.profile) in first.scripts[0][1]
