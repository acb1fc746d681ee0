import sys
from pathlib import Path

import pytest

from tests.ask.conftest import known
from tests.sources.making import write
from wizard.ask.context import Context, with_source
from wizard.ask.prompt import Value
from wizard.ask.questions import BY_KEY
from wizard.ask.validation import error_for


@pytest.mark.parametrize(
    ("key", "value", "why"),
    [
        ("image.quality", 0, "0 is below 1; JPEG quality can be 1 to 100."),
        ("image.quality", 101, "101 is above 100; JPEG quality can be 1 to 100."),
        ("image.size", 20000, "20,000 is above 16,384; Shortest side can be 1 to 16,384."),
        ("output.train_shards", 0, "0 is below 1; Train shards can be 1 to 99,999."),
        ("name", "a b", "name = 'a b': allowed is letters, digits, _ . and -, the first a letter or a digit"),
        ("name", "..", "name = '..': allowed is letters, digits, _ . and -, the first a letter or a digit"),
        ("name", "", "A name is needed."),
        ("name", "a" * 101, f"name = '{'a' * 101}': allowed is 100 letters at most"),
        (
            "source.path",
            "/\udcff",
            "The folder's name is not UTF-8, which a profile cannot hold. Name another one, or a link to it.",
        ),
        ("run.workers", "many", "run.workers = 'many': allowed is \"auto\", or a whole number from 1 to 4096"),
        ("source.splits", [], "Choose at least one."),
        ("image.quality", 85, ""),
        ("image.size", 64, ""),
        ("name", "run-1.b", ""),
        ("run.workers", "8", ""),
        ("run.workers", "auto", ""),
        ("source.splits", ["train"], ""),
        ("image.resize", "crop", ""),
    ],
)
def test_an_answer_fits_or_it_is_said_why_not(key: str, value: Value, why: str) -> None:
    assert error_for(BY_KEY[key], value, known(Context())) == why


def test_the_output_is_a_new_or_existing_folder_outside_the_raw_data(tmp_path: Path) -> None:
    question = BY_KEY["output.path"]
    (tmp_path / "file").write_text("")
    assert error_for(question, str(tmp_path / "new" / "deep"), known(Context(folder=tmp_path / "raw"))) == ""
    assert error_for(question, str(tmp_path), known(Context(folder=tmp_path / "raw"))) == ""
    assert "is a file" in error_for(question, str(tmp_path / "file"), known(Context()))
    assert "is a file" in error_for(question, str(tmp_path / "file" / "in"), known(Context()))
    assert "raw data's own folder" in error_for(question, str(tmp_path), known(Context(folder=tmp_path)))
    assert error_for(question, "~no-such-user-here/x", known(Context()))


def test_an_output_beside_archives_may_lie_in_their_folder(context: Context) -> None:
    assert context.folder is not None
    assert error_for(BY_KEY["output.path"], str(context.folder / "train"), known(context)) == ""


@pytest.mark.parametrize(("form", "fits"), [("tfrecord", True), ("webdataset", True), ("folders", False)])
def test_an_output_around_the_raw_data_is_refused_where_its_folders_are_written_to(
    tmp_path: Path, form: str, fits: bool
) -> None:
    write(tmp_path, ["train/cats/1.jpg"])
    context = with_source(Context(), tmp_path / "train", lambda _event: None)
    why = error_for(BY_KEY["output.path"], str(tmp_path), known(context, {"output.format": form}))
    assert bool(why) != fits


@pytest.mark.skipif(sys.platform != "linux", reason="/proc is Linux's")
def test_an_unwritable_output_is_refused_with_a_fix() -> None:
    why = error_for(BY_KEY["output.path"], "/proc/imagenet", known(Context()))
    assert why.startswith("/proc ")
    assert why.endswith("or name another folder.")


def test_more_shards_than_images_are_refused(context: Context) -> None:
    question = BY_KEY["output.validation_shards"]
    assert error_for(question, 24, known(context)) == ""
    assert error_for(question, 25, known(context)) == "validation has 24 images; 25 shards would leave some empty."
