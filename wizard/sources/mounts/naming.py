"""Names of members: those that are taken in, those that are clutter, and those that no archive should have."""

import re
from typing import Final

from wizard.errors import InputError
from wizard.sources.clutter import of_file, of_folder
from wizard.sources.names import unsafe

_PLAIN: Final = re.compile(r"[\w-][\w.-]*(?:/[\w-][\w.-]*)*", re.ASCII)
"""Names of nearly all members, which are what they seem to be; anything else is looked at closely."""
NESTED: Final = re.compile(r"(?:.*/)?(?:n\d{8}|ILSVRC2012_img_\w+)\.tar", re.ASCII | re.DOTALL)
"""Paths of archives in archives that hold images: of a class, or the official ones."""
_FETCH: Final = "Fetch the archive from where it is published, or pack it again from the folder that holds the tree"


def member_path(name: str, archive: str) -> str:
    """A member's path as a path below its archive; empty for clutter that no file could be named as.

    Raises:
        InputError: the name leads out of the archive, or no output could have it.
    """
    if _PLAIN.fullmatch(name):
        return name
    leads_out = name.startswith(("/", "\\")) or ".." in name.replace("\\", "/").split("/")
    path = "/".join(part for part in name.split("/") if part not in ("", "."))
    why = unsafe(name if leads_out else path) if name.strip("./") or leads_out else ""
    if not why:
        return path
    *folders, base = path.split("/")
    if not leads_out and (of_file(base) or any(map(of_folder, folders))):
        return ""
    raise InputError(f"{archive}: the name of its member {name!r} {why}.", _FETCH)
