"""The rest of one file: futures over byte ranges, from one connection or several, written in order."""

import time
from collections.abc import Generator, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import dataclass, field, replace

from wizard.download.errors import GivenUp, PrefixMismatch, RangesUnsupported, RemoteChanged, Transient
from wizard.download.events import Checking, Transferring
from wizard.download.http.http_client import Answer
from wizard.download.http.part import Part
from wizard.download.http.ranges import ByteRange, RangeQueue
from wizard.download.http.remote import Remote, same_file
from wizard.download.http.session import POLL_SECONDS, Session, in_background
from wizard.download.retry_policy import Retries
from wizard.errors import Interrupted
from wizard.formatting import counted, human_bytes

_PIECE = 1 << 20
"""Bytes handed over and written at a time; fewer if they arrive slowly."""
_PIECE_SECONDS = 0.25
_WINDOW = 16 << 20
"""Bytes that several connections may be ahead of what is written; they wait in memory."""


@dataclass(kw_only=True)
class _Connection:
    """One of the connections; at most one future reads from it at a time.

    Attributes:
        retries: its failures in a row.
        rest: what of its range has not come yet.
        pieces: of that range, as they come.
        resume_at: it makes no request before this time (monotonic, in seconds).
    """

    retries: Retries
    rest: ByteRange = field(init=False)
    pieces: Generator[bytes, None, None] = field(init=False)
    resume_at: float = 0.0

    def close(self, _done: object) -> None:
        """Ends its request, once no thread reads from it any more."""
        self.pieces.close()


