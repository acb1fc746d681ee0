"""The rest of one file, over one connection or several, which break off and go on until all of it is there."""

import queue
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass

from wizard.download.errors import DownloadError, PrefixMismatch, RangesUnsupported, RemoteChanged, Transient
from wizard.download.events import Checking, Transferring, Waiting
from wizard.download.http.digest import Digest
from wizard.download.http.part import Part
from wizard.download.http.ranges import Block, Blocks
from wizard.download.http.remote import Remote, same_file
from wizard.download.http.session import Session, given_up
from wizard.errors import Interrupted, reading
from wizard.events import Note
from wizard.formatting import human_bytes

_PIECE = 1 << 20
"""Bytes that are handed over and written at a time, or fewer where they come slowly."""
_PIECE_SECONDS = 0.25
_WINDOW = 16 << 20
"""Bytes that several connections may be ahead of what is written; they wait in memory."""
_QUEUED = 4
_POLL_SECONDS = 0.1
"""Seconds between two looks at whether to stop, and between two reports."""


@dataclass(frozen=True, kw_only=True)
class _Piece:
    start: int
    chunks: list[bytes]
    count: int


@dataclass(frozen=True, kw_only=True)
class _Ended:
    """A connection has nothing more to do, or cannot go on."""

    error: Exception | None = None


_Message = _Piece | Checking | Waiting | _Ended


class _GivenUp(DownloadError):
    """One connection has lost its patience; others may go on."""


class _Closed(Exception):
    """Nobody wants more of this file from these connections."""


