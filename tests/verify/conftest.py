from collections.abc import Iterator

import pytest

from wizard.engine.executors.executor import Executor
from wizard.engine.executors.worker_pool import local_workers


@pytest.fixture(scope="session")
def tensorflow() -> Iterator[Executor]:
    """The real one, started once for all tests, which takes seconds."""
    with local_workers(1) as process:
        yield process
