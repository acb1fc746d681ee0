from pathlib import Path

from wizard.engine.targets import TFRECORDS
from wizard.preflight.storing import Storing, time_storing


def test_putting_shards_in_place_takes_time_and_leaves_nothing(tmp_path: Path) -> None:
    storing = time_storing(tmp_path / "not" / "there" / "yet", TFRECORDS)
    assert storing.shard > 0
    assert storing.byte >= 0
    assert list(tmp_path.iterdir()) == []


def test_where_nothing_can_be_written_no_time_is_counted(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert time_storing(tmp_path / "file" / "in it", TFRECORDS) == Storing(shard=0.0, byte=0.0)
