import io
import random
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from tests.formats.test_image_codec import DECODABLE
from tests.helpers import encoded, noise, psnr
from wizard.engine.transform import Check, Recipe, transform
from wizard.formats.decoding import Undecodable
from wizard.formats.resize import Resize
from wizard.synthetic import draw

KEPT = Recipe(resize=Resize(mode="original"), quality=None)
PROVEN = Recipe(resize=Resize(mode="original"), quality=None, check="md5")
STRUCTURE = Recipe(resize=Resize(mode="original"), quality=None, check="structure")
MODES = {
    "original": Resize(mode="original"),
    "shortest": Resize(mode="shortest", size=50),
    "exact": Resize(mode="exact", height=64, width=48),
    "crop": Resize(mode="crop", height=56, width=56),
}


@pytest.mark.parametrize("kind", DECODABLE)
@pytest.mark.parametrize("mode", [None, *MODES])
def test_tensorflow_decodes_every_transformed_image(kind: str, mode: str | None) -> None:
    recipe = Recipe(resize=MODES[mode], quality=90) if mode else KEPT
    stored = transform(DECODABLE[kind], recipe)
    decoded = tf.io.decode_jpeg(stored.jpeg, channels=3)
    assert decoded.shape == (stored.geometry.height, stored.geometry.width, 3)
    if mode or stored.converted:
        assert tf.io.decode_jpeg(stored.jpeg).shape[2] == 3


@pytest.mark.parametrize("kind", DECODABLE)
def test_bytes_are_kept_unless_the_image_must_be_converted(kind: str) -> None:
    stored = transform(DECODABLE[kind], KEPT)
    assert (stored.jpeg == DECODABLE[kind]) is not bool(stored.converted)


@pytest.mark.parametrize("kind", DECODABLE)
@pytest.mark.parametrize("recipe", [PROVEN, STRUCTURE], ids=lambda recipe: recipe.check)
def test_every_check_stores_an_intact_image_alike(kind: str, recipe: Recipe) -> None:
    assert transform(DECODABLE[kind], recipe) == transform(DECODABLE[kind], KEPT)


@pytest.mark.parametrize(
    ("damage", "refused_by"),
    [
        (lambda data: data[:-100], {"decode", "structure"}),
        (lambda data: data[:-100] + bytes(100), {"decode", "structure"}),
        (lambda data: data[:20], {"decode", "structure", "md5"}),
    ],
)
def test_a_check_finds_what_it_is_made_for(damage: Callable[[bytes], bytes], refused_by: set[Check]) -> None:
    data = damage(DECODABLE["rgb"])
    refusing = set()
    for recipe in (KEPT, STRUCTURE, PROVEN):
        try:
            transform(data, recipe)
        except Undecodable:
            refusing.add(recipe.check)
    assert refusing == refused_by


@pytest.mark.parametrize("kind", ["cmyk with Adobe marker", "cmyk without", "png", "png with alpha"])
def test_converted_pixels_are_what_tensorflow_makes_of_the_source(kind: str) -> None:
    data = DECODABLE[kind]
    source = tf.io.decode_image(data, channels=3, expand_animations=False)
    reference = tf.io.decode_jpeg(tf.io.encode_jpeg(source, quality=100)).numpy()
    assert psnr(tf.io.decode_jpeg(transform(data, KEPT).jpeg).numpy(), reference) > 40


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("quality", [50, 85])
def test_is_as_pillows_bicubic_and_pillows_jpeg(mode: str, quality: int) -> None:
    rng, levels = random.Random(7), []
    for rank in range(8):
        data = draw(rng, rank).data
        stored = transform(data, Recipe(resize=MODES[mode], quality=quality))
        way = stored.geometry
        picture = Image.open(io.BytesIO(data)).resize(way.scaled[::-1], Image.Resampling.BICUBIC)
        cut = picture.crop((way.left, way.top, way.left + way.width, way.top + way.height))
        reference = Image.open(io.BytesIO(encoded(cut, quality=quality)))
        levels.append(min(99.0, psnr(np.asarray(Image.open(io.BytesIO(stored.jpeg))), np.asarray(reference))))
    assert np.mean(levels) > 43
    assert min(levels) > 36


def test_a_small_image_keeps_its_size_and_is_encoded_at_the_quality_asked_for() -> None:
    data = encoded(Image.fromarray(noise(40, 30)), quality=100)
    stored = transform(data, Recipe(resize=Resize(mode="shortest", size=480), quality=20))
    assert (stored.geometry.height, stored.geometry.width) == (40, 30)
    assert len(stored.jpeg) < len(data) / 2


