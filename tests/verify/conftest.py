from collections.abc import Iterator

import pytest

from wizard.verify.client import TensorFlow


@pytest.fixture(scope="session")
def tensorflow() -> Iterator[TensorFlow]:
    """The real one, started once for all tests, which takes seconds."""
    with TensorFlow() as process:
        yield process
