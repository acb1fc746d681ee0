"""Datasets of version 1 of the samples, whose manifests state no options, are still verified and read."""

import io
import json
import tarfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.sources.making import rows
from tests.verify.shards import expectation, images, replaced, sentences, task
from wizard.formats import tar
from wizard.sources.opening import open_source
from wizard.targets.expected import Expectation
from wizard.targets.registry import from_json, to_json
from wizard.targets.webdataset.target import WebDataset
from wizard.verify.shard import check_shard

OLD = from_json({"format": "webdataset"})


def older(content: bytes, change: Callable[[dict[str, Any]], Any] = lambda _: None) -> bytes:
    """The shard as version 1 had it: boxes are a list."""
    found = []
    with tarfile.open(fileobj=io.BytesIO(content)) as archive:
        for member in archive:
            file = archive.extractfile(member)
            assert file is not None
            data = file.read()
            if member.name.endswith(".json"):
                described = json.loads(data)
                described["boxes"] = json.loads(described["boxes"])
                change(described)
                data = json.dumps(described, ensure_ascii=False).encode()
            found.append(tar.member(member.name, data))
    return b"".join(found) + tar.END


@pytest.fixture
def expected(tmp_path: Path) -> Expectation:
    """A shard of version 1, of images whose names were keys as they are."""
    named = {name.replace("n01514668", "my cats/é"): data for name, data in images().items()}
    made = expectation(task(tmp_path, named, WebDataset(index=False), base=0))
    content = made.path.read_bytes()
    for name in named:
        new, old = WebDataset().place("train", name, ""), OLD.place("train", name, "")
        content = renamed(content, new, old)
    return replace(replaced(made, older(content)), target=OLD)


def renamed(content: bytes, key: str, other: str) -> bytes:
    found = []
    with tarfile.open(fileobj=io.BytesIO(content)) as archive:
        for member in archive:
            file = archive.extractfile(member)
            assert file is not None
            name = other + member.name.removeprefix(key) if member.name.startswith(f"{key}.") else member.name
            found.append(tar.member(name, file.read()))
    return b"".join(found) + tar.END


def test_a_manifest_without_options_is_of_version_1() -> None:
    assert WebDataset(version=1, index=False) == OLD
    assert from_json(to_json(WebDataset(names="timm"))) == WebDataset(names="timm")
    assert from_json(to_json(OLD)) == OLD
    assert OLD.ingredients != WebDataset().ingredients


def test_a_shard_of_version_1_is_verified(expected: Expectation) -> None:
    assert check_shard(expected) == ()
    assert [*OLD.strays(Path(expected.folder), [expected])] == []
    assert expected.result.boxes == 4


def test_what_is_wrong_with_a_shard_of_version_1_is_found(expected: Expectation) -> None:
    content = expected.path.read_bytes()
    swapped = content.replace(b"[[0.0, 0.0, 0.5, 1.0]]", b"[[0.0, 0.0, 0.5, 9.0]]")
    assert "box 0 is not within 0..1" in sentences(check_shard(replaced(expected, swapped)))
    text = content.replace(b"[[0.0, 0.0, 0.5, 1.0]]", b'"[[0.0,0.0,0.5,1.0]]" ')
    assert "boxes of its json is '[[0.0,0.0,0.5,1.0]]', expected list" in sentences(
        check_shard(replaced(expected, text))
    )


def test_the_source_reads_the_boxes_of_both_versions(tmp_path: Path) -> None:
    made = expectation(task(tmp_path / "new", images(), WebDataset(index=False), base=0))
    (tmp_path / "old").mkdir()
    (tmp_path / "old" / made.path.name).write_bytes(older(made.path.read_bytes()))
    one, other = (rows(open_source(tmp_path / name), "train", tmp_path, boxes=False) for name in ("new", "old"))
    assert one == [(name, 7, data, [[0.0, 0.0, 0.5, 1.0]]) for name, data in images().items()]
    assert [row[3] for row in one] == [row[3] for row in other]


@pytest.mark.parametrize("boxes", ["none", "[[0, 0, 1]]", "{}", "7", "[[0.5, 0, 0.25, 1]]", "[" * 100_000])
def test_boxes_that_are_none_are_refused_with_the_sample(tmp_path: Path, boxes: str) -> None:
    made = expectation(task(tmp_path, images(), WebDataset(index=False), base=0))
    content = older(made.path.read_bytes(), lambda described: described.update(boxes=boxes))
    (tmp_path / "old").mkdir()
    (tmp_path / "old" / made.path.name).write_bytes(content)
    with pytest.raises(Exception, match=r"the sample n01514668_0 has .*box"):
        rows(open_source(tmp_path / "old"), "train", tmp_path, boxes=False)
