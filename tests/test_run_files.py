import json
import os
import time
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wizard import run_files
from wizard.run_files import decoded, encoded
from wizard.run_status import HostStatus, RunStatus, WorkerStatus
from wizard.storage import time_in
from wizard.targets.names import RUN_FOLDER, STATE_FOLDER


def a_run(slice_: str = "", **fields: object) -> RunStatus:
    run = RunStatus(slice=slice_, host="node01", pid=7, plan_id="p", begun=1.0, written=2.0, state="building")
    return replace(run, **fields)  # type: ignore[arg-type]


def a_worker(number: int, host: str = "node01") -> WorkerStatus:
    return WorkerStatus(
        host=host,
        number=number,
        shard=f"train-{number:05}-of-01024",
        images_done=100,
        images=1252,
        images_per_second=93.4,
        memory=61_000_000,
    )


@pytest.fixture
def out(tmp_path: Path) -> Path:
    (tmp_path / "out" / STATE_FOLDER).mkdir(parents=True)
    return tmp_path / "out"


def aged(out: Path, name: str, seconds: float) -> None:
    """Makes a run's file as old as that."""
    then = time_in(out / RUN_FOLDER) - seconds
    os.utime(out / RUN_FOLDER / f"{name}.json", (then, then))


def test_what_a_run_wrote_is_read(out: Path) -> None:
    run = a_run(
        "3/16",
        workers=(a_worker(1),),
        hosts=(HostStatus(host="node01", workers=1, shards=1, images_per_second=None),),
        under_way={"train": 1},
        warnings=("é \udcff",),
        seconds_left=12.5,
    )
    run_files.write(out, run)
    (seen,) = run_files.read_all(out)
    assert seen.run == run
    assert seen.alive
    assert [path.name for path in (out / RUN_FOLDER).iterdir()] == ["03-of-16.json"]


@pytest.mark.parametrize(("slice_", "name"), [("", "whole"), ("1/1", "whole"), ("3/16", "03-of-16"), ("7/8", "7-of-8")])
def test_a_runs_file_is_named_after_its_slice(slice_: str, name: str) -> None:
    assert a_run(slice_).name == name


def test_a_later_writing_replaces_the_one_before(out: Path) -> None:
    run_files.write(out, a_run(shards_done=1))
    run_files.write(out, a_run(shards_done=2))
    assert [seen.run.shards_done for seen in run_files.read_all(out)] == [2]


def test_a_folder_that_is_gone_is_not_made_again(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        run_files.write(tmp_path / "out", a_run())
    assert not (tmp_path / "out").exists()


def test_a_run_lives_as_long_as_it_writes(out: Path) -> None:
    run_files.write(out, a_run())
    for age, alive in ((25, True), (35, False)):
        aged(out, "whole", age)
        seen = run_files.read(out, "whole")
        assert seen is not None
        assert seen.age == pytest.approx(age, abs=5)
        assert (seen.alive, seen.silent) == (alive, not alive)


def test_a_run_that_ended_is_neither_alive_nor_silent(out: Path) -> None:
    run_files.write(out, a_run(state="stopped"))
    for age in (0, 1000):
        aged(out, "whole", age)
        seen = run_files.read(out, "whole")
        assert seen is not None
        assert not seen.alive
        assert not seen.silent


def test_wrong_clocks_of_hosts_do_no_harm(out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run_files.write(out, a_run(written=time.time() - 86_400))
    monkeypatch.setattr(time, "time", lambda: 0.0)
    (seen,) = run_files.read_all(out)
    assert seen.age < 10
    assert seen.alive


@pytest.mark.usefixtures("unprivileged")
def test_in_a_read_only_folder_ages_are_by_this_machines_clock(out: Path) -> None:
    run_files.write(out, a_run())
    (out / RUN_FOLDER).chmod(0o500)
    (seen,) = run_files.read_all(out)
    assert seen.age < 10


def test_reading_leaves_nothing_behind(out: Path) -> None:
    run_files.write(out, a_run())
    run_files.read_all(out)
    assert [path.name for path in (out / RUN_FOLDER).iterdir()] == ["whole.json"]


def test_without_runs_there_are_none(tmp_path: Path) -> None:
    assert run_files.read_all(tmp_path) == []
    assert run_files.read(tmp_path, "whole") is None


@pytest.mark.parametrize("length", [0, 1, 40, -1])
def test_a_half_written_file_is_none(out: Path, length: int) -> None:
    run_files.write(out, a_run("1/2"))
    run_files.write(out, a_run("2/2"))
    path = out / RUN_FOLDER / "1-of-2.json"
    path.write_bytes(path.read_bytes()[:length])
    assert [seen.run.slice for seen in run_files.read_all(out)] == ["2/2"]


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


@given(field=st.sampled_from(sorted(json.loads(encoded(a_run())))), value=json_values)
def test_a_damaged_file_is_refused_or_holds_values_of_the_right_kind(field: str, value: object) -> None:
    content = json.loads(encoded(a_run("2/3", workers=(a_worker(1),)))) | {field: value}
    try:
        run = decoded(json.dumps(content).encode())
    except ValueError:
        return
    assert encoded(decoded(encoded(run))) == encoded(run)
    assert run.name


@given(content=st.binary(max_size=60) | json_values.map(lambda value: json.dumps(value).encode()))
def test_what_is_no_runs_file_is_refused(content: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011  whatever it says
        decoded(content)


def test_what_a_later_version_adds_is_passed_over() -> None:
    content = json.loads(encoded(a_run()))
    assert decoded(json.dumps(content | {"moon": "full"}).encode()) == a_run()


@given(
    workers=st.integers(0, 2000),
    hosts=st.integers(0, 500),
    length=st.integers(1, 300),
    warnings=st.lists(st.text(max_size=400), max_size=5),
)
def test_a_file_stays_small_and_says_what_it_leaves_out(
    workers: int, hosts: int, length: int, warnings: list[str]
) -> None:
    name = "h" * length
    run = a_run(
        error="x" * 5000,
        workers=tuple(a_worker(number, name) for number in range(workers)),
        hosts=tuple(HostStatus(host=name, workers=4, shards=4, images_per_second=1.5) for _ in range(hosts)),
        warnings=tuple(warnings),
    )
    content = encoded(run)
    assert len(content) <= 4096
    kept = decoded(content)
    assert len(kept.workers) + kept.more_workers == workers
    assert len(kept.hosts) + kept.more_hosts == hosts
    assert kept.error.endswith("…")


def test_a_few_workers_and_hosts_are_all_listed() -> None:
    run = a_run(
        workers=tuple(a_worker(number) for number in range(8)),
        hosts=tuple(HostStatus(host=f"n{k}", workers=4, shards=4, images_per_second=1.5) for k in range(16)),
    )
    assert decoded(encoded(run)) == run
