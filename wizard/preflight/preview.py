"""A page that shows some of the source's images before and after the build: one file for a browser."""

import base64
import html
import io
from collections.abc import Sequence
from dataclasses import dataclass, replace
from importlib.resources import files
from pathlib import Path
from string import Template

import numpy as np
from PIL import Image

from wizard.engine.deaths import WorkerDied
from wizard.engine.recipe_words import readable
from wizard.engine.transform import Recipe, transform
from wizard.errors import SetupError, writing
from wizard.folders import cache_folder
from wizard.formats import image_codec
from wizard.formats.decoding import Undecodable
from wizard.formats.encoders import LOSSLESS_ENOUGH
from wizard.formatting import human_bytes
from wizard.planning import Job
from wizard.preflight.estimate import Estimator
from wizard.sources.count_formats import other_than_jpeg
from wizard.sources.samples import SampleTable
from wizard.sources.sampling import Drawn
from wizard.storage import write_whole
from wizard.targets.sample import StoredImage

SHOWN = 6
"""Images on the page, from small ones to large ones."""
_FRAME = 4 / 3
"""Width over height of the frames that the pictures are fitted into, as in preview.html."""
_OBEYED_BY_BROWSERS = (0xE1, 0xE2)
"""JPEG segments APP1 and APP2: EXIF, which turns a picture, and color profiles, which change its colors."""


@dataclass(frozen=True, kw_only=True)
class Pair:
    """An image's encoded bytes before, and as it is stored after; with its file's name, and its class in words.

    `picture` is what the build sees before, as bytes that every browser shows so.
    """

    name: str
    words: str
    before: bytes
    picture: bytes
    after: StoredImage


def write_preview(job: Job, estimator: Estimator) -> Path | None:
    """Writes the page from images of the estimator's sample.

    Returns:
        Where it is; None where every image keeps its bytes, none could be shown, or the page could not be written.
    """
    try:
        for drawn, recipe in estimator.sample(job):
            if recipe.quality is None:
                drawn = _converted(drawn)
            if not len(drawn.table):
                continue
            pairs, undecodable = estimator.call(put_through, from_small_to_large(drawn), recipe)
            if recipe.quality is None:
                pairs = [pair for pair in pairs if pair.after.converted]
            if pairs:
                target = cache_folder() / "preview.html"
                with writing(target):
                    target.parent.mkdir(parents=True, exist_ok=True)
                    write_whole(target, page(pairs, recipe, undecodable).encode(errors="replace"))
                return target
    except (SetupError, WorkerDied):
        pass  # the build's own checks report the problem better
    return None


def _converted(drawn: Drawn) -> Drawn:
    """Those of a sample that become JPEGs where JPEGs keep their bytes, as far as the names tell."""
    table = drawn.survey.table
    rows = np.flatnonzero(other_than_jpeg(drawn.table.name))
    if table is None or not table.formats.converted:
        rows = rows[:0]
    return replace(drawn, table=drawn.table.take(rows), weight=drawn.weight[rows])


def from_small_to_large(drawn: Drawn) -> SampleTable:
    """Up to SHOWN different images of a sample, by size, at evenly spaced quantiles of the archive's images."""
    rows = np.unique(drawn.table.name, return_index=True)[1]
    rows = rows[np.argsort(drawn.table.size[rows], kind="stable")]
    reached = np.cumsum(drawn.weight[rows])
    places = np.searchsorted(reached, np.linspace(0.1, 0.9, SHOWN) * reached[-1])
    return drawn.table.take(rows[np.unique(places)])


def put_through(samples: SampleTable, recipe: Recipe) -> tuple[list[Pair], list[str]]:
    """Each image before and after, and the names of those that cannot be decoded. Runs in a worker.

    Raises:
        InputError: an image cannot be read.
    """
    pairs, undecodable = [], []
    for sample, data, _ in samples.contents():
        try:
            stored, picture = transform(data, recipe), as_decoded(data)
        except Undecodable:
            undecodable.append(sample.name)
            continue
        words = samples.classes.text(sample.label) or sample.name
        pairs.append(Pair(name=sample.name, words=words, before=data, picture=picture, after=stored))
    return pairs, undecodable


def as_decoded(data: bytes) -> bytes:
    """A JPEG or PNG that browsers show as the build decodes the image: without rotation, color profile and alpha.

    Raises:
        Undecodable: it cannot be decoded.
    """
    header = image_codec.read_header(data)
    if not header.needs_conversion:
        return _bare(data)
    file = io.BytesIO()
    Image.fromarray(image_codec.decode(data, header)).save(file, "PNG", compress_level=1)
    return file.getvalue()


