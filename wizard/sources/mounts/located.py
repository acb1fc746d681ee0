"""Tables of images in mounted archives: the rows' paths become places in the archives' files."""

from collections import defaultdict
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from wizard.sources.locate import ON_BAD_IMAGE
from wizard.sources.mounts.content import reader_for
from wizard.sources.mounts.members import UNKNOWN
from wizard.sources.mounts.mount import Form, Inside, Mount, mounted
from wizard.sources.rows import unusable
from wizard.sources.samples import SampleTable

_SKIP = "Fetch or pack the archive again, or " + ON_BAD_IMAGE


def located(table: SampleTable) -> SampleTable:
    """The same table, in which images in mounted archives are ranges of the archives' bytes."""
    places = [mounted(file) for file in table.files]
    if not any(places):
        return table
    files: dict[str, int] = {}
    forms: set[Form] = set()
    mounts: dict[str, Mount] = {}
    file, offset, image = np.zeros_like(table.file), table.offset.copy(), np.ones(len(table), np.bool_)
    inside = table.inside.copy()
    order = np.argsort(table.file, kind="stable")
    bounds = np.searchsorted(table.file[order], np.arange(len(places) + 1))
    for number, place in enumerate(places):
        rows = order[bounds[number] : bounds[number + 1]]
        path = place.mount.path if place else table.files[number]
        file[rows] = files.setdefault(path, len(files))
        if place is None:
            forms.add("tar")
            image[rows] = table.size[rows] > 0
            continue
        forms.add(place.mount.form)
        mounts[path] = place.mount
        found = _rows_in(place, inside[rows])
        offset[rows] = place.mount.members.offset[found]
        known = place.mount.members.image[found]
        image[rows] = np.where(known == UNKNOWN, table.size[rows] > 0, known > 0)
        inside[rows] = b""
    bad = unusable(lambda row: _where(table, row), {"image": image, "size": table.size}, _SKIP)
    remarks = [remark for each in mounts.values() for remark in each.members.remarks]
    return replace(
        table,
        files=tuple(files),
        file=file,
        inside=inside if inside.any() else np.zeros(len(table), "S1"),
        offset=offset,
        reader=reader_for(frozenset(forms)),
        warnings=(*table.warnings, *remarks),
        unusable=bad,
    )


def _rows_in(place: Inside, inside: npt.NDArray[np.bytes_]) -> npt.NDArray[np.intp]:
    """The members' rows of images, by their paths below a place."""
    members = place.mount.members
    by_folder: dict[bytes, list[tuple[int, str]]] = defaultdict(list)
    for at, path in enumerate(inside.tolist()):
        folder, _, name = path.rpartition(b"/")
        by_folder[folder].append((at, name.decode()))
    found = np.zeros(len(inside), np.intp)
    for below, names in by_folder.items():
        folder = "/".join(filter(None, (place.below, below.decode())))
        rows = members.rows(folder)
        for at, name in names:
            found[at] = rows[name]
    return found


def _where(table: SampleTable, row: int) -> str:
    file, inside = table.files[table.file[row]], table.inside[row].decode()
    return f"{file}/{inside}" if inside else file
