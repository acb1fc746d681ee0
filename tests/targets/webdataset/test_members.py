"""Every reader takes the members: headers that all understand, and values that keep one type."""

import io
import json
import tarfile
from itertools import permutations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.targets.samples import sample
from wizard.formats import tar
from wizard.sources.names import unsafe
from wizard.targets.sample import OutputSample
from wizard.targets.webdataset.members import KINDS, description, members_of, older_key, sample_key
from wizard.targets.webdataset.target import WebDataset

NAMES = st.text(min_size=1, max_size=300).filter(lambda name: not unsafe(name))
ONE_BOX, TWO_BOXES = np.array([[0.0, 0.0, 1.0, 1.0]]), np.array([[0.25, 0.1, 0.5, 0.3], [0.0, 0.0, 1e-05, 1.0]])
KINDS_OF_IMAGES = {
    "boxes": sample(boxes=TWO_BOXES),
    "boxes on the border": sample(boxes=ONE_BOX),
    "no boxes": sample(),
    "no label": sample("ILSVRC2012_test_00000001.JPEG", wnid="", text="", label=-1),
    "no words": sample("cats/1.jpg", wnid="cats", text=""),
    "a number for a class": sample("7/1.jpg", wnid="7", text="7", label=7),
    "a name that is null": sample("null", wnid="null", text="null", label=0),
}


def inferred(*samples: OutputSample) -> pa.Schema:
    """The types that pyarrow infers from samples, as `datasets` asks it to: a table of each, put together."""
    tables = [pa.Table.from_pylist([{"json": json.loads(description(each))}]) for each in samples]
    return pa.concat_tables(tables, promote_options="default").schema


@pytest.mark.parametrize("kind", KINDS_OF_IMAGES)
def test_each_image_alone_gives_its_json_the_same_types(kind: str) -> None:
    assert inferred(KINDS_OF_IMAGES[kind]) == inferred(KINDS_OF_IMAGES["boxes"])


@pytest.mark.parametrize("pair", [*permutations(KINDS_OF_IMAGES, 2)], ids=" before ".join)
def test_what_is_inferred_from_one_image_holds_any_other(pair: tuple[str, str]) -> None:
    first, then = (KINDS_OF_IMAGES[kind] for kind in pair)
    pa.array([json.loads(description(then))], type=inferred(first).field("json").type)


@given(NAMES, st.text(), st.text(), st.integers(-1, 32_766), st.integers(0, 3))
def test_values_have_their_kind_whatever_the_image(name: str, wnid: str, text: str, label: int, boxes: int) -> None:
    found = json.loads(description(sample(name, wnid=wnid, text=text, label=label, boxes=np.tile(ONE_BOX, (boxes, 1)))))
    assert [(key, type(value)) for key, value in found.items()] == [*KINDS.items()]
    assert json.loads(found["boxes"]) == [[0.0, 0.0, 1.0, 1.0]] * boxes


@given(NAMES)
def test_a_member_of_any_name_has_one_plain_header_without_a_prefix(name: str) -> None:
    for member, content in members_of(sample(name)):
        header = tar.member(member, content)[: tar.BLOCK]
        assert header[:100].rstrip(b"\0").decode("ascii") == member
        assert (header[156:157], header[257:265], header[345:500]) == (b"0", b"ustar\x0000", bytes(155))
        assert not any(letter.isspace() for letter in member)


@given(NAMES)
def test_no_reader_passes_over_a_key_or_cuts_it_elsewhere(name: str) -> None:
    key = sample_key(name)
    assert not any(part.startswith(("__", ".")) for part in key.split("/"))
    assert "." not in key


@given(NAMES, NAMES)
def test_a_key_that_is_made_plain_does_not_become_that_of_another_image(one: str, other: str) -> None:
    if older_key(one) != older_key(other):
        assert sample_key(one) != sample_key(other)


@pytest.mark.parametrize("name", ["n01440764_10026.JPEG", "ILSVRC2012_val_00000001.JPEG", "cats/old/a-1_(2)+b.jpeg"])
def test_plain_names_are_keys_as_they_are(name: str) -> None:
    assert sample_key(name) == name.rpartition(".")[0]


def test_names_that_differ_only_in_what_is_no_ascii_have_keys_of_their_own() -> None:
    keys = {sample_key(name) for name in ("猫/1.jpg", "犬/1.jpg", "a b.jpg", "a_b.jpg", "x" * 99, "x" * 98 + "y")}
    assert len(keys) == 6


def test_tarfile_reads_what_is_written() -> None:
    content = WebDataset().encoder()(sample("über/" + "long" * 60 + ".jpg")) + tar.END
    with tarfile.open(fileobj=io.BytesIO(content)) as archive:
        assert [member.name.rpartition(".")[2] for member in archive] == ["cls", "jpg", "json"]
