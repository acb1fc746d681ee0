"""A file named in the place of the folder of raw data that it is a part of."""

from pathlib import Path

from wizard.ilsvrc2012.archives import ARCHIVE_NAMES
from wizard.sources.registry import likely


def folder_of_part(path: Path) -> Path | None:
    """The folder of raw data that a file is a part of, told by its name and those of its folders; None if it is not."""
    try:
        if not path.is_file():
            return None
        if path.name in ARCHIVE_NAMES:
            return path.parent
        # Not at the top: every profile that is checked asks here, few name a file.
        from wizard.sources.opening import reads_file

        if reads_file(path):
            return None
    except OSError:  # whoever opens it says what is wrong
        return None
    forms = [form.levels for form in likely() if not form.alone and not form.path.endswith("/")]
    for levels in sorted(forms, key=len, reverse=True):
        names = path.parts[-len(levels) :]
        if len(names) == len(levels) and all(level.fullmatch(name) for level, name in zip(levels, names, strict=True)):
            return path.parents[len(levels) - 1]
    return None