class Transfer:
    """Fetches what a part lacks.

    Bytes are written in their order, whatever the order in which connections bring them, so the part never has a gap.

    Args:
        name: of the file.
        remote: the version that the part is of.
        part: what there is of it.
        digest: told all that is written.
        session: how it is fetched.
    """

    def __init__(self, name: str, remote: Remote, part: Part, digest: Digest, session: Session) -> None:
        self._name, self._remote = name, remote
        self._part, self._digest = part, digest
        self._session = session
        self._connections = connections = session.connections if remote.ranges else 1
        block = max(1, _WINDOW // (2 * connections)) if connections > 1 else 0
        self._blocks = Blocks(part.size, remote.size, block=block, window=_WINDOW)
        self._inbox: queue.Queue[_Message] = queue.Queue(_QUEUED + 2 * connections)
        self._early: dict[int, _Piece] = {}
        self._closed = threading.Event()
        self._told = 0
        self._reported = -1
        self._next_report = 0.0

    def run(self) -> None:
        """Returns when the part is whole.

        Raises:
            Unauthorized, LoginPage: see `HttpClient.open`; what is there is kept, and another run goes on.
            RemoteChanged: the server's file is no longer the one that this is a part of.
            RangesUnsupported: the server has stopped to send parts.
            PrefixMismatch: what is here is not the beginning of the server's file.
            DownloadError: it cannot be had.
            InputError: what there is of it cannot be read.
            MachineError: it cannot be written.
            Interrupted: the person wanted to stop.
        """
        threads = [threading.Thread(target=self._connection, daemon=True) for _ in range(self._connections)]
        for thread in threads:
            thread.start()
        alive = len(threads)
        try:
            while self._part.size < self._remote.size:
                match self._received():
                    case _Piece() as piece:
                        self._take(piece)
                    case Checking() as repeated:
                        self._session.report(repeated)
                    case Waiting() as waiting:
                        self._tell(waiting)
                    case _Ended(error=error):
                        alive -= 1
                        self._bear(error, alive)
            self._report()
        finally:
            self._closed.set()
            self._blocks.close()

    def _received(self) -> _Message:
        while True:
            if self._session.stopping():
                self._keep_what_came()
                kept = f"{human_bytes(self._part.size)} of {self._name} are kept"
                raise Interrupted(f"Stopped; {kept}.")
            try:
                return self._inbox.get(timeout=_POLL_SECONDS)
            except queue.Empty:
                self._report()

    def _keep_what_came(self) -> None:
        while not self._inbox.empty():
            message = self._inbox.get_nowait()
            if isinstance(message, _Piece):
                self._take(message)

    def _take(self, piece: _Piece) -> None:
        self._told = 0
        self._early[piece.start] = piece
        while (ready := self._early.pop(self._part.size, None)) is not None:
            self._part.append(ready.chunks)
            with reading(self._part.path):
                self._digest.feed(ready.chunks, ready.count)
        self._blocks.written(self._part.size)
        if time.monotonic() >= self._next_report:
            self._report()

    def _report(self) -> None:
        """Says how far it is, unless that was said already."""
        self._next_report = time.monotonic() + _POLL_SECONDS
        if self._part.size != self._reported:
            self._reported = self._part.size
            self._session.report(Transferring(file=self._name, done=self._part.size, total=self._remote.size))

    def _tell(self, waiting: Waiting) -> None:
        """Several connections that break off together are told of once."""
        if waiting.attempt > self._told:
            self._told = waiting.attempt
            self._session.report(waiting)

    def _bear(self, error: Exception | None, alive: int) -> None:
        if error is not None and not (alive and isinstance(error, _GivenUp)):
            self._keep_what_came()
            raise error
        if error is not None:
            text = f"{self._name}: going on with {alive} {'connection' if alive == 1 else 'connections'}"
            self._session.report(Note(text=text, warning=True))

    def _connection(self) -> None:
        """What one thread does: block after block, until there is none, or nobody wants more."""
        try:
            self._fetch_blocks()
            self._put(_Ended())
        except _Closed:
            pass
        except Exception as error:  # noqa: BLE001  the thread that waits for this one raises it
            with suppress(_Closed):
                self._put(_Ended(error=error))

    def _fetch_blocks(self) -> None:
        attempt = 0
        while (block := self._blocks.take()) is not None:
            reached = block.start
            try:
                for piece in self._pieces(block):
                    self._put(piece)
                    reached += piece.count
                    attempt = 0
                if reached < block.stop:
                    raise Transient("the server sent less than it was asked for")
                self._blocks.done()
            except Transient as trouble:
                attempt += 1
                self._blocks.done(Block(reached, block.stop))
                self._pause(trouble, attempt)

    def _pieces(self, block: Block) -> Iterator[_Piece]:
        """A block as it comes; where it breaks off, what came before is given first."""
        stop = None if block.stop == self._remote.size else block.stop
        with self._session.client.open(self._name, block.start, stop) as answer:
            if not same_file(answer.remote, self._remote):
                raise RemoteChanged
            if answer.start > block.start:
                raise Transient("the server sent other bytes than it was asked for")
            if answer.start < block.start and self._remote.ranges:
                raise RangesUnsupported
            start, skip = block.start, block.start - answer.start
            gathered, count, since = list[bytes](), 0, time.monotonic()
            trouble = None
            chunks = self._behind(answer.chunks, skip)
            while start + count < block.stop:
                try:
                    chunk = next(chunks, b"")
                except Transient as broken:
                    trouble = broken
                    break
                if not chunk:
                    break
                chunk = chunk[: block.stop - start - count]
                gathered.append(chunk)
                count += len(chunk)
                if count >= _PIECE or time.monotonic() - since >= _PIECE_SECONDS:
                    yield _Piece(start=start, chunks=gathered, count=count)
                    start, gathered, count, since = start + count, [], 0, time.monotonic()
            if count:
                yield _Piece(start=start, chunks=gathered, count=count)
            if trouble is not None:
                raise trouble

    def _behind(self, chunks: Iterator[bytes], skip: int) -> Iterator[bytes]:
        """What comes after bytes that are here and come again; as far as they are written, they are compared."""
        place, next_report = 0, 0.0
        with reading(self._part.path), self._part.path.open("rb") as file:
            for chunk in chunks:
                again = min(len(chunk), skip - place)
                known = min(again, max(0, self._part.size - place))
                if file.read(known) != chunk[:known]:
                    raise PrefixMismatch
                place += again
                if again and time.monotonic() >= next_report:
                    next_report = time.monotonic() + _POLL_SECONDS
                    self._put(Checking(file=self._name, done=place, total=skip))
                if again < len(chunk):
                    yield chunk[again:]

    def _pause(self, trouble: Transient, attempt: int) -> None:
        seconds = self._session.retry_policy.wait(attempt, trouble.wait)
        if seconds is None:
            raise _GivenUp(*given_up(self._name, trouble, attempt, self._session))
        self._put(Waiting(file=self._name, reason=trouble.reason, seconds=seconds, attempt=attempt))
        self._closed.wait(seconds)

    def _put(self, message: _Message) -> None:
        while not self._closed.is_set():
            with suppress(queue.Full):
                self._inbox.put(message, timeout=_POLL_SECONDS)
                return
        raise _Closed
