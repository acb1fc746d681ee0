import signal

import pytest

from wizard.engine.deaths import WorkerDied

KILLED = -signal.SIGKILL


@pytest.mark.parametrize("number", [signal.SIGSEGV, signal.SIGABRT, signal.SIGBUS, signal.SIGFPE, signal.SIGILL])
def test_a_crash_names_its_signal_and_does_not_mention_memory(number: signal.Signals) -> None:
    died = WorkerDied(7, -number)
    assert died.crashed
    assert str(died) == f"worker 7 crashed ({number.name})"
    assert "memory" not in str(died) + died.hint


def test_more_memory_is_advised_only_where_memory_ran_out() -> None:
    assert "more memory" in WorkerDied(7, KILLED, oom=True).hint
    assert "because memory ran out" in str(WorkerDied(7, KILLED, oom=True))
    for other in (WorkerDied(7, KILLED, oom=False), WorkerDied(7, -signal.SIGTERM), WorkerDied(7, None)):
        assert not other.crashed
        assert "memory" not in other.hint


def test_both_causes_of_a_kill_are_named_if_the_system_does_not_report_which() -> None:
    told = str(WorkerDied(7, KILLED))
    assert "because memory ran out, or by another program" in told
    assert "if memory is short" in WorkerDied(7, KILLED).hint


def test_a_process_that_returns_by_itself_counts_as_a_crash() -> None:
    assert WorkerDied(7, 1).crashed
    assert str(WorkerDied(7, 1)) == "worker 7 exited unexpectedly (exit code 1)"
