"""The builds that were begun on this machine, so that an unfinished one can be offered again."""

import hashlib
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from wizard.errors import SetupError
from wizard.folders import state_folder
from wizard.storage import write_whole
from wizard.targets.names import KEPT_PROFILE, MANIFEST, PLAN, RECORD_FOLDER

# What reads profiles and plans is imported where it is used: the menu looks here at every start, mostly in vain.
if TYPE_CHECKING:
    from wizard.profile import Profile


@dataclass(frozen=True, kw_only=True)
class Unfinished:
    """A build that can go on, with `done` of its shards finished.

    Attributes:
        profile: the file that continues it.
        idle: seconds since its last shard.
        part: what a person calls a shard.
    """

    output: Path
    profile: Path
    done: int
    shards: int
    idle: float
    part: str = "shard"


def begun(profile: "Profile", *, whole: bool) -> bool:
    """Notes that a build begins: in its folder, and on this machine if one run is to build the whole.

    Returns:
        Whether the folder keeps the profile, so that it can be given to `run` in the profile's place.
    """
    if whole:
        remember(profile)
    return keep(profile)


def keep(profile: "Profile") -> bool:
    """Writes the profile of a build that begins into its folder; whether it could, as a failure stops no build."""
    from wizard.profile_store import as_toml

    with suppress(OSError):
        write_whole(profile.output_path / KEPT_PROFILE, as_toml(profile.with_absolute_paths()).encode())
        return True
    return False


def remember(profile: "Profile") -> None:
    """Remembers on this machine that a build begins, as above."""
    from wizard.profile_store import write

    with suppress(SetupError):
        write(profile.with_absolute_paths(), _entry(profile.output_path))


def forget(output: Path) -> None:
    """Forgets a finished build."""
    entry = _entry(output)
    for file in (entry, entry.with_name(f"{entry.name}.bak")):
        with suppress(OSError):
            file.unlink()


def unfinished() -> list[Unfinished]:
    """The builds that stopped before their end, the latest first."""
    found = [_read(entry) for entry in _folder().glob("*.toml")]
    return sorted(filter(None, found), key=lambda each: each.idle)


def _read(entry: Path) -> Unfinished | None:
    from wizard.engine.commit_records import count_records, read_plan
    from wizard.profile_store import load

    try:
        profile = load(str(entry))
        output = profile.output_path
        plan = read_plan(output)
        if plan is None or (output / MANIFEST).exists():
            return None
        written = max(path.stat().st_mtime for path in (output / PLAN, output / RECORD_FOLDER))
    except (SetupError, OSError):
        return None
    return Unfinished(
        output=output,
        profile=entry,
        done=count_records(output),
        shards=plan.shards,
        idle=max(0.0, time.time() - written),
        part=plan.part,
    )


def _entry(output: Path) -> Path:
    # A hash, as a file's name must be short; a folder's name need not be UTF-8.
    return _folder() / f"{hashlib.sha256(str(output.resolve()).encode(errors='surrogateescape')).hexdigest()[:16]}.toml"


def _folder() -> Path:
    return state_folder() / "builds"
