"""Errors about a single image, and how they name it."""

from wizard.engine.deaths import WorkerDied
from wizard.errors import BadImage, Hint, MachineError, SetupError
from wizard.formats.decoding import Undecodable
from wizard.formatting import human_bytes
from wizard.sources.locate import ON_BAD_IMAGE
from wizard.sources.readers import Sample
from wizard.sources.samples import SampleTable

_MEMORY = Hint(
    "Use fewer workers ({}), or free some memory; the same command then resumes where it stopped", "run.workers=1"
)
_FETCH = "Every image in the official archives can be decoded: check the MD5 (--md5) and download the archive again"
_COPY = "Get a fresh copy from the original source"


def named(sample: Sample) -> str:
    """An image's location: file, name, size and offset."""
    return f"{sample.file}: {sample.name} ({sample.size:,} bytes at byte {sample.offset:,})"


def undecodable(sample: Sample, error: Undecodable, *, official: bool) -> BadImage:
    """The error for an image that cannot be decoded; `official` if its archive may be the official one."""
    return BadImage(
        f"{named(sample)} cannot be decoded: {error}.", (_FETCH if official else _COPY) + ", or " + ON_BAD_IMAGE
    )


def crash_reason(death: WorkerDied) -> str:
    """The reason given for leaving out an image that crashes workers."""
    return f"a worker crashed on it twice ({death.signal})"


def crashing(sample: Sample, death: WorkerDied) -> BadImage:
    """The error for an image that crashes the worker that decodes it."""
    return BadImage(
        f"{named(sample)}: {crash_reason(death)}.",
        "The file is damaged, or the decoder crashes on files of this kind: replace or convert it, or " + ON_BAD_IMAGE,
    )


def crashing_in_company(sample: Sample, death: WorkerDied, shard: str, times: int) -> BadImage:
    """The error for an image that workers crash on, but not when tried alone; never left out, as it may be innocent."""
    return BadImage(
        f"{named(sample)}: a worker crashed {times} times while processing it ({death.signal}), but not when it was "
        "tried alone.",
        f"The cause may be this image or another one in {shard}: replace or convert it and try again. " + death.hint,
    )


def too_large(sample: Sample, height: int, width: int, needed: int, memory: int) -> MachineError:
    """The error for an image that needs more memory than a worker has.

    It is not a BadImage and is never left out: the same plan would otherwise give other bytes on another machine.

    Args:
        sample: the image.
        height: in pixels.
        width: in pixels.
        needed: bytes of memory.
        memory: bytes that a worker may use for an image.
    """
    return MachineError(
        f"{named(sample)}: its {width:,} x {height:,} pixels need about {human_bytes(needed)} of memory; "
        f"a worker has {human_bytes(memory)}.",
        _MEMORY,
    )


def out_of_memory(sample: Sample) -> MachineError:
    """The error for an image for which the system refused memory."""
    return MachineError(f"{named(sample)}: there is not enough memory to decode it.", _MEMORY)


def died_with(death: WorkerDied, samples: SampleTable | None) -> SetupError:
    """The error for a worker that died while measuring images; after a crash, it names the current image."""
    if samples is not None and death.crashed and death.item is not None:
        return BadImage(
            f"{named(samples[death.item])}: {death} while processing this image.",
            "If it also crashes when tried alone, the build stops there; replace or convert it, or " + ON_BAD_IMAGE,
        )
    return MachineError(f"A process that was measuring images ended: {death}.", death.hint)
