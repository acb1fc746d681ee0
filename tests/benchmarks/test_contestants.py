from pathlib import Path

import pytest

from tests.benchmarks.cases import CASES, Case
from tests.benchmarks.checkout import Checkout
from tests.benchmarks.contestants import CHECKOUTS_LOOP, CODEC_LOOP, CP, OTHERS, Lineup
from tests.benchmarks.setting import Setting

BY_NAME = {case.name: case for case in CASES}
NEW = Checkout(name="new", path="", keys=frozenset({"image.check"}))
OLD = Checkout(name="old", path="", keys=frozenset())


def keys(case: Case, *beside: str, checkouts: tuple[Checkout, ...] = (NEW, OLD)) -> list[str]:
    setting = Setting(raw=Path("raw"), work=Path("work"), workers=1, sets=(), this=NEW)
    return [each.key for each in Lineup(setting=setting, checkouts=checkouts, beside=beside).contestants(case)]


def test_a_codec_loop_is_measured_once_for_all_cases_of_a_recipe() -> None:
    loops = {keys(BY_NAME[name], CODEC_LOOP)[0] for name in ("480-q85", "webdataset-480-q85", "records-480-q85")}
    assert loops == {"codec loop shortest 480 85"}


def test_codecs_of_another_checkout_are_measured_if_asked_for() -> None:
    both = keys(BY_NAME["480-q85"], CODEC_LOOP, CHECKOUTS_LOOP)
    assert both[:2] == ["codec loop shortest 480 85", "codec loop old shortest 480 85"]


def test_cp_runs_beside_each_case_that_keeps_bytes() -> None:
    assert keys(BY_NAME["kept"], CP)[0] != keys(BY_NAME["folders-kept"], CP)[0]
    assert keys(BY_NAME["480-q85"], CP)[0] == keys(BY_NAME["256-q90"], CP)[0]


def test_a_checkout_without_a_key_builds_the_nearest_thing() -> None:
    assert keys(BY_NAME["kept-structure"]) == ["new kept-structure", "old kept"]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_no_contestant_of_a_case_is_there_twice(case: Case) -> None:
    found = keys(case, *OTHERS)
    assert len(found) == len(set(found))
