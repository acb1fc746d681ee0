from collections.abc import Iterator

import pytest

from wizard.engine.executors.executor import Executor
from wizard.verify.training import tensorflow_worker


@pytest.fixture(scope="session")
def tensorflow() -> Iterator[Executor]:
    """The real one, started once for all tests, which takes seconds."""
    with tensorflow_worker() as process:
        yield process