def test_an_undecodable_image_is_refused_even_if_bytes_are_kept() -> None:
    with pytest.raises(Undecodable):
        transform(DECODABLE["rgb"][:-100], KEPT)


@pytest.mark.parametrize(
    "resize", [Resize(mode="shortest", size=480, upscale=True), Resize(mode="crop", height=2000, width=2000)]
)
def test_a_sliver_that_would_grow_too_large_is_refused(resize: Resize) -> None:
    data = encoded(Image.fromarray(noise(900, 3)))
    with pytest.raises(Undecodable, match="its 3 × 900 pixels would have to be scaled to"):
        transform(data, Recipe(resize=resize, quality=85))


def test_a_resize_needs_a_quality() -> None:
    with pytest.raises(ValueError, match="without a quality"):
        Recipe(resize=MODES["exact"], quality=None)


SIZED = encoded(Image.fromarray(noise(50, 80)))
"""As large as each of these wants it."""
KEEPING = {
    "shortest": Resize(mode="shortest", size=50),
    "shortest, larger": Resize(mode="shortest", size=51),
    "shortest, enlarging": Resize(mode="shortest", size=50, upscale=True),
    "exact": Resize(mode="exact", height=50, width=80),
    "crop": Resize(mode="crop", height=50, width=80),
}
CHANGING = {
    "shortest": Resize(mode="shortest", size=49),
    "shortest, enlarging": Resize(mode="shortest", size=51, upscale=True),
    "exact": Resize(mode="exact", height=50, width=79),
    "exact, larger": Resize(mode="exact", height=51, width=80),
    "crop": Resize(mode="crop", height=50, width=78),
    "crop, larger": Resize(mode="crop", height=52, width=80),
}


@pytest.mark.parametrize("mode", KEEPING)
def test_an_image_whose_size_stays_keeps_its_bytes_if_small_ones_are_to(mode: str) -> None:
    recipe = Recipe(resize=KEEPING[mode], quality=85)
    stored = transform(SIZED, replace(recipe, keep_small=True))
    assert stored.jpeg == SIZED != transform(SIZED, recipe).jpeg
    assert stored.geometry == transform(SIZED, recipe).geometry


@pytest.mark.parametrize("mode", CHANGING)
def test_an_image_whose_size_changes_is_encoded_whether_or_not_small_ones_are_kept(mode: str) -> None:
    recipe = Recipe(resize=CHANGING[mode], quality=85)
    assert transform(SIZED, replace(recipe, keep_small=True)) == transform(SIZED, recipe)


@pytest.mark.parametrize("kind", DECODABLE)
def test_small_images_are_kept_only_if_trainers_read_them(kind: str) -> None:
    data = DECODABLE[kind]
    stored = transform(data, Recipe(resize=Resize(mode="shortest", size=1000), quality=85, keep_small=True))
    assert stored.converted == transform(data, KEPT).converted
    assert (stored.jpeg == data) is not bool(stored.converted)


def test_small_images_that_are_kept_are_checked_as_the_recipe_says() -> None:
    truncated = SIZED[:-100]
    recipe = Recipe(resize=KEEPING["shortest"], quality=85, keep_small=True)
    checks: tuple[Check, ...] = ("decode", "structure")
    for check in checks:
        with pytest.raises(Undecodable):
            transform(truncated, replace(recipe, check=check))
    assert transform(truncated, replace(recipe, check="md5")).jpeg == truncated


def test_small_images_cannot_be_kept_where_no_image_is_resized() -> None:
    with pytest.raises(ValueError, match="without a resize"):
        Recipe(resize=Resize(mode="original"), quality=85, keep_small=True)


@pytest.mark.parametrize(
    ("recipe", "words"),
    [
        (Recipe(resize=MODES["shortest"], quality=85), "shortest side 50, JPEG quality 85"),
        (Recipe(resize=MODES["shortest"], quality=85, check="structure"), "shortest side 50, JPEG quality 85"),
        (
            Recipe(resize=MODES["shortest"], quality=85, encoder="jpegli", keep_small=True),
            "shortest side 50, JPEG quality 85 by jpegli, bytes kept where the size stays",
        ),
        (
            Recipe(resize=MODES["crop"], quality=85, keep_small=True, check="structure"),
            "scaled and cropped to 56 x 56, JPEG quality 85, bytes kept where the size stays, only their structure "
            "checked",
        ),
        (Recipe(resize=MODES["original"], quality=None, check="md5"), "original size, bytes kept"),
        (
            Recipe(resize=MODES["original"], quality=None, encoder="jpegli"),
            "original size, bytes kept, conversions by jpegli",
        ),
    ],
)
def test_the_recipe_in_words_names_what_changes_bytes(recipe: Recipe, words: str) -> None:
    assert str(recipe) == words
