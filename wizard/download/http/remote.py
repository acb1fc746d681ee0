"""What the headers of a response say of a file, and which files are the same version; no input or output."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

_RANGE = re.compile(r"bytes (\d+)-(\d+)/(\d+)")
_YEAR = 365 * 86_400.0

ANY = "*"
"""In place of an ETag, where servers were found to give the same bytes different ones."""


@dataclass(frozen=True, kw_only=True)
class Remote:
    """A file as a server has it.

    Attributes:
        server: scheme, host and port; empty where that is not known.
        size: in bytes.
        etag: of this version; empty where the server gives none.
        modified: the Last-Modified header; empty where there is none.
        ranges: whether the server sends parts of it.
    """

    server: str
    size: int
    etag: str
    modified: str
    ranges: bool

    @property
    def strong_etag(self) -> str:
        """An ETag that If-Range may name (RFC 9110, 13.1.5: no weak one); empty where there is none."""
        return "" if self.etag == ANY or self.etag.startswith("W/") else self.etag


def parse_response(status: int, headers: Mapping[str, str], server: str) -> tuple[Remote, int] | None:
    """The file that a response of status 200 or 206 is about, and where in it the body begins.

    Returns:
        None where the response does not say how large the file is.
    """
    start, size = 0, -1
    if status == 206:
        match = _RANGE.fullmatch(headers.get("content-range", "").strip())
        if match:
            start, size = int(match[1]), int(match[3])
    elif headers.get("content-length", "").isdecimal():
        size = int(headers["content-length"])
    if size < 0:
        return None
    remote = Remote(
        server=server,
        size=size,
        etag=headers.get("etag", ""),
        modified=headers.get("last-modified", ""),
        ranges=status == 206,
    )
    return remote, start


def same_file(one: Remote, other: Remote) -> bool:
    """Whether two responses are about the same version of a file.

    Where the ETags differ, the same Last-Modified and size are enough: servers behind one name may each give their own
    ETag. The size alone is enough where the bytes were compared, and the ETag is `ANY`.
    """
    if one.size != other.size:
        return False
    if ANY in (one.etag, other.etag):
        return True
    if one.etag and one.etag == other.etag:
        return True
    if one.modified or other.modified:
        return one.modified == other.modified
    return not (one.etag or other.etag)


def schemes(offered: Iterable[str]) -> Iterator[str]:
    """The schemes that WWW-Authenticate headers offer; one header may hold several, each with parameters."""
    for header in offered:
        for part in header.split(","):
            word, _, rest = part.strip().partition(" ")
            if word and "=" not in word and (rest or "=" not in part):
                yield word.lower()


def retry_after(value: str, now: datetime | None = None) -> float:
    """Seconds that a Retry-After header asks for, in seconds or as a date; 0 where it cannot be read.

    At most a year: enough digits would make infinity.

    >>> retry_after("120"), retry_after("soon")
    (120.0, 0.0)
    """
    text = value.strip()
    if text.isdecimal():
        return min(_YEAR, float(text))
    try:
        then = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return 0.0
    return min(_YEAR, max(0.0, (then - (now or datetime.now(UTC))).total_seconds())) if then.tzinfo else 0.0
