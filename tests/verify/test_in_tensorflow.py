"""TensorFlow's process when it crashes, is killed, or is left behind; what stands for TensorFlow does so when asked.

No image is known that the real one crashes on, and it would take seconds to start again after each.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest
from PIL import Image

from tests.helpers import build_dataset, encoded, noise
from tests.verify.shards import expectation, task
from wizard.engine.executors.executor import Executor
from wizard.engine.executors.worker_pool import local_workers
from wizard.errors import MachineError
from wizard.events import Event, Note, Preparing
from wizard.verify.pixels import check_pixels
from wizard.verify.shard import Problem

FAKE = """
import os, pathlib, signal, time, types
__version__ = "0.0"

class OpError(Exception):
    message = "refused [Op:DecodeJpeg]"

def decode_jpeg(data, **_):
    print("noise on stdout")
    if (place := data.find(b"DO ")) >= 0:
        what, _, argument = data[place + 3:].split(b"!")[0].decode().partition(" ")
        if what == "once":
            gone = pathlib.Path(argument)
            if not gone.exists():
                gone.touch()
                signal.raise_signal(signal.SIGSEGV)
        elif what == "sleep":
            pathlib.Path(argument).write_text(str(os.getpid()))
            time.sleep(60)
        elif what == "nap":
            time.sleep(2)
        elif what == "refuse":
            raise OpError
        elif what != "nothing":
            signal.raise_signal(getattr(signal, what))
    return types.SimpleNamespace(shape=(8, 8, 3))

def of_record(payload):
    values = types.SimpleNamespace(bytes_list=types.SimpleNamespace(value=[payload]))
    return types.SimpleNamespace(features=types.SimpleNamespace(feature={"image/encoded": values}))

def records(path):
    from wizard.formats import tfrecord
    with open(path, "rb") as file:
        payloads = [record.payload for record in tfrecord.records(file)]
    return types.SimpleNamespace(as_numpy_iterator=lambda: iter(payloads))

errors = types.SimpleNamespace(OpError=OpError)
train = types.SimpleNamespace(Example=types.SimpleNamespace(FromString=of_record))
data = types.SimpleNamespace(TFRecordDataset=records)
io = types.SimpleNamespace(decode_jpeg=decode_jpeg)
"""
"""Obeys what stands in an image as "DO something!"."""


@pytest.fixture(autouse=True)
def fake(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The module that is imported instead of TensorFlow."""
    module = tmp_path_factory.mktemp("fake") / "tensorflow.py"
    module.write_text(FAKE)
    monkeypatch.syspath_prepend(str(module.parent))  # a worker takes over its parent's
    return module


@pytest.fixture
def tensorflow(fake: Path) -> Iterator[Executor]:  # noqa: ARG001  that which is started is the fake
    with local_workers(1) as process:
        yield process


def ordering(order: str) -> bytes:
    """An image that has TensorFlow do something."""
    return encoded(Image.fromarray(noise(8, 8)), comment=f"DO {order}!".encode())


def checked(
    folder: Path, tensorflow: Executor, orders: dict[int, str], report: Callable[[Event], None] = lambda _event: None
) -> list[Problem]:
    """What is found in a shard of 12 images, some of which give orders."""
    drawn = {f"n01514668_{i}.JPEG": ordering(orders.get(i, "nothing")) for i in range(12)}
    return check_pixels(tensorflow, [expectation(task(folder, drawn))], (), report)


def test_names_the_images_that_tensorflow_crashes_on_and_decodes_the_others(
    tensorflow: Executor, tmp_path: Path
) -> None:
    notes: list[Event] = []
    orders = {2: "SIGSEGV", 3: "refuse", 7: "SIGABRT", 11: "refuse"}
    problems = checked(
        tmp_path, tensorflow, orders, lambda event: notes.append(event) if isinstance(event, Note) else None
    )
    assert [(problem.record, problem.what) for problem in problems] == [
        (2, "TensorFlow's process crashed (SIGSEGV) while decoding its image"),
        (3, "TensorFlow cannot decode its image: refused"),
        (7, "TensorFlow's process crashed (SIGABRT) while decoding its image"),
        (11, "TensorFlow cannot decode its image: refused"),
    ]
    assert [problem.name for problem in problems] == [f"n01514668_{record}.JPEG" for record in orders]
    assert len(notes) == 1


def test_progress_moves_within_a_shard(tensorflow: Executor, tmp_path: Path) -> None:
    events: list[Event] = []
    assert checked(tmp_path, tensorflow, {5: "nap"}, events.append) == []
    steps = [event for event in events if isinstance(event, Preparing)]
    assert any(0 < step.done < step.total for step in steps)
    assert steps[-1].done == steps[-1].total


