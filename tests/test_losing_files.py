"""Files, shards or the whole output folder are removed during a build: it never reports that it is finished."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.helpers import build_dataset, contents, shards
from wizard.build import Options
from wizard.engine.commit_records import plan_path, read_commit_records
from wizard.errors import MachineError
from wizard.events import Event, ShardDone
from wizard.targets.record_file import record_path


class Saboteur:
    """Calls a function when a number of shards is done."""

    def __init__(self, act: Callable[[str], None], after: int = 7) -> None:
        self._act, self._left = act, after

    def __call__(self, event: Event) -> None:
        if isinstance(event, ShardDone):
            self._left -= 1
            if not self._left:
                self._act(event.result.shard)


def sabotaged(raw: Path, out: Path, act: Callable[[str], None], *, after: int = 7, **output: Any) -> MachineError:
    with pytest.raises(MachineError) as error:
        build_dataset(raw, out, report=Saboteur(act, after), output=output)
    assert not (out / "dataset.json").exists()
    return error.value


def cut(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-1])


@pytest.mark.parametrize("change", [Path.unlink, cut])
@pytest.mark.parametrize("after", [2, 7])
def test_a_shard_removed_or_truncated_during_the_build_is_named_and_rebuilt_alone(
    raw: Path, tmp_path: Path, change: Callable[[Path], None], after: int
) -> None:
    out = tmp_path / "out"
    build_dataset(raw, tmp_path / "undisturbed")
    lost: list[str] = []

    def act(shard: str) -> None:
        lost.append(shard)
        change(out / shard)

    error = sabotaged(raw, out, act, after=after)
    assert f"\n  {lost[0]} {'is gone' if change is Path.unlink else 'has '}" in error.what
    assert "the same command then rebuilds only what is missing" in error.hint
    assert set(read_commit_records(out).done) == {file.name for file in shards(tmp_path / "undisturbed")} - set(lost)
    events: list[Event] = []
    build_dataset(raw, out, report=events.append)
    assert [event.result.shard for event in events if isinstance(event, ShardDone)] == lost
    assert contents(out) == contents(tmp_path / "undisturbed")


@pytest.mark.parametrize("form", ["folders", "flat"])
def test_an_image_file_removed_during_the_build_is_named(raw: Path, tmp_path: Path, form: str) -> None:
    out = tmp_path / "out"
    gone: list[str] = []

    def act(_shard: str) -> None:
        file = next(out.rglob("*.JPEG"))
        gone.append(str(file.relative_to(out)))
        file.unlink()

    error = sabotaged(raw, out, act, format=form)
    assert f"\n  {gone[0]} is gone" in error.what
    build_dataset(raw, out, output={"format": form})
    assert (out / gone[0]).is_file()


def test_an_index_removed_during_the_build_is_named_and_restored_by_the_next_run(raw: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    error = sabotaged(raw, out, lambda shard: (out / "idx" / shard).unlink())
    assert "idx/" in error.what
    assert build_dataset(raw, out).images_built == 0
    assert len(list((out / "idx").iterdir())) == len(shards(out))


def remove(folder: Path) -> None:
    """Removes a folder at once, although a worker may be writing to it."""
    gone = folder.parent / "gone"
    folder.rename(gone)
    shutil.rmtree(gone, ignore_errors=True)


@pytest.mark.parametrize("form", ["tfrecord", "webdataset", "folders", "flat"])
@pytest.mark.parametrize("after", [2, 7])
def test_an_output_folder_removed_during_the_build_is_not_recreated(
    raw: Path, tmp_path: Path, form: str, after: int
) -> None:
    out = tmp_path / "out"
    error = sabotaged(raw, out, lambda _: remove(out), after=after, format=form)
    assert error.what == f"{out} is gone: it was removed, moved or unmounted while this run was writing to it."
    assert not out.exists()


def test_a_commit_record_removed_during_the_build_is_named_and_its_shard_rebuilt(raw: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    lost: list[str] = []

    def act(shard: str) -> None:
        lost.append(shard)
        record_path(out, shard).unlink()

    error = sabotaged(raw, out, act)
    assert f"shards/{lost[0]}.json is gone" in error.what
    events: list[Event] = []
    build_dataset(raw, out, report=events.append)
    assert [event.result.shard for event in events if isinstance(event, ShardDone)] == lost


def test_a_plan_removed_during_the_build_is_not_rewritten(raw: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    error = sabotaged(raw, out, lambda _: remove(out / ".imagenet-setup"), after=2)
    assert "plan.json is gone" in error.what
    assert not plan_path(out).exists()


def test_losing_everything_but_the_state_folder_is_reported(raw: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"

    def act(_shard: str) -> None:
        for each in out.glob("*"):
            if each.name != ".imagenet-setup":
                shutil.rmtree(each) if each.is_dir() else each.unlink()

    error = sabotaged(raw, out, act)
    assert "and 2 more" in error.what
    assert build_dataset(raw, out).images_built > 0


@pytest.mark.parametrize("form", ["folders", "flat"])
def test_the_next_run_restores_a_lost_image_file_of_a_finished_dataset(raw: Path, tmp_path: Path, form: str) -> None:
    out = tmp_path / "out"
    build_dataset(raw, out, output={"format": form})
    gone = next(out.rglob("*.JPEG"))
    gone.unlink()
    assert 0 < build_dataset(raw, out, output={"format": form}).images_built < 20
    assert gone.is_file()


def test_a_sidecar_that_disappears_while_it_is_written_is_reported(
    raw: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from wizard.engine import manifest

    out, written = tmp_path / "out", manifest.write

    def lose(*args: Any) -> dict[str, str]:
        sums = written(*args)
        (out / "images.csv.gz").unlink()
        return sums

    monkeypatch.setattr(manifest, "write", lose)
    with pytest.raises(MachineError, match=r"images\.csv\.gz is gone"):
        build_dataset(raw, out)
    assert not (out / "dataset.json").exists()
    monkeypatch.undo()
    assert build_dataset(raw, out, options=Options()).images_built == 0
