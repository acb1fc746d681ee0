from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.helpers import profile
from wizard.planning.reading import is_open, read_as_asked
from wizard.sources.records.reader import GZIPPED_RECORDS
from wizard.sources.samples import SampleTable, in_one_file

EMPTY = np.empty(0, np.int64)
ANYWHERE = in_one_file("images.tar", name=np.empty(0, "S1"), offset=EMPTY, size=EMPTY, label=np.empty(0, np.int16))
IN_ORDER = replace(ANYWHERE, reader=GZIPPED_RECORDS)


@pytest.mark.parametrize(
    ("asked", "table", "staged", "slow"),
    [
        ("auto", ANYWHERE, False, False),
        ("auto", IN_ORDER, True, False),
        ("direct", ANYWHERE, False, False),
        ("direct", IN_ORDER, False, True),
        ("staged", ANYWHERE, True, False),
        ("staged", IN_ORDER, True, False),
    ],
)
def test_what_can_only_be_read_in_order_is_staged_unless_the_profile_says_otherwise(
    asked: str, table: SampleTable, staged: bool, slow: bool
) -> None:
    made = read_as_asked(profile(Path("raw"), Path("out"), source={"read": asked}), [table])
    assert (made.staged, made.is_slow) == (staged, slow)


def test_shards_that_are_kept_are_read_in_their_order_anyway() -> None:
    made = profile(Path("raw"), Path("out"), source={"read": "staged"}, output={"shards": "keep"})
    assert not read_as_asked(made, [IN_ORDER]).staged
    assert not is_open(made, [ANYWHERE])


@pytest.mark.parametrize(
    ("asked", "table", "choice"),
    [("auto", ANYWHERE, True), ("auto", IN_ORDER, False), ("direct", ANYWHERE, False), ("staged", ANYWHERE, False)],
)
def test_the_pre_flight_chooses_only_what_is_left_open(asked: str, table: SampleTable, choice: bool) -> None:
    assert is_open(profile(Path("raw"), Path("out"), source={"read": asked}), [table]) == choice
