"""Indexes a tar archive, compressed or not, in one pass; archives of classes in it are folders of their names."""

import posixpath
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import IO, Final

from wizard.errors import InputError
from wizard.formats import image_codec, tar
from wizard.formats.padding import ends_in_zeros, is_padding
from wizard.machine.cores import usable_cores
from wizard.sources import streams
from wizard.sources.cache import Arrays
from wizard.sources.locate import zeros_warning
from wizard.sources.mounts.members import DuplicateMember, MembersBuilder, Progress
from wizard.sources.mounts.naming import NESTED, member_path
from wizard.sources.seek_points import find_seek_points

_TEXTS: Final = (".txt", ".csv", ".tsv", ".json")
_LONGEST_TEXT: Final = 1 << 23
_MOST_TEXT: Final = 1 << 26
"""Bytes of a compressed archive's lists that are kept with its index, so that it is not unpacked again for them."""
_DEEPEST: Final = 3  # archives within each other: class archives in train's, in one of everything
_LARGE: Final = 1 << 30
_MANY: Final = 4
"""Bytes of a file, and cores, from which on seek points are worth the pass that finds them."""
_BATCH: Final = 1000  # members between two reports of progress
_AGAIN: Final = "Download or copy the archive again; if you packed it yourself, pack it again"


def tar_members(path: Path, progress: Progress) -> Arrays:
    """The columns of `Members` of a tar archive; offsets count in what it unpacks to.

    Raises:
        InputError: it is cut off or damaged, holds a path twice or one that leads out of it, a device, or a file in
            pieces.
        OSError: it cannot be read.
    """
    total = path.stat().st_size
    with path.open("rb") as file:
        compressed = bool(streams.compression(file.read(tar.BLOCK)))
    if not compressed:
        with path.open("rb", buffering=0) as file:
            return _Walk(path, file, lambda: progress(min(file.tell(), total), total), direct=True).arrays()
    with streams.open_stream(path) as stream:
        found = _Walk(path, stream, lambda: progress(streams.packed_position(stream), total), direct=False).arrays()
        while stream.read(1 << 20):  # a checksum is compared at the stream's end alone
            pass
        size = stream.tell()
    progress(total, total)
    if total >= _LARGE and usable_cores() >= _MANY:
        find_seek_points(path, size, usable_cores(), progress)
    return found


class _Walk:
    """One pass over an archive; `direct` where it is a plain file, in which going back costs nothing."""

    def __init__(self, path: Path, file: IO[bytes], report: Callable[[], None], *, direct: bool) -> None:
        self._path = path
        self._file = file
        self._report = report
        self._direct = direct
        self._found = MembersBuilder()
        self._links: list[tar.Link] = []
        self._remarks: list[str] = []
        self._text_left = 0 if direct else _MOST_TEXT

    def arrays(self) -> Arrays:
        try:
            self._take(0, "", 0, None)
            self._resolve_links()
            return self._found.built(tuple(self._remarks))
        except tar.TarDamage as error:
            packed = "" if self._direct else " unpacked,"
            raise InputError(f"{self._path}:{packed} {error}.", error.hint or _AGAIN) from error
        except DuplicateMember as error:
            raise InputError(
                f"{self._path} holds {error} more than once, as when a changed file was appended to it.",
                "Unpack it, which keeps the last one, and pack it again",
            ) from error

    def _take(self, depth: int, folder: str, start: int, end: int | None) -> None:
        last: tar.Member | None = None

        def ended(size: int, zeros: int) -> None:
            if not self._direct:  # a hole in a compressed file would have damaged it
                return
            inside = last is not None and ends_in_zeros(self._file, last.offset, last.size)
            if inside or not is_padding(size, zeros):
                where = f"{self._path}/{folder}" if folder else str(self._path)
                self._remarks.append(zeros_warning(where, zeros, "images", inside=inside))

        head = image_codec.MAGIC_BYTES
        if end is None and self._direct:
            end = self._path.stat().st_size
        linked = partial(self._link, folder)
        for member in tar.members(self._file, start, end, head=head, ended=ended, linked=linked):
            last = member
            path = member_path(member.name, str(self._path))
            if not path:
                continue
            path = folder + path
            if NESTED.fullmatch(path) and depth < _DEEPEST:
                self._take(depth + 1, f"{path.removesuffix('.tar')}/", member.offset, member.offset + member.size)
                last = None  # it ends in the zeros of its own end
                continue
            self._found.add(path, member.offset, member.size, bool(image_codec.sniff(member.head)))
            if path.endswith(_TEXTS) and member.size <= min(_LONGEST_TEXT, self._text_left):
                self._keep(path, member)
            if len(self._found) % _BATCH == 0:
                self._report()

    def _keep(self, path: str, member: tar.Member) -> None:
        self._file.seek(member.offset + len(member.head))
        self._found.texts[path] = member.head + self._file.read(member.size - len(member.head))
        self._text_left -= member.size

    def _link(self, folder: str, link: tar.Link) -> None:
        path = member_path(link.name, str(self._path))
        if path:
            target = folder + link.target if link.hard else link.target
            self._links.append(tar.Link(folder + path, target, link.hard))

    def _resolve_links(self) -> None:
        """A link to a file in the archive is that file under another name; any other is counted."""
        if not self._links:
            return
        targets = {link: _target(link) for link in self._links}
        places = self._found.places(set(targets.values()))
        missed: list[tar.Link] = []
        for link, target in targets.items():
            if target in places:
                self._found.add(link.name, *places[target])
            else:
                missed.append(link)
        if missed:
            first = missed[0]
            more = f" and {len(missed) - 1:,} more" if len(missed) > 1 else ""
            self._remarks.append(
                f"{self._path} holds the link {first.name} to {first.target!r}{more}, which lead to no file in the "
                "archive and are not followed"
            )


def _target(link: tar.Link) -> str:
    base = "" if link.hard else posixpath.dirname(link.name)
    return posixpath.normpath(posixpath.join(base, link.target))
