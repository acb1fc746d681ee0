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
    image = image_of(parts)
    if image is None:
        return None
    stated = said(_content(parts, "cls"), _content(parts, "json"))
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


def image_of(parts: list[Part]) -> Part | None:
    """The image of a sample: the one whose field is just a suffix, or else the only one.

    Raises:
        InvalidSample: there are several.
    """
    images = _of_kind(parts, "image")
    if len(images) > 1:
        fields = " and ".join(part.field.name for part in images[:2])
        raise InvalidSample(f"has more than one image, {fields}, so which one is meant is not known")
    return images[0] if images else None


def _content(parts: list[Part], kind: Kind) -> bytes | None:
    found = _of_kind(parts, kind)
    return found[0].content if len(found) == 1 else None


def _of_kind(parts: list[Part], kind: Kind) -> list[Part]:
    """Those of a kind whose fields are just suffixes, or else all of it: jpg goes before mask.jpg."""
    found = [part for part in parts if part.field.kind == kind]
    return [part for part in found if part.field.whole] or found


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
