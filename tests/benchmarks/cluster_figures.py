"""What the model of a cluster is fed with: what was measured and what is assumed, each with where it comes from."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path


@dataclass(frozen=True, kw_only=True)
class Figure:
    """A measured number.

    Attributes:
        what: it is of, for the table.
        unit: follows the number.
        where: how it was measured.
    """

    what: str
    value: float
    unit: str
    where: str


@dataclass(frozen=True, kw_only=True)
class Dataset:
    """Images to build from; `image_bytes` is their mean, `shards` those of train and validation together.

    Those of class archives are indexed from several archives at once, but by every run; others from one, and cached.
    """

    name: str
    images: int
    image_bytes: float
    shards: int
    is_class_archives: bool = False


@dataclass(frozen=True, kw_only=True)
class Server:
    """A file server, by assumption.

    Attributes:
        read, write: bytes a second, for all machines together; infinite where only the machines' cards limit it.
        reads, writes: requests a second.
        creates: operations a second that create, rename or remove a file.
        latency: seconds of one small read.
        source: where the figures come from.
    """

    name: str
    read: float
    write: float
    reads: float
    writes: float
    creates: float
    latency: float
    source: str


_TABLE = "docs/performance.md, a worker's own clock"
_CPU = "`cluster_measure`: CPU beside that of 480/Q85 in the same run"
_PHOTOS = "`cluster_measure`: 300 photos"
_STRACE = "`strace -c` of two builds, the difference by number of shards"
_DELAYED = "sshfs through a proxy that delays by 0 to 3 ms, seconds by the clock"
_RIG = "network namespaces and sshfs, the bytes of the veth interface"

MEASURED: Mapping[str, Figure] = {
    "photo": Figure(what="bytes of an image in these measurements", value=108_000, unit="B", where=_PHOTOS),
    "480-q85 ms": Figure(what="a core's time for an image: 480/Q85", value=3.02, unit="ms", where=_TABLE),
    "224-q95 ms": Figure(what="exactly 224 × 224, Q95", value=3.04, unit="ms", where=_CPU),
    "kept ms": Figure(what="bytes kept, decoded as a check", value=1.62, unit="ms", where=_TABLE),
    "structure ms": Figure(what="bytes kept, structure checked", value=0.41, unit="ms", where=_TABLE),
    "480-q85 out": Figure(what="bytes written for a byte read: 480/Q85", value=0.45, unit="", where=_PHOTOS),
    "224-q95 out": Figure(what="exactly 224 × 224, Q95", value=0.24, unit="", where=_PHOTOS),
    "start": Figure(
        what="start of a run, without index and plan", value=1.8, unit="s", where="docs/performance.md, at full size"
    ),
    "plan": Figure(what="plan, for a million images", value=0.9, unit="s", where="docs/performance.md, at full size"),
    "finish": Figure(
        what="list of images and manifest, for a million images",
        value=3.0,
        unit="s",
        where="docs/performance.md, more cores",
    ),
    "header": Figure(
        what="CPU to index an image in an archive", value=0.008, unit="ms", where="docs/performance.md, at full size"
    ),
    "class header": Figure(
        what="the same in an archive of its class", value=0.04, unit="ms", where="1,000 drawn archives of 100 images"
    ),
    "header latency": Figure(
        what="time to index an image, for one latency of a small read", value=1.2, unit="", where=_DELAYED
    ),
    "shard changes": Figure(what="files created, renamed and removed for a shard", value=12, unit="", where=_STRACE),
    "shard looks": Figure(what="other metadata requests for a shard", value=30, unit="", where=_STRACE),
    "file changes": Figure(what="files created and renamed for an image file", value=2, unit="", where=_STRACE),
    "received": Figure(what="bytes received for a byte of image read", value=1.03, unit="", where=_RIG),
    "sent": Figure(what="bytes sent for a byte of result written", value=1.06, unit="", where=_RIG),
}

IMAGENET = Dataset(name="ImageNet-1k", images=1_281_167 + 50_000, image_bytes=115_400, shards=1024 + 128)
"""Sizes of the images: ImageNet's on Hugging Face, 146,956,944,242 + 6,709,003,386 bytes."""
WINTER21 = Dataset(
    name="winter21", images=13_153_500, image_bytes=1.1e12 / 13_153_500, shards=10_000, is_class_archives=True
)
"""ImageNet-21k of winter 2021 (Ridnik et al. 2021, arXiv:2104.10972), in as many shards as are about 110 MB each."""

GB = 1e9
SERVERS = (
    Server(
        name="NFS",
        read=1.48 * GB,
        write=1.275 * GB,
        reads=24_000,
        writes=18_000,
        creates=18_000,
        latency=2.8e-3,
        source="[IONOS Network File Storage](https://docs.ionos.com/cloud/backup-and-storage/network-file-storage/"
        "overview/tech-specification-limitation), 4 TiB on SSD: its own benchmark; creates taken as its writes",
    ),
    Server(
        name="Lustre",
        read=18.5 * GB,
        write=15.1 * GB,
        reads=36_000,
        writes=17_500,
        creates=29_000,
        latency=1e-3,
        source="Dell HPC Lustre Storage with InfiniBand EDR, white paper: 240 disks, IOzone and mdtest; reads a second "
        "assumed as 150 a disk, latency assumed",
    ),
    Server(
        name="object store",
        read=float("inf"),
        write=float("inf"),
        reads=5_500,
        writes=3_500,
        creates=3_500,
        latency=30e-3,
        source="[Amazon S3](https://docs.aws.amazon.com/AmazonS3/latest/userguide/optimizing-performance.html) through "
        'a gateway on each machine: requests a second of one prefix; latency assumed, of its "tens of milliseconds"',
    ),
)
CARDS = (10, 25, 100)
"""Gbit/s of a machine's network card."""
CARD = 25
MACHINES = (1, 16, 100)
CORES = 64
LINE = 0.94
"""Share of a card's rate that is left for TCP's payload, with frames of 1,500 bytes."""
OUTSTANDING = 64
"""Reads that a machine has under way at once: NFS has 64 to 128 slots a mount; a worker asks for up to 32 MB ahead."""
REQUEST = 1 << 20
"""Bytes of the largest request of NFS and Lustre."""


def with_measured(file: Path) -> dict[str, Figure]:
    """The figures with those that `cluster_measure --json` wrote instead of the ones here."""
    found = json.loads(file.read_text())
    return {
        name: replace(figure, value=found[name], where=f"`cluster_measure`, {file.name}") if name in found else figure
        for name, figure in MEASURED.items()
    }
