"""How fast a file comes over one connection or several, next to curl, and how much memory that takes.

    python tests/benchmarks/download.py [--megabytes 1000] [--runs 5] [--connections 1] [--to FOLDER]

A file of random bytes is served on loopback by a process of its own and fetched in turn by `imagenet-setup download`,
with its MD5 made on the way and its bytes flushed to disk, and by curl. Prints a line for each run, then the medians
and their ratio. FOLDER is where both write to; on a tmpfs the disk does not count.
"""

import argparse
import hashlib
import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

NAME = "ILSVRC2012_img_val.tar"
_SERVER = """
import sys
from pathlib import Path
from tests.download.server import Served, Server
with Server() as server:
    server.files[sys.argv[2]] = Served(data=Path(sys.argv[1]))
    print(server.base, flush=True)
    sys.stdin.read()
"""


def make(path: Path, megabytes: int) -> str:
    """A tar with one member of random bytes; its MD5."""
    content = path.with_suffix(".content")
    with content.open("wb") as file:
        for _ in range(megabytes):
            file.write(os.urandom(1_000_000))
    subprocess.run(["tar", "-cf", path, "-C", path.parent, content.name], check=True)
    content.unlink()
    with path.open("rb") as file:
        return hashlib.file_digest(file, "md5").hexdigest()


def ours(base: str, folder: Path, sums: Path, connections: int) -> tuple[float, float]:
    """Seconds that the transfer took, flushed to disk, and those of the whole command."""
    shutil.rmtree(folder, ignore_errors=True)
    began = time.monotonic()
    flags = ["--what", "validation", "--to", str(folder), "--checksums", str(sums), "--connections", str(connections)]
    ended = subprocess.run(
        [sys.executable, "-m", "wizard", "download", "--base", base, *flags, "--yes", "--json"],
        check=True,
        stdout=subprocess.PIPE,
        env={**os.environ, "IMAGENET_SETUP_HOME": str(folder.parent / "home")},
    )
    whole = time.monotonic() - began
    events = [json.loads(line) for line in ended.stdout.splitlines()]
    return next(event["seconds"] for event in events if event["event"] == "fetched"), whole


def curl(base: str, folder: Path) -> tuple[float, float]:
    """Seconds that curl took, and until its file was on disk."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    began = time.monotonic()
    subprocess.run(["curl", "-s", "-o", folder / NAME, base + NAME], check=True)
    came = time.monotonic() - began
    with (folder / NAME).open("rb") as file:
        os.fsync(file.fileno())
    return came, time.monotonic() - began


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--megabytes", type=int, default=1000)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--connections", type=int, default=1)
    parser.add_argument("--to", type=Path)
    words = parser.parse_args()
    with tempfile.TemporaryDirectory() as place, tempfile.TemporaryDirectory(dir=words.to) as target:
        path, sums = Path(place) / NAME, Path(place) / "sums"
        sums.write_text(f"{make(path, words.megabytes)}  {NAME}\n")
        size = path.stat().st_size
        server = subprocess.Popen(
            [sys.executable, "-c", _SERVER, path, NAME], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        assert server.stdout is not None
        base = server.stdout.readline().strip()
        rates: dict[str, list[float]] = {"ours, flushed": [], "curl": [], "curl, flushed": []}
        for _ in range(words.runs):
            mine, whole = ours(base, Path(target) / "ours", sums, words.connections)
            came, flushed = curl(base, Path(target) / "curl")
            for name, seconds in zip(rates, (mine, came, flushed), strict=True):
                rates[name].append(size / seconds / 1e6)
            say(f"ours {size / mine / 1e6:6.0f} MB/s ({whole:.1f} s in all)   curl {size / came / 1e6:6.0f} MB/s")
        server.terminate()
        server.wait()
    medians = {name: statistics.median(each) for name, each in rates.items()}
    say("medians: " + ", ".join(f"{name} {rate:.0f} MB/s" for name, rate in medians.items()))
    for other in ("curl", "curl, flushed"):
        pairs = [mine / theirs for mine, theirs in zip(rates["ours, flushed"], rates[other], strict=True)]
        say(f"ours is {100 * statistics.median(pairs):.0f} % of {other} (median of pairs)")
    # Kilobytes, but bytes on macOS; of the largest child, which is ours or the server.
    unit = 1 if sys.platform == "darwin" else 1024
    say(f"largest child {resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * unit / 1e6:.0f} MB")


def say(text: str) -> None:
    print(text, flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
