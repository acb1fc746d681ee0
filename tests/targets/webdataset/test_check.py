import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from tests.helpers import encoded, noise
from tests.verify.shards import NAMES, expectation, image, images, replaced, sentences, task
from wizard.formats import tar
from wizard.targets.expected import Expectation
from wizard.targets.webdataset.target import WebDataset
from wizard.verify.shard import check_shard

Members = list[tuple[str, bytes]]
STEM = NAMES[2].removesuffix(".JPEG")


@pytest.fixture
def expected(tmp_path: Path) -> Expectation:
    """What a tar of four samples should be; it is."""
    return expectation(task(tmp_path, images(), WebDataset(index=False), base=0))


def rewrite(expected: Expectation, change: Callable[[Members], None]) -> Expectation:
    """Changes the members and lets sha256 and size follow."""
    with expected.path.open("rb") as file:
        found = list(tar.members(file, head=1 << 20))
    members = [(member.name, member.head) for member in found]
    change(members)
    return replaced(expected, b"".join(tar.member(name, data) for name, data in members) + tar.END)


def put(field: str, content: bytes) -> Callable[[Members], None]:
    """Gives the third sample another content in one of its members."""

    def change(members: Members) -> None:
        place = [name for name, _ in members].index(f"{STEM}.{field}")
        members[place] = (f"{STEM}.{field}", content)

    return change


def describe(**values: Any) -> Callable[[Members], None]:
    """Gives the third sample's json other values; None takes one away."""

    def change(members: Members) -> None:
        described = json.loads(dict(members)[f"{STEM}.json"]) | values
        kept = {name: value for name, value in described.items() if value is not None}
        put("json", json.dumps(kept).encode())(members)

    return change


def swap(members: Members) -> None:
    members[3:6], members[6:9] = members[6:9], members[3:6]


def test_a_good_tar_has_no_problem(expected: Expectation) -> None:
    assert check_shard(expected) == ()
    assert check_shard(rewrite(expected, lambda _members: None)) == ()


def test_any_changed_byte_is_found(expected: Expectation) -> None:
    content = expected.path.read_bytes()
    for place in range(0, len(content), 331):
        expected.path.write_bytes(content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :])
        assert "its sha256 is" in sentences(check_shard(expected))


def test_a_tar_that_is_cut_off_is_found_even_if_it_is_recorded_so(expected: Expectation) -> None:
    content = expected.path.read_bytes()
    said = sentences(check_shard(replaced(expected, content[: len(content) // 2])))
    assert "the archive is truncated" in said
    assert "the archive is truncated" in sentences(check_shard(replaced(expected, content[: -len(tar.END)])))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (put("cls", b"9"), "its cls is b'9', expected 7"),
        (put("jpg", b"no image"), "its image cannot be decoded"),
        (put("jpg", encoded(Image.fromarray(noise(32, 40)), "PNG")), "its image is PNG"),
        (put("jpg", image(31, 40)), "its height is stated as 32, the image has 31 × 40"),
        (put("json", b"{"), "its json is not a JSON object"),
        (put("json", b"[]"), "its json is not a JSON object"),
        (describe(filename="x.JPEG"), "filename of its json is 'x.JPEG', expected 'n01514668_2.JPEG'"),
        (describe(label=9), "label of its json is 9, expected 7"),
        (describe(text="hen"), "text of its json is 'hen', expected 'cock'"),
        (describe(**{"class": "n01440764"}), "class of its json is 'n01440764', expected 'n01514668'"),
        (describe(width=41), "its width is stated as 41, the image has 32 × 40"),
        (describe(width=None), "its json has no width"),
        (describe(boxes="[[0.0, 0.0, 1.5, 1.0]]"), "box 0 is not within 0..1"),
        (describe(boxes="[[0.0, 0.0, 1.0]]"), "the boxes of its json are not lists of four numbers"),
        (describe(boxes="[[0.0, 0.0"), "the boxes of its json are not lists of four numbers"),
        (describe(boxes=[[0.0, 0.0, 1.0, 1.0]]), "boxes of its json is [[0.0, 0.0, 1.0, 1.0]], expected str"),
        (describe(height=32.0), "height of its json is 32.0, expected int"),
        (describe(label=True), "label of its json is True, expected"),
        (describe(size=3), "the keys of its json are filename, label, class, text, height, width, boxes, size"),
        (describe(boxes=None), "the boxes of its json are not lists of four numbers"),
        (lambda members: members.remove(members[7]), "its members are cls, json, expected cls, jpg, json"),
        (lambda members: members.insert(9, members[8]), "its members are cls, jpg, json, json, expected"),
    ],
)
def test_wrong_content_is_found_and_named(expected: Expectation, change: Callable[[Members], None], said: str) -> None:
    problems = check_shard(rewrite(expected, change))
    assert said in sentences(problems)
    assert (problems[0].record, problems[0].name) == (2, NAMES[2])


def test_a_damaged_shard_is_called_by_its_files_name(tmp_path: Path) -> None:
    named = WebDataset(names="webdataset", dataset="imagenet", index=False)
    expected = expectation(task(tmp_path, images(), named, base=0))
    expected.path.write_bytes(expected.path.read_bytes()[:-1])
    assert next(problem.shard for problem in check_shard(expected)) == "imagenet-train-000000.tar"
    expected.path.unlink()
    assert sentences(check_shard(expected)).startswith("imagenet-train-000000.tar: it cannot be read")


def test_swapped_samples_are_found(expected: Expectation) -> None:
    said = sentences(check_shard(rewrite(expected, swap)))
    assert "record 1 (n01514668_1.JPEG): its key is n01514668_2, expected n01514668_1" in said


def test_a_missing_sample_is_named(expected: Expectation) -> None:
    def remove_last(members: Members) -> None:
        del members[9:]

    said = sentences(check_shard(rewrite(expected, remove_last)))
    assert "it has 3 images, expected 4; the first that is missing is n01514668_3.JPEG" in said


def test_a_sample_too_many_is_found(expected: Expectation) -> None:
    def add_one(members: Members) -> None:
        members += [(name.replace("_0", "_9"), data) for name, data in members[:3]]

    assert "record 4: it is one image too many" in sentences(check_shard(rewrite(expected, add_one)))


def test_boxes_are_counted(expected: Expectation) -> None:
    said = sentences(check_shard(rewrite(expected, describe(boxes="[]"))))
    assert "it has 3 boxes, 4 were recorded" in said
