import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.helpers import build_dataset
from wizard.build import Options
from wizard.events import Event, Note
from wizard.targets.names import STATE_FOLDER
from wizard.verify.repair import REJECTED_FOLDER

FORMATS = ["folders", "flat", "webdataset", "tfrecord", "parquet"]


def files(out: Path) -> dict[str, bytes]:
    """All that a trainer could read."""
    found = (path for path in out.rglob("*") if path.is_file() and STATE_FOLDER not in path.parts)
    return {str(path.relative_to(out)): path.read_bytes() for path in found}


def damage(path: Path) -> None:
    """Changes a byte; the size stays."""
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0x10
    path.write_bytes(content)


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("harm", [damage, Path.unlink])
def test_damaged_and_missing_shards_are_rebuilt(
    raw: Path, tmp_path: Path, form: str, harm: Callable[[Path], None]
) -> None:
    notes: list[str] = []

    def listen(event: Event) -> None:
        if isinstance(event, Note):
            notes.append(event.text)

    out = tmp_path / "out"
    build_dataset(raw, out, output={"format": form})
    before = files(out)
    victim = next(name for name in sorted(before) if name.startswith(("train", "data/train")))
    harm(out / victim)
    finished = build_dataset(raw, out, output={"format": form}, options=Options(repair=True), report=listen)
    after = files(out)
    assert after.keys() == before.keys()
    assert after[victim] == before[victim]
    shards = json.loads(before["dataset.json"])["shards"]
    assert 0 < finished.images_built <= max(shard["images"] for shard in shards)
    is_set_aside = harm is damage or form in ("folders", "flat")
    assert any("1 damaged" in note for note in notes) == is_set_aside
    aside = out / STATE_FOLDER / REJECTED_FOLDER
    assert (aside.exists() and len(list(aside.iterdir())) == 1) == is_set_aside


def test_a_good_dataset_is_left_alone(raw: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    build_dataset(raw, out, output={"format": "folders"})
    assert build_dataset(raw, out, output={"format": "folders"}, options=Options(repair=True)).images_built == 0
