import base64
import io
import os
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import ParamSpec, TypeVar

import numpy as np
import pytest
from PIL import Image, ImageCms

from tests.helpers import encoded, job, noise, survey
from wizard.engine.deaths import WorkerDied
from wizard.engine.transform import Recipe, transform
from wizard.errors import InputError
from wizard.folders import cache_folder
from wizard.formats import image_codec
from wizard.formats.resize import Resize
from wizard.formatting import human_bytes
from wizard.ilsvrc2012.archives import IMAGES
from wizard.planning import Job
from wizard.preflight.estimate import Estimator
from wizard.preflight.preview import SHOWN, Pair, as_decoded, from_small_to_large, page, put_through, write_preview
from wizard.sources.samples import in_one_file
from wizard.sources.sampling import Drawn
from wizard.sources.source import Survey

P = ParamSpec("P")
T = TypeVar("T")

SHORTEST = Recipe(resize=Resize(mode="shortest", size=64), quality=50)
EXACT = Recipe(resize=Resize(mode="exact", height=64, width=64), quality=50)
CROP = Recipe(resize=Resize(mode="crop", height=64, width=64), quality=50)
KEPT = Recipe(resize=Resize(mode="original"), quality=None)
CAT = 281
PHOTO = encoded(Image.fromarray(noise(80, 160)), quality=92)


