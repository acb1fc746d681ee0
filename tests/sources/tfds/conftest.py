"""The datasets that tensorflow_datasets prepared, once for all tests of this room."""

import shutil
from pathlib import Path

import pytest

from tests.helpers import add_test_archive
from tests.sources.tfds.making import prepare


@pytest.fixture(scope="session")
def archives(raw: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The drawn archives with one of test images; must not be changed."""
    folder = shutil.copytree(raw, tmp_path_factory.mktemp("archives") / "raw")
    add_test_archive(folder, 5)
    return folder


@pytest.fixture(scope="session")
def prepared(archives: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data_dir of TFDS for each form; must not be changed."""
    return prepare(archives, tmp_path_factory.mktemp("prepared"))
