"""What `inspect` shows as labels is what is stored in the files that it was given, whoever wrote them."""

import shutil
from pathlib import Path

import pytest

from tests.helpers import build_dataset, ignore
from tests.sources.parquet import making
from wizard.inspection import inspect
from wizard.sources.glance import ClassSeen
from wizard.sources.opening import reads_file
from wizard.targets.names import MANIFEST, STATE_FOLDER
from wizard.targets.registry import TARGETS

STORING = sorted(name for name, target in TARGETS.items() if target.stores_labels)


def _without_our_files(out: Path) -> Path:
    """What another program's dataset of that form looks like."""
    (out / MANIFEST).unlink()
    shutil.rmtree(out / STATE_FOLDER)
    return out


def _stored(path: Path) -> tuple[ClassSeen, ...]:
    found = inspect(path, ignore).glance
    assert found is not None
    assert found.labels == "stored"
    return found.first


def _require_stored(path: Path, base: int) -> bool:
    """Whether ImageNet's classes are shown with labels from that one, or those without names with their numbers."""
    seen = _stored(path)
    return bool(seen) and all(
        each.label == (int(each.name) if each.name.isdecimal() else each.rank + base) for each in seen
    )


@pytest.mark.parametrize("base", [0, 1])
@pytest.mark.parametrize("form", STORING)
def test_labels_are_shown_as_they_are_stored_with_and_without_our_description(
    raw: Path, tmp_path: Path, form: str, base: int
) -> None:
    out = tmp_path / "out"
    output = {"format": form, "label_base": base}
    build_dataset(raw, out, output=output)
    assert _require_stored(out, base)
    shards = [file for file in out.rglob("*") if STATE_FOLDER not in file.parts and reads_file(file)]
    for shard in shards:
        assert _require_stored(shard, base)
    assert _require_stored(_without_our_files(out), base)


@pytest.mark.parametrize("names", [("boats", "ants"), ("1", "0")])
def test_labels_that_are_not_in_the_order_of_classes_are_shown_as_they_are_stored(
    tmp_path: Path, names: tuple[str, ...]
) -> None:
    making.write(tmp_path / "train-00000-of-00001.parquet", [making.Row(label=label) for label in (0, 1, 1)], names)
    assert {seen.words: seen.label for seen in _stored(tmp_path)} == {names[0]: 0, names[1]: 1}
