"""Recognizes files that operating systems and tools leave among images, by name alone."""

import re

from wizard.ilsvrc2012.archives import ARCHIVE_NAMES

_FOLDERS = (
    *("#recycle", "#snapshot", "@Recycle", "@Recently-Snapshot", "~snapshot", "lost+found", "found.000"),
    *("$RECYCLE.BIN", "System Volume Information", "Network Trash Folder", "Temporary Items", "__MACOSX"),
    *("__pycache__", ".ipynb_checkpoints", ".git", ".cache"),
)
_FILES = (".DS_Store", ".directory", "Thumbs.db", "ehthumbs.db", "desktop.ini", "Picasa.ini", "ZbThumbnail.info")
_BY_FOLDER = {
    **{name.casefold(): f"files in {name}" for name in _FOLDERS},
    "@eadir": "files in @eaDir (Synology thumbnails)",
}
_BY_FILE = {
    **{name.casefold(): f"{name} files" for name in _FILES},
    **{name.casefold(): "official archive files" for name in ARCHIVE_NAMES},
    "icon\r": "folder icon files of macOS",
}
_SUMS = re.compile(r"(?:(?:md5|sha\d{1,3})sums?|checksums?)|.*\.(?:(?:md5|sha\d{1,3})(?:sums?)?|sfv)", re.DOTALL)
# Backups: ExifTool keeps photo.jpg as photo.jpg_original when it changes it; editors add ~.
_BACKUP = re.compile(r".*(?:~|\.bak|\.orig|\.sw[op]|\.\w+_original)", re.DOTALL)
_ABOUT = frozenset(
    (
        *("authors", "changelog", "citation", "contributors", "copying", "copyright", "licence", "license"),
        *("makefile", "manifest", "notice", "readme", "version"),
    )
)
_LISTS = "txt csv tsv xml json jsonl ndjson yaml yml toml ini cfg lst list names xls xlsx ods doc docx odt dtd xsd"
_TEXTS = "md rst html htm css js py ipynb sh bat log url cache"
_UNFINISHED = "part partial filepart tmp temp crdownload download opdownload incomplete aria2 !ut"
_SUFFIXES = frozenset(f"{_LISTS} {_TEXTS} {_UNFINISHED}".split())


def of_folder(name: str) -> str:
    """The kind of the files in a folder of this name; empty if such a folder is not clutter.

    Every hidden folder is clutter, except . and ..

    >>> of_folder("@eaDir"), of_folder("tench")
    ('files in @eaDir (Synology thumbnails)', '')
    """
    hidden = name.startswith(".") and name not in (".", "..")
    return _BY_FOLDER.get(name.casefold()) or ("files in hidden folders" if hidden else "")


def of_file(name: str) -> str:
    """The kind of a file of this name; empty if it is not clutter, as for images.

    >>> of_file("Thumbs.db"), of_file("boxes.XML"), of_file("._a.jpg"), of_file("a.jpg")
    ('Thumbs.db files', '.xml files', 'files of macOS (._*)', '')
    """
    folded = name.casefold()
    if folded in _BY_FILE:
        return _BY_FILE[folded]
    if name.startswith("."):
        return "files of macOS (._*)" if name.startswith("._") else "hidden files"
    if _SUMS.fullmatch(folded):
        return "checksum files"
    if _BACKUP.fullmatch(folded):
        return "backup files"
    stem, _, suffix = folded.rpartition(".")
    if not stem:
        return "files such as README and LICENSE" if folded in _ABOUT else ""
    return f".{suffix} files" if suffix in _SUFFIXES else ""
