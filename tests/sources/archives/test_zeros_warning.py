"""Zeros that padding does not explain, wherever a person looks at raw data."""

from pathlib import Path

import pytest

from tests.helpers import examined, profile
from wizard.ask.context import Context, with_source
from wizard.ask.source_report import source_lines
from wizard.events import Event
from wizard.ilsvrc2012.archives import IMAGES
from wizard.inspection import inspect

SAID = " kB of zeros follow the last file of"


def ignore(_event: Event) -> None:
    pass


@pytest.fixture
def padded(raw_copy: Path) -> Path:
    path = raw_copy / IMAGES["train"].name
    path.write_bytes(path.read_bytes() + bytes(100_000))
    return raw_copy


def warnings_of(raw: Path) -> list[str]:
    """What inspection, interview and pre-flight say of the train archive."""
    facts = inspect(raw, ignore).facts
    of_file = inspect(raw / IMAGES["train"].name, ignore).facts
    (check,) = (check for check in examined(profile(raw, raw / "out")).checks if check.name == "raw-data")
    assert (SAID in check.found) == ("by size and checksum" in check.fix)
    return [str(facts), str(of_file), "\n".join(source_lines(with_source(Context(), raw, ignore))), check.found]


def test_check_warns_about_zeros_at_the_end_of_an_archive(padded: Path) -> None:
    assert all(SAID in each for each in warnings_of(padded))


def test_check_does_not_warn_about_usual_padding(raw: Path) -> None:
    assert not any("of zeros" in each for each in warnings_of(raw))
