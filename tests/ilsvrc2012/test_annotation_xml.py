"""The fast way to read an annotation gives exactly what ElementTree gives, or leaves the annotation to it."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from wizard.ilsvrc2012.annotation_xml import BadAnnotation, parse_annotation, parse_any_layout, parse_official_layout

OBJECT = """	<object>
		<name>n01440764</name>
		<pose>Unspecified</pose>
		<truncated>0</truncated>
		<difficult>0</difficult>
		<bndbox>
			<xmin>{}</xmin>
			<ymin>{}</ymin>
			<xmax>{}</xmax>
			<ymax>{}</ymax>
		</bndbox>
	</object>
"""
WHOLE = """<annotation>
	<folder>n01440764</folder>
	<filename>n01440764_1</filename>
	<source>
		<database>ILSVRC_2012</database>
	</source>
	<size>
		<width>{}</width>
		<height>{}</height>
		<depth>3</depth>
	</size>
	<segmented>0</segmented>
{}</annotation>
"""

# fmt: off
ODD_NUMBERS = [
    "nan", "inf", "-inf", "1e3", "1E3", "1e999", "+5", "1_000", "_1", "1__0", "-0", "-0.5", "007", "0x10", "5.", ".5",
    "-.5", "1.5.5", "-", "--5", "1,5", "12L", "3/4", "", " ", " 5", "5 ", "\n5\t", "5 5", "\x0b5", "\xa05", "\u0663",
    "\u22125", "&#53;", "<!-- -->5", "5<b/>", "<![CDATA[5]]>", "9" * 9, "9" * 10, "9" * 17, "9" * 400, "9" * 4400,
    "0." + "9" * 9, "0." + "9" * 30,
]
SNIPPETS = [
    "<object>", "</object>", "<object/>", "<bndbox>", "</bndbox>", "<xmin>", "<size>", "<size/>", "<x>", "</x>", "<x/>",
    "<xmin>7</xmin>", "<width>7</width>", "<name>n01443537</name>", "<part>", "</part>", "</annotation>", "<", ">", "&",
    "<!-- <xmin>7</xmin> -->", "<?x y?>", "<![CDATA[", "]]>", "&lt;", "&nbsp;", " a='b'", "\ufeff", "é", "\0", "-", ".",
    "_", "1", " ", "<?xml version='1.0' encoding='utf-16'?>", "<!DOCTYPE annotation [<!ENTITY e '5'>]>",
]
# fmt: on
NUMBERS = st.one_of(st.integers(-20, 600).map(str), st.floats(-20, 600).map(str), st.sampled_from(ODD_NUMBERS))
NAMES = st.sampled_from(["n01440764", "n01443537", " n01440764 ", "", "dog's & co", "dog &amp; co", "]]>", "ö", "<b/>"])
SPACES = st.sampled_from(["", " ", "\n", "\r\n\t", "\x0b", "\x0c", "\xa0", "\0", "<!-- -->", "text"])
PIXELS = st.one_of(st.integers(-20, 600).map(str), st.decimals(-20, 600, places=2).map(str))


@st.composite
def annotations(draw: st.DrawFn) -> bytes:
    """Annotations in the official layout, of which some have other numbers, names or white space, or were edited."""
    numbers = draw(st.sampled_from([NUMBERS, PIXELS, PIXELS]))
    boxes = draw(st.lists(st.tuples(*[numbers] * 4), max_size=3))
    width, height = (draw(numbers).partition(".")[0] for _ in range(2))
    text = WHOLE.format(width, height, "".join(OBJECT.format(*box) for box in boxes))
    if draw(st.integers(0, 3)) == 0:
        text = text.replace("<name>n01440764", f"<name>{draw(NAMES)}", draw(st.integers(1, 3)))
    if draw(st.integers(0, 3)) == 0:
        text = text.replace(draw(st.sampled_from(["\n", "\t", "\n\t\t"])), draw(SPACES), draw(st.integers(-1, 3)))
    for _ in range(draw(st.sampled_from([0, 0, 0, 1, 3]))):
        lines = text.splitlines(keepends=True)
        # A line is moved to another place, copied there, or lost.
        first, second = draw(st.integers(0, len(lines))), draw(st.integers(0, len(lines)))
        text = "".join(lines[:first] + lines[draw(st.sampled_from([first, first + 1, second])) :])
    for _ in range(draw(st.sampled_from([0, 0, 1, 2]))):
        at, lost = draw(st.integers(0, len(text))), draw(st.sampled_from([0, 0, 1, 5, 5000]))
        text = text[:at] + draw(st.sampled_from(SNIPPETS)) + text[at + lost :]
    return text.encode(draw(st.sampled_from(["utf-8"] * 9 + ["utf-16"])))


def outcome(xml: bytes, *, fast: bool) -> str:
    """What a parser makes of an annotation; as text, so that 0.0 and -0.0, or 5 and 5.0, are not the same."""
    try:
        return repr(parse_annotation(xml) if fast else parse_any_layout(xml))
    except BadAnnotation as error:
        return str(error)


def with_corner(corner: str) -> bytes:
    return WHOLE.format(500, 375, OBJECT.format(1, 2, corner, 99)).encode()


@settings(max_examples=1000, deadline=None)
@given(annotations())
@example(WHOLE.format(500, 375, "").encode())
@example(with_corner("0") + b"\0")
@example(with_corner("0") + b"<!-- -->")
@example(b"\xef\xbb\xbf" + with_corner("0"))
@example(with_corner("0").replace(b"<name>n01440764</name>", b""))
@example(with_corner("0").replace(b"n01440764_1", "\xe9".encode("latin-1")))
def test_any_annotation_is_read_as_elementtree_reads_it(xml: bytes) -> None:
    assert outcome(xml, fast=True) == outcome(xml, fast=False)


@pytest.mark.parametrize("corner", ["0", "500", "-3", "142.6", "-0.5", "007", "9" * 9])
def test_the_official_layout_does_not_need_elementtree(corner: str) -> None:
    found = parse_official_layout(with_corner(corner))
    assert found is not None
    assert found == (500, 375, "n01440764", [1, 2, int(float(corner)), 99])


@pytest.mark.parametrize("corner", ["1e3", "+5", "1_000", " 5", "nan", "inf", "", "9" * 10, "5.", "<!-- -->5", "&#53;"])
def test_unusual_numbers_are_left_to_elementtree(corner: str) -> None:
    assert parse_official_layout(with_corner(corner)) is None


@pytest.mark.parametrize(
    ("usual", "other"),
    [
        ("<xmin>1</xmin>", ""),
        ("<xmin>1</xmin>", "<xmin>1</xmin><xmin>5</xmin>"),
        ("<width>500</width>\n\t\t<height>375</height>", "<height>375</height>\n\t\t<width>500</width>"),
        ("\t</object>", "\t<part><object/></part></object>"),
        ("\n\t<size>", "\x0b<size>"),
        ("ILSVRC_2012", "<![CDATA[ILSVRC_2012]]>"),
        ("ILSVRC_2012", "]]>"),
        ("ILSVRC_2012", "é"),
        ("</annotation>\n", "</annotation>\n."),
        ("</annotation>\n", ""),
    ],
)
def test_other_layouts_are_left_to_elementtree(usual: str, other: str) -> None:
    text = with_corner("9").decode()
    assert usual in text
    assert parse_official_layout(text.replace(usual, other).encode()) is None


def test_an_unknown_encoding_is_refused() -> None:
    with pytest.raises(BadAnnotation, match="unknown encoding"):
        parse_annotation(b"<?xml version='1.0' encoding='x-unknown'?>" + with_corner("9"))


@pytest.mark.parametrize("usual", ["<annotation>", "<object>"])
def test_a_megabyte_of_white_space_is_left_to_elementtree_without_backtracking(usual: str) -> None:
    text = with_corner("9").decode().partition(usual)[0] + usual + " " * (1 << 20)
    assert parse_official_layout(text.encode()) is None
