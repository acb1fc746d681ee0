"""Hints for archives that cannot be used, by where they may have come from.

Only an archive that may be the official one can be compared with the official MD5; one of another size was truncated,
or packed by someone else.
"""

from pathlib import Path

from wizard.formatting import human_bytes
from wizard.ilsvrc2012.archives import IMAGES, Split

ON_BAD_IMAGE = 'leave such images out with --set output.on_bad_image="skip"'
_PROVE = "imagenet-setup run PROFILE --md5 compares its MD5 with the official one; if it differs, download it again"


def may_be_official(path: Path, split: Split) -> bool:
    """Whether an archive has the official name, and the official size if that is known.

    Raises:
        OSError: it cannot be accessed.
    """
    official = IMAGES[split]
    return path.name in official.names and official.bytes in (0, path.stat().st_size)


def way_out(path: Path, split: Split) -> str:
    """The hint for an archive that is damaged or holds an unexpected member.

    Raises:
        OSError: it cannot be accessed.
    """
    if may_be_official(path, split):
        return _PROVE
    size, official = path.stat().st_size, IMAGES[split].bytes
    if size < official:
        return (
            f"It has {human_bytes(size)} of the official {human_bytes(official)}: if its download was interrupted, "
            "resume it (imagenet-setup download, wget -c); if you packed it yourself, pack it again"
        )
    return "It is not the official archive: pack it again, or download the official one"


def zeros_warning(archive: str, zeros: int, what: str, *, inside: bool = False, others: int = 0) -> str:
    """A warning about zeros at an archive's end that may be a hole.

    Args:
        archive: the archive's name.
        zeros: how many bytes of zeros.
        what: what may be missing there.
        inside: whether the last file ends in zeros too; else there are more than padding explains.
        others: how many more archives in it end in zeros.
    """
    more = f" (and of {others:,} more {'archives' if others > 1 else 'archive'} in it)" if others else ""
    why = "which ends in zeros itself" if inside else "more than tar's usual padding"
    return (
        f"{human_bytes(zeros)} of zeros follow the last file of {archive}{more}, {why}: if it was downloaded or "
        f"copied, {what} may be missing; compare its size and checksum with those of the original"
    )
