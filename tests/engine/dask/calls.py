"""Calls that tests have workers make; each worker imports this module."""

import os
import signal
import time
from pathlib import Path

from wizard.engine import heartbeat, in_hand
from wizard.events import Heartbeat


def pid() -> int:
    return os.getpid()


def fail() -> None:
    raise ValueError("as asked")


def crash_at(item: int) -> None:
    for number in in_hand.each(range(10)):
        if number == item:
            signal.raise_signal(signal.SIGSEGV)  # in this thread: one of the process may come after the answer


def beat(name: str, done: int) -> Heartbeat:
    return Heartbeat(
        worker=os.getpid(),
        host=heartbeat.HOST,
        shard=name,
        split="train",
        done=done,
        total=10,
        bytes_in=0,
        bytes_out=0,
        rss=0,
    )


def send_beats(name: str) -> None:
    for done in range(3):
        heartbeat.send(beat(name, done))


def kill_once(mark: Path) -> str:
    """Kills the worker of Dask whose process makes the call, the first time."""
    if not mark.exists():
        mark.touch()
        heartbeat.send(beat("a-shard", 1))
        time.sleep(1.5)
        os.kill(os.getppid(), signal.SIGKILL)
        time.sleep(60)
    return "made again"


def kill_always() -> None:
    os.kill(os.getppid(), signal.SIGKILL)
    time.sleep(60)


def write_until_stopped(file: Path) -> None:
    """Writes for a minute; like a shard, it ends where nobody hears its heartbeats."""
    for done in range(1200):
        with file.open("a") as stream:
            stream.write("x")
        heartbeat.send(beat("a-shard", done))
        time.sleep(0.05)


def wait_for(mark: Path) -> str:
    while not mark.exists():
        time.sleep(0.05)
    return "done"
