"""What tests of transfers share: drawn archives, little retry_policy, and all that a person was reported."""

import hashlib
import random
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.download.server import Rule, Served, Server
from tests.helpers import tar
from wizard.download.archives import Archive
from wizard.download.events import Event, Fetched, Waiting
from wizard.download.http.auth import Asker, Credentials, Login
from wizard.download.http.fetch import fetch_file, find_status
from wizard.download.http.http_client import HttpClient
from wizard.download.http.session import Session
from wizard.download.retry_policy import RetryPolicy
from wizard.events import Note

NAME = "ILSVRC2012_img_val.tar"
BOXES = ("ILSVRC2012_bbox_val_v3.tgz", "ILSVRC2012_bbox_train_v2.tar.gz")
QUICK = RetryPolicy(
    connect=5, stall=5, first_wait=0.01, max_wait=0.02, max_retry_after=2, attempts=3, attempts_unanswered=2
)


def drawn(size: int, seed: int = 1) -> bytes:
    """A tar archive of a file of so many random bytes."""
    return tar([("n01440764_1.JPEG", random.Random(seed).randbytes(size))])


DATA = drawn(3_000_000)
OTHER = drawn(3_000_000, seed=2)


def md5(data: bytes) -> str:
    return hashlib.md5(data, usedforsecurity=False).hexdigest()


def archive(data: bytes = DATA, *, name: str = NAME, size: int = 0) -> Archive:
    """As a mirror's own, whose sum is known; its size too where that is given."""
    return Archive(name=name, what="validation", bytes=size, about=len(data), md5=md5(data))


def serving(
    data: bytes | Path = DATA, *rules: Rule, name: str = NAME, certificate: Path | None = None, **how: Any
) -> Server:
    return Server({name: Served(data=data, **how)}, *rules, certificate=certificate)


@dataclass
class Asked:
    """Somebody who answers, and remembers what they were asked."""

    credentials_: list[Credentials | None] = field(default_factory=list)
    cookies_: list[Path | None] = field(default_factory=list)
    asked: list[tuple[str, str, bool | str]] = field(default_factory=list)

    def credentials(self, host: str, refused: bool) -> Credentials | None:
        self.asked.append(("credentials", host, refused))
        return self.credentials_.pop(0) if self.credentials_ else None

    def cookies(self, host: str, why: str) -> Path | None:
        self.asked.append(("cookies", host, why))
        return self.cookies_.pop(0) if self.cookies_ else None


@dataclass
class Download:
    """Fetches into a folder, run after run, and keeps what was reported."""

    folder: Path
    base: str
    asker: Asker | None = None
    cookies: Path | None = None
    connections: int = 1
    retry_policy: RetryPolicy = QUICK
    stopping: Callable[[], bool] = lambda: False
    reported: list[Event] = field(default_factory=list)

    @contextmanager
    def session(self) -> Iterator[Session]:
        login = Login(self.base, self.asker, self.cookies)
        with closing(HttpClient(login, self.retry_policy)) as client:
            yield Session(
                client=client,
                folder=self.folder,
                cache=self.folder.parent / "cache",
                report=self.reported.append,
                stopping=self.stopping,
                connections=self.connections,
            )

    def run(self, wanted: Archive | None = None) -> Fetched:
        with self.session() as session:
            return fetch_file(find_status(wanted or archive(), session), session)

    @property
    def data(self) -> bytes:
        return (self.folder / NAME).read_bytes()

    @property
    def part(self) -> Path:
        return self.folder / f"{NAME}.part"

    @property
    def files(self) -> list[str]:
        return sorted(path.name for path in self.folder.iterdir())

    @property
    def notes(self) -> list[str]:
        return [event.text for event in self.reported if isinstance(event, Note)]

    @property
    def waits(self) -> list[Waiting]:
        return [event for event in self.reported if isinstance(event, Waiting)]


def eventually(true: Callable[[], bool], seconds: float = 20.0) -> None:
    until = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < until
        time.sleep(0.005)


def threads_of_the_core() -> list[threading.Thread]:
    """Those that transfers and sums have begun, as far as they still run."""
    return [each for each in threading.enumerate() if getattr(each, "_target", None) and _core(each)]


def _core(thread: threading.Thread) -> bool:
    return str(getattr(thread._target, "__module__", "")).startswith("wizard.download")  # type: ignore[attr-defined]


def nowhere() -> str:
    """An address at which nobody listens."""
    with closing(socket.socket()) as taken:
        taken.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{taken.getsockname()[1]}/2012/"
