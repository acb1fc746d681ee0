"""The errors about one image, and how it is named in them."""

from wizard.engine.deaths import WorkerDied
from wizard.errors import BadImage, MachineError, SetupError
from wizard.formats.undecodable import Undecodable
from wizard.sources.locate import human_bytes
from wizard.sources.samples import Sample, SampleTable

_MEMORY = "Take fewer workers (--set run.workers=1), or free memory; the same command then goes on where it stopped"
_FETCH = "In the official archives every image can be: compare the MD5 (--md5) and fetch the archive again"
_COPY = "Get it again from where it came from"
_LEAVE_OUT = 'leave such images out with --set output.on_bad_image="skip"'


def named(sample: Sample) -> str:
    """Where an image lies: file, name, size and offset."""
    return f"{sample.file}: {sample.name} ({sample.size:,} bytes at byte {sample.offset:,})"


def undecodable(sample: Sample, error: Undecodable, *, official: bool) -> BadImage:
    """That an image cannot be decoded; `official` where it lies in an archive that may be the official one."""
    return BadImage(f"{named(sample)} cannot be decoded: {error}.", f"{_FETCH if official else _COPY}, or {_LEAVE_OUT}")


def crash_reason(death: WorkerDied) -> str:
    """Why an image was left out that kills workers."""
    return f"a worker crashed on it twice ({death.signal})"


def crashing(sample: Sample, death: WorkerDied) -> BadImage:
    """That an image kills the worker that decodes it."""
    return BadImage(
        f"{named(sample)}: {crash_reason(death)}.",
        f"The file is damaged, or of a kind that the decoder does not survive: replace or convert it, or {_LEAVE_OUT}",
    )


def crashing_in_company(sample: Sample, death: WorkerDied, shard: str, times: int) -> BadImage:
    """That workers crash at an image, but not of it alone; it is not left out, for it may be innocent."""
    return BadImage(
        f"{named(sample)}: a worker crashed with it in hand {times} times ({death.signal}), but not with it alone.",
        f"It may be the cause, or another image of {shard}: replace or convert it and see. {death.hint}",
    )


def too_large(sample: Sample, height: int, width: int, needed: int, memory: int) -> MachineError:
    """That an image takes more memory than a worker has.

    It is no BadImage and is never left out: the same plan would give other bytes on another machine.

    Args:
        sample: the image.
        height: in pixels.
        width: in pixels.
        needed: bytes of memory.
        memory: bytes that a worker may take for an image.
    """
    return MachineError(
        f"{named(sample)}: its {width:,} x {height:,} pixels need about {human_bytes(needed)} of memory; "
        f"a worker has {human_bytes(memory)}.",
        _MEMORY,
    )


def out_of_memory(sample: Sample) -> MachineError:
    """That the system refused the memory for an image."""
    return MachineError(f"{named(sample)}: there is not enough memory to decode it.", _MEMORY)


def died_with(death: WorkerDied, samples: SampleTable | None) -> SetupError:
    """A worker's death while it measured some images: a crash names the one in hand."""
    if samples is not None and death.crashed and death.item is not None:
        return BadImage(
            f"{named(samples[death.item])}: {death} with this image in hand.",
            f"If it crashes alone too, the build stops there; replace or convert it, or {_LEAVE_OUT}",
        )
    return MachineError(f"A process that measured images is gone: {death}.", death.hint)
