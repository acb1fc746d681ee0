import pytest

from wizard.engine.executors.executor import Executor


@pytest.fixture
def tensorflow(shared_tensorflow: Executor) -> Executor:
    """The real one."""
    return shared_tensorflow
