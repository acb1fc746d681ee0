"""A build says that it is finished only after a last look at all that it counts; what is gone is named."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from wizard.engine.journal import Journal
from wizard.engine.manifest import MANIFEST
from wizard.engine.plan import Plan
from wizard.engine.presence import missing_descriptions, missing_from_index, missing_from_shard
from wizard.errors import MachineError

_TOLD = 5
"""Files that are named."""


def require_whole(output: Path, plan: Plan, journal: Journal, sums: Mapping[str, str]) -> None:
    """Looks at every shard, image file, index and description once more.

    Args:
        output: the dataset's folder.
        plan: that was built.
        journal: of the folder; it no longer lists what is gone.
        sums: sha256 in hex of the files that describe the dataset, by name.

    Raises:
        MachineError: something is gone, or has another size than it was written with.
    """
    require_folder(output, journal)
    wrong = [*_missing_shards(output, plan, journal), *missing_descriptions(output, sums)]
    if not wrong:
        return
    (output / MANIFEST).unlink(missing_ok=True)
    listed = "".join(f"\n  {each}" for each in wrong[:_TOLD])
    more = f"\n  and {len(wrong) - _TOLD:,} more" if len(wrong) > _TOLD else ""
    raise MachineError(
        f"{output} is not finished: something has removed or changed what was written there.{listed}{more}",
        "See what else works in that folder; the same command then builds again what is missing, and nothing else",
    )


def require_folder(output: Path, journal: Journal) -> None:
    """Whether the output folder is there, with its journal.

    Raises:
        MachineError: it is not.
    """
    if not output.is_dir():
        raise MachineError(
            f"{output} is gone: it was removed, moved or unmounted while this run was writing to it.",
            "Bring it back, and the same command goes on where it stopped; without it, it builds everything again",
        )
    if not journal.path.is_file():
        raise MachineError(
            f"{journal.path} is gone: it was removed while this run was writing to {output}. Without it nobody knows "
            "which shards are done.",
            "Bring it back, or remove the rest of that folder; then give the same command again",
        )


@contextmanager
def naming_what_is_gone(output: Path, plan: Plan, journal: Journal) -> Iterator[None]:
    """Within it, an error that comes of files or the whole folder being removed meanwhile says so."""
    try:
        yield
    except MachineError:
        require_folder(output, journal)
        raise
    except FileNotFoundError:
        require_whole(output, plan, journal, {})
        raise


def _missing_shards(output: Path, plan: Plan, journal: Journal) -> Iterator[str]:
    for name in plan.shard_names:
        result = journal.done.get(name)
        if result is None:
            continue
        gone = missing_from_shard(output, plan.target, result)
        if gone:
            journal.reject(name)
        wrong = gone or missing_from_index(output, plan.target, result)
        if wrong:
            yield wrong
