"""A form of raw data from one module and one line in the registry: everything above finds it by itself."""

import io
import json
import zipfile
from pathlib import Path

import pytest
from PIL import Image

from tests.helpers import features, profile
from tests.sources import toy_source
from wizard.cli import main
from wizard.errors import InputError, ProfileError
from wizard.sources.opening import open_source
from wizard.sources.registry import SOURCES, SourceForm

CLASSES, EACH = ("cat", "dog"), 6


@pytest.fixture(autouse=True)
def _registered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(SOURCES, "zips", SourceForm(module=toy_source.__name__))


@pytest.fixture
def zips(tmp_path: Path) -> Path:
    """A zip of each split, with images of two classes."""
    folder = tmp_path / "raw"
    folder.mkdir()
    for split in ("train", "validation"):
        with zipfile.ZipFile(folder / f"{split}.pngs", "w", zipfile.ZIP_DEFLATED) as archive:
            for number in range(EACH * len(CLASSES)):
                png = io.BytesIO()
                Image.new("RGB", (40 + number, 30), (number * 20, 90, 160)).save(png, "PNG")
                archive.writestr(f"{CLASSES[number % 2]}/{number}.png", png.getvalue())
    return folder


def test_a_new_source_is_recognized_and_described(zips: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["inspect", str(zips), "--json"]) == 0
    reported = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert "zips of PNGs" in json.dumps(reported)
    assert "12 images, 2 classes" in json.dumps(reported)


def test_a_new_source_may_be_asked_for_in_a_profile(zips: Path, tmp_path: Path) -> None:
    assert profile(zips, tmp_path / "out", source={"layout": "zips"}).source.layout == "zips"
    with pytest.raises(ProfileError, match=r"allowed is 'auto', .*'webdataset' or 'zips'"):
        profile(zips, tmp_path / "out", source={"layout": "zip"})


def test_an_unrecognized_folder_is_refused_with_the_new_sources_layout(tmp_path: Path) -> None:
    with pytest.raises(InputError) as error:
        open_source(tmp_path)
    assert toy_source.LOOKS_LIKE in error.value.hint


@pytest.mark.parametrize("form", ["tfrecord", "folders", "webdataset"])
def test_a_new_source_is_built_by_worker_processes_and_verified(zips: Path, tmp_path: Path, form: str) -> None:
    out = tmp_path / "out"
    sets = {
        "source.layout": "zips",
        "source.boxes": "none",
        "output.format": form,
        "output.train_shards": "2",
        "output.validation_shards": "2",
        "run.workers": "2",
    }
    base = tmp_path / "profile.toml"
    base.write_text(f"[source]\npath = '{zips}'\n[output]\npath = '{out}'\n")
    chosen = [part for key, value in sets.items() for part in ("--set", f"{key}={value}")]
    assert main(["run", str(base), "--yes", "--plain", "--ignore", "disk", *chosen]) == 0
    assert main(["verify", str(out), "--pixels"]) == 0
    if form == "tfrecord":
        labels = {name.partition("/")[0]: record["image/class/label"] for name, record in features(out).items()}
        assert labels == {"cat": (1,), "dog": (2,)}
