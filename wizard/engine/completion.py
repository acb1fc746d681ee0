"""Final check of a build's output: every file must still be there; missing and changed ones are named."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from wizard.commit_record import CommitRecord
from wizard.engine.commit_records import CommitRecords, plan_path
from wizard.engine.looks import look_at_each
from wizard.engine.manifest import MANIFEST
from wizard.engine.plan import Plan
from wizard.engine.sidecars import wrong_sidecars
from wizard.errors import MachineError
from wizard.targets.record_file import record_path

_LISTED = 5
"""Most files that an error lists."""


def require_whole(output: Path, plan: Plan, records: CommitRecords, sums: Mapping[str, str]) -> None:
    """Checks every shard, image file, index and description once more; the records of missing shards are removed.

    `sums` has the sha256 in hex of each file that describes the dataset, by name.

    Raises:
        MachineError: a file is missing, or its size has changed since it was written.
    """
    require_folder(output)
    wrong = [*_missing_shards(output, plan, records), *map(" ".join, wrong_sidecars(output, sums))]
    if not wrong:
        return
    (output / MANIFEST).unlink(missing_ok=True)
    listed = "".join(f"\n  {each}" for each in wrong[:_LISTED])
    more = f"\n  and {len(wrong) - _LISTED:,} more" if len(wrong) > _LISTED else ""
    raise MachineError(
        f"{output} is not complete: files written there were removed or changed during the run.{listed}{more}",
        "Find out what else uses that folder; the same command then rebuilds only what is missing",
    )


def require_folder(output: Path) -> None:
    """Requires that the output folder and its plan exist.

    Raises:
        MachineError: one of them is missing.
    """
    if not output.is_dir():
        raise MachineError(
            f"{output} is gone: it was removed, moved or unmounted while this run was writing to it.",
            "Restore it, and the same command resumes where it stopped; otherwise, everything is built again",
        )
    if not plan_path(output).is_file():
        raise MachineError(
            f"{plan_path(output)} is gone: it was removed while this run was writing to {output}. Without it, nothing "
            "says which plan the shards there belong to.",
            "Restore it, or remove the rest of that folder; then run the same command again",
        )


@contextmanager
def naming_what_is_gone(output: Path, plan: Plan, records: CommitRecords) -> Iterator[None]:
    """Context manager: an error caused by output files, or the whole folder, being removed says so."""
    try:
        yield
    except MachineError:
        require_folder(output)
        raise
    except FileNotFoundError:
        require_whole(output, plan, records, {})
        raise


def _missing_shards(output: Path, plan: Plan, records: CommitRecords) -> Iterator[str]:
    def look(record: CommitRecord) -> tuple[str, str]:
        """What is wrong with a shard, and with what lies beside one that is in place."""
        gone = plan.target.missing(output, record)
        if not gone and not record_path(output, record.shard).is_file():
            gone = f"{record_path(output, record.shard).relative_to(output)} is gone"
        return gone, "" if gone else plan.target.wrong_beside(output, record)

    done = [records.done[name] for name in plan.shard_names if name in records.done]
    seen = look_at_each(done, look, files_of_images=plan.target.one_file_per_image)
    for record, (gone, beside) in zip(done, seen, strict=True):
        if gone:
            records.reject(record.shard)
        if gone or beside:
            yield gone or beside
