"""Finds the damaged shards of a build and sets them aside, so that a run builds just those anew."""

from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path

from wizard.engine.commit_records import CommitRecords
from wizard.engine.executors.executor import Executor
from wizard.engine.plan import ShardTask
from wizard.events import Event, Note, Preparing
from wizard.targets.expected import Expectation, ShardDamage
from wizard.targets.names import STATE_FOLDER
from wizard.targets.target import Target
from wizard.verify.shard import check_shards

REJECTED_FOLDER = "rejected"


def set_rejected_aside(
    output: Path,
    tasks: Iterable[ShardTask],
    records: CommitRecords,
    executor: Executor,
    report: Callable[[Event], None],
) -> None:
    """Re-reads the finished shards; what is damaged goes to .imagenet-setup/rejected, and its record is removed.

    Args:
        output: the dataset's folder.
        tasks: every shard of the plan.
        records: of the folder.
        executor: does the reading.
        report: told of every shard that is set aside, and of progress in bytes.
    """
    finished = [
        task for task in tasks if task.name in records.done and (output / task.target.file(task.name)).is_file()
    ]
    for task in finished:
        with suppress(ShardDamage):  # told below
            task.target.restore_beside(output, task.name)
    total = sum(records.done[task.name].bytes_out for task in finished)
    read = rejected = 0
    reading = check_shards([_expectation(task, records) for task in finished], executor)
    for task, (expected, problems) in zip(finished, reading, strict=True):
        read += expected.result.bytes_out
        report(Preparing(step="re-reading finished shards", done=read, total=total))
        if problems:
            report(Note(text=f"{problems[0]} → it is set aside and built anew", warning=True))
            _set_aside(output, task.name, task.target)
            records.reject(task.name)
            rejected += 1
    report(Note(text=f"re-read {len(finished):,} finished shards: {rejected:,} damaged"))


def _expectation(task: ShardTask, records: CommitRecords) -> Expectation:
    return Expectation(
        folder=task.folder,
        result=records.done[task.name],
        names=task.samples.name,
        ranks=task.samples.label,
        classes=task.samples.classes,
        target=task.target,
        label_base=task.label_base,
    )


def _set_aside(output: Path, shard: str, target: Target) -> None:
    """The shard's file, or the record of its image files, which are then written over."""
    aside = output / STATE_FOLDER / REJECTED_FOLDER
    aside.mkdir(exist_ok=True)
    file = output / target.file(shard)
    file.replace(aside / file.name)
    target.restore_beside(output, shard)  # removes it
