"""How a source is read: each shard's images where they lie, or all of it once and in order."""

from collections.abc import Iterable

from wizard.planning.job import Reading
from wizard.profile import Profile
from wizard.sources.samples import SampleTable

_ONCE = "so it is read once, in order, and images wait on the output's disk until their shard is put together"


def is_open(profile: Profile, tables: Iterable[SampleTable]) -> bool:
    """Whether the pre-flight may choose how the source is read."""
    if profile.source.read != "auto" or profile.output.shards == "keep":
        return False
    return not any(table.reader.in_order for table in tables)


def read_as_asked(profile: Profile, tables: Iterable[SampleTable]) -> Reading:
    """How the tables of the requested splits are read, by what the profile asks for and the source can.

    A source that can be read in either way is read directly, unless the pre-flight finds that its disk is slow at it.
    """
    asked = profile.source.read
    in_order = any(table.reader.in_order for table in tables)
    if profile.output.shards == "keep":  # shards are copied in the order of the source
        return Reading()
    if asked == "staged":
        return Reading(staged=True)
    if in_order and asked == "direct":
        return Reading(
            why="Read directly, as was asked: every shard reads large parts of the source again", is_slow=True
        )
    if in_order:
        return Reading(
            staged=True, why=f"The raw data can only be read in order without reading it many times, {_ONCE}"
        )
    return Reading()
