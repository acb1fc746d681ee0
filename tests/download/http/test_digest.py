import hashlib
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from wizard.download.http import digest as module
from wizard.download.http.digest import Digest

MB = 1 << 20


def md5(data: bytes) -> str:
    return hashlib.md5(data, usedforsecurity=False).hexdigest()


class Slow(type(Path())):  # type: ignore[misc]
    """A file that opens when it is let."""

    opening = threading.Event()

    def open(self, *args: Any, **named: Any) -> Any:
        assert self.opening.wait(10)
        return super().open(*args, **named)


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(there=st.binary(max_size=300), groups=st.lists(st.lists(st.binary(min_size=1, max_size=60), min_size=1)))
def test_the_sum_is_md5s_whatever_was_there_and_however_the_rest_comes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, there: bytes, groups: list[list[bytes]]
) -> None:
    monkeypatch.setattr(module, "_CHUNK", 7)
    monkeypatch.setattr(module, "_HELD", 50)
    path = tmp_path / "a"
    path.write_bytes(there)
    with path.open("ab", buffering=0) as file, Digest(path, len(there)) as digest:
        for group in groups:
            file.write(b"".join(group))
            digest.feed(group, sum(map(len, group)))
        assert digest.wait(10)
        assert digest.hex() == md5(path.read_bytes())
        assert digest.summed == path.stat().st_size


def test_what_is_held_while_the_file_is_slow_to_open_is_summed_in_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Slow, "opening", threading.Event())
    monkeypatch.setattr(module, "_HELD", 30)
    path = Slow(tmp_path / "a")
    pieces = [bytes([number]) * 10 for number in range(12)]
    (tmp_path / "a").write_bytes(b"".join(pieces))
    with Digest(path, 0) as digest:

        def feed() -> None:
            for piece in pieces:
                digest.feed([piece], 10)

        feeder = threading.Thread(target=feed)
        feeder.start()
        time.sleep(0.05)
        Slow.opening.set()
        feeder.join(10)
        assert digest.wait(10)
        assert digest.hex() == md5(b"".join(pieces))


def test_what_cannot_be_read_is_told_and_keeps_nobody_waiting(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"short")
    with Digest(path, 100) as digest:
        with pytest.raises(OSError, match="shorter than what was written"):
            digest.wait(10)
        with pytest.raises(OSError, match="shorter"):
            digest.feed([b"more"], 4)


def test_its_thread_ends_in_the_middle_of_a_file(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(bytes(40 * MB))
    with Digest(path, 40 * MB) as digest:
        thread = digest._thread
        assert thread.is_alive()
    assert not thread.is_alive()
    assert digest.summed < 40 * MB
