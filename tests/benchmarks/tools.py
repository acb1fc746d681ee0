"""Other tools that do the same job, each as its documentation would have it; none of them flushes to disk.

    python -m tests.benchmarks.tools NAME JOB

JOB is a JSON object with `images` (a table's path), `image` (a profile's section), `folder` and `processes`. Each tool
reads the images from the archives in the page cache. Where they are resized, Pillow does it, except in the loop that is
like img2dataset's; where their bytes are kept, nobody decodes them.
"""

import io
import json
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import PIL.Image

from tests.benchmarks import crew
from tests.benchmarks import images as located
from wizard.formats.resize import geometry

_CHUNK = 32
_SHARD = 300
"""Images a shard, about as many as the builds have."""


@dataclass(frozen=True, kw_only=True)
class Job:
    """What a tool has to do; the attributes are those of the module's JOB."""

    images: str
    image: dict[str, Any]
    folder: str
    processes: int

    def table(self) -> located.Images:
        """The images."""
        return located.load(Path(self.images))


Write = Callable[[str, bytes, int], object]
"""Stores an image by its key, bytes and label."""


@dataclass(frozen=True, kw_only=True)
class Tool:
    """A tool: the libraries it needs, what it does, and the function that does it."""

    libraries: tuple[str, ...]
    about: str
    run: Callable[[Job], float]

    @property
    def missing(self) -> list[str]:
        """The libraries that are not installed."""
        return [name for name in self.libraries if find_spec(name) is None]


def with_pillow(data: bytes, image: dict[str, Any]) -> bytes:
    """An image as JPEG of the profile's size and quality; its own bytes if the profile keeps them."""
    if "quality" not in image:
        return data
    decoded = PIL.Image.open(io.BytesIO(data)).convert("RGB")
    size = _size(image, decoded.height, decoded.width)
    if size != (decoded.height, decoded.width):
        decoded = decoded.resize(size[::-1], PIL.Image.Resampling.BICUBIC)
    buffer = io.BytesIO()
    decoded.save(buffer, "JPEG", quality=image["quality"])
    return buffer.getvalue()


def with_opencv(data: bytes, image: dict[str, Any]) -> bytes:
    """The same with OpenCV, and the area filter that img2dataset shrinks with."""
    if "quality" not in image:
        return data
    cv2, numpy = import_module("cv2"), import_module("numpy")
    pixels = cv2.imdecode(numpy.frombuffer(data, numpy.uint8), cv2.IMREAD_COLOR)
    size = _size(image, *pixels.shape[:2])
    if size != pixels.shape[:2]:
        pixels = cv2.resize(pixels, size[::-1], interpolation=cv2.INTER_AREA)
    _, encoded = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, image["quality"]])
    return bytes(encoded)


def _size(image: dict[str, Any], height: int, width: int) -> tuple[int, int]:
    from tests.benchmarks.codec_loop import codecs

    return geometry(codecs(image).resize, height, width).scaled


def img2dataset_like(job: Job) -> float:
    """OpenCV in each process, and tars, as img2dataset has them; without its downloads."""
    return _crew(job, prepare_opencv)


def webdataset(job: Job) -> float:
    """`webdataset.ShardWriter` in each process."""
    return _crew(job, prepare_webdataset)


def streaming(job: Job) -> float:
    """`streaming.MDSWriter` in each process."""
    return _crew(job, prepare_streaming)


def datasets(job: Job) -> float:
    """`Dataset.from_generator` with an Image feature in all processes, then `to_parquet`."""
    library = import_module("datasets")
    library.disable_progress_bars()
    rows = list(range(len(job.table())))
    parts = [rows[first : first + _SHARD] for first in range(0, len(rows), _SHARD)]
    began = time.monotonic()
    made = library.Dataset.from_generator(
        generate,
        features=library.Features({"image": library.Image(), "label": library.Value("int32")}),
        gen_kwargs={"job": job, "parts": parts},
        num_proc=min(job.processes, len(parts)),
        cache_dir=f"{job.folder}/cache",
    )
    made.to_parquet(f"{job.folder}/train.parquet")
    return time.monotonic() - began


def generate(job: Job, parts: list[list[int]]) -> Iterator[dict[str, Any]]:
    """Rows for Hugging Face's `datasets`, which splits the list of parts among its processes."""
    with job.table().reading() as reading:
        for row in (row for part in parts for row in part):
            image = reading[row]
            yield {"image": {"bytes": with_pillow(image.data, job.image), "path": None}, "label": image.label}


