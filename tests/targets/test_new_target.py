"""A new target is one module and one line in the registry: everything else finds it there."""

import json
import zipfile
from pathlib import Path

import pytest

from tests.helpers import TRAIN, VALIDATION, toml
from tests.targets.toy_target import ZipFiles
from wizard.ask.context import Context
from wizard.ask.question import Answers
from wizard.ask.questions import QUESTIONS
from wizard.cli import main
from wizard.targets import registry

ONE_WORKER, TWO_WORKERS = "run.workers=1", "run.workers=2"


@pytest.fixture(autouse=True)
def _toy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(registry.TARGETS, "toy", ZipFiles)


@pytest.fixture
def words(raw: Path, tmp_path: Path) -> list[str]:
    """A command that builds the toy."""
    return ["run", str(toml(raw, tmp_path / "out", tmp_path / "p.toml")), "--set=output.format=toy"]


@pytest.fixture
def built(words: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    """A dataset of two workers' making; what the command said is read and gone."""
    assert main([*words, f"--set={TWO_WORKERS}"]) == 0
    capsys.readouterr()
    return tmp_path / "out"


def test_the_wizard_offers_a_new_target() -> None:
    (question,) = [each for each in QUESTIONS if each.key == "output.format"]
    offered = question.choices(Answers(values={}, context=Context()))
    assert [choice.title for choice in offered if choice.value == "toy"] == ["Zip files"]


def test_an_unknown_format_is_refused_with_the_toy_among_those_allowed(
    words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*words, "--set=output.format=zip"]) == 2
    assert "or 'toy'" in capsys.readouterr().err


def test_keys_of_another_format_are_refused(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*words, "--set=output.split_folders=true"]) == 2
    assert 'output.split_folders is for format = "tfrecord" alone' in capsys.readouterr().err


def test_spawned_workers_build_all_images(built: Path) -> None:
    names = [name for file in built.glob("*.zip") for name in zipfile.ZipFile(file).namelist()]
    assert len(names) == TRAIN + VALIDATION


def test_the_number_of_workers_changes_no_byte(built: Path, words: list[str], tmp_path: Path) -> None:
    one = tmp_path / "one"
    assert main([*words, f"--set={ONE_WORKER}", f"--set=output.path={one}"]) == 0
    shards = sorted(built.glob("*.zip"))
    assert [file.read_bytes() for file in shards] == [(one / file.name).read_bytes() for file in shards]


def test_a_missing_shard_is_built_again_and_no_other(
    built: Path, words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    first, *others = sorted(built.glob("*.zip"))
    content, times = first.read_bytes(), [file.stat().st_mtime_ns for file in others]
    first.unlink()
    assert main(words) == 0
    assert f"Finished writing all {TRAIN + VALIDATION} images" in capsys.readouterr().out
    assert first.read_bytes() == content
    assert [file.stat().st_mtime_ns for file in others] == times


def test_verify_accepts_a_new_target_and_finds_damage_in_it(built: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["verify", str(built), "--pixels"]) == 0
    said = capsys.readouterr().out
    assert f"{TRAIN:,} members in" in said
    assert "labels 0 to " in said
    shard = min(built.glob("*.zip"))
    shard.write_bytes(shard.read_bytes().replace(b"\xff\xd8", b"\xff\xd9", 1))
    (built / "train-99999.zip").touch()
    assert main(["verify", str(built)]) == 6
    said = capsys.readouterr().err
    assert f"{shard.name}: its sha256 is" in said
    assert f"{shard.name}, record 0" in said
    assert "train-99999.zip: it is not part of this dataset" in said


def test_a_truncated_shard_is_named_also_by_what_decodes_the_pixels(
    built: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shard = min(built.glob("*.zip"))
    shard.write_bytes(shard.read_bytes()[:-100])
    assert main(["verify", str(built), "--pixels"]) == 6
    assert shard.name in capsys.readouterr().err


def test_inspect_names_a_new_target(built: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["inspect", str(built)]) == 0
    said = capsys.readouterr().out
    assert "a finished dataset" in said
    assert "zip files of JPEGs, version 1" in said


def test_the_program_that_is_printed_loads_it(built: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["inspect", str(built)]) == 0
    said = capsys.readouterr().out
    exec(said.partition("Load it    Python's zipfile\n           pip install pip\n")[2], {})
    assert capsys.readouterr().out == f"{TRAIN}\n"


def test_the_wizard_offers_what_opens_a_new_target() -> None:
    (question,) = [each for each in QUESTIONS if each.key == "output.trainer"]
    offered = question.choices(Answers(values={"family": "research"}, context=Context()))
    assert [choice.title for choice in offered if choice.value == "zipfile"] == ["Python's zipfile"]


def test_to_name_what_opens_it_is_enough(raw: Path, tmp_path: Path) -> None:
    profile = toml(raw, tmp_path / "out", tmp_path / "p.toml")
    assert main(["run", str(profile), "--set=output.trainer=zipfile", "--set=output.load_py=true"]) == 0
    assert (tmp_path / "out/train-00000.zip").is_file()
    assert "zipfile.ZipFile" in (tmp_path / "out/load.py").read_text()


def test_a_program_reads_which_format_was_written(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*words, "--json"]) == 0
    finished = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert (finished["event"], finished["target"]) == ("finished", {"format": "toy"})
