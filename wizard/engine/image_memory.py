"""Estimates the memory needed to process an image, from its header, before anything is decoded.

The numbers were measured with images of 20 million pixels, as the growth of a worker's peak resident memory over the
image's pixels; `tests/engine/test_image_memory.py` measures some of them again.
"""

from wizard.engine.transform import Recipe
from wizard.errors import Hint, MachineError
from wizard.formats import image_codec, png
from wizard.formats.decoding import Undecodable, is_too_large
from wizard.formats.image_codec import Header
from wizard.formats.jpeg_markers import Frame, read_frame
from wizard.formats.resize import Resize, geometry
from wizard.formats.scale import COPIES
from wizard.formatting import human_bytes
from wizard.sources.readers import Content

MORE_MEMORY = Hint(
    "Use fewer workers ({}), or free some memory; the same command then resumes where it stopped", "run.workers=1"
)
_RGB = 3.2
"""Bytes a pixel of a JPEG that is decoded to RGB."""
_CMYK = 24.1
"""Bytes a pixel of a JPEG of four components: its color conversion holds several copies of 16 bits per sample."""
_PILLOW = 14.2
"""Bytes a pixel that Pillow needs at most: 10 to 14 for PNG without its rows, 11 to 14 for BMP, GIF and TIFF."""
_PNG_ROWS = 3.1
"""Copies of a PNG's decompressed rows held at once before Pillow gets them; Pillow then holds one more."""
_WEBP = 22.3
_JPEGLI = 8.3
"""Bytes a pixel of the stored image while jpegli encodes it at quality 85, its pixels among them; of noise, which needs
most: it holds all coded coefficients until the Huffman tables are known."""
_MOST = 26
"""Bytes a pixel: more than any JPEG needs, including its coefficients and the image it is shrunk to."""
_ACROSS = 3
"""Bytes a pixel of the intermediate image, scaled in width but not yet in height."""
_BLOCK = 64
"""Samples in a block of a JPEG; its coefficients take two bytes each (jpeglib.h, JCOEF)."""
_ALWAYS = 32_000_000
"""Bytes that every worker has for an image, on any machine."""


def require(content: Content, header: Header, recipe: Recipe, memory: int | None) -> None:
    """Refuses an image that needs more bytes of memory than a worker has for one.

    Raises:
        MachineError: it needs more.
    """
    if memory is None or _is_small(header, recipe.resize):
        return
    need, sample = needed(content.image, recipe), content.sample
    if need > max(memory, _ALWAYS):
        # No BadImage, and never left out: the same plan would otherwise give other bytes on another machine.
        raise MachineError(
            f"{sample.place}: its {header.width:,} × {header.height:,} pixels need about {human_bytes(need)} of "
            f"memory; a worker has {human_bytes(memory)}.",
            MORE_MEMORY,
        )


def needed(data: bytes, recipe: Recipe) -> int:
    """Bytes of peak memory for an image; 0 if its header cannot be read, or gives a size that is refused anyway."""
    kind = image_codec.sniff(data[: image_codec.MAGIC_BYTES])
    try:
        if kind == "JPEG":
            return _of_jpeg(read_frame(data), recipe)
        if kind == "PNG":
            return _of_png(png.read_info(data), recipe)
        header = image_codec.read_header(data)
    except Undecodable:
        return 0
    return _sum(header.height, header.width, _WEBP if kind == "WEBP" else _PILLOW, 0, recipe)


def _of_jpeg(frame: Frame, recipe: Recipe) -> int:
    height, width, sampling = frame.height, frame.width, frame.sampling
    cmyk = len(sampling) == 4
    # libjpeg decodes a single scan in strips, and keeps the coefficients of several until the last is read.
    coefficients = 2 * _BLOCK * _blocks(height, width, sampling) if frame.has_multiple_scans else 0
    kept = recipe.keeps(height, width) and not cmyk
    if kept and recipe.check != "decode":
        return 0
    if kept:
        return coefficients + height * width // _BLOCK
    if cmyk:  # the coefficients are freed before color conversion begins
        return max(coefficients + 4 * height * width, _sum(height, width, _CMYK, 0, recipe, samples=4))
    return _sum(height, width, _RGB, coefficients, recipe, samples=len(sampling))


def _of_png(info: png.Info, recipe: Recipe) -> int:
    row_bytes = info.bits / 8
    return _sum(info.height, info.width, max(_PILLOW + row_bytes, _PNG_ROWS * row_bytes), 0, recipe)


def _sum(height: int, width: int, a_pixel: float, more: int, recipe: Recipe, samples: int = 3) -> int:
    """The larger of the two peaks: decoding with its `more` bytes of buffers, or scaling the decoded pixels."""
    if not height * width or is_too_large(height, width, samples):
        return 0
    way = geometry(recipe.resize, height, width)
    decoding = round(height * width * a_pixel) + more
    encoding = round(way.height * way.width * _JPEGLI) if recipe.encoder == "jpegli" else 0
    return max(decoding, _scaling(height, width, way.scaled), encoding)


def _scaling(height: int, width: int, scaled: tuple[int, int]) -> int:
    """Bytes of the pixels before, during and after scaling."""
    if scaled == (height, width):
        return 0
    return 3 * COPIES * height * width + _ACROSS * height * scaled[1] + 3 * scaled[0] * scaled[1]


def _blocks(height: int, width: int, sampling: list[tuple[int, int]]) -> int:
    """Number of blocks in all components, rounded up to whole coding units (ITU-T T.81, A.1.1 and A.2.4)."""
    # No factor may be 0 (T.81, table B.2); of a damaged header that has one, libjpeg decodes nothing.
    across = max(1, *(h for h, _ in sampling))
    down = max(1, *(v for _, v in sampling))
    units = -(-width // (8 * across)) * -(-height // (8 * down))
    return units * sum(h * v for h, v in sampling)


def _is_small(header: Header, resize: Resize) -> bool:
    """Whether it is a JPEG too small to need the full estimate, as nearly all are."""
    if header.frame is None:
        return False
    height, width = header.height, header.width
    scaling = 0
    if resize.upscale or resize.mode in ("exact", "crop"):  # what only shrinks is within _MOST
        scaling = _scaling(height, width, geometry(resize, height, width).scaled)
    return max(height * width * _MOST, scaling) <= _ALWAYS
