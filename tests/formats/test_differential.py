"""Our decoder accepts what TensorFlow decodes; `--differential COUNT` compares more images than the default."""

from collections import Counter
from itertools import product

import pytest

from tests.formats.differential import Compared, compared, whole_and_damaged
from tests.formats.mutations import Mutant, originals, with_canvas, with_transform, without_segment

_SEED, _COUNT = 2012, 2500
_APP14 = 0xEE
_INTACT = {kind: Mutant(kind, "none", data) for kind, data in originals().items()}
_CMYK = originals()["JPEG CMYK"]
_ADOBE = _CMYK[_CMYK.index(b"\xff\xee") :][:16]
_OFF_BY_SMOOTHING = 0.005
"""Share of damaged images that may differ: libjpeg-turbo 2 and 3 smooth an incomplete progressive JPEG differently."""


@pytest.fixture(scope="module")
def results(request: pytest.FixtureRequest) -> list[Compared]:
    asked = request.config.getoption("--differential")
    return [each for each in compared(whole_and_damaged(_SEED, asked or _COUNT)) if not each.unknown]


def test_nothing_that_tensorflow_refuses_is_accepted(results: list[Compared]) -> None:
    assert [(each.kind, each.damage) for each in results if each.accepted == "ours only"] == []


def test_images_that_only_tensorflow_accepts_have_a_known_reason(results: list[Compared]) -> None:
    alone = [each for each in results if each.accepted == "TensorFlow only"]
    assert [(each.kind, each.damage, each.refusal) for each in alone if not each.explanation] == []


def test_pixels_agree_with_tensorflows(results: list[Compared]) -> None:
    off = [each for each in results if each.difference > 0]
    assert {each.format for each in off} <= {"JPEG"}
    assert {each.damage for each in off}.isdisjoint({"none", "bytes appended"})
    assert len(off) <= _OFF_BY_SMOOTHING * len(results)


def test_the_check_of_kept_bytes_agrees_with_the_decoder(results: list[Compared]) -> None:
    assert [(each.kind, each.damage) for each in results if each.checked == bool(each.refusal)] == []


def test_mutations_of_every_format_are_both_accepted_and_refused(results: list[Compared]) -> None:
    seen = Counter((each.format, each.accepted) for each in results)
    assert all(
        seen[kind, verdict] >= 10 for kind in ("JPEG", "PNG", "GIF", "BMP", "WEBP") for verdict in ("both", "neither")
    )


@pytest.mark.parametrize("kind", sorted(_INTACT))
def test_an_intact_image_of_every_kind_is_accepted(kind: str) -> None:
    (found,) = compared([_INTACT[kind]])
    assert not found.refusal
    assert found.unknown or found.difference == 0


def _with_app14(data: bytes, size: int, transform: int, *, after_frame: bool) -> bytes:
    segment = (_ADOBE[4:15] + bytes([transform]) + b"more")[:size]
    made = b"\xff\xee" + (size + 2).to_bytes(2) + segment
    at = data.index(b"\xff\xc4") if after_frame else 2
    return data[:at] + made + data[at:]


@pytest.mark.parametrize(
    ("size", "transform", "after_frame", "progressive"),
    [*product((5, 11, 12, 13, 16), (0, 1, 2, 3, 255), (False, True), (False, True))],
)
def test_cmyk_is_decoded_by_the_rules_of_libjpeg(
    size: int, transform: int, *, after_frame: bool, progressive: bool
) -> None:
    data = originals()["JPEG progressive CMYK"] if progressive else _CMYK
    bare = without_segment(data, _APP14)
    (found,) = compared([Mutant("JPEG CMYK", "APP14", _with_app14(bare, size, transform, after_frame=after_frame))])
    assert found.accepted == "both"
    assert found.difference == 0


@pytest.mark.parametrize(("first", "second"), [*product((0, 1, 2, 7), repeat=2)])
def test_the_last_of_two_app14_segments_counts(first: int, second: int) -> None:
    bare = without_segment(_CMYK, _APP14)
    data = _with_app14(_with_app14(bare, 12, second, after_frame=False), 12, first, after_frame=False)
    (found,) = compared([Mutant("JPEG CMYK", "APP14 twice", data)])
    assert found.difference == 0


def test_an_app14_segment_between_scans_marks_cmyk_as_inverted() -> None:
    bare = without_segment(originals()["JPEG progressive CMYK"], _APP14)
    at = bare.rindex(b"\xff\xda")
    (found,) = compared([Mutant("JPEG CMYK", "APP14 late", bare[:at] + with_transform(_ADOBE, 0) + bare[at:])])
    assert found.difference == 0


@pytest.mark.parametrize("size", [0, 1, 9, 12, 255])
def test_a_gif_with_an_invalid_code_size_is_refused(size: int) -> None:
    data = bytearray(originals()["GIF"])
    place = data.index(b"\x2c", 13 + (3 << (data[10] & 7) + 1)) + 10
    assert data[place] == 8
    data[place] = size
    (found,) = compared([Mutant("GIF", "code size", bytes(data))])
    assert found.refusal
    assert found.accepted == "neither" or found.explanation


@pytest.mark.parametrize(("left", "top"), [(200, 0), (0, 200), (200, 200), (60000, 60000)])
def test_a_gif_whose_frame_is_outside_its_canvas_is_black(left: int, top: int) -> None:
    data = with_canvas(originals()["GIF"], 60, 50, left=left, top=top)
    (found,) = compared([Mutant("GIF", "far away", data)])
    assert (found.accepted, found.difference) == ("both", 0)
