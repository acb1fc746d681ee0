"""The last words of a command, as text."""

import shlex
from collections.abc import Mapping

from wizard.engine.events import Finished
from wizard.engine.targets import INDEX_FOLDER
from wizard.ilsvrc2012.archives import CLASSES, IMAGES
from wizard.show.tally import clock
from wizard.sources.locate import human_bytes
from wizard.verify.dataset import Verified

_TOLD = 20


def finished(event: Finished) -> str:
    """What a build has become, and how to check and load it.

    The first line is the one that users of the older scripts wait for.
    """
    images = sum(split.images_out for split in event.splits)
    bytes_in = sum(split.bytes_in for split in event.splits)
    bytes_out = sum(split.bytes_out for split in event.splits)
    lines = [f"Finished writing all {images} images in data set."]
    lines += [
        f"  {split.split:<10} {split.images_out:>9,} of {split.images_in:>9,} images · {split.shards:>5,} shards · "
        f"{human_bytes(split.bytes_in):>8} → {human_bytes(split.bytes_out):>8} · {split.boxes:,} boxes"
        for split in event.splits
    ]
    converted = " and ".join(f"{count:,} {kind}" for kind, count in sorted(event.converted.items())) or "0"
    ratio = f"{100 * bytes_out / bytes_in:.0f} %" if bytes_in else "0 %"
    lines += [
        f"  {converted} images converted to RGB JPEG · {len(event.skipped):,} skipped",
        f"  {human_bytes(bytes_in)} became {human_bytes(bytes_out)} ({ratio}) · {_time(event)}",
        f"  {event.output}/dataset.json says how it was made (plan {event.plan_id})",
    ]
    lines += _short_of_official({split.split: split.images_in for split in event.splits})
    return "\n".join(lines + _skipped(event) + ["", *_loading(event)])


def verified(result: Verified) -> str:
    """What was proven of a dataset."""
    lines = [
        f"✓ {split}: {result.images[split]:,} records in {result.shards[split]:,} shards are what the manifest says"
        for split in result.images
    ]
    lines += [f"✓ {split}: {told}" for split, told in result.tensorflow.items()]
    if result.pixels:
        lines.append("✓ every image was decoded")
    if result.skipped:
        lines.append(f"! left out by the build: {result.skipped:,}; dataset.json lists them")
    lines += _short_of_official(result.images)
    lines.append(f"Verified {human_bytes(result.bytes)} in {result.output}.")
    return "\n".join(lines)


def _short_of_official(images: Mapping[str, int]) -> list[str]:
    official: dict[str, int] = {archive.split: archive.images for archive in IMAGES.values()}
    return [
        f"! {split} has {count:,} of ImageNet's {official[split]:,} images"
        for split, count in images.items()
        if count != official[split]
    ]


def _time(event: Finished) -> str:
    if not event.images_built:
        return "nothing was left to build"
    return (
        f"{event.images_built:,} images built in {clock(event.seconds)} "
        f"({event.images_built / max(event.seconds, 1e-9):,.0f} images/s)"
    )


def _skipped(event: Finished) -> list[str]:
    if not event.skipped:
        return []
    count = len(event.skipped)
    was = "1 image was" if count == 1 else f"{count:,} images were"
    lines = ["", f"{was} left out, because {'it' if count == 1 else 'they'} could not be decoded or stored:"]
    lines += [f"  {image.file}: {image.name}: {image.reason}" for image in event.skipped[:_TOLD]]
    if count > _TOLD:
        lines.append(f"  and {count - _TOLD:,} more")
    return [*lines, f'  The full list is in {event.output}/dataset.json, under each shard\'s "skipped".']


def _loading(event: Finished) -> list[str]:
    out = event.output
    split = event.splits[0].split
    last = event.label_base + CLASSES - 1
    unused = ", 0 is unused" if event.label_base else ""
    return [
        f"Check it   imagenet-setup verify {shlex.quote(out)}",
        f"Load it    labels are {event.label_base} to {last}{unused}; image/encoded is a JPEG",
        f'  tf.data  tf.data.TFRecordDataset(tf.io.gfile.glob("{out}/{split}-*")).map(',
        "               lambda record: tf.io.parse_single_example(record, {",
        '                   "image/encoded": tf.io.FixedLenFeature([], tf.string),',
        '                   "image/class/label": tf.io.FixedLenFeature([], tf.int64)}))',
        f'  DALI     fn.readers.tfrecord(path=sorted(glob("{out}/{split}-*")),',
        f'               index_path=sorted(glob("{out}/{INDEX_FOLDER}/{split}-*")), features={{',
        '                   "image/encoded": tfrec.FixedLenFeature((), tfrec.string, ""),',
        '                   "image/class/label": tfrec.FixedLenFeature([1], tfrec.int64, -1)})',
        "  PyTorch  from tfrecord.torch.dataset import TFRecordDataset   # pip install tfrecord",
        "           torch.utils.data.ChainDataset([TFRecordDataset(",
        '               shard, None, {"image/encoded": "byte", "image/class/label": "int"})',
        f'               for shard in sorted(glob("{out}/{split}-*"))])',
    ]
