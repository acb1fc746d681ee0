"""What a record of TFDS says of its image, found around the image's bytes."""

from functools import lru_cache
from mmap import mmap
from typing import NamedTuple

from wizard.formats import example, example_spans, image_codec
from wizard.formatting import few
from wizard.ilsvrc2012.synsets import rank_of_image
from wizard.sources.classes import UNLABELED
from wizard.sources.names import unsafe
from wizard.sources.records.features import InvalidRecord
from wizard.sources.tfds.info import AGAIN
from wizard.sources.tfds.schema import Schema
from wizard.sources.trees.image_names import parse_image_name

NOTHING_SAID = -1
_LISTED = 16
_LONGEST = 1024  # bytes of a name; a column of names is as wide as the longest of them

# A dataset has few labels; the cache makes a scan of it faster.
_values = lru_cache(maxsize=1 << 14)(example.values)


class Row(NamedTuple):
    """What a record says.

    Attributes:
        size: bytes of its image.
        image: whether these begin like an image.
        name: of the image, the official one if it is of ILSVRC2012; empty if there is none.
        said: the rank among ImageNet's classes that the name says; -1 for none.
    """

    size: int
    image: bool
    label: int
    name: str
    said: int


def read_row(buffer: bytes | mmap, start: int, end: int, schema: Schema) -> Row:
    """Reads the Example in `buffer[start:end]`.

    Raises:
        InvalidRecord: it does not hold one image and one label, or a name that no output could have.
    """
    try:
        spans = example_spans.feature_spans(buffer, start, end)
        first, last = image_span(buffer, spans, schema.image)
        head = buffer[first : min(first + image_codec.MAGIC_BYTES, last)]
        name, said = _name(_single(buffer, spans, schema.name)) if schema.name else ("", NOTHING_SAID)
        return Row(last - first, bool(image_codec.sniff(head)), _label(buffer, spans, schema.label), name, said)
    except example.ExampleDamage as error:
        raise InvalidRecord(f"is not a tf.train.Example: {error}", AGAIN) from error


def image_span(buffer: bytes | mmap, spans: dict[str, example_spans.Span], key: str) -> example_spans.Span:
    """Where the image lies in a buffer whose features lie at `spans`.

    Raises:
        InvalidRecord: there is not exactly one.
        ExampleDamage: a field is cut off.
    """
    if key not in spans:
        raise InvalidRecord(f"has no {key}. Its keys: {few(sorted(spans), _LISTED) or 'none'}", AGAIN)
    found = example_spans.byte_spans(buffer, *spans[key])
    if found is None or len(found) != 1:
        seen = "no bytes" if found is None else f"{len(found):,} values"
        raise InvalidRecord(f"has {seen} in {key}, expected one image", AGAIN)
    return found[0]


def _label(buffer: bytes | mmap, spans: dict[str, example_spans.Span], key: str) -> int:
    if key not in spans:
        raise InvalidRecord(f"has no {key}. Its keys: {few(sorted(spans), _LISTED) or 'none'}", AGAIN)
    start, end = spans[key]
    found = _values(buffer[start:end]) if end - start < _LONGEST else ()
    if not isinstance(found, tuple) or len(found) != 1:
        raise InvalidRecord(f"has {_listed(found)} in {key}, expected one integer", AGAIN)
    if found[0] < UNLABELED:
        raise InvalidRecord(f"has the label {found[0]:,}, expected one from 0, or -1 for none", AGAIN)
    return found[0]


def _single(buffer: bytes | mmap, spans: dict[str, example_spans.Span], key: str) -> bytes:
    found = example_spans.byte_spans(buffer, *spans.get(key, (0, 0))) or []
    if len(found) != 1 or found[0][1] - found[0][0] > _LONGEST:
        return b""
    return buffer[slice(*found[0])]


def _name(stated: bytes) -> tuple[str, int]:
    """An image's name, and the rank of its class if the name says one."""
    if not stated:
        return "", NOTHING_SAID
    text = stated.decode(errors="surrogateescape")
    reason = unsafe(text)
    if reason:
        raise InvalidRecord(f"names its image {text!r}, which {reason}", AGAIN)
    parsed = parse_image_name(text.rpartition("/")[2])  # of test images, TFDS keeps the archive's folder
    if parsed is None:
        return text, NOTHING_SAID
    if parsed.problem:
        raise InvalidRecord(f"names its image {text!r}, which {parsed.problem}", AGAIN)
    said = rank_of_image(parsed.name)
    return parsed.name, NOTHING_SAID if said is None else said


def _listed(found: example.Values) -> str:
    if isinstance(found, list) and len(found) == 1:
        return "text"
    return "a float" if not isinstance(found, (list, tuple)) and len(found) == 1 else f"{len(found):,} values"
