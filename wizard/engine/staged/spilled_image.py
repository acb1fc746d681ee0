"""A processed image as bytes: what a spill holds of it."""

import json
import struct
from collections.abc import Iterator, Mapping
from dataclasses import astuple

from wizard.engine.process_image import ProcessedImage
from wizard.formats.resize import Geometry
from wizard.ilsvrc2012.feature_names import ENCODED
from wizard.targets.sample import StoredImage

_HEAD = struct.Struct("<I")  # bytes of the JSON that follows; after it come the features, and then the image


def to_bytes(processed: ProcessedImage) -> bytes:
    """The inverse of `from_bytes`."""
    stored, features = processed.stored, processed.features
    fields: dict[str, object] = {"bytes_in": processed.bytes_in}
    parts: list[bytes] = []
    if stored is None:
        fields["skipped"] = processed.skipped
    else:
        fields["geometry"] = astuple(stored.geometry)
        fields["converted"] = stored.converted
        fields["is_reencoded"] = processed.is_reencoded
        if features is not None:
            # The image itself is stored once; its feature keeps its place, because the order of features is kept.
            kept = {name: b"" if name == ENCODED else feature for name, feature in features.items()}
            fields["features"] = {name: len(feature) for name, feature in kept.items()}
            parts += kept.values()
        parts.append(stored.jpeg)
    head = json.dumps(fields, separators=(",", ":")).encode()
    return b"".join((_HEAD.pack(len(head)), head, *parts))


def from_bytes(data: memoryview) -> ProcessedImage:
    """A processed image, from bytes whose checksum was compared."""
    (length,) = _HEAD.unpack_from(data)
    rest = data[_HEAD.size + length :]
    fields = json.loads(bytes(data[_HEAD.size : _HEAD.size + length]))
    if "skipped" in fields:
        return ProcessedImage(bytes_in=fields["bytes_in"], skipped=fields["skipped"])
    features = None
    if "features" in fields:
        features = dict(_split(rest, fields["features"]))
        rest = rest[sum(fields["features"].values()) :]
    source, scaled, *crop = fields["geometry"]
    way = Geometry(source=tuple(source), scaled=tuple(scaled), **dict(zip(_CROP, crop, strict=True)))
    return ProcessedImage(
        bytes_in=fields["bytes_in"],
        stored=StoredImage(jpeg=bytes(rest), geometry=way, converted=fields["converted"]),
        is_reencoded=fields["is_reencoded"],
        features=features,
    )


_CROP = ("top", "left", "height", "width")


def _split(data: memoryview, sizes: Mapping[str, int]) -> Iterator[tuple[str, bytes]]:
    start = 0
    for name, size in sizes.items():
        yield name, bytes(data[start : start + size])
        start += size
