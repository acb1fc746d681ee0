"""Messages for a person about the events of a build or a check."""

from pathlib import Path

from wizard.events import CheckResult, Estimated, Glanced, Note, ShardDone, Started, WorkerLost
from wizard.folders import shortened
from wizard.formatting import GLYPHS, counted, duration, human_bytes, with_range
from wizard.show import at_a_glance


def messages(event: object) -> list[str]:
    """The lines to print for an event; none for mere progress."""
    match event:
        case Note(text=text, warning=warning):
            return [f"{'!' if warning else '·'} {text}"]
        case Glanced(glance=glance):
            return at_a_glance.lines(glance)
        case CheckResult():
            return _checked(event)
        case Estimated():
            return [_estimate(event)]
        case Started():
            return [_start(event)]
        case ShardDone(result=result):
            converted = [f"· converted {image.name} ({image.kind} → JPEG)" for image in result.converted]
            return converted + [f"! skipped {image.name}: {image.reason}" for image in result.skipped]
        case WorkerLost():
            return [f"! {event.reason}, while on {event.shard} (attempt {event.attempt}); the shard is tried again"]
        case _:
            return []


def _checked(check: CheckResult) -> list[str]:
    needed = f"; needed: {check.needed}" if check.needed else ""
    seen = f"{GLYPHS[check.status]} {check.name:<12}  {check.found}{needed}"
    match check:
        case CheckResult(fix=""):
            return [seen]
        case CheckResult(status="fail"):
            return []  # the error that ends the command says it
        case _:
            return [f"{seen} → {check.command_fix}"]


def _estimate(event: Estimated) -> str:
    return (
        f"→ about {with_range(event.bytes_out, human_bytes)} · about {with_range(event.seconds, duration)} "
        f"with {counted(event.workers, 'worker')} · measured on {event.sampled:,} images"
    )


def _start(event: Started) -> str:
    parts = [
        f"{split.images:,} {split.split} images in {split.shards:,} shards"
        + (f" ({split.shards_done:,} of them done before)" if split.shards_done else "")
        for split in event.splits
    ]
    where = f"in {shortened(Path(event.output))} (plan {event.plan_id})"
    return f"Building {' and '.join(parts)} with {counted(event.workers, 'worker')} {where}"
