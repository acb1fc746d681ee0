import threading

import pytest

from wizard.commit_record import CommitRecord
from wizard.engine import looks
from wizard.engine.looks import look_at_each

RECORDS = [
    CommitRecord(shard=str(number), split="train", images=4, boxes=0, bytes_in=0, bytes_out=0, sha256="")
    for number in range(100)
]


def threads_that_look(*, files_of_images: bool = False) -> set[threading.Thread]:
    return set(look_at_each(RECORDS, lambda _: threading.current_thread(), files_of_images=files_of_images))


@pytest.mark.parametrize("slow", [0.0, 10.0])
def test_looks_come_in_order_however_quick_they_are(monkeypatch: pytest.MonkeyPatch, slow: float) -> None:
    monkeypatch.setattr(looks, "_SLOW", slow)
    seen = look_at_each(RECORDS, lambda record: record.shard, files_of_images=False)
    assert list(seen) == [record.shard for record in RECORDS]


def test_slow_looks_are_made_in_threads_and_quick_ones_are_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(looks, "_SLOW", 0.0)
    assert len(threads_that_look()) > 1
    monkeypatch.setattr(looks, "_SLOW", 10.0)
    assert threads_that_look() == {threading.current_thread()}


@pytest.mark.parametrize(("files_of_images", "threaded"), [(False, True), (True, False)])
def test_how_quick_a_look_is_counts_for_each_file(
    monkeypatch: pytest.MonkeyPatch, files_of_images: bool, threaded: bool
) -> None:
    monkeypatch.setattr(looks, "_SLOW", 1.5)
    monkeypatch.setattr(
        "wizard.engine.looks.time.perf_counter", iter([0.0, 4.0]).__next__
    )  # 4 s for a shard of 4 images
    assert (len(threads_that_look(files_of_images=files_of_images)) > 1) == threaded


def test_no_shards_are_no_looks() -> None:
    assert list(look_at_each([], lambda record: record, files_of_images=False)) == []
