"""Which form of raw data a folder holds, by the names in it."""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from wizard.sources.likely import Likely

_TRIED = 8
"""Folders of a name that fits whose insides are looked at, for each form."""


_ALONE = 4
"""Files of one form in a folder that are listed."""


class Entry(Protocol):
    """A file or folder in a folder, as `os.DirEntry` gives them."""

    @property
    def name(self) -> str:
        """Its name."""

    @property
    def path(self) -> str:
        """Its path."""

    def is_dir(self) -> bool:
        """Whether it is a folder, or a link to one."""


@dataclass(frozen=True, kw_only=True)
class Recognized:
    """What a folder holds.

    Attributes:
        what: the form, in a few words.
        by: the name of the file or folder by which it was told.
        alone: whether that file is all of it.
    """

    what: str
    by: str
    alone: bool


class Recognizer:
    """Tells forms by names.

    Args:
        forms: how they look, the first that fits wins.
        listed: the entries of a folder, none if it cannot be looked into.
    """

    def __init__(self, forms: Sequence[Likely], listed: Callable[[str], Iterable[Entry]]) -> None:
        self._forms = [(form, form.levels, form.path.endswith("/")) for form in forms]
        # Most names fit nothing, so that one look is enough for them.
        self._any = re.compile("|".join(f"(?:{levels[0].pattern})" for _, levels, _ in self._forms) or "(?!)")
        self._listed = listed

    def __call__(self, entries: Iterable[Entry], *, imagenet: bool) -> list[Recognized]:
        """What a folder with these entries is, and the files in it that are raw data of their own.

        Args:
            entries: of the folder.
            imagenet: whether common names count as ImageNet's.
        """
        fitting = [entry for entry in entries if self._any.fullmatch(entry.name)]
        found: list[Recognized] = []
        for form, levels, folder in self._forms if fitting else ():
            if form.common and not imagenet:
                continue
            whole = any(not each.alone for each in found)
            if form.alone:
                named = [entry.name for entry in fitting if self._first([entry], levels, folder=folder)]
                found += [Recognized(what=form.what, by=name, alone=True) for name in sorted(named)[:_ALONE]]
            elif not whole and (by := self._first(fitting, levels, folder=folder)):
                found.append(Recognized(what=form.what, by=by, alone=False))
        return found

    def _first(self, entries: Iterable[Entry], levels: Sequence[re.Pattern[str]], *, folder: bool) -> str:
        head, *rest = levels
        tried = 0
        for entry in entries:
            # A look at a link's target takes long on some disks, so the name comes first.
            if not head.fullmatch(entry.name) or entry.is_dir() != (folder or bool(rest)):
                continue
            if not rest or self._first(self._listed(entry.path), rest, folder=folder):
                return entry.name
            tried += 1
            if tried == _TRIED:
                break
        return ""
