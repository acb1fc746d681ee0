"""Finds the damaged shards of a build and sets them aside, so that a run rebuilds only those."""

from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path

from wizard.engine.commit_records import CommitRecords
from wizard.engine.executors.executor import Executor
from wizard.engine.plan import ShardTask
from wizard.events import Event, Note, Preparing
from wizard.targets.expected import Expectation, ShardDamage
from wizard.targets.names import STATE_FOLDER
from wizard.verify.shard import check_shards

REJECTED_FOLDER = "rejected"


def set_rejected_aside(
    output: Path,
    tasks: Iterable[ShardTask],
    records: CommitRecords,
    executor: Executor,
    report: Callable[[Event], None],
) -> None:
    """Re-reads the finished shards; damaged ones go to .imagenet-setup/rejected, and their records are removed."""
    finished = [
        task for task in tasks if task.name in records.done and (output / task.target.file(task.name)).is_file()
    ]
    for task in finished:
        with suppress(ShardDamage):  # reported below
            task.target.restore_beside(output, task.name)
    total = sum(records.done[task.name].bytes_out for task in finished)
    aside = output / STATE_FOLDER / REJECTED_FOLDER
    read = rejected = 0
    reading = check_shards([_expectation(task, records) for task in finished], executor)
    for task, (expected, problems) in zip(finished, reading, strict=True):
        read += expected.result.bytes_out
        report(Preparing(step="re-reading finished shards", done=read, total=total))
        if problems:
            report(Note(text=f"{problems[0]} → it is set aside and rebuilt", warning=True))
            file = output / task.target.file(task.name)  # or the record of its image files, which are written over
            aside.mkdir(exist_ok=True)
            file.replace(aside / file.name)
            task.target.restore_beside(output, task.name)  # the shard is gone, and so goes what lies beside it
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
