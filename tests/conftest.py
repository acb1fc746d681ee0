"""A tiny ILSVRC2012 of drawn images, a home of its own for every test, and one built dataset for those that read."""

import shutil
from pathlib import Path

import pytest

from tests.helpers import CLASSES, PER_CLASS, VALIDATION, build_dataset
from wizard import synthetic


@pytest.fixture(autouse=True)
def home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("IMAGENET_SETUP_HOME", str(folder))
    monkeypatch.setenv("NO_COLOR", "1")
    return folder


@pytest.fixture(scope="session")
def raw(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The archives; read only."""
    folder = tmp_path_factory.mktemp("raw")
    synthetic.make(folder, classes=CLASSES, per_class=PER_CLASS, validation=VALIDATION)
    return folder


@pytest.fixture
def raw_copy(raw: Path, tmp_path: Path) -> Path:
    """The archives, to be damaged."""
    return shutil.copytree(raw, tmp_path / "raw")


@pytest.fixture(scope="session")
def built(raw: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished dataset with resized images and all boxes; read only."""
    folder = tmp_path_factory.mktemp("built") / "out"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("IMAGENET_SETUP_HOME", str(tmp_path_factory.mktemp("session-home")))
        image = {"resize": "crop", "height": 64, "width": 96, "quality": 85}
        build_dataset(raw, folder, source={"boxes": "all"}, image=image)
    return folder


@pytest.fixture
def built_copy(built: Path, tmp_path: Path) -> Path:
    """The finished dataset, to be damaged."""
    return shutil.copytree(built, tmp_path / "built")
