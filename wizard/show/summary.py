"""The results of a build or a verification, as text."""

import shlex
from collections.abc import Mapping, Sequence

from wizard.engine.build_result import BuildResult, SliceResult, SplitSummary
from wizard.formatting import clock, counted, human_bytes
from wizard.ilsvrc2012.archives import IMAGES
from wizard.show import at_a_glance
from wizard.show.loading import how_to_load, where_the_program_is
from wizard.show.outcomes import outcome_lines
from wizard.targets.target import Target
from wizard.verify.dataset import Verified
from wizard.wrapping import wrapped

_LISTED = 20
"""Skipped images that are named, where there is room for them."""
_CHECKS = {
    "decode": "every image was decoded",
    "md5": "official MD5 verified, so images that keep their bytes were not decoded",
    "structure": "of images that keep their bytes, only the structure was checked",
}
"""What was found out about the images, by `transform.Check`."""


def built(event: BuildResult | SliceResult, width: int = at_a_glance.WIDTH, rows: int | None = None) -> str:
    """The result of a run, whether it completed the dataset or a slice; `width` and `rows` are those of `finished`."""
    return finished(event, width, rows) if isinstance(event, BuildResult) else slice_finished(event)


def finished(event: BuildResult, width: int = at_a_glance.WIDTH, rows: int | None = None) -> str:
    """The result of a build, and how to check and load it, in lines of so many columns; paths are never broken.

    The first line is the one that users of build_imagenet_data.py wait for, but for the commas in the number. It must
    not be scrolled away: where the result has few rows, the program that loads it is only named, and if need be, the
    classes and the names of skipped images are left out. `inspect` and dataset.json have them.
    """
    text = ""
    for program, classes, listed in ((True, True, _LISTED), (False, True, _LISTED), (False, False, 0)):
        text = _finished(event, width, program=program, classes=classes, listed=listed)
        if rows is None or sum(max(1, -(-len(line) // width)) for line in text.split("\n")) <= rows:
            break
    return text


def _finished(event: BuildResult, width: int, *, program: bool, classes: bool, listed: int) -> str:
    images = sum(split.images_out for split in event.splits)
    bytes_in = sum(split.bytes_in for split in event.splits)
    bytes_out = sum(split.bytes_out for split in event.splits)
    before = "" if event.images_built else ", all of them before this run"
    lines = [f"Finished writing all {images:,} images in data set{before}."]
    lines += [_split(split, event.target) for split in event.splits]
    lines += outcome_lines(event.splits) + _checked(event.splits)
    glance = at_a_glance.lines(event.glance, width, only_warnings=not classes) if event.glance else []
    ratio = f"{100 * bytes_out / bytes_in:.0f} %" if bytes_in else "0 %"
    built = "nothing was left to build"
    if event.images_built:
        rate = event.images_built / max(event.seconds, 1e-9)
        built = f"{counted(event.images_built, 'image')} built in {clock(event.seconds)} ({rate:,.0f} images/s)"
    lines.append(f"  {human_bytes(bytes_in)} became {human_bytes(bytes_out)} ({ratio}) · {built}")
    lines = [*_fitted(lines, width), *glance]
    if event.imagenet:
        lines += _short_of_official({split.split: split.images_in for split in event.splits})
    lines.append(f"  Plan {event.plan_id}, described in {event.output}/dataset.json")
    check = f"Check it   imagenet-setup verify {shlex.quote(event.output)}"
    load = how_to_load(event.loading, width) if program else where_the_program_is(event.loading, width)
    return "\n".join([*lines, *_skipped(event, listed), "", *wrapped(check, width), *load])


def slice_finished(event: SliceResult) -> str:
    """The result of a slice while others are missing."""
    built = "nothing was left to build"
    if event.images_built:
        rate = event.images_built / max(event.seconds, 1e-9)
        built = f"{counted(event.images_built, 'image')} built in {clock(event.seconds)} ({rate:,.0f} images/s)"
    done = f"{event.shards_done:,} of {event.shards_planned:,} shards of all slices are done"
    held = f"{counted(event.images_out, 'image')} in {counted(event.shards, 'shard')}"
    lines = [
        f"Finished slice {event.slice}.",
        f"  {held} · {human_bytes(event.bytes_out)} · {built}",
        *([f"  {len(event.skipped):,} skipped"] if event.skipped else []),
        f"  {done}. The slice that finishes last completes the dataset.",
        "",
        f"Watch it   imagenet-setup status {shlex.quote(event.output)}",
    ]
    return "\n".join(lines)


def verified(result: Verified) -> str:
    """The result of `verify`."""
    lines = []
    for split, images in result.images.items():
        shards = "" if result.target.one_file_per_image else f" in {counted(result.shards[split], 'shard')}"
        lines.append(f"✓ {split}: {images:,} {result.target.unit}{shards} match the manifest")
    lines += [f"✓ {split}: {proof}" for split, proof in result.tensorflow.items()]
    if result.pixels:
        total = sum(result.images.values())
        lines.append(f"✓ every image was decoded by TensorFlow {result.tensorflow_version} ({total:,})")
    if result.skipped:
        lines.append(f"! left out by the build: {result.skipped:,}; dataset.json lists them")
    if result.imagenet:
        lines += _short_of_official(result.images)
    lines.append(f"Verified {human_bytes(result.bytes)} in {result.output}.")
    return "\n".join(lines)


def _split(split: SplitSummary, target: Target) -> str:
    # A shard of image files is only what is built at a time; no file shows it.
    shards = "" if target.one_file_per_image else f" · {split.shards:>5,} {'shard' if split.shards == 1 else 'shards'}"
    of = "" if split.images_in == split.images_out else f" of {split.images_in:,}"
    boxes = f" · {counted(split.boxes, 'box')}" if split.boxes else ""
    return (
        f"  {split.split:<10} {split.images_out:>9,}{of} images{shards} · "
        f"{human_bytes(split.bytes_in):>8} → {human_bytes(split.bytes_out):>8}{boxes}"
    )


def _fitted(lines: Sequence[str], width: int) -> list[str]:
    """Lists in lines of so many columns, each indented below its first line."""
    fitted = []
    for line in lines:
        text = line.lstrip()
        indent = len(line) - len(text) + 2
        fitted.append(line[: indent - 2] + at_a_glance.folded(text, width - indent, indent))
    return fitted


def _checked(splits: Sequence[SplitSummary]) -> list[str]:
    """A line on what was found out about the images, or one for each split where that differs."""
    texts = {split.split: "; in other shards, ".join(_CHECKS[check] for check in split.checks) for split in splits}
    if len(set(texts.values())) == 1:
        text = texts[splits[0].split]
        return [f"  {text[:1].upper()}{text[1:]}"]
    return [f"  {split}: {text}" for split, text in texts.items()]


def _short_of_official(images: Mapping[str, int]) -> list[str]:
    official: dict[str, int] = {split: archive.images for split, archive in IMAGES.items()}
    return [
        f"! {split} has {count:,} of ImageNet's {official[split]:,} images"
        for split, count in images.items()
        if count != official[split]
    ]


def _skipped(event: BuildResult, listed: int) -> list[str]:
    if not event.skipped:
        return []
    count = len(event.skipped)
    was = "1 image was" if count == 1 else f"{count:,} images were"
    they = "it" if count == 1 else "they"
    lines = ["", f"{was} left out, because {they} could not be decoded or stored{':' if listed else '.'}"]
    lines += [f"  {image.file}: {image.name}: {image.reason}" for image in event.skipped[:listed]]
    if count > listed > 0:
        lines.append(f"  and {count - listed:,} more")
    return [*lines, f'  The full list is in {event.output}/dataset.json, under each shard\'s "skipped".']
