from pathlib import Path

import pytest

from tests import deadly
from tests.engine.test_worker import task
from wizard.engine.losses import find_culprit


@pytest.fixture(autouse=True)
def armed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    deadly.arm(tmp_path / "armed", monkeypatch)


def images(*kinds: bytes) -> dict[str, bytes]:
    return {f"n01514668_{place}.JPEG": deadly.image(kind, place) for place, kind in enumerate(kinds)}


@pytest.mark.parametrize(
    ("kind", "how"), [(deadly.SEGFAULT, "SIGSEGV"), (deadly.ABORT, "SIGABRT"), (deadly.EXIT, "exit code 1")]
)
def test_an_image_that_kills_a_worker_alone_is_the_culprit(tmp_path: Path, kind: bytes, how: str) -> None:
    found = find_culprit(task(tmp_path, images(b"", kind, b"")), 1)
    assert found is not None
    assert (found[0], found[1].signal) == (1, how)


def test_an_image_that_harms_what_follows_is_found_in_place_of_what_follows(tmp_path: Path) -> None:
    found = find_culprit(task(tmp_path, images(b"", deadly.LATER, b"", b"", b"", b"")), 4)
    assert found is not None
    assert found[0] == 1


def test_an_image_that_is_only_ever_in_hand_is_not_blamed(tmp_path: Path) -> None:
    assert find_culprit(task(tmp_path, images(b"", b"", b"no image is deadly here")), 2) is None


def test_what_is_known_to_be_deadly_is_not_tried_again(tmp_path: Path) -> None:
    made = task(tmp_path, images(deadly.ABORT, b"", b""), crashing={0: "it crashed"})
    assert find_culprit(made, 2) is None
