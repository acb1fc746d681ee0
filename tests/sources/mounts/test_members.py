import pytest

from wizard.sources.mounts.members import DuplicateMember, Members, MembersBuilder, members_of


def built(*paths: str) -> Members:
    builder = MembersBuilder()
    for number, path in enumerate(paths):
        builder.add(path, number * 100, number, image=1)
    return members_of(builder.built())


def test_a_file_is_found_by_its_path_whatever_the_order_of_members() -> None:
    members = built("a/b/2.jpg", "1.jpg", "a/b/10.jpg", "a/3.jpg", "a/b/é.jpg")
    found = {path: members.row(path) for path in ("1.jpg", "a/3.jpg", "a/b/2.jpg", "a/b/10.jpg", "a/b/é.jpg")}
    assert [int(members.size[row]) for row in found.values() if row is not None] == [1, 3, 0, 2, 4]


def test_what_is_no_file_has_no_row() -> None:
    members = built("a/b/2.jpg", "a/b/12.jpg")
    assert [members.row(path) for path in ("a", "a/b", "2.jpg", "a/b/2", "a/b/jpg", "a/b/", "")] == [None] * 7


def test_folders_that_hold_folders_alone_are_there_too() -> None:
    members = built("a/b/c/1.jpg", "a/d/2.jpg")
    assert members.folders.keys() == {"", "a", "a/b", "a/b/c", "a/d"}
    assert members.within[members.folders["a"]] == ("b", "d")
    assert members.rows("a") == {}


def test_a_path_twice_is_refused() -> None:
    with pytest.raises(DuplicateMember, match=r"^a/1\.jpg$"):
        built("a/1.jpg", "b/1.jpg", "a/1.jpg")


def test_a_file_named_as_a_folder_is_refused() -> None:
    with pytest.raises(DuplicateMember, match=r"^a/b$"):
        built("a/b/c/1.jpg", "a/b")


def test_an_archive_may_be_empty() -> None:
    assert len(built()) == 0
