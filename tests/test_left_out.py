"""Files that are left out, skipped or look like copies are reported wherever a person looks."""

from pathlib import Path

import pytest
from PIL import Image

from tests.helpers import build_dataset, build_profile, examined, profile
from wizard.ask.context import Context, with_source
from wizard.ask.source_report import source_lines
from wizard.engine import manifest
from wizard.events import Event, Note
from wizard.inspection import inspect
from wizard.sources.samples import LeftOut

FORMATS = {"1.jpg": "JPEG", "2.webp": "WEBP", "3": "BMP", "4.gif": "GIF", "5.tif": "TIFF", "6.dat": "PNG"}


@pytest.fixture
def share(tmp_path: Path) -> Path:
    """Two classes of six images each in several formats, clutter, an array and a copy among them."""
    folder = tmp_path / "share"
    for place, wnid in enumerate(("cat", "dog")):
        (folder / "train" / wnid / "@eaDir").mkdir(parents=True)
        for name, kind in FORMATS.items():
            image = Image.new("RGB", (40, 30), (80 * place, 100, 120))
            image.save(folder / "train" / wnid / name, kind)
        (folder / "train" / wnid / "@eaDir" / "1.jpg").write_bytes(b"thumbnail")
    (folder / "train/cat/1 (1).jpg").write_bytes((folder / "train/cat/1.jpg").read_bytes())
    (folder / "train/dog/mask.npy").write_bytes(b"\x93NUMPY")
    return folder


COUNTED = "3 JPEG, 2 WebP, 2 GIF, 2 TIFF, 2 BMP and 2 PNG"


def notes_of(share: Path) -> list[tuple[str, bool]]:
    return [
        (f"train, left out: 1 .npy file; the first is {share}/train/dog/mask.npy", True),
        ("train, passed over: 2 files in @eaDir (Synology thumbnails)", False),
        (f"train, formats: {COUNTED}; whatever is not a JPEG becomes one", False),
        ("train, copies: 1 image looks like a copy of another by its name: cat/1 (1).jpg of cat/1.jpg", True),
    ]


def test_the_files_that_are_left_out_are_told_before_a_build_and_recorded_by_it(share: Path, tmp_path: Path) -> None:
    events: list[Event] = []
    made = profile(share, tmp_path / "out", source={"splits": ["train"], "boxes": "none"}, output={"train_shards": 2})
    (check,) = [check for check in examined(made).checks if check.name == "raw-data"]
    assert check.status == "warn"
    assert all(text in check.found for text, _ in notes_of(share))
    finished = build_profile(made, events.append)
    assert not any(event.text.startswith("train, ") for event in events if isinstance(event, Note))
    assert finished.splits[0].images_out == 13
    assert finished.converted == {"WEBP": 2, "BMP": 2, "GIF": 2, "TIFF": 2, "PNG": 2}
    assert manifest.read(tmp_path / "out").left_out == {
        "train": (
            LeftOut(what=".npy files", count=1, first=f"{share}/train/dog/mask.npy", clutter=False),
            LeftOut(
                what="files in @eaDir (Synology thumbnails)",
                count=2,
                first=f"{share}/train/cat/@eaDir/1.jpg",
                clutter=True,
            ),
        )
    }


def test_the_manifest_of_a_subset_of_classes_lists_left_out_files(share: Path, tmp_path: Path) -> None:
    build_dataset(
        share,
        tmp_path / "out",
        source={"splits": ["train"], "boxes": "none", "classes": 1},
        output={"train_shards": 1},
    )
    assert [each.count for each in manifest.read(tmp_path / "out").left_out["train"]] == [1, 2]


def test_the_preflight_warns_of_left_out_files(share: Path, tmp_path: Path) -> None:
    source = {"splits": ["train"], "boxes": "none"}
    check = examined(profile(share, tmp_path / "out", source=source)).checks[0]
    assert (check.name, check.status) == ("raw-data", "warn")
    assert all(text in check.found for text, _ in notes_of(share))
    assert check.fix.startswith("Check the files named")


def test_the_preflight_passes_if_only_clutter_is_left_out(share: Path, tmp_path: Path) -> None:
    (share / "train/dog/mask.npy").unlink()
    (share / "train/cat/1 (1).jpg").unlink()
    source = {"splits": ["train"], "boxes": "none"}
    check = examined(profile(share, tmp_path / "out", source=source)).checks[0]
    assert (check.status, check.fix) == ("pass", "")
    assert "passed over: 2 files in @eaDir" in check.found


def test_inspect_shows_left_out_files(share: Path) -> None:
    facts = inspect(share, lambda _event: None).facts
    assert [(f"{name}: {facts[name]}") for name in facts if name.startswith("train, ")] == [
        text for text, _ in notes_of(share)
    ]


def test_the_guided_setup_shows_left_out_files_with_the_raw_data(share: Path) -> None:
    lines = source_lines(with_source(Context(last=None, names=frozenset()), share, lambda _event: None))
    assert [line.strip() for line in lines if line.startswith("    ")] == [
        f"{'!' if warning else '·'} {text.removeprefix('train, ')}" for text, warning in notes_of(share)
    ]
