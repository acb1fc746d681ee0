from tests.benchmarks.cases import Case
from tests.benchmarks.contestants import CODEC_LOOP, CP, Contestant
from tests.benchmarks.measured import Measured
from tests.benchmarks.rounds import Results
from tests.benchmarks.table import section

CASE = Case(name="kept", about="bytes kept")


def runs(*seconds: float, **stages: float) -> list[Measured]:
    return [
        Measured(
            images=1000, seconds=each, whole=2 * each, cpu=each, parent=80_000_000, stages=stages, busy=each, workers=2
        )
        for each in seconds
    ]


def text(results: Results, *builds: str) -> str:
    def measure() -> Measured:
        raise AssertionError

    names = [CODEC_LOOP, CP, *builds, "webdataset"]
    contestants = [Contestant(name=name, key=name, measure=measure, is_build=name in builds) for name in names]
    return section(CASE, contestants, results)


def cells(printed: str, name: str) -> list[str]:
    line = next(line for line in printed.splitlines() if line.startswith(f"| {name} "))
    return [cell.strip() for cell in line.strip("|").split("|")]


def test_a_row_has_rates_and_ratios_to_the_codec_loop_and_to_cp() -> None:
    results = Results(runs={CODEC_LOOP: runs(2.0, 4.0), CP: runs(0.5, 1.0), "ours": runs(4.0, 8.0)})

    row = cells(text(results, "ours"), "ours")

    assert row[1] == "188 (125 to 250)"
    assert row[3:7] == ["0.50", "0.25", "0.12", "0.06"]
    assert row[8] == "80"


def test_gain_over_another_checkout_is_the_median_of_the_rounds() -> None:
    results = Results(runs={"ours": runs(1.0, 1.0, 2.0), "older": runs(2.0, 3.0, 2.0)})

    assert "ours : older: work × 2.00 (1.00 to 3.00)" in text(results, "ours", "older")


def test_stages_are_shown_with_their_share_of_the_workers_time() -> None:
    results = Results(runs={"ours": runs(1.0, decode=0.75, write=0.05)})

    assert text(results, "ours").splitlines()[-1] == (
        "ours: 1.0 s of the command outside the engine; shards under way in 50 % of its workers' time; "
        "1.000 ms of a worker an image: decode 0.750 ms (75 %), write 0.050 ms (5 %)"
    )


def test_a_build_is_compared_with_a_copy_that_has_reached_the_disk_too() -> None:
    results = Results(runs={CP: runs(0.5), "ours": runs(4.0)})

    assert "ours: 0.25 (work) and 0.12 (whole) of cp flushed to disk; " in text(results, "ours")


def test_a_contestant_that_failed_has_a_line_that_says_why() -> None:
    results = Results(runs={"ours": runs(1.0)}, failed={"webdataset": "exit code 1: no space left"})

    assert "webdataset failed: exit code 1: no space left" in text(results, "ours")
