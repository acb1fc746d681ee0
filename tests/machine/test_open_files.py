import pytest

from wizard.machine.open_files import open_file_limits


def test_open_files_are_what_the_system_allows_now_and_at_most() -> None:
    resource = pytest.importorskip("resource")
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (200, hard))
        limits = open_file_limits()
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert limits is not None
    assert limits[0] == 200
    assert limits[1] >= soft
