from collections.abc import Callable

from tests.benchmarks import rounds
from tests.benchmarks.command import CommandFailed
from tests.benchmarks.contestants import Contestant
from tests.benchmarks.measured import Measured


def contestant(key: str, order: list[str], *, fails_at: int = 0) -> Contestant:
    def measure() -> Measured:
        order.append(key)
        if order.count(key) == fails_at:
            raise CommandFailed("exit code 1: no space left")
        return Measured(images=10, seconds=1.0, whole=2.0, cpu=1.0)

    return Contestant(name=key, key=key, measure=measure)


def quiet() -> Callable[[str], None]:
    return lambda _line: None


def test_contestants_run_in_turn_and_once_a_round_for_all_cases_they_are_beside() -> None:
    order: list[str] = []
    jobs = [[contestant(key, order) for key in keys] for keys in (("loop", "first"), ("loop", "second"))]

    results = rounds.run(jobs, 2, quiet())

    assert order == ["loop", "first", "second"] * 2
    assert {key: len(runs) for key, runs in results.runs.items()} == {"loop": 2, "first": 2, "second": 2}


def test_a_contestant_that_fails_once_is_left_out_and_the_others_go_on() -> None:
    order: list[str] = []
    said: list[str] = []
    unlucky, other = contestant("unlucky", order, fails_at=2), contestant("other", order)

    results = rounds.run([[unlucky, other]], 3, said.append)

    assert order == ["unlucky", "other", "unlucky", "other", "other"]
    assert results.failed == {"unlucky": "exit code 1: no space left"}
    assert list(results.runs) == ["other"]
    assert "round 2: unlucky: exit code 1: no space left" in said
