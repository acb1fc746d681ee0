"""How many images a second a build does, and how much memory it takes.

    python tests/benchmarks/throughput.py [--raw FOLDER] [--runs 3] [--set section.key=value ...]

FOLDER holds the official archives or a part of them; without it, images are drawn, which are smaller and simpler than
photos. By default images are shrunk to a shortest side of 480 pixels at Q85. Prints a line for each run, then medians.
"""

import argparse
import resource
import statistics
import sys
import tempfile
from pathlib import Path

from wizard import synthetic
from wizard.build import Options, build
from wizard.events import Event, ShardDone
from wizard.planning import resolve
from wizard.profile_store import load

PROFILE = """
[image]
resize = "shortest"
size = 480
quality = 85
[output]
train_shards = 32
validation_shards = 4
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--raw", type=Path)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--set", dest="overrides", action="append", default=[])
    words = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        raw = words.raw
        if raw is None:
            raw = folder / "raw"
            synthetic.make(raw, classes=50, per_class=100, validation=500)
        (folder / "profile.toml").write_text(PROFILE)
        rates, worker, parent = [], 0, 0
        for run in range(words.runs):
            out = folder / f"out-{run}"
            sets = [f"source.path={raw}", f"output.path={out}", *words.overrides]
            largest: list[int] = [0]

            def listen(event: Event, largest: list[int] = largest) -> None:
                if isinstance(event, ShardDone):
                    largest.append(event.result.rss)

            finished = build(resolve(load(str(folder / "profile.toml"), sets), listen), listen, Options())
            rates.append(finished.images_built / finished.seconds)
            worker = max(worker, *largest)
            # Kilobytes, but bytes on macOS; see getrusage(2) of each.
            unit = 1 if sys.platform == "darwin" else 1024
            parent = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
            print(f"run {run + 1}: {finished.images_built:,} images, {rates[-1]:,.0f} images/s")  # noqa: T201
        print(  # noqa: T201
            f"median {statistics.median(rates):,.0f} images/s · "
            f"worker {worker / 1e6:,.0f} MB · parent {parent / 1e6:,.0f} MB at most"
        )


if __name__ == "__main__":
    main()