class Transfer:
    """Fetches what a part lacks.

    One thread, that of `run`, decides, counts and writes; the futures only read from the network. Pieces are written in
    order, whatever the order in which connections bring them, so the part never has a gap.

    Args:
        name: of the file.
        remote: the version that the part belongs to.
        part: all that it has must be hashed.
        session: how it is fetched.
    """

    def __init__(self, name: str, remote: Remote, part: Part, session: Session) -> None:
        self._name, self._remote, self._part, self._session = name, remote, part, session
        count = session.connections if remote.ranges else 1
        size = max(1, _WINDOW // (2 * count)) if count > 1 else 0
        # A server that sends only whole files is asked for all of it; what is here is compared.
        self._ranges = RangeQueue(part.size if remote.ranges else 0, remote.size, size=size, window=_WINDOW)
        self._idle = [_Connection(retries=Retries(name, session.client.retry_policy)) for _ in range(count)]
        self._reading: dict[Future[bytes | None], _Connection] = {}
        self._early: dict[int, bytes] = {}
        self._attempt_reported = 0

    def run(self) -> None:
        """Returns when the part is complete.

        Raises:
            Unauthorized, LoginPage, RemoteChanged, RangesUnsupported, PrefixMismatch: what is here is kept.
            DownloadError: it cannot be had.
            InputError: what there is of it cannot be read.
            MachineError: it cannot be written.
            Interrupted: the person wanted to stop.
        """
        self._report()
        try:
            while self._part.size < self._remote.size:
                self._start_idle()
                if self._reading:
                    wait(self._reading, timeout=POLL_SECONDS, return_when=FIRST_COMPLETED)
                else:
                    time.sleep(POLL_SECONDS)  # all connections wait for their next attempt
                stopping = (
                    self._session.stopping()
                )  # read before the write, so that received bytes are not fetched again
                for future in [future for future in self._reading if future.done()]:
                    self._receive(self._reading.pop(future), future)
                if stopping:
                    raise Interrupted(f"Stopped; {human_bytes(self._part.size)} of {self._name} are kept.")
        finally:
            # A generator that a thread still reads from cannot be closed before that thread is done with it.
            for future, connection in self._reading.items():
                future.add_done_callback(connection.close)

    def _start_idle(self) -> None:
        now = time.monotonic()
        for connection in [each for each in self._idle if each.resume_at <= now]:
            taken = self._ranges.take(self._part.size)
            if taken is None:
                return
            self._idle.remove(connection)
            connection.rest, connection.pieces = taken, self._pieces(taken)
            self._read_on(connection)

    def _read_on(self, connection: _Connection) -> None:
        self._reading[in_background(lambda: next(connection.pieces, None))] = connection

    def _receive(self, connection: _Connection, future: Future[bytes | None]) -> None:
        try:
            piece = future.result()
        except Transient as error:
            return self._failed(connection, error)
        start = connection.rest.start
        if piece is None and start < connection.rest.stop:
            return self._failed(connection, Transient("the server sent less than it was asked for"))
        if piece is None:
            return self._idle.append(connection)
        self._read_on(connection)  # the next piece is read while this one is written
        connection.retries.reset()
        connection.rest = replace(connection.rest, start=start + len(piece))
        self._attempt_reported = 0
        return self._write(start, piece)

    def _write(self, start: int, piece: bytes) -> None:
        """Writes what of a piece is not here yet; the rest, where a server sends only whole files, is compared."""
        known = piece[: max(0, self._part.size - start)]
        if known:
            if not self._part.has(known, start):
                raise PrefixMismatch
            self._session.report(Checking(file=self._name, done=start + len(known), total=self._part.size))
        if len(known) == len(piece):
            return
        self._early[start + len(known)] = piece[len(known) :]
        while self._part.size in self._early:
            self._part.append(self._early.pop(self._part.size))
        self._report()

    def _report(self) -> None:
        self._session.report(Transferring(file=self._name, done=self._part.size, total=self._remote.size))

    def _failed(self, connection: _Connection, error: Transient) -> None:
        self._ranges.put_back(connection.rest if self._remote.ranges else replace(connection.rest, start=0))
        try:
            waiting = connection.retries.after(error, answered=self._session.client.answered)
        except GivenUp:
            left = len(self._idle) + len(self._reading)
            if not left:
                raise
            return self._session.warn(f"{self._name}: continuing with {counted(left, 'connection')}")
        connection.resume_at = time.monotonic() + waiting.seconds
        self._idle.append(connection)
        if waiting.attempt > self._attempt_reported:  # several connections that fail together are reported once
            self._attempt_reported = waiting.attempt
            self._session.report(waiting)
        return None

    def _pieces(self, wanted: ByteRange) -> Generator[bytes, None, None]:
        stop = None if wanted.stop == self._remote.size else wanted.stop
        with self._session.client.open(self._name, wanted.start, stop, if_range=self._remote.strong_etag) as answer:
            self._check(answer, wanted)
            yield from _gathered(answer.chunks, wanted.stop - wanted.start)

    def _check(self, answer: Answer, wanted: ByteRange) -> None:
        if not same_file(answer.remote, self._remote):
            raise RemoteChanged
        if answer.start > wanted.start:
            raise Transient("the server sent other bytes than it was asked for")
        if answer.start < wanted.start:
            # If-Range: a server behind the same name whose ETag for the file is another one sends all of it.
            raise RemoteChanged if answer.remote.etag != self._remote.etag else RangesUnsupported


def _gathered(chunks: Iterator[bytes], left: int) -> Iterator[bytes]:
    """That many bytes, in pieces that are worth writing; if they are interrupted, those before come first."""
    gathered, count, since, trouble = list[bytes](), 0, time.monotonic(), None
    while count < left:
        try:
            chunk = next(chunks, b"")
        except Transient as error:
            trouble = error
            break
        if not chunk:
            break
        gathered.append(chunk[: left - count])
        count += len(gathered[-1])
        if count >= _PIECE or time.monotonic() - since >= _PIECE_SECONDS:
            yield b"".join(gathered)
            left, gathered, count, since = left - count, [], 0, time.monotonic()
    if count:
        yield b"".join(gathered)
    if trouble is not None:
        raise trouble
