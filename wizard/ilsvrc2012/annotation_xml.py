"""Reads the XML of one bounding-box annotation: the image's size, and its objects' corners in pixels.

Nearly all annotations have the layout of the official archives, which a regular expression matches in a fraction of
the time that ElementTree takes. It has to match all of an annotation, and matches only what ElementTree reads to the
same values; anything else is left to ElementTree.
"""

import re
from typing import NamedTuple
from xml.etree import ElementTree

_CORNERS = ("xmin", "ymin", "xmax", "ymax")
# Possessive (*+), or the time would grow with a high power of the length of white space where elements are missing.
_SPACE = rb"[ \t\r\n]*+"  # XML's white space: unlike \s, without vertical tabs and form feeds
_TEXT = rb"[ !-%'-;=?-~]*+"  # printable ASCII without &, < and >, so no markup, entities or other encodings
# At most nine digits, which float64 holds exactly.
_WHOLE = rb"(-?[0-9]{1,9})"
_DECIMAL = rb"(-?[0-9]{1,9}(?:\.[0-9]{1,9})?)"


class BadAnnotation(ValueError):
    """An annotation is not XML, or has no size, or a box without one of its corners."""


class Annotation(NamedTuple):
    """What an annotation says of its image.

    Attributes:
        width: of the image, in pixels; like the height, a whole number, which may be zero, negative or huge.
        height: of the image, in pixels.
        name: of the first object; None if there are no objects.
        corners: xmin ymin xmax ymax in whole pixels, one object after the other, in any order and range.
    """

    width: float
    height: float
    name: str | None
    corners: list[int]


def parse_annotation(xml: bytes) -> Annotation:
    """Reads an annotation.

    Coordinates are truncated to whole pixels.

    Raises:
        BadAnnotation: it cannot be read; the message says why.
    """
    annotation = parse_official_layout(xml)
    return parse_any_layout(xml) if annotation is None else annotation


def parse_any_layout(xml: bytes) -> Annotation:
    """Reads an annotation with ElementTree.

    Raises:
        BadAnnotation: it cannot be read; the message says why.
    """
    try:
        root = ElementTree.fromstring(xml)
        width, height = int(_text(root, "size/width")), int(_text(root, "size/height"))
        objects = list(root.iter("object"))
        name = _text(objects[0], "name") if objects else None
        size = float(width), float(height)
        corners = [int(float(_text(item, f"bndbox/{corner}"))) for item in objects for corner in _CORNERS]
    except (ElementTree.ParseError, LookupError, ValueError, OverflowError) as error:  # LookupError: unknown encoding
        raise BadAnnotation(str(error)) from error
    return Annotation(*size, name, corners)


def parse_official_layout(xml: bytes) -> Annotation | None:
    """Reads an annotation that has the layout of the official archives; None if it has not."""
    head = _HEAD.match(xml)
    if head is None:
        return None
    name, corners, position = None, list[int](), head.end()
    while item := _OBJECT.match(xml, position):
        first, *numbers = item.groups()
        name = first if name is None else name
        corners += [int(float(number)) for number in numbers]
        position = item.end()
    if _TAIL.fullmatch(xml, position) is None:
        return None
    width, height = map(int, head.groups())
    return Annotation(float(width), float(height), None if name is None else name.decode().strip(), corners)


def _text(element: ElementTree.Element, path: str) -> str:
    text = element.findtext(path)
    if text is None:
        raise ValueError(f"no {path}")
    return text.strip()


def _tag(name: bytes, content: bytes = _TEXT) -> bytes:
    return b"<%s>%s</%s>" % (name, content, name)


def _optional(*parts: bytes) -> bytes:
    return b"(?:%s)?" % _SPACE.join(parts)


_HEAD = re.compile(
    _SPACE.join(
        (
            b"<annotation>",
            _optional(_tag(b"folder")),
            _optional(_tag(b"filename")),
            _optional(b"<source>", _tag(b"database"), b"</source>"),
            b"<size>",
            _tag(b"width", _WHOLE),
            _tag(b"height", _WHOLE),
            _optional(_tag(b"depth")),
            b"</size>",
            _optional(_tag(b"segmented")),
            b"",
        )
    )
)
_OBJECT = re.compile(
    _SPACE.join(
        (
            b"<object>",
            _tag(b"name", b"(%s)" % _TEXT),
            _optional(_tag(b"pose")),
            _optional(_tag(b"truncated")),
            _optional(_tag(b"difficult")),
            b"<bndbox>",
            *(_tag(corner.encode(), _DECIMAL) for corner in _CORNERS),
            b"</bndbox>",
            b"</object>",
            b"",
        )
    )
)
_TAIL = re.compile(b"</annotation>" + _SPACE)
