import numpy as np
import pytest

from wizard.sources.classes import Classes
from wizard.targets.image_files import listing as module
from wizard.targets.image_files.listing import Listing, listing
from wizard.targets.written import StoredImages

CLASSES = Classes(names=("cat", "cat b", "ü"), words=("", "", ""))


def listed(images: dict[str, int]) -> Listing:
    names = np.array([name.encode() for name in images], np.bytes_)
    stored = StoredImages(names=names, ranks=np.array([*images.values()], np.int16))
    return listing(stored, CLASSES, lambda name, wnid: f"{wnid}/{name}" if wnid else name)


def rows(found: Listing) -> list[tuple[str, int]]:
    return [pair for piece in found.pieces() for pair in zip(piece.paths, piece.ranks.tolist(), strict=True)]


def test_files_are_sorted_by_folder_and_then_by_name_as_image_folder_does() -> None:
    # "cat b/" comes before "cat/" as text, but "cat" before "cat b" as a folder.
    found = listed({"ü.jpg": 2, "10.jpg": 1, "9.jpg": 0, "1.jpg": 0, "10.JPEG": 0})
    assert rows(found) == [("cat/1.jpg", 0), ("cat/10.JPEG", 0), ("cat/9.jpg", 0), ("cat b/10.jpg", 1), ("ü/ü.jpg", 2)]
    assert len(found) == 5


def test_images_without_a_class_have_no_rank_and_no_folder() -> None:
    assert rows(listed({"b.jpg": -1, "a.jpg": -1})) == [("a.jpg", -1), ("b.jpg", -1)]
    assert not listed({"a.jpg": -1}).has_labels
    assert listed({"a.jpg": -1, "b.jpg": 0}).has_labels


def test_a_split_without_images_is_listed_as_empty() -> None:
    assert rows(listed({})) == []


def test_pieces_leave_out_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_PIECE", 3)
    found = listed({f"{number}.jpg": number % 3 for number in range(10)})
    assert [len(piece.paths) for piece in found.pieces()] == [3, 3, 3, 1]
    assert len({path for path, _ in rows(found)}) == 10