class Read(HTMLParser):
    """The page's tags with their attributes, and its text by the innermost tag."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.texts: dict[str, str] = {}
        self._open: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {name: value or "" for name, value in attrs}))
        self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        while self._open.pop() != tag:
            pass

    def handle_data(self, data: str) -> None:
        inside = next((tag for tag in reversed(self._open) if tag in ("h1", "p", "h2", "figcaption", "style")), "")
        self.texts[inside] = self.texts.get(inside, "") + data.replace("\u00a0", " ")

    def all(self, tag: str) -> list[dict[str, str]]:
        return [attributes for name, attributes in self.tags if name == tag]

    def styles(self, name: str) -> list[dict[str, float]]:
        """The percentages in the styles of all of a class."""
        found = [each["style"] for _, each in self.tags if name in each.get("class", "").split() and "style" in each]
        return [{key: float(value) for key, value in re.findall(r"([a-z]+):([\d.]+)%", each)} for each in found]


class Inline(Estimator):
    """Has a given sample, and runs in this process."""

    def __init__(self, *sample: tuple[Drawn, Recipe], error: Exception | None = None) -> None:
        self._given = list(sample)
        self._error = error

    def sample(self, job: Job) -> list[tuple[Drawn, Recipe]]:  # noqa: ARG002
        return self._given

    def call(self, fn: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        if self._error:
            raise self._error
        return fn(*args, **kwargs)


@pytest.fixture
def asked(raw: Path, tmp_path: Path) -> Job:
    image = {"resize": "shortest", "size": 64, "quality": 50}
    asked = job(raw, tmp_path / "out", source={"splits": ["train"]}, image=image)
    shutil.rmtree(cache_folder())
    return asked


def test_a_picture_that_keeps_its_bytes_is_shown_as_such() -> None:
    recipe = Recipe(resize=Resize(mode="shortest", size=80), quality=50, keep_small=True)
    small, large = PHOTO, encoded(Image.fromarray(noise(160, 160)))
    pairs = [
        Pair(name="n", words="w", before=data, picture=as_decoded(data), after=transform(data, recipe))
        for data in (small, large)
    ]
    texts = [Read(page([pair], recipe)).texts["figcaption"] for pair in pairs]
    assert ["the same bytes" in text for text in texts] == [True, False]
    assert "bytes kept where the size stays" in page(pairs, recipe)


@pytest.fixture
def strict_umask() -> Iterator[None]:
    before = os.umask(0o027)
    yield
    os.umask(before)


def drawn(folder: Path, *images: bytes, weight: list[float] | None = None, names: list[str] | None = None) -> Drawn:
    """A sample of these images, one after the other in a file."""
    path = folder / "images"
    path.write_bytes(b"".join(images))
    sizes = np.array([len(image) for image in images], np.int64)
    table = in_one_file(
        str(path),
        offset=np.cumsum(sizes) - sizes,
        size=sizes,
        name=np.array(names or [f"n{i}.JPEG" for i in range(len(images))], np.bytes_),
        label=np.full(len(images), CAT, np.int16),
    )
    whole = Survey(split="train", path=path, bytes=1, images=1, image_bytes=1, classes=1, official=False)
    return Drawn(survey=whole, table=table, weight=np.array(weight or [1.0] * len(images)))


def pairs(folder: Path, recipe: Recipe, *images: bytes) -> list[Pair]:
    return put_through(drawn(folder, *images).table, recipe)[0]


def shown(image: dict[str, str]) -> bytes:
    return base64.b64decode(image["src"].partition("base64,")[2], validate=True)


def sizes_of(folder: Path, sizes: list[int], weight: list[float] | None = None) -> list[int]:
    """The sizes that are picked from a sample of images of these sizes in bytes."""
    sample = drawn(folder, *[b"x" * size for size in sizes], weight=weight)
    return [picked.size for picked in from_small_to_large(sample)]


def test_the_page_asks_for_nothing_beside_itself(tmp_path: Path) -> None:
    text = page(pairs(tmp_path, CROP, PHOTO, encoded(Image.new("RGB", (70, 90)), "PNG")), CROP)
    read = Read(text)
    assert "://" not in text
    assert "url(" not in text
    assert "@import" not in text
    assert not {"link", "iframe", "object", "embed", "base"} & {tag for tag, _ in read.tags}
    references = ("src", "href", "srcset", "data", "poster", "action", "background")
    values = [value for _, each in read.tags for name, value in each.items() if name.endswith(references)]
    assert len(values) == 4
    assert all(value.startswith("data:image/") for value in values)
    policy = next(each["content"] for each in read.all("meta") if "http-equiv" in each)
    assert policy.startswith("default-src 'none'; img-src data:;")


def test_names_and_words_are_text_never_markup(tmp_path: Path) -> None:
    pair = pairs(tmp_path, SHORTEST, PHOTO)[0]
    name, words = "\"'><img src=x>$pairs&amp;.JPEG", '<script>alert(1)</script> & "cat" </h2> $total'
    odd = replace(pair, name=name, words=words)
    read, plain = Read(page([odd], SHORTEST)), Read(page([pair], SHORTEST))
    assert [tag for tag, _ in read.tags] == [tag for tag, _ in plain.tags]
    assert read.texts["h2"] == f"{words} {name}"
    assert read.all("img")[0]["alt"].startswith(f"{name}, {words}, before: 160 × 80")


def test_sizes_and_bytes_are_shown_for_each_picture_and_in_total(tmp_path: Path) -> None:
    found = pairs(tmp_path, SHORTEST, PHOTO, encoded(Image.fromarray(noise(300, 90)), quality=95))
    read = Read(page(found, SHORTEST))
    told = ""
    for pair, before, after in zip(found, ("160 × 80", "90 × 300"), ("128 × 64", "64 × 213"), strict=True):
        share = f"{100 * len(pair.after.jpeg) / len(pair.before):.0f} %"
        told += f"before {before} px · {human_bytes(len(pair.before))}"
        told += f"after {after} px · {human_bytes(len(pair.after.jpeg))} ({share})"
    assert read.texts["figcaption"] == told
    assert [image_codec.read_header(shown(image)).width for image in read.all("img")] == [160, 128, 90, 64]
    total = [sum(map(len, side)) for side in zip(*((pair.before, pair.after.jpeg) for pair in found), strict=True)]
    told = f"2 of your images, from small to large: {human_bytes(total[0])} before, {human_bytes(total[1])} after ("
    assert read.texts["p"].startswith(told + f"{100 * total[1] / total[0]:.0f} %)")
    assert read.texts["h1"] == "Before and after: shortest side 64, JPEG quality 50"


def test_shares_that_round_to_none_or_all_are_shown_as_bounds(tmp_path: Path) -> None:
    sliver, large = encoded(Image.new("RGB", (3, 900))), encoded(Image.fromarray(noise(2000, 3000)), quality=98)
    assert "(under 1 %)" in Read(page(pairs(tmp_path, EXACT, large), EXACT)).texts["figcaption"]
    assert "over 99 % cut off" in Read(page(pairs(tmp_path, CROP, sliver), CROP)).texts["figcaption"]


def test_a_picture_is_what_the_build_decodes_without_rotation_and_color_profile(tmp_path: Path) -> None:
    turned = Image.Exif()
    turned[0x0112] = 6
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    data = encoded(Image.fromarray(noise(80, 160)), exif=turned, icc_profile=profile, progressive=True)
    pair = pairs(tmp_path, SHORTEST, data)[0]
    read = Read(page([pair], SHORTEST))
    bare = shown(read.all("img")[0])
    assert np.array_equal(image_codec.decode(bare), image_codec.decode(data))
    with Image.open(io.BytesIO(bare)) as image:
        assert not image.getexif()
        assert "icc_profile" not in image.info
    assert human_bytes(len(data)) in read.texts["figcaption"]


@pytest.mark.parametrize(
    ("mode", "kind", "converted"),
    [
        ("RGBA", "PNG", "PNG"),
        ("CMYK", "JPEG", "CMYK"),
        ("P", "GIF", "GIF"),
        ("RGB", "TIFF", "TIFF"),
        ("RGB", "PPM", "PPM"),
    ],
)
def test_other_formats_are_named_and_shown_as_the_build_decodes_them(
    tmp_path: Path, mode: str, kind: str, converted: str
) -> None:
    drawn = Image.new("RGB", (90, 70), "red").convert(mode)
    if mode == "RGBA":
        drawn.putalpha(0)  # the color below shows, as for the build
    data = encoded(drawn, kind)
    read = Read(page(pairs(tmp_path, SHORTEST, data), SHORTEST))
    before, after = read.all("img")
    assert before["src"].startswith("data:image/png;")
    with Image.open(io.BytesIO(shown(before))) as image:
        assert np.array_equal(np.asarray(image), image_codec.decode(data))
    assert after["src"].startswith("data:image/jpeg;")
    assert f" · {converted}after" in read.texts["figcaption"]


def test_a_jpeg_with_stray_bytes_between_its_segments_is_shown_too(tmp_path: Path) -> None:
    data = PHOTO[:2] + b"\xff\xff" + PHOTO[2:20] + b"\0\0" + PHOTO[20:]
    image = Read(page(pairs(tmp_path, SHORTEST, data), SHORTEST)).all("img")[0]
    assert np.array_equal(image_codec.decode(shown(image)), image_codec.decode(PHOTO))


def test_a_crop_lies_where_it_was_cut_from(tmp_path: Path) -> None:
    read = Read(page(pairs(tmp_path, CROP, PHOTO), CROP))
    before, after = read.styles("own")
    assert before == {"left": 0, "top": 0, "width": 100, "height": 100}
    assert after == {"left": 25, "top": 0, "width": 50, "height": 100}
    assert read.styles("fit") == [{"width": 100, "height": pytest.approx(200 / 3, abs=0.01)}] * 2
    assert "50 % cut off" in read.texts["figcaption"]
    assert any(each.get("class") == "pair cut" for each in read.all("div"))


def test_where_the_shape_is_kept_both_sides_are_shown_at_one_size(tmp_path: Path) -> None:
    for data in (PHOTO, encoded(Image.new("RGB", (333, 500))), encoded(Image.new("RGB", (3, 900)))):
        read = Read(page(pairs(tmp_path, SHORTEST, data), SHORTEST))
        assert read.styles("own") == [{"left": 0, "top": 0, "width": 100, "height": 100}] * 2
        before, after = read.styles("fit")
        assert before == after
        assert max(before.values()) == 100
        assert not any(each.get("class") == "pair cut" for each in read.all("div"))


@pytest.mark.parametrize(("size", "side"), [((160, 80), "width"), ((80, 160), "height")])
def test_a_changed_shape_is_drawn_and_captioned(tmp_path: Path, size: tuple[int, int], side: str) -> None:
    read = Read(page(pairs(tmp_path, EXACT, encoded(Image.new("RGB", size))), EXACT))
    assert f"squeezed to 50 % of its {side}" in read.texts["figcaption"]
    before, after = read.styles("fit")
    assert before["width"] / before["height"] * 4 / 3 == pytest.approx(size[0] / size[1], rel=0.001)
    assert after == {"width": 75, "height": 100}
    assert read.styles("own")[1] == {"left": 0, "top": 0, "width": 100, "height": 100}


def test_the_page_has_the_elements_that_its_script_uses(tmp_path: Path) -> None:
    text = page(pairs(tmp_path, SHORTEST, PHOTO), SHORTEST)
    read = Read(text)
    names = {name for _, each in read.tags for name in each.get("class", "").split()}
    assert {each["id"] for _, each in read.tags if "id" in each} == set(re.findall(r'ElementById\("(\w+)"\)', text))
    assert names >= set(re.findall(r'(?:All|Selector|closest)\("\.(\w+)"\)', text)) >= {"pair", "frame", "fit"}


def test_images_that_cannot_be_decoded_are_named_instead_of_shown(tmp_path: Path) -> None:
    sample = drawn(tmp_path, PHOTO[: len(PHOTO) // 2], PHOTO, b"<html>", names=["half.JPEG", "whole.JPEG", "<b>.JPEG"])
    found, undecodable = put_through(sample.table, SHORTEST)
    assert [(pair.name, pair.before) for pair in found] == [("whole.JPEG", PHOTO)]
    assert found[0].words.startswith("tabby")
    assert undecodable == ["half.JPEG", "<b>.JPEG"]
    read = Read(page(found, SHORTEST, undecodable))
    assert "Not shown, as the build cannot decode them: half.JPEG, <b>.JPEG" in read.texts["p"]
    assert "Not shown" not in page(found, SHORTEST)


def test_every_picture_and_control_has_a_name_and_all_text_lies_in_the_main_part(tmp_path: Path) -> None:
    text = page(pairs(tmp_path, SHORTEST, PHOTO, PHOTO), SHORTEST)
    read = Read(text)
    assert read.all("html") == [{"lang": "en"}]
    assert all(image["alt"] for image in read.all("img"))
    assert all(
        each["aria-label"] and each["tabindex"] == "0" for each in read.all("div") if each.get("role") == "group"
    )
    assert re.search(r"<label>Zoom <input", text)
    assert re.search(r"<button [^>]*>\w+</button>", text)
    body = text.partition("</style>")[2].partition("<script>")[0].strip()
    assert body.startswith("<main>")
    assert body.endswith("</main>")


def test_the_colors_of_text_and_background_are_set_together_so_that_dark_pages_have_contrast(tmp_path: Path) -> None:
    style = Read(page(pairs(tmp_path, SHORTEST, PHOTO), SHORTEST)).texts["style"]
    root = re.search(r":root \{([^}]*)\}", style)
    assert root is not None
    assert {"color-scheme: light dark", "background: Canvas", "color: CanvasText"} <= {
        each.strip() for each in root[1].split(";")
    }


def test_a_long_name_is_broken_and_one_written_backwards_turns_only_itself(tmp_path: Path) -> None:
    pair = pairs(tmp_path, SHORTEST, PHOTO)[0]
    text = page([replace(pair, name="\u202egpj.x", words="\u202ecba")], SHORTEST)
    assert "<bdi>\u202ecba</bdi>" in text
    assert "<bdi>\u202egpj.x</bdi>" in text
    assert re.search(r"h2[^{}]*\{ overflow-wrap: anywhere; \}", text)


def test_a_name_that_is_not_utf8_does_not_stop_the_page(tmp_path: Path, asked: Job) -> None:
    sample = drawn(tmp_path, PHOTO)
    odd = replace(sample.table.classes, words=tuple("caf\udce9" for _ in sample.table.classes.words))
    path = write_preview(asked, Inline((replace(sample, table=replace(sample.table, classes=odd)), SHORTEST)))
    assert path is not None
    assert "caf?" in path.read_text(encoding="utf-8")


def test_the_images_go_from_small_to_large_and_leave_out_the_extremes(tmp_path: Path) -> None:
    assert sizes_of(tmp_path, list(range(101, 0, -1))) == [11, 27, 43, 59, 75, 91]
    assert sizes_of(tmp_path, [30, 10, 20]) == [10, 20, 30]
    assert sizes_of(tmp_path, [5]) == [5]


def test_an_image_counts_as_often_as_it_stands_for_others(tmp_path: Path) -> None:
    sizes, weight = list(range(1, 21)), [1000.0] * 10 + [1.0] * 10
    assert max(sizes_of(tmp_path, sizes, weight)) == 10


def test_an_image_drawn_twice_is_shown_once(tmp_path: Path) -> None:
    twice = drawn(tmp_path, b"a", b"bb", b"bb", names=["a", "b", "b"])
    assert [sample.name for sample in from_small_to_large(twice)] == ["a", "b"]


def test_a_real_run_shows_images_of_the_archive(raw: Path, asked: Job) -> None:
    whole = survey(raw, "train")
    with closing(Estimator({"train": whole}, 1, cache_folder())) as estimator:
        path = write_preview(asked, estimator)
        kept = job(raw, asked.output, source={"splits": ["train"]})
        assert path == cache_folder() / "preview.html"
        text = path.read_text(encoding="utf-8")
        path.unlink()
        assert write_preview(kept, estimator) is None
    assert not path.exists()
    read = Read(text)
    heights = [image_codec.read_header(shown(image)) for image in read.all("img")]
    assert len(heights) == 2 * SHOWN
    assert all(min(each.height, each.width) <= 64 for each in heights[1::2])
    sizes = [int(each) for each in re.findall(r"before (\d+) ×", read.texts["figcaption"])]
    assert sizes == [each.width for each in heights[::2]]
    archive = (raw / IMAGES["train"].name).read_bytes()
    assert all(name.encode() in archive for name in re.findall(r"n\d+_\d+\.JPEG", read.texts["h2"]))


def test_there_is_no_page_where_bytes_are_kept_or_nothing_can_be_shown(tmp_path: Path, asked: Job) -> None:
    good, bad = drawn(tmp_path, PHOTO), drawn(tmp_path, PHOTO)
    assert write_preview(asked, Inline((good, KEPT))) is None
    Path(bad.table.files[0]).write_bytes(bytes(len(PHOTO)))
    assert write_preview(asked, Inline((bad, SHORTEST))) is None
    assert not cache_folder().exists()


def test_where_bytes_are_kept_the_images_that_become_jpegs_are_shown(tmp_path: Path, asked: Job) -> None:
    png = encoded(Image.fromarray(noise(80, 160)), "PNG")
    sample = drawn(tmp_path, PHOTO, png, png, PHOTO, names=["1.jpg", "2.png", "3.png", "4"])
    sample = replace(sample, survey=replace(sample.survey, table=sample.table))
    path = write_preview(asked, Inline((sample, KEPT)))
    assert path is not None
    read = Read(path.read_text(encoding="utf-8"))
    assert re.findall(r"\d\.png", read.texts["h2"]) == ["2.png", "3.png"]
    assert "images that are not JPEGs become JPEG, quality 100 (lossy)" in path.read_text(encoding="utf-8")


def test_the_first_split_that_changes_is_the_one_that_is_shown(tmp_path: Path, asked: Job) -> None:
    sample = drawn(tmp_path, PHOTO)
    path = write_preview(asked, Inline((sample, KEPT), (sample, CROP)))
    assert path is not None
    assert "scaled and cropped to 64 × 64" in path.read_text(encoding="utf-8")


def test_a_failed_preview_does_not_stop_the_check(tmp_path: Path, asked: Job) -> None:
    sample = drawn(tmp_path, PHOTO)
    assert write_preview(asked, Inline((sample, SHORTEST), error=WorkerDied(7, -9))) is None
    cache_folder().parent.mkdir(exist_ok=True)
    cache_folder().write_text("in the way")
    assert write_preview(asked, Inline((sample, SHORTEST))) is None
    cache_folder().unlink()
    Path(sample.table.files[0]).unlink()
    assert write_preview(asked, Inline((sample, SHORTEST))) is None


@pytest.mark.usefixtures("strict_umask")
def test_the_page_is_readable_as_the_umask_says_and_leaves_nothing_beside_it(tmp_path: Path, asked: Job) -> None:
    path = write_preview(asked, Inline((drawn(tmp_path, PHOTO), SHORTEST)))
    assert path is not None
    assert path.stat().st_mode & 0o777 == 0o640
    assert list(path.parent.iterdir()) == [path]


def test_a_page_is_replaced_whole_or_not_at_all(tmp_path: Path, asked: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_preview(asked, Inline((drawn(tmp_path, PHOTO), SHORTEST)))
    assert path is not None
    with path.open(encoding="utf-8") as reader:
        assert write_preview(asked, Inline((drawn(tmp_path, PHOTO), CROP))) == path
        assert "shortest side 64" in reader.read()
    written = path.read_text(encoding="utf-8")
    assert "cropped" in written
    assert written.endswith("</html>\n")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    assert write_preview(asked, Inline((drawn(tmp_path, PHOTO), EXACT))) is None
    assert path.read_text(encoding="utf-8") == written
    assert list(path.parent.iterdir()) == [path]


def test_an_unreadable_archive_is_an_error_of_the_caller(tmp_path: Path) -> None:
    sample = drawn(tmp_path, PHOTO)
    Path(sample.table.files[0]).unlink()
    with pytest.raises(InputError, match=r"images cannot be read: No such file"):
        put_through(sample.table, SHORTEST)
