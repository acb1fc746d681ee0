"""What to do about an archive that will not do, by what is known of where it came from.

Only an archive that may be the official one has an official MD5 to be compared with; one of another size was cut off,
or packed by somebody.
"""

from pathlib import Path

from wizard.ilsvrc2012.archives import IMAGES, Split
from wizard.sources.locate import human_bytes

ON_BAD_IMAGE = 'leave such images out with --set output.on_bad_image="skip"'
_PROVE = "imagenet-setup run PROFILE --md5 compares its MD5 with the official one; if it differs, fetch it again"


def may_be_official(path: Path, split: Split) -> bool:
    """Whether an archive has the official one's name, and its size where that is known.

    Raises:
        OSError: it cannot be looked at.
    """
    official = IMAGES[split]
    return path.name in official.names and official.bytes in (0, path.stat().st_size)


def way_out(path: Path, split: Split) -> str:
    """What to do about an archive that is damaged or holds what it should not.

    Raises:
        OSError: it cannot be looked at.
    """
    if may_be_official(path, split):
        return _PROVE
    size, official = path.stat().st_size, IMAGES[split].bytes
    if size < official:
        return (
            f"It has {human_bytes(size)} of the official {human_bytes(official)}: if its download broke off, go on "
            "with it (imagenet-setup download, wget -c); if you packed it yourself, pack it again"
        )
    return "It is not the official archive: pack it again, or fetch the official one"


def told_of_zeros(archive: str, zeros: int, what: str, *, inside: bool = False, others: int = 0) -> str:
    """A sentence about zeros at an archive's end that may be a hole.

    Args:
        archive: which.
        zeros: bytes of them.
        what: may be missing there.
        inside: whether the last file ends in zeros too; else they are more than padding explains.
        others: how many more archives in it end so.
    """
    more = f" and {others:,} more {'archives' if others > 1 else 'archive'} in it alike" if others else ""
    why = "which ends in zeros itself" if inside else "more than tar's usual padding"
    return (
        f"{human_bytes(zeros)} of zeros follow the last file of {archive}{more}, {why}: {what} may be missing, if it "
        "was downloaded or copied; compare its size and checksum with those of the original"
    )
