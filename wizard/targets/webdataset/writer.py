"""Writers of tars, with an index for DALI and without."""

from collections.abc import Sequence
from pathlib import Path

from wizard.formats import tar
from wizard.targets.sample import OutputSample
from wizard.targets.shard_file import ShardFile
from wizard.targets.target import Target
from wizard.targets.webdataset import dali_index
from wizard.targets.webdataset.members import members_of
from wizard.targets.writer import Committed


def archived_sample(sample: OutputSample) -> bytes:
    """A sample as stored in an archive: its members, one behind the other."""
    return _archived(members_of(sample))


class IndexedShardFile(ShardFile):
    """Writes a tar and its index."""

    def __init__(self, folder: Path, shard: str, target: Target) -> None:
        super().__init__(folder, shard, target)
        self._folder = folder
        self._name = dali_index.index_name(target.file(shard))
        self._samples: list[list[dali_index.Place]] = []

    def write(self, sample: OutputSample) -> None:
        members = members_of(sample)
        self._samples.append(dali_index.places(members, self.size))
        self.append(_archived(members))

    def commit(self) -> Committed:
        """Puts the index in place first: a shard that is there has one."""
        dali_index.FILES.write(self._folder, self._name, dali_index.index_of(self._samples))
        return super().commit()


def _archived(members: Sequence[tuple[str, bytes]]) -> bytes:
    return b"".join(tar.member(name, content) for name, content in members)
