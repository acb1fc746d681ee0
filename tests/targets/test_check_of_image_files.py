import dataclasses
import hashlib
from pathlib import Path

import pytest
from PIL import Image

from tests.helpers import encoded, noise
from tests.verify.shards import NAMES, WNID, expectation, images, listed, relisted, sentences, task
from wizard.targets.expected import Expectation
from wizard.targets.image_files.target import ClassFolders, FlatFolders
from wizard.targets.writer import ImageFile
from wizard.verify.shard import check_shard

FOLDERS, FLAT = ClassFolders(), FlatFolders()


@pytest.fixture(params=[FOLDERS, FLAT], ids=["folders", "flat"])
def expected(request: pytest.FixtureRequest, tmp_path: Path) -> Expectation:
    """What a shard of four image files should be; it is."""
    return expectation(task(tmp_path, images(), request.param))


def third(expected: Expectation) -> Path:
    return Path(expected.folder) / listed(expected)[2].path


def test_good_image_files_have_no_problem(expected: Expectation) -> None:
    assert check_shard(expected) == ()


def test_a_changed_bit_is_found_and_named(expected: Expectation) -> None:
    file = third(expected)
    content = bytearray(file.read_bytes())
    content[-30] ^= 1
    file.write_bytes(content)
    (problem,) = check_shard(expected)
    assert problem.name == NAMES[2]
    assert f"{file.relative_to(expected.folder)}: its sha256 is" in problem.what


def test_a_cut_file_is_found(expected: Expectation) -> None:
    file = third(expected)
    file.write_bytes(file.read_bytes()[:-1])
    assert "bytes, expected" in sentences(check_shard(expected))


def test_a_missing_file_is_found(expected: Expectation) -> None:
    third(expected).unlink()
    (problem,) = check_shard(expected)
    assert "it cannot be read: No such file" in problem.what
    assert problem.name == NAMES[2]


def test_an_image_in_another_classs_folder_is_found(tmp_path: Path) -> None:
    expected = expectation(task(tmp_path, images(), FOLDERS))
    files = listed(expected)
    moved = files[2]._replace(path=files[2].path.replace(f"{WNID}/", "n01440764/"))
    (tmp_path / moved.path).parent.mkdir()
    (tmp_path / files[2].path).rename(tmp_path / moved.path)
    said = sentences(check_shard(relisted(expected, [*files[:2], moved, files[3]])))
    assert f"its record lists train/n01440764/{NAMES[2]}, expected train/{WNID}/{NAMES[2]}" in said


def test_an_edited_record_is_found(expected: Expectation) -> None:
    expected.path.write_bytes(expected.path.read_bytes().replace(b"_2.", b"_7."))
    said = sentences(check_shard(expected))
    assert "the sha256 of its list of files is" in said
    assert "its record lists" in said


@pytest.mark.parametrize("content", [b"", b"[]", b"\xff", b'{"plan_id": ""}'])
def test_a_damaged_record_is_found(expected: Expectation, content: bytes) -> None:
    expected.path.write_bytes(content)
    assert "is not a commit record" in sentences(check_shard(expected))


def test_a_missing_record_is_found(expected: Expectation) -> None:
    expected.path.unlink()
    assert "its commit record cannot be read: No such file" in sentences(check_shard(expected))


def test_a_record_that_lacks_a_file_is_found(expected: Expectation) -> None:
    said = sentences(check_shard(relisted(expected, listed(expected)[:3])))
    assert f"it has 3 images, expected 4; the first that is missing is {NAMES[3]}" in said
    assert "its files are listed with" in said


def test_swapped_images_are_found(expected: Expectation) -> None:
    files = listed(expected)
    said = sentences(check_shard(relisted(expected, [files[1], files[0], *files[2:]])))
    assert f"({NAMES[0]}): its record lists {files[1].path}, expected {files[0].path}" in said


def test_a_listed_file_that_is_no_rgb_jpeg_is_found(expected: Expectation) -> None:
    files = listed(expected)
    for content, said in (
        (encoded(Image.fromarray(noise(32, 40)), "PNG"), "its image is PNG"),
        (b"no image", "its image cannot be decoded"),
    ):
        third(expected).write_bytes(content)
        digest = hashlib.sha256(content).hexdigest()
        changed = relisted(expected, [*files[:2], ImageFile(files[2].path, len(content), digest), files[3]])
        assert said in sentences(check_shard(changed))


def test_the_bytes_of_all_files_are_compared_with_what_was_recorded(expected: Expectation) -> None:
    lie = dataclasses.replace(expected.result, bytes_out=7)
    assert "bytes, expected 7" in sentences(check_shard(dataclasses.replace(expected, result=lie)))
