"""Paths as people give them: quoted, escaped, dragged into a terminal, as an address of a file, with ~ and variables.

Questions, profiles, --set and the command line all read a path with `expanded`.
"""

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple
from urllib.parse import unquote_to_bytes

from wizard.errors import UsageError

_SEPARATORS = "/" if os.name == "posix" else "/\\"
_ESCAPE = r"\\" if os.name == "posix" else r"(?!)"
"""The character that takes the next one to the letter; none on Windows, where it is between folders."""
_SPECIAL = re.compile(rf"""[$'"]|{_ESCAPE}|^~|^\s|\s$|^\w[\w+.-]*:/""", re.ASCII)
_URL = re.compile(r"[a-z][a-z0-9+.-]+://", re.IGNORECASE)
_FILE = re.compile(r"file:(?://(?P<host>[^/]*))?(?P<path>/.*)", re.IGNORECASE | re.DOTALL)
_PATH = re.compile(r"""\s*['"]?(?:~|\$\w|\$\{|\.{0,2}[/\\]|[a-z]:[/\\]|file:|[\w. -]+/)""", re.IGNORECASE)
_VARIABLE = r"\$(?:(?P<name>[A-Za-z_]\w*)|\{(?P<braced>[^}]*)\})"
_PART = re.compile(
    rf"""{_ESCAPE}(?P<escaped>.)|'(?P<single>[^']*)'|"(?P<double>(?:{_ESCAPE}.|[^"])*)"|{_VARIABLE}|(?P<plain>.)""",
    re.ASCII | re.DOTALL,
)
_IN_DOUBLE = re.compile(rf"""{_ESCAPE}(?P<escaped>[$"`\\])|{_VARIABLE}|(?P<plain>.)""", re.ASCII | re.DOTALL)


def expanded(text: str) -> Path:
    r"""The path that a person means.

    As in a shell, quotes at the beginning of a name and backslashes (not on Windows) take what follows to the letter,
    and ~, ~user, $NAME and ${NAME} are replaced; blanks around the path are dropped. A quote inside a name or without
    its twin is an ordinary character. Addresses that begin with file:// are decoded. If what is written exists to the
    letter, or the folder does whose name has such characters, that is meant, unless it begins with ~, $ or a quote.

    >>> expanded("'/data/my images' ").as_posix()
    '/data/my images'
    >>> expanded("file:///data/my%20images").as_posix()
    '/data/my images'

    Raises:
        UsageError: a variable is not set, there is no such user, or it is no path on this machine.
    """
    if not text.strip() or not _SPECIAL.search(text) or _is_there(text):
        return Path(text)
    path = _read(_trimmed(text))
    if "\0" in path:
        raise UsageError(f"{path!r} is not a path: it has a null character in it.")
    return Path(path)


def looks_like_path(text: str) -> bool:
    """Whether a text begins as a path does that is not only a name: with a folder, ~, a variable or file:."""
    return _PATH.match(text) is not None


def quoted(path: Path) -> str:
    """An absolute path as text that `expanded` reads as the same path: quoted where it has characters with a meaning.

    >>> quoted(Path("/data/$x")) if os.name == "posix" else "'/data/$x'"
    "'/data/$x'"
    """
    text = str(path)
    try:
        alike = text == text.strip() and _read(text) == text
    except UsageError:
        alike = False
    return text if alike else "'" + text.replace("'", "'\"'\"'") + "'"


def _trimmed(text: str) -> str:
    """Without blanks around it, but with the one at the end that a backslash keeps."""
    trimmed = text.strip()
    backslashes = len(trimmed) - len(trimmed.rstrip("\\"))
    is_kept = os.name == "posix" and backslashes % 2 == 1 and not text.endswith(trimmed)
    return trimmed + text[text.rindex(trimmed) + len(trimmed)] if is_kept else trimmed


class _Part(NamedTuple):
    text: str
    home: bool = True  # whether ~ at its beginning is a home folder's


def _is_there(text: str) -> bool:
    """Whether the part of a path up to the last name with special characters exists to the letter."""
    if text[:1] in "~$'\"" or _FILE.match(text):
        return False
    last = max(match.start() for match in _SPECIAL.finditer(text))
    ends = [place for separator in _SEPARATORS if (place := text.find(separator, last)) >= 0]
    return os.path.lexists(text[: min(ends, default=len(text))])


def _read(text: str) -> str:
    if not _FILE.match(text):
        parts = list(_parts(text, text))
        path = "".join(part.text for part in parts)
        if not _FILE.match(path):
            if _URL.match(path):
                raise UsageError(f"{path} is an address, and this needs a path on this machine.")
            return _with_home(path) if path.startswith("~") and parts[0].home else path
        text = path
    return _from_url(text)


def _parts(text: str, whole: str) -> Iterator[_Part]:
    place, opens = 0, True
    while match := _PART.match(text, place):
        kind = match.lastgroup
        if kind in ("single", "double") and not opens:
            kind, end, part = "plain", match.start() + 1, _Part(text[match.start()])
        else:
            end, part = match.end(), _part(match, whole)
        # A quote opens at the beginning of a name, and goes on after another one: 'it'\''s'.
        opens = kind in ("single", "double", "escaped") or (kind == "plain" and part.text in _SEPARATORS)
        place = end
        yield part


def _part(match: re.Match[str], whole: str) -> _Part:
    found = match.groupdict()
    if found.get("double") is not None:
        inside = "".join(_part(each, whole).text for each in _IN_DOUBLE.finditer(found["double"]))
        return _Part(inside)
    if found["name"] is not None or found["braced"] is not None:
        return _Part(_variable(found["name"] or found["braced"], match.group(), whole))
    if found["plain"] is not None:
        return _Part(found["plain"])
    if found.get("single") is not None:
        return _Part(found["single"])
    return _Part(found["escaped"], home=False)


def _variable(name: str, written: str, whole: str) -> str:
    if not re.fullmatch(r"[A-Za-z_]\w*", name, re.ASCII):
        raise UsageError(f"{whole}: {written} is not understood.", "A variable is $NAME or ${NAME}")
    value = os.environ.get(name, "")
    if not value:  # nothing in its place would be another folder
        state = "is empty" if name in os.environ else "is not set"
        raise UsageError(
            f"{whole}: the variable {name} {state}.",
            "Name the folder itself, or put the path in single quotes if its name has a $",
        )
    return value


def _with_home(path: str) -> str:
    if "\0" in path:  # `expanded` refuses it; the system's list of users cannot even be asked
        return path
    try:
        return str(Path(path).expanduser())
    except RuntimeError as error:
        user = re.split(r"[/\\]", path, maxsplit=1)[0]
        what = f"there is no user {user[1:]} on this machine" if user[1:] else str(error).rstrip(".")
        raise UsageError(f"{path}: {what}.", "Name the folder itself, from / on") from error


def _from_url(text: str) -> str:
    match = _FILE.fullmatch(text)
    assert match is not None
    if (match["host"] or "").lower() not in ("", "localhost"):
        raise UsageError(f"{text} is on another host.", f"A folder on this one is file://{match['path']}")
    path = os.fsdecode(unquote_to_bytes(match["path"]))
    return path[1:] if os.name != "posix" and re.match(r"/[A-Za-z]:", path) else path