def test_a_crash_that_does_not_come_again_is_no_images_fault(tensorflow: Executor, tmp_path: Path) -> None:
    notes: list[Event] = []
    assert checked(tmp_path, tensorflow, {5: f"once {tmp_path / 'gone'}"}, notes.append) == []
    (note,) = [event for event in notes if isinstance(event, Note)]
    assert "crashed (SIGSEGV) near train-00000-of-00001" in note.text


def test_a_crash_on_the_last_images_makes_it_decode_the_shard_one_by_one(tensorflow: Executor, tmp_path: Path) -> None:
    """All images are handed to threads by then, so that none is noted as being in hand."""
    (problem,) = checked(tmp_path, tensorflow, {11: "SIGSEGV"})
    assert (problem.record, problem.name) == (11, "n01514668_11.JPEG")


def test_repeated_crashes_of_tensorflow_are_reported_with_the_problems_found(
    tensorflow: Executor, tmp_path: Path
) -> None:
    (tmp_path / "one").mkdir()
    (tmp_path / "all").mkdir()
    shards = [
        expectation(task(tmp_path / folder, {f"n01514668_{i}.JPEG": ordering(order) for i in range(12)}))
        for folder, order in (("one", "refuse"), ("all", "SIGILL"))
    ]
    notes: list[Event] = []
    with pytest.raises(MachineError, match=r"crashed on 10 images, the last of them .*record 9 "):
        check_pixels(tensorflow, shards, (), notes.append)
    assert sum("TensorFlow cannot decode its image: refused" in str(note) for note in notes) == 12


def test_a_killed_tensorflow_is_reported_with_the_image_in_hand(tensorflow: Executor, tmp_path: Path) -> None:
    with pytest.raises(MachineError, match="was killed") as error:
        checked(tmp_path, tensorflow, {0: "SIGKILL"})
    assert "It was decoding train-00000-of-00001, record " in error.value.what
    assert "Free some memory" in error.value.hint


@pytest.mark.parametrize("kind", ["ImportError", "TypeError"])
def test_a_failed_import_of_tensorflow_is_reported_with_its_message(
    tensorflow: Executor, tmp_path: Path, fake: Path, kind: str
) -> None:
    fake.write_text(f"raise {kind}('libcudnn is not there')")
    with pytest.raises(MachineError, match="cannot be imported here: libcudnn is not there"):
        checked(tmp_path, tensorflow, {})


@pytest.fixture
def decoding(
    tmp_path: Path, fake: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[subprocess.Popen[bytes], psutil.Process]]:
    """`verify --pixels` and TensorFlow's process, which is busy with an image for a minute."""
    for folder in ("train/a", "train/b"):
        (tmp_path / "raw" / folder).mkdir(parents=True)
        (tmp_path / "raw" / folder / "1.jpg").write_bytes(ordering(f"sleep {tmp_path / 'pid'}"))
    build_dataset(tmp_path / "raw", tmp_path / "out", source={"splits": ["train"], "boxes": "none"})
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(fake.parent), *sys.path]))
    command = [sys.executable, "-m", "wizard", "verify", str(tmp_path / "out"), "--pixels", "--plain"]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, start_new_session=True, preexec_fn=hear_interrupts)
    with process:
        yield process, psutil.Process(int(appeared(tmp_path / "pid")))
        process.kill()


def hear_interrupts() -> None:
    """A shell's background job, as a test run may be one, inherits that they are ignored."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def appeared(path: Path) -> str:
    """What is in a file, once something is."""
    for _ in range(600):
        if path.exists() and (text := path.read_text()):
            return text
        time.sleep(0.05)
    raise AssertionError(f"{path} did not appear")


@pytest.mark.parametrize("group", [False, True], ids=["by kill", "by Ctrl-C"])
def test_an_interrupt_ends_tensorflow_at_once(
    decoding: tuple[subprocess.Popen[bytes], psutil.Process], group: bool
) -> None:
    process, child = decoding
    (os.killpg if group else os.kill)(process.pid, signal.SIGINT)
    _, said = process.communicate(timeout=10)
    assert process.returncode == 130
    assert not child.is_running()
    assert b"Traceback" not in said


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_tensorflow_does_not_outlive_its_client(
    decoding: tuple[subprocess.Popen[bytes], psutil.Process], number: signal.Signals
) -> None:
    process, child = decoding
    process.send_signal(number)
    process.wait(10)
    psutil.wait_procs([child], timeout=10)
    assert not child.is_running()
