"""A flag for what takes longest here."""

import pytest


@pytest.fixture
def whole_benchmark(request: pytest.FixtureRequest) -> None:
    """For a test that runs a benchmark from end to end, on little data: each takes ten seconds, so it needs a flag."""
    if not request.config.getoption("--benchmarks"):
        pytest.skip("with --benchmarks")
