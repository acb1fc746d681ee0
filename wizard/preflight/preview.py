"""A page that shows some of the person's own images before and after the build: one file, to be opened in a browser."""

import base64
import html
import tempfile
from dataclasses import dataclass
from pathlib import Path
from string import Template

import numpy as np

from wizard.engine.transform import Recipe, transform
from wizard.errors import SetupError, writing
from wizard.folders import cache_folder
from wizard.formats import jpeg
from wizard.ilsvrc2012.synsets import synsets
from wizard.preflight.estimate import Estimator
from wizard.profile import Profile
from wizard.sources.locate import human_bytes
from wizard.sources.samples import Sample

SHOWN = 6
"""Images on the page, from small ones to large ones."""
_MIME = {"JPEG": "image/jpeg", "PNG": "image/png", "GIF": "image/gif", "BMP": "image/bmp"}


@dataclass(frozen=True, kw_only=True)
class Picture:
    """An encoded image: its bytes, and height and width in pixels."""

    data: bytes
    height: int
    width: int


@dataclass(frozen=True, kw_only=True)
class Pair:
    """One image before and after, with its name and its class in words."""

    name: str
    words: str
    before: Picture
    after: Picture


def write_preview(profile: Profile, estimator: Estimator) -> Path | None:
    """Writes the page from images of the estimator's sample.

    Returns:
        Where it is; None where every image keeps its bytes, or none could be shown.
    """
    for drawn, recipe in estimator.sample(profile):
        if recipe.quality is None or not len(drawn.table):
            continue
        by_size = np.argsort(drawn.table.size, kind="stable")
        places = np.unique((np.linspace(0.1, 0.9, SHOWN) * (len(by_size) - 1)).round().astype(int))
        try:
            pairs = estimator.call(put_through, [drawn.table[int(by_size[place])] for place in places], recipe)
            return _write(page(pairs, recipe))
        except SetupError:
            return None
    return None


def put_through(samples: list[Sample], recipe: Recipe) -> list[Pair]:
    """Each image before and after; those that cannot be decoded are left out. Runs in a worker.

    Raises:
        OSError: an archive cannot be read.
    """
    pairs = []
    for sample in samples:
        with Path(sample.file).open("rb") as file:
            file.seek(sample.offset)
            data = file.read(sample.size)
        try:
            header, stored = jpeg.read_header(data), transform(data, recipe)
        except jpeg.Undecodable:
            continue
        pairs.append(
            Pair(
                name=sample.name,
                words=synsets()[sample.label].words,
                before=Picture(data=data, height=header.height, width=header.width),
                after=Picture(data=stored.jpeg, height=stored.way.height, width=stored.way.width),
            )
        )
    return pairs


def page(pairs: list[Pair], recipe: Recipe) -> str:
    """The page as HTML that needs nothing beside itself."""
    return _PAGE.substitute(recipe=html.escape(str(recipe)), pairs="".join(map(_section, pairs)))


def _write(text: str) -> Path:
    target = cache_folder() / "preview.html"
    with writing(target):
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile("w", dir=target.parent, delete=False, encoding="utf-8") as file:
            file.write(text)
        Path(file.name).replace(target)
    return target


def _section(pair: Pair) -> str:
    share = 100 * len(pair.after.data) / len(pair.before.data)
    return _PAIR.substitute(
        name=html.escape(pair.name),
        words=html.escape(pair.words),
        before=_figure("before", pair.before, ""),
        after=_figure("after", pair.after, f" ({share:.0f} %)"),
    )


def _figure(title: str, picture: Picture, share: str) -> str:
    return _FIGURE.substitute(
        title=title,
        size=f"{picture.width} × {picture.height} px · {human_bytes(len(picture.data))}{share}",
        mime=_MIME[jpeg.sniff(picture.data)],
        data=base64.b64encode(picture.data).decode(),
        width=picture.width,
        height=picture.height,
    )


_FIGURE = Template(
    '<figure><div class="frame" style="aspect-ratio:$width/$height"><img alt="$title" draggable="false" '
    'src="data:$mime;base64,$data"></div><figcaption><b>$title</b> $size</figcaption></figure>'
)
_PAIR = Template('<section><h2>$words <small>$name</small></h2><div class="pair">$before$after</div></section>')
_PAGE = Template(
    """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Before and after</title>
<style>
:root { color-scheme: light dark; font: 15px/1.5 system-ui, sans-serif; }
body { margin: 0 auto; max-width: 75rem; padding: 1rem 1.5rem 3rem; }
header { position: sticky; top: 0; z-index: 1; background: Canvas; padding: .5rem 0; border-bottom: 1px solid #8884; }
h1 { font-size: 1.3rem; margin: 0; } h2 { font-size: 1rem; margin: 1.8rem 0 .4rem; }
small, figcaption { color: GrayText; font-weight: normal; } label { display: inline-flex; gap: .6rem; }
.pair { display: grid; grid-template-columns: 1fr 1fr; gap: 1rem; align-items: start; }
figure { margin: 0; min-width: 0; } figcaption b { color: CanvasText; }
.frame { overflow: hidden; cursor: crosshair; background: #8882; }
img { display: block; width: 100%; height: 100%; }
body.near img { image-rendering: pixelated; }
@media (max-width: 40rem) { .pair { grid-template-columns: 1fr; } }
</style>
<header>
<h1>Before and after: $recipe</h1>
<label>Zoom <input id="zoom" type="range" min="1" max="12" step="0.5" value="1"> <output id="times">1 ×</output></label>
<small>Point at a place to see it larger on both sides; the wheel with Ctrl zooms too.</small>
</header>
$pairs
<script>
const zoom = document.getElementById("zoom"), times = document.getElementById("times");
function scale() {
  times.value = zoom.value + " ×";
  document.body.classList.toggle("near", zoom.value > 2);
  for (const img of document.images) img.style.transform = "scale(" + zoom.value + ")";
}
zoom.addEventListener("input", scale);
for (const pair of document.querySelectorAll(".pair")) {
  pair.addEventListener("pointermove", event => {
    const frame = event.target.closest(".frame");
    if (!frame) return;
    const box = frame.getBoundingClientRect();
    const x = 100 * (event.clientX - box.left) / box.width, y = 100 * (event.clientY - box.top) / box.height;
    for (const img of pair.querySelectorAll("img")) img.style.transformOrigin = x + "% " + y + "%";
  });
  pair.addEventListener("wheel", event => {
    if (!event.ctrlKey) return;
    event.preventDefault();
    zoom.value = Number(zoom.value) - Math.sign(event.deltaY);
    scale();
  }, { passive: false });
}
</script>
</html>
"""
)
