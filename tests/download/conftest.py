"""A server with faults on demand, and a download from it; for the tests that need no more."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.download.fetching import Download, serving
from tests.download.server import Server


@pytest.fixture
def server() -> Iterator[Server]:
    with serving() as running:
        yield running


@pytest.fixture
def download(server: Server, tmp_path: Path) -> Download:
    return Download(tmp_path / "to", server.base)
