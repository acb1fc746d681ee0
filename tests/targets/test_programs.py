"""Every program that is shown for a trainer is a whole one: it runs as it stands where its library is installed."""

import json
import re
import warnings
from collections.abc import Callable
from dataclasses import replace
from importlib.metadata import PackageNotFoundError, distribution
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from tests.helpers import CLASSES, add_test_archive, build_dataset, encoded, noise, shards
from tests.load_page import PAGE, loadable, with_programs
from tests.sources import making
from wizard.engine.build_result import BuildResult
from wizard.formats import example, tfrecord
from wizard.inspection import inspect
from wizard.targets import registry

PRINTED = re.compile(r"\((\d+), (\d+), (\d+)\) (-?\d+)")
IMAGE = {"resize": "crop", "height": 32, "width": 48, "quality": 85}
Built = Callable[[str], BuildResult]


@pytest.fixture(scope="module")
def built(raw: Path, tmp_path_factory: pytest.TempPathFactory) -> Built:
    """Builds datasets for trainers; those that need the same settings share one, which must not be changed."""
    top = tmp_path_factory.mktemp("trainers")
    folders: dict[str, Path] = {}

    def build(trainer: str) -> BuildResult:
        settings = json.dumps(registry.output_for(trainer), sort_keys=True)
        out = folders.setdefault(settings, top / trainer)
        return build_dataset(raw, out, image=IMAGE, output={"trainer": trainer, "load_py": True})

    return build


def not_installed(names: str) -> list[str]:
    """Those of PyPI's packages that are not installed."""
    missing = []
    for name in names.split():
        try:
            distribution(name)
        except PackageNotFoundError:
            missing.append(name)
    return missing


def not_cloned(program: str) -> list[str]:
    """The folders of cloned repositories that a program imports from, and that are not in the current one."""
    folders = re.findall(r'# git clone .*\n.*"(.+)"\)', program)
    return [folder for folder in folders if not Path(folder).is_dir()]


def run(program: str, **names: Any) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # those of other libraries are not ours
        exec(compile(program, "program", "exec"), {"__name__": "__main__", **names})


@pytest.mark.parametrize("trainer", list(registry.trainers()))
def test_a_program_opens_the_dataset_that_its_trainer_asks_for(
    trainer: str, built: Built, capsys: pytest.CaptureFixture[str]
) -> None:
    result = built(trainer)
    assert result.loading.trainer.name == trainer
    if missing := not_installed(result.loading.trainer.install):
        pytest.skip(f"not installed: {', '.join(missing)}")
    if missing := not_cloned(result.loading.program):
        pytest.skip(f"not cloned: {', '.join(missing)}")
    capsys.readouterr()
    run(result.loading.program)
    printed = capsys.readouterr().out.splitlines()
    found = PRINTED.fullmatch(printed[-1])
    assert found, printed
    assert int(found[4]) in range(result.label_base, result.label_base + CLASSES)


@pytest.mark.parametrize("trainer", ["tf.data", "tfrecord", "webdataset", "grain", "dali", "dali-webdataset", "jax"])
def test_a_folder_whose_name_looks_like_a_pattern_is_opened(
    trainer: str, built: Built, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    result = built(trainer)
    if missing := not_installed(result.loading.trainer.install):
        pytest.skip(f"not installed: {', '.join(missing)}")
    named = tmp_path / 'it\'s {a} \\[480] "copy"'
    named.symlink_to(result.output)
    capsys.readouterr()
    run(result.loading.program.replace(repr(result.output), repr(str(named))))
    assert PRINTED.fullmatch(capsys.readouterr().out.splitlines()[-1])


def test_records_of_a_source_are_opened_by_the_name_of_their_label(
    built: Built, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = tmp_path / "source"
    source.mkdir()
    for path in shards(Path(built("tf.data").output)):
        with path.open("rb") as file:
            records = [dict(example.entries(record.payload)) for record in tfrecord.records(file)]
        renamed = [features | {"image/label": features.pop("image/class/label")} for features in records]
        (source / path.name).write_bytes(b"".join(tfrecord.frame(example.join(each)) for each in renamed))
    result = build_dataset(source, tmp_path / "out", output={"trainer": "tfrecord"})
    assert result.label_base == 1  # records keep their labels, although those for this trainer usually begin with 0
    assert '"image/label": "int"' in result.loading.program
    result = build_dataset(source, tmp_path / "out", output={"trainer": "tf.data"})
    capsys.readouterr()
    run(result.loading.program)
    found = PRINTED.fullmatch(capsys.readouterr().out.strip())
    assert found
    assert int(found[4]) in range(1, CLASSES + 1)


def test_load_py_opens_the_dataset_where_it_lies_now(
    built: Built, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = Path(built("tf.data").output)
    moved = tmp_path / "moved"
    moved.symlink_to(out)
    program = (out / "load.py").read_text()
    assert str(out) not in program
    run(program, __file__=str(moved / "load.py"))
    assert PRINTED.fullmatch(capsys.readouterr().out.strip())


@pytest.mark.parametrize("trainer", list(registry.trainers()))
def test_no_line_of_a_program_is_broken_by_a_terminal_of_80_columns(trainer: str) -> None:
    kind, known = registry.trainers()[trainer]
    usual = loadable(kind, trainer)
    for split, imagenet, unlabeled in product(("train", "validation", "test"), (True, False), (True, False)):
        label_base = 0 if unlabeled else 1  # the longer text
        dataset = replace(usual, split=split, imagenet=imagenet, unlabeled=unlabeled, label_base=label_base, images=5)
        assert max(map(len, known.program(dataset).splitlines())) <= 80


@pytest.mark.parametrize("trainer", [name for name in registry.trainers() if name != "dinov2"])
def test_a_program_selects_its_split_in_one_place(trainer: str) -> None:
    kind, known = registry.trainers()[trainer]
    usual = loadable(kind, trainer)
    programs = [known.program(replace(usual, split=split)).splitlines() for split in ("train", "validation")]
    other = [line for line in zip(*programs, strict=True) if line[0] != line[1]]
    assert len(other) == 1
    assert other[0][0] == 'split = "train"'


def test_the_documentation_has_every_program() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert with_programs(page) == page, "python -m tests.load_page brings it up to date"


@pytest.mark.parametrize("form", ["tfrecord", "folders"])
def test_a_program_for_a_split_without_labels_says_so(form: str, raw_copy: Path, tmp_path: Path) -> None:
    add_test_archive(raw_copy, 3)
    only_test = {"splits": ["test"], "boxes": "none"}
    result = build_dataset(raw_copy, tmp_path / "out", source=only_test, output={"format": form, "test_shards": 1})
    told = {"tfrecord": "no image of test has a label, so all are -1", "folders": "no image of test has a label"}
    assert told[form] in result.loading.program
    shown = inspect(tmp_path / "out", lambda _event: None).loading
    assert shown is not None
    assert shown.program == result.loading.program


def test_a_program_for_a_test_split_of_own_classes_has_their_labels(tmp_path: Path) -> None:
    image = encoded(Image.fromarray(noise(32, 48)))
    raw = making.write(tmp_path / "pets", [f"test/{name}/{n}.jpg" for name in ("cats", "dogs") for n in (1, 2)], image)
    only_test = {"splits": ["test"], "boxes": "none"}
    result = build_dataset(raw, tmp_path / "out", source=only_test, output={"format": "folders", "test_shards": 1})
    assert "ImageFolder" in result.loading.program
