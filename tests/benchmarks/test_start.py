import sys

import pytest

pytest.importorskip("pexpect", reason="there are no pseudo-terminals here")
pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="there are no pseudo-terminals here")


@pytest.mark.usefixtures("whole_benchmark")
def test_each_start_is_timed_to_its_first_text(capsys: pytest.CaptureFixture[str]) -> None:
    from tests.benchmarks.start import CASES, main

    assert main(["--runs", "1"]) == 0

    said = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in said] == [case.name for case in CASES]
    assert all(" s (" in line and "goal" in line for line in said)
