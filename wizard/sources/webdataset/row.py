"""A sample of a shard as a row: where its image lies, how it is called, and what label it has."""

from typing import NamedTuple

from wizard.formats import image_codec, tar
from wizard.formats.arrays import Boxes
from wizard.sources.trees.image_names import ImageName, is_wnid, parse_image_name
from wizard.sources.webdataset.members import Field, Kind
from wizard.sources.webdataset.said import InvalidSample, Said, said

OTHER_CLASS = -1
"""In place of a wnid: the class has a name that is none."""


class Part(NamedTuple):
    """A member of a sample; `content` is all of a label, and the first bytes of anything else."""

    field: Field
    member: tar.Member
    content: bytes


class Row(NamedTuple):
    """A sample with an image.

    Attributes:
        key: its key.
        name: its official name if it has one, else what its json calls its file; may be empty.
        official: whether the name is official.
        suffix: what follows the key in a name made of it.
        offset: of its image in the shard, in bytes; if that is compressed, in what it unpacks to.
        size: bytes of its image.
        label: as it stands there; -1 for none.
        stated: the label that its json says beside its cls; -1 for none.
        wnid: of its class, or else of its name, as a number; 0 for none, `OTHER_CLASS` if its class is no wnid.
        image: whether the image begins like one.
        class_name: what it calls its class; may be empty.
        text: the class in words; may be empty.
        boxes: float64[n, 4]; None if it states none.
    """

    key: str
    name: str
    official: bool
    suffix: str
    offset: int
    size: int
    label: int
    stated: int
    wnid: int
    image: bool
    class_name: str
    text: str
    boxes: Boxes | None


def row_of(parts: list[Part]) -> Row | None:
    """The row of a sample; None if it has no image.

    Raises:
        InvalidSample: it has more than one image, or what it says of its label or name cannot be.
    """
    image = _one_of(parts, "image")
    if image is None:
        return None
    cls, described = _one_of(parts, "cls"), _one_of(parts, "json")
    stated = said(None if cls is None else cls.content, None if described is None else described.content)
    name, wnid = _official(image.field.key, stated)
    return Row(
        key=image.field.key,
        name=name or stated.filename,
        official=bool(name),
        suffix=image.field.suffix,
        offset=image.member.offset,
        size=image.member.size,
        label=stated.label,
        stated=stated.stated,
        wnid=wnid,
        image=bool(image_codec.sniff(image.content)),
        class_name=stated.name,
        text=stated.text,
        boxes=stated.boxes,
    )


def _one_of(parts: list[Part], kind: Kind) -> Part | None:
    """The member of a kind; of several, the one whose field is just a suffix: jpg goes before mask.jpg.

    Raises:
        InvalidSample: several images are called so.
    """
    found = [part for part in parts if part.field.kind == kind]
    if len(found) > 1:
        found = [part for part in found if part.field.whole] or found
    if len(found) > 1 and kind == "image":
        fields = " and ".join(part.field.name for part in found[:2])
        raise InvalidSample(f"has more than one image, {fields}, so which one is meant is not known")
    return found[0] if len(found) == 1 else None


def _official(key: str, stated: Said) -> tuple[str, int]:
    """The official name that a file name or key says, empty for none, and the wnid of name or class as a number."""
    named = filter(None, (_parsed(stated.filename, cut=True), _parsed(key, cut=False)))
    parsed = next(named, None)
    if parsed is not None and parsed.problem:
        raise InvalidSample(f"is named {parsed.name}, which {parsed.problem}")
    name, wnid = (parsed.name, parsed.wnid) if parsed else ("", "")
    if is_wnid(stated.name):
        if wnid and wnid != stated.name:
            raise InvalidSample(f"says that its class is {stated.name}, but {name} is an image of {wnid}")
        wnid = stated.name
    if wnid:
        return name, int(wnid[1:])
    return name, OTHER_CLASS if stated.name else 0


def _parsed(path: str, *, cut: bool) -> ImageName | None:
    """What the last part of a path says if it is named as in ILSVRC2012, with any suffix, which is `cut`, or none."""
    base = path.rpartition("/")[2]
    stem = base.rpartition(".")[0] if cut and "." in base else base
    return parse_image_name(f"{stem}.JPEG")
