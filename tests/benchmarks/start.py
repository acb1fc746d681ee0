"""How long the first question and --help take to appear.

    python -m tests.benchmarks.start [--against OTHER_CHECKOUT] [--runs 10]

The program starts in a pseudo-terminal with an empty home: in a folder without raw data, where the menu comes first, in
one with an official archive, where the question of the trainer does, and with --help; in turn with another checkout if
one is given. The first round is not counted, as it compiles. Prints medians in seconds, with the least and the largest.

The goals are 0.8 s for the first question, and 0.3 s for --help.
"""

import argparse
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pexpect

from tests.benchmarks.checkout import Checkout, other, this


@dataclass(frozen=True, kw_only=True)
class Case:
    """A start: its name, the words after the program's, its folder, the text waited for, and the goal in seconds."""

    name: str
    words: tuple[str, ...] = ()
    here: str
    text: str
    goal: float


CASES = (
    Case(name="menu", here="empty", text="What would you like to do", goal=0.8),
    Case(name="trainer", here="raw", text="What will open the result", goal=0.8),
    Case(name="--help", words=("--help",), here="empty", text="Usage: imagenet-setup", goal=0.3),
)


def seconds(case: Case, checkout: Checkout, work: Path) -> float:
    """From the command to its text on the screen."""
    began = time.monotonic()
    child = pexpect.spawn(
        sys.executable,
        ["-m", "wizard", *case.words],
        cwd=work / case.here,
        env=_environment(checkout, work / "home"),
        dimensions=(40, 100),
        timeout=60,
    )
    child.expect_exact(case.text)
    took = time.monotonic() - began
    child.close(force=True)
    return took


def _environment(checkout: Checkout, home: Path) -> Mapping[str, str]:
    kept = {key: value for key, value in os.environ.items() if not key.startswith("PYTHON")}
    ours = {"HOME": str(home), "TERM": "xterm-256color", "PROMPT_TOOLKIT_NO_CPR": "1"}
    return {**kept, **ours, "IMAGENET_SETUP_HOME": str(home), **checkout.env}


def _prepare(work: Path) -> None:
    for name in ("home", "empty", "raw"):
        (work / name).mkdir()
    (work / "raw" / "ILSVRC2012_img_train.tar").touch()


def _row(case: Case, checkout: Checkout, found: Sequence[float]) -> str:
    spread = f"{statistics.median(found):.2f} s ({min(found):.2f} to {max(found):.2f})"
    return f"{case.name:<8} {checkout.name:<16} {spread}   goal {case.goal} s"


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the benchmark."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--against", type=Path, help="another checkout")
    parser.add_argument("--runs", type=int, default=10)
    asked = parser.parse_args(argv)
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        _prepare(work)
        checkouts = [this(work), *([other(asked.against, work)] if asked.against else [])]
        pairs = [(case, checkout) for case in CASES for checkout in checkouts]
        found: dict[tuple[str, str], list[float]] = {}
        for number in range(asked.runs + 1):
            for case, checkout in pairs:
                took = seconds(case, checkout, work)
                if number:
                    found.setdefault((case.name, checkout.name), []).append(took)
        for case, checkout in pairs:
            print(_row(case, checkout, found[case.name, checkout.name]))  # noqa: T201  a script's result
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