def page(pairs: Sequence[Pair], recipe: Recipe, undecodable: Sequence[str] = ()) -> str:
    """The page as self-contained HTML; it names the images that cannot be decoded and so are not shown."""
    before, after = sum(len(pair.before) for pair in pairs), sum(len(pair.after.jpeg) for pair in pairs)
    images = "One of your images" if len(pairs) == 1 else f"{len(pairs)} of your images, from small to large"
    them = "it" if len(undecodable) == 1 else "them"
    failed = f"\n<p>Not shown, as the build cannot decode {them}: {html.escape(', '.join(undecodable))}</p>"
    template = (files(__package__) / "preview.html").read_text(encoding="utf-8")
    return Template(template).substitute(
        recipe=html.escape(_in_words(recipe)),
        total=f"{images}: {_bytes(before)} before, {_bytes(after)} after ({_percent(after / before)})",
        failed=failed if undecodable else "",
        pairs="\n".join(map(_section, pairs)),
    )


def _in_words(recipe: Recipe) -> str:
    if recipe.quality is not None:
        return readable(str(recipe))
    return f"original size · images that are not JPEGs become JPEG, quality {LOSSLESS_ENOUGH} (lossy)"


def _section(pair: Pair) -> str:
    way, jpeg = pair.after.geometry, pair.after.jpeg
    before = f"{way.source[1]} × {way.source[0]}\u00a0px · {_bytes(len(pair.before))}"
    after = f"{way.width} × {way.height}\u00a0px · {_bytes(len(jpeg))} ({_percent(len(jpeg) / len(pair.before))})"
    if jpeg == pair.before:
        after += " · the same bytes"
    if pair.after.converted:
        before += f" · {pair.after.converted}"
    squeezed = (way.scaled[1] / way.scaled[0]) / (way.source[1] / way.source[0])
    own_shape = abs(squeezed - 1) > 0.02
    if way.crops:
        after += f" · {_percent(1 - way.height * way.width / (way.scaled[0] * way.scaled[1]))} cut off"
    elif own_shape:
        side, share = ("width", squeezed) if squeezed < 1 else ("height", 1 / squeezed)
        after += f" · squeezed to {_percent(share)} of its {side}"
    height, width = way.scaled
    cut = way.left / width, way.top / height, way.width / width, way.height / height
    words, name = html.escape(pair.words), html.escape(pair.name)
    return (
        f'<section><h2><bdi>{words}</bdi> <small><bdi>{name}</bdi></small></h2>\n<div class="pair{" cut" * way.crops}" '
        f'role="group" tabindex="0" aria-label="{words}">\n'
        + _figure("before", before, pair, pair.picture, way.source, (0, 0, 1, 1))
        + _figure("after", after, pair, _bare(jpeg), way.scaled if own_shape else way.source, cut)
        + "</div></section>"
    )


def _figure(
    side: str, caption: str, pair: Pair, data: bytes, shape: tuple[int, int], place: tuple[float, float, float, float]
) -> str:
    """A picture in its frame.

    The scene is shown with the height and width of `shape`, to scale; `place` is the picture's left, top, width and
    height in it, where it is 1 x 1.
    """
    wide = shape[1] / shape[0] / _FRAME
    fit = f"width:{100 * min(1, wide):.4f}%;height:{100 * min(1, 1 / wide):.4f}%"
    left, top, width, height = (f"{100 * part:.4f}%" for part in place)
    alt = html.escape(f"{pair.name}, {pair.words}, {side}: {caption}")
    source = f"data:image/{image_codec.sniff(data).lower()};base64,{base64.b64encode(data).decode()}"
    return (
        f'<figure class="{side}"><figcaption><span class="own"><b>{side}</b> {caption}</span></figcaption>'
        f'<div class="frame"><div class="fit" style="{fit}"><div class="scene"><img class="own" alt="{alt}" '
        f'draggable="false" style="left:{left};top:{top};width:{width};height:{height}" src="{source}"></div>'
        '<i class="mark"></i></div></div></figure>\n'
    )


def _bare(data: bytes) -> bytes:
    """A JPEG without the segments that only browsers apply, unlike the build or trainers; its pixels are unchanged."""
    kept, at = data[:2], 2
    while data[at : at + 1] == b"\xff" and data[at + 1] not in (0xDA, 0xFF):
        end = at + 2 + int.from_bytes(data[at + 2 : at + 4])
        if data[at + 1] not in _OBEYED_BY_BROWSERS:
            kept += data[at:end]
        at = end
    return kept + data[at:]


def _percent(share: float) -> str:
    if 0 < share < 0.005:
        return "under 1\u00a0%"
    return "over 99\u00a0%" if 0.995 <= share < 1 else f"{100 * share:.0f}\u00a0%"


def _bytes(count: int) -> str:
    return human_bytes(count).replace(" ", "\u00a0")
