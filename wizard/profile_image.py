"""The section [image] of a profile: what the images become."""

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field

from wizard.formats import encoders
from wizard.formats.encoders import Encoder
from wizard.formats.resize import ResizeMode
from wizard.ilsvrc2012.archives import Split
from wizard.profile_section import Section


class Image(Section):
    """What the images become."""

    resize: ResizeMode = Field(
        default="original",
        description="exact does not keep the aspect ratio; crop covers the size, then cuts to its center",
    )
    size: int | None = Field(default=None, ge=1, le=16384, description="pixels of the shorter side, with shortest")
    height: int | None = Field(default=None, ge=1, le=16384, description="pixels, with exact and crop")
    width: int | None = Field(default=None, ge=1, le=16384, description="pixels, with exact and crop")
    quality: int | None = Field(
        default=None, ge=1, le=100, description="of the JPEG encoder, 1 to 100; left out with original, bytes are kept"
    )
    upscale: bool = Field(default=False, description="whether shortest enlarges images that are smaller than size")
    encoder: Encoder = Field(
        default=encoders.DEFAULT,
        description="of what is encoded; jpegli makes smaller files in more time, and needs the package ajpegli",
    )
    keep_small: bool = Field(
        default=False,
        description="whether JPEGs keep their bytes if resize leaves their size as it is, as with shortest those that "
        "need no shrinking",
    )
    check: Literal["auto", "decode", "structure"] = Field(
        default="auto",
        description="of images whose bytes are kept: auto decodes each, unless the archive has its official MD5; "
        "structure decodes none, and finds only what is truncated",
    )
    splits: Annotated[tuple[Split, ...], Field(strict=False)] = Field(
        default=("train", "validation", "test"), description="the splits this section is for; others keep their bytes"
    )


_SIDES: dict[str, set[str]] = {
    "original": set(),
    "shortest": {"size"},
    "exact": {"height", "width"},
    "crop": {"height", "width"},
}
"""The sides, as keys, that each way of resizing needs."""


def image_problems(image: Mapping[str, object]) -> list[str]:
    """Values of an image section that are missing or contradict each other, whether or not each is valid by itself."""
    resize = str(image.get("resize", "original"))
    if resize not in _SIDES:
        return []
    missing, _ = _wrong_sides(image)
    problems = [f'{key} is missing; resize = "{resize}" needs it' for key in missing]
    if _lacks_quality(image):
        problems.append("quality is missing; resized images are encoded again (1 to 100, recipes use 85 to 90)")
    return problems + misplaced_in_image({"resize": resize, **image})


def misplaced_in_image(image: Mapping[str, object]) -> list[str]:
    """Values of an image section that contradict its way of resizing; none as long as that is open."""
    resize = str(image.get("resize"))
    if resize not in _SIDES:
        return []
    _, unused = _wrong_sides(image)
    problems = [f'{key} has no meaning with resize = "{resize}"' for key in unused]
    if image.get("upscale") and resize != "shortest":
        problems.append('upscale is for resize = "shortest" alone')
    if image.get("keep_small") and resize == "original":
        problems.append('keep_small has no meaning with resize = "original", which keeps all bytes without a quality')
    return problems


def _wrong_sides(image: Mapping[str, object]) -> tuple[list[str], list[str]]:
    """Keys of sides that are missing for the way of resizing, and those that are not for it."""
    wanted = _SIDES.get(str(image.get("resize", "original")), set())
    given = {key for key in ("size", "height", "width") if image.get(key) is not None}
    return sorted(wanted - given), sorted(given - wanted)


def _lacks_quality(image: Mapping[str, object]) -> bool:
    return image.get("resize", "original") != "original" and image.get("quality") is None


def settings_to_fix(image: Mapping[str, object]) -> list[str]:
    """What to set, as after --set, for the section to fit its way of resizing; empty where it does."""
    if str(image.get("resize", "original")) not in _SIDES:
        return []
    missing, unused = _wrong_sides(image)
    settings = [*(f"image.{key}=" for key in unused), *(f"image.{key}=PIXELS" for key in missing)]
    return [*settings, "image.quality=85"] if _lacks_quality(image) else settings
