"""The address of the folder that has the archives: how it is typed, shown, and compared."""

import difflib
import os
from collections.abc import Collection
from contextlib import suppress
from pathlib import Path

import httpx

from wizard.errors import UsageError
from wizard.typed_path import expanded

OFFICIAL = "https://image-net.org/data/ILSVRC/2012/"
"""Where image-net.org keeps the archives of 2012."""
TERMS = "https://image-net.org/download-images"
"""Where accounts are made and the terms accepted."""

_SCHEMES = ("http", "https", "file")
_PORTS = {"http": 80, "https": 443}


def base_address(text: str, hubs: Collection[str] = ()) -> str:
    """The address of a folder, with a slash at its end; a path on this machine becomes a file address.

    >>> base_address("https://mirror.example.org/imagenet")
    'https://mirror.example.org/imagenet/'

    Args:
        text: an address or a path; a word is a path where there is such a folder.
        hubs: words that are accepted in its place, for the error message.

    Raises:
        UsageError: it is not an http, https or file address, or has a password or a query in it.
    """
    typed = text.strip()
    if typed.startswith(("/", "~", ".", "$", "'", '"', "\\")) or os.path.isdir(typed):  # noqa: PTH112  Path.is_dir may raise
        typed = expanded(typed).absolute().as_uri()
    try:
        url = httpx.URL(typed)
    except httpx.InvalidURL as error:
        why = "" if "@" in typed else f": {error}"
        raise UsageError(
            f"{_without_secret(typed)!r} is not an address{why}.", f"Expected one like {OFFICIAL}"
        ) from None
    if url.scheme not in _SCHEMES or (url.scheme != "file" and not url.host):
        raise _not_a_folder(typed, hubs)
    if url.scheme == "file" and url.host not in ("", "localhost"):
        raise UsageError(
            f"{_without_secret(typed)!r} is on another host.", f"A folder on this one is file:///{url.path[1:]}"
        )
    if url.userinfo:
        raise UsageError(
            f"The address has a user name in it, and addresses are printed and stored: {shown(typed)}.",
            "Leave it out: it is asked for when the server wants it, or set IMAGENET_USERNAME and IMAGENET_ACCESS_KEY",
        )
    if url.query or url.fragment:
        raise UsageError(f"{shown(typed)} is followed by ? or #, which the address of a folder cannot have.")
    folder = httpx.URL(f"{str(url).rstrip('/')}/")
    return f"file://{folder.raw_path.decode()}" if url.scheme == "file" else str(folder)


def require_source(base: str, folder: Path | None = None) -> None:
    """Checks that a base on this machine is a folder, and not the one that the files go to.

    Raises:
        UsageError: it is not.
    """
    url = absolute(base)
    if url.scheme != "file":
        return
    source = Path(url.path)
    with suppress(PermissionError):  # reported when a file in it is opened
        if not source.is_dir():
            state = "is not a folder" if source.exists() else "does not exist"
            raise UsageError(f"{source}, from which the archives should come, {state}.", "Check its spelling")
    with suppress(OSError):
        if folder is not None and folder.samefile(source):
            raise UsageError(
                f"The archives cannot come from {source} and go to it.",
                "Give another folder for one of them; or build from this one, if it has the archives",
            )


def account(host: str) -> str:
    """How to get an account at a host, as the end of a sentence.

    >>> account("mirror.example.org")
    'ask whoever runs mirror.example.org'
    """
    if f".{host}".endswith(".image-net.org"):
        return f"see {TERMS}, where you create an account, accept the terms and request access"
    return f"ask whoever runs {host}"


def shown(address: str | httpx.URL) -> str:
    """An address as it may be printed: without user, password and query, which may be secret.

    >>> shown("https://me:secret@example.org/a.tar?token=secret")
    'https://example.org/a.tar'
    """
    url = httpx.URL(address)
    if url.scheme == "file":
        return f"file://{url.path}"
    return str(url.copy_with(userinfo=b"", query=None, fragment=None))


def _without_secret(typed: str) -> str:
    """What was typed for an address, without what may be a password in it.

    >>> _without_secret("me:secret@example.org/2012?token=secret")
    '…@example.org/2012'
    """
    text = typed.partition("?")[0]
    before, at, rest = text.rpartition("@")
    return f"…@{rest}" if before or at else text


def _not_a_folder(typed: str, hubs: Collection[str]) -> UsageError:
    near = difflib.get_close_matches(typed.lower(), hubs, n=1)
    what = f"{_without_secret(typed)!r} is not the address of a folder." if typed else "The address is empty."
    others = f", or {' or '.join(hubs)}" if hubs else ""
    expected = f"Expected an https://, http:// or file:// address like {OFFICIAL}, the path of a folder{others}"
    return UsageError(what, f"Did you mean {near[0]}?" if near else expected)


def origin(url: httpx.URL) -> tuple[str, str, int]:
    """Scheme, host and port, which identify a server."""
    return url.scheme, url.host, url.port or _PORTS.get(url.scheme, 0)


def trusted_alike(url: httpx.URL, base: httpx.URL) -> bool:
    """Whether secrets for one address may be sent to the other: the same server, or the same one over https."""
    if origin(url) == origin(base):
        return True
    return origin(base) == ("http", base.host, 80) and origin(url) == ("https", base.host, 443)


def absolute(address: str) -> httpx.URL:
    """The address for httpx, which takes one without a host for a relative one."""
    url = httpx.URL(address)
    return url.copy_with(host="localhost") if url.scheme == "file" else url