def tfds(job: Job) -> float:
    """`download_and_prepare` of a GeneratorBasedBuilder with the features of TFDS's imagenet2012, in one process.

    TFDS's own builder takes nothing but the official archives, at their official sums.
    """
    library = import_module("tensorflow_datasets")
    base: Any = library.core.GeneratorBasedBuilder

    class Benchmark(base, skip_registration=True):  # type: ignore[call-arg, misc]
        VERSION = library.core.Version("1.0.0")

        def _info(self) -> Any:
            features = {
                "image": library.features.Image(encoding_format="jpeg"),
                "label": library.features.ClassLabel(num_classes=1000),
                "file_name": library.features.Text(),
            }
            return library.core.DatasetInfo(builder=self, features=library.features.FeaturesDict(features))

        def _split_generators(self, _manager: Any) -> dict[str, Any]:
            return {"train": self._generate_examples()}

        def _generate_examples(self) -> Iterator[tuple[str, dict[str, Any]]]:
            images = job.table()
            with images.reading() as reading:
                for row in range(len(images)):
                    image = reading[row]
                    encoded = io.BytesIO(with_pillow(image.data, job.image))
                    yield image.name, {"image": encoded, "label": image.label, "file_name": image.name}

    library.disable_progress_bar()
    began = time.monotonic()
    Benchmark(data_dir=job.folder).download_and_prepare()
    return time.monotonic() - began


def _crew(job: Job, prepare: Callable[[Job], crew.Work]) -> float:
    shift = crew.work(prepare, job, rows=len(job.table()), chunk=_CHUNK, processes=job.processes)
    return shift.seconds


def prepare_opencv(job: Job) -> crew.Work:
    """The work of a process of `img2dataset_like`."""
    import_module("cv2").setNumThreads(1)
    import_module("webdataset")
    return _writing(job, with_opencv, _tars)


def prepare_webdataset(job: Job) -> crew.Work:
    """The work of a process of `webdataset`."""
    import_module("webdataset")  # imports PyTorch, which takes seconds that are not to be counted as work
    return _writing(job, with_pillow, _tars)


def prepare_streaming(job: Job) -> crew.Work:
    """The work of a process of `streaming`."""
    import_module("streaming")
    return _writing(job, with_pillow, _mds)


def _writing(
    job: Job,
    transform: Callable[[bytes, dict[str, Any]], bytes],
    writer: Callable[[Path], tuple[AbstractContextManager[Any], Write]],
) -> crew.Work:
    images = job.table()
    with images.reading() as reading:
        transform(reading[0].data, job.image)  # the first call loads libraries

    def work(chunks: crew.Chunks, number: int) -> None:
        folder = Path(job.folder) / str(number)
        folder.mkdir()
        opened, write = writer(folder)
        with opened, images.reading() as reading:
            for row in (row for rows in chunks for row in rows):
                image = reading[row]
                write(image.name.partition(".")[0], transform(image.data, job.image), image.label)

    return work


def _tars(folder: Path) -> tuple[AbstractContextManager[Any], Write]:
    writer = import_module("webdataset").ShardWriter(f"{folder}/%06d.tar", maxcount=_SHARD, verbose=0)
    return writer, lambda key, data, label: writer.write({"__key__": key, "jpg": data, "cls": label})


def _mds(folder: Path) -> tuple[AbstractContextManager[Any], Write]:
    columns = {"key": "str", "image": "bytes", "label": "int"}
    writer = import_module("streaming").MDSWriter(out=str(folder), columns=columns)
    return writer, lambda key, data, label: writer.write({"key": key, "image": data, "label": label})


TOOLS = {
    "img2dataset-like": Tool(
        libraries=("cv2", "webdataset"),
        about="OpenCV in each process, to tars of its own; no downloads",
        run=img2dataset_like,
    ),
    "webdataset": Tool(libraries=("webdataset",), about="Pillow and a ShardWriter in each process", run=webdataset),
    "mosaicml-streaming": Tool(
        libraries=("streaming",), about="Pillow and an MDSWriter in each process", run=streaming
    ),
    "datasets": Tool(
        libraries=("datasets",),
        about="Pillow in Dataset.from_generator in all processes, then to_parquet in one",
        run=datasets,
    ),
    "tfds": Tool(
        libraries=("tensorflow_datasets",),
        about="Pillow in a builder with the features of imagenet2012, one process",
        run=tfds,
    ),
}


def main(words: Sequence[str]) -> None:
    """Runs a tool and prints the seconds that it took, by its own clock."""
    name, job = words
    seconds = TOOLS[name].run(Job(**json.loads(job)))
    sys.stdout.write("\n" + json.dumps({"seconds": seconds}))


if __name__ == "__main__":
    main(sys.argv[1:])
