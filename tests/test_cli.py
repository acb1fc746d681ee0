"""Commands as typed by a person: what they print, where, and their exit codes."""

import gzip
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.request import urlopen

import pytest

from tests.helpers import TRAIN, VALIDATION, features, shards, tar, toml
from tests.test_build import TENCH_1, cut_short, damage_image
from wizard import unfinished_builds
from wizard.cli import main
from wizard.commands import command_line, run

TRAIN_TAR, VAL_TAR, BOXES = "ILSVRC2012_img_train.tar", "ILSVRC2012_img_val.tar", "ILSVRC2012_bbox_train_v2.tar.gz"


@pytest.fixture
def work(raw_copy: Path, tmp_path: Path) -> Path:
    """The path of a profile for archives that may be damaged, and an output that does not exist yet."""
    return toml(raw_copy, tmp_path / "out", tmp_path / "p.toml")


def lines(out: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in out.splitlines()]


def test_run_ends_with_the_older_scripts_last_line_and_a_loading_snippet(
    work: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["run", str(work)]) == 0
    out, err = capsys.readouterr()
    assert out.startswith(f"Finished writing all {TRAIN + VALIDATION} images in data set.\n")
    assert "converted to RGB JPEG (2 PNG and 1 CMYK) · 0 skipped" in out
    for word in ("tf.data.TFRecordDataset", "dali, ", "--trainer NAME", "images/s"):
        assert word in out
    assert "converted n01440764_90000.JPEG (CMYK → JPEG)" in err
    assert "\x1b" not in out + err


def test_run_with_json_prints_only_json_objects(work: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", str(work), "--json"]) == 0
    out, err = capsys.readouterr()
    events = lines(out)
    assert [events[-1][key] for key in ("event", "exit_code", "images_built")] == ["finished", 0, TRAIN + VALIDATION]
    assert events[-1]["target"]["format"] == "tfrecord"
    assert [event["event"] for event in events].count("shard_done") == 7
    assert err == ""


@pytest.mark.parametrize("words", [["--json"], ["--json=true"]])
def test_an_error_in_json_is_an_object_however_json_was_asked_for(
    work: Path, words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    (work.parent / "raw" / TRAIN_TAR).unlink()
    assert main(["run", str(work), *words]) == 3
    assert lines(capsys.readouterr().out)[-1]["event"] == "failed"


def test_output_works_in_any_encoding_of_stdout(work: Path, tmp_path: Path) -> None:
    for mode in ("--json", "--plain", "--quiet"):
        words = [sys.executable, "-m", "wizard", "run", str(work), mode, f"--set=output.path={tmp_path / 'é'}"]
        ran = subprocess.run(words, capture_output=True, check=False, env=os.environ | {"PYTHONIOENCODING": "ascii"})
        assert ran.returncode == 0
        assert ran.stdout.isascii()


@pytest.mark.parametrize("mode", [["--json"], ["--quiet"]])
def test_a_closed_pipe_is_not_reported_as_a_bug(work: Path, home: Path, mode: list[str]) -> None:
    words = [sys.executable, "-m", "wizard", "run", str(work), *mode]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as run:
        assert run.stdout is not None
        assert run.stderr is not None
        run.stdout.close()
        told = run.stderr.read()
    assert run.returncode == 130
    assert told == b""
    assert not list((home / "state").glob("crash-*"))


def test_quiet_prints_only_the_summary(work: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", str(work), "--quiet"]) == 0
    out, err = capsys.readouterr()
    assert out.startswith("Finished")
    assert err == ""


def test_plain_output_has_no_glyphs(work: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", str(work), "--plain"]) == 0
    out, err = capsys.readouterr()
    assert (out + err).isascii()


def undecodable(raw: Path) -> None:
    damage_image(raw, TENCH_1, cut_short)


def test_an_undecodable_image_stops_the_run_or_is_skipped_with_exit_5(
    work: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    undecodable(work.parent / "raw")
    assert main(["run", str(work)]) == 3
    assert f"{TRAIN_TAR}: {TENCH_1}" in capsys.readouterr().err
    assert main(["run", str(work), "--set", "output.on_bad_image=skip"]) == 5
    out = capsys.readouterr().out
    assert out.startswith(f"Finished writing all {TRAIN + VALIDATION - 1} images in data set.")
    assert "1 image was left out, because it could not be decoded or stored:" in out
    assert f"{TENCH_1}:" in out
    assert main(["run", str(work), "--set", "output.on_bad_image=skip", "--json"]) == 5
    assert lines(capsys.readouterr().out)[-1]["exit_code"] == 5


def test_empty_members_and_members_that_are_not_images_can_be_skipped(
    work: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    raw = work.parent / "raw"
    content = tar([("n01440764_1.JPEG", b""), ("n01440764_2.JPEG", b"text")])
    (raw / TRAIN_TAR).write_bytes(tar([("n01440764.tar", content)]))
    assert main(["run", str(work), "--set", "output.on_bad_image=skip"]) == 5
    out = capsys.readouterr().out
    assert "n01440764_1.JPEG: it has no bytes" in out
    assert "n01440764_2.JPEG: it is not an image" in out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["run"], "PROFILE"),
        (["rum", "x"], "Did you mean run?"),
        (["run", "no-such-profile"], "There is no profile 'no-such-profile'"),
        (["run", "--set", "source.path=raw"], "output.path is missing"),
        (["run", "nvidia-480-q85"], "source.path is missing"),
        (["run", "nvidia-480-q85", "--set", "image.quality=500"], "image.quality = 500: allowed is 100 or less"),
        (["run", "nvidia-480-q85", "--sett", "a.b=1"], "--sett"),
        (["run", "nvidia-480-q85", "--json", "--plain"], "--json and --plain cannot go together"),
        (["fly"], "fly"),
    ],
)
def test_a_wrong_argument_is_exit_2(words: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(words) == 2
    out, err = capsys.readouterr()
    assert said in out + err


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["inspect", "/nope"], 3),
        (["inspect", "EMPTY"], 3),
        (["check", "WORK", "--set", "source.path=/nope"], 4),
        (["run", "WORK", "--set", "source.path=/nope"], 3),
        (["run", "nvidia-480-q85"], 2),
    ],
)
def test_where_raw_data_is_missing_what_this_machine_holds_is_named(
    words: list[str],
    code: int,
    work: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / "empty").mkdir()
    monkeypatch.chdir(tmp_path / "empty")
    raw = work.parent / "raw"
    monkeypatch.setenv("IMAGENET_DIR", str(raw))
    named = {"WORK": str(work), "EMPTY": str(tmp_path / "empty")}
    assert main([named.get(word, word) for word in words]) == code
    assert f"Found on this machine: {raw} (the official archives)" in capsys.readouterr().err


def test_other_errors_are_not_answered_with_a_search(work: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (work.parent / "raw" / TRAIN_TAR).write_bytes(b"<html>")
    assert main(["run", str(work)]) == 3
    assert main(["run", "nvidia-480-q85", "--set", "source.path=x", "--set", "output.path=y", "--set", "a.b=1"]) == 2
    assert "Found on this machine" not in capsys.readouterr().err


def test_a_folder_with_another_plan_is_exit_2(work: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", str(work), "--quiet"]) == 0
    assert main(["run", str(work), "--set", "output.seed=1"]) == 2
    assert "seed: there 2012 · asked for 1" in capsys.readouterr().err


def test_verify_exits_with_0_or_6_and_repair_fixes_the_dataset(work: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = work.parent / "out"
    assert main(["run", str(work), "--quiet"]) == 0
    capsys.readouterr()
    assert main(["verify", str(out), "--pixels", "--json"]) == 0
    verified = lines(capsys.readouterr().out)[-1]
    assert (verified["event"], verified["images"]["train"], verified["exit_code"]) == ("finished", TRAIN, 0)
    path = shards(out)[0]
    content = bytearray(path.read_bytes())
    content[40] ^= 1
    path.write_bytes(content)
    assert main(["verify", str(out), "--json"]) == 6
    last = lines(capsys.readouterr().out)[-1]
    assert (last["event"], last["exit_code"]) == ("failed", 6)
    assert f"{path.name}, record 0 (" in last["error"]
    assert main(["run", str(work), "--repair", "--quiet"]) == 0
    assert main(["verify", str(out)]) == 0
    assert "records in 5 shards match the manifest" in capsys.readouterr().out


def test_verify_of_an_empty_folder_is_exit_3(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["verify", str(tmp_path / "none")]) == 3
    assert "does not exist" in capsys.readouterr().err


def test_a_bug_is_exit_1_with_a_crash_log(
    work: Path, home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError("oh")

    monkeypatch.setattr(run, "build", broken)
    assert main(["run", str(work), "--json"]) == 1
    last = lines(capsys.readouterr().out)[-1]
    assert last["exit_code"] == 1
    (log,) = (home / "state").glob("crash-*.log")
    assert str(log) in last["hint"]
    text = log.read_text()
    assert "ZeroDivisionError: oh" in text
    assert f"imagenet-setup run {work} --json" in text


def test_demo_draws_builds_and_verifies_a_dataset(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["demo", str(tmp_path / "demo")]) == 0
    out = capsys.readouterr().out
    assert "Finished writing all 259 images in data set." in out
    assert re.search(r"every image was decoded by TensorFlow \d\S* \(259\)", out)
    assert main(["run", str(tmp_path / "demo" / "demo.toml")]) == 0
    assert "nothing was left to build" in capsys.readouterr().out


def test_the_command_line_starts_without_tensorflow_or_workers_modules() -> None:
    code = "import sys, wizard.cli; print([m for m in ('tensorflow', 'dask') if m in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"


def test_a_folder_name_may_contain_quotes(tmp_path: Path) -> None:
    assert main(["demo", str(tmp_path / """it's "here" \\ é"""), "--quiet"]) == 0


@pytest.mark.skipif(sys.platform != "linux", reason="other systems refuse such names")
def test_a_folder_name_that_is_not_utf8_can_be_verified_but_not_stored_in_a_profile(
    work: Path, built: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / os.fsdecode(b"\xff")
    shutil.copytree(built, folder)
    assert main(["verify", str(folder), "--quiet"]) == 0
    assert main(["run", str(work), "--set", f"output.path={folder}"]) == 2
    assert "output.path" in capsys.readouterr().err


@pytest.mark.parametrize("words", [["verify"], ["inspect"], ["demo"]])
def test_a_file_in_place_of_a_folder_is_not_reported_as_a_bug(words: list[str], tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no dataset")
    assert main([*words, str(tmp_path / "file")]) in (3, 4)
    assert main([*words, str(tmp_path / "file" / "in it")]) in (3, 4)


def test_ctrl_c_while_the_program_is_imported_prints_no_traceback() -> None:
    code = """
import sys
class CtrlC:
    def find_spec(self, name, *_):
        if name == "wizard.cli":
            raise KeyboardInterrupt
sys.meta_path.insert(0, CtrlC())
from wizard.__main__ import entry
entry()
"""
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stdout, ran.stderr) == (130, "", "")


def test_help_names_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--help"]) == 0
    out = capsys.readouterr().out
    assert all(command in out for command in ("run", "verify", "inspect", "demo"))
    assert command_line.app.name == ("imagenet-setup",)


def test_whole_imagenet_boxes_under_the_train_archives_name_are_used(
    work: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Some scripts saved image-net.org's archive of all synsets under this name."""
    raw = work.parent / "raw"
    flat = gzip.decompress((raw / BOXES).read_bytes())
    nested = tar(
        [
            ("bboxes_annotations/n01440764.tar.gz", gzip.compress(flat)),
            ("bboxes_annotations/n00000001.tar.gz", gzip.compress(tar([("a/n00000001_1.xml", b"<x/>")]))),
        ]
    )
    assert main(["run", str(work), "--json"]) == 0
    before = lines(capsys.readouterr().out)[-1]["splits"][0]["boxes"]
    (raw / BOXES).write_bytes(gzip.compress(nested))
    assert main(["run", str(work), "--json"]) == 0
    assert lines(capsys.readouterr().out)[-1]["splits"][0]["boxes"] == before > 0


def test_check_lists_what_would_fail_or_says_that_nothing_would(work: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", str(work)]) == 0
    out, err = capsys.readouterr()
    assert out == "Nothing stands in the way.\n"
    for name in ("raw-data", "output", "write-access", "disk", "files", "memory", "cores", "open-files"):
        assert name in err
    assert "instead of" not in err
    assert "measured on" in err
    (work.parent / "raw" / VAL_TAR).unlink()
    assert main(["check", str(work)]) == 4
    err = capsys.readouterr().err
    assert "1 of 8 checks failed. Nothing was started." in err
    assert f"raw-data: {VAL_TAR} is missing" in err
    assert not (work.parent / "out").exists()


def test_check_serves_images_before_and_after_until_enter(
    work: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[bytes] = []

    def enter() -> str:
        with urlopen(capsys.readouterr().out.split()[-1]) as page:
            seen.append(page.read())
        return "\n"

    monkeypatch.setattr("wizard.output.Output.interactive", True)
    monkeypatch.setattr("sys.stdin", SimpleNamespace(readline=enter, isatty=lambda: False))
    size = [each for pair in ("resize=shortest", "size=64", "quality=80") for each in ("--set", f"image.{pair}")]
    assert main(["check", str(work), *size, "--serve"]) == 0
    assert b"Before and after: shortest side 64" in seen[0]
    assert main(["check", str(work), "--serve"]) == 0
    assert "no page to serve: every image keeps its bytes" in capsys.readouterr().err
    assert len(seen) == 1


def test_check_with_json_prints_one_object_per_check(work: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", str(work), "--json"]) == 0
    events = lines(capsys.readouterr().out)
    checks = [event for event in events if event["event"] == "checked"]
    assert len(checks) == 9
    assert all(check["found"] and check["looked_at"] and check["status"] in ("pass", "warn") for check in checks)
    (estimated,) = [event for event in events if event["event"] == "estimated"]
    assert estimated["images"] == TRAIN + VALIDATION
    assert events[-1] == {"event": "finished", "exit_code": 0}


def test_a_check_that_fails_stops_the_run_unless_it_is_ignored(
    work: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("wizard.preflight.examine.open_file_limits", lambda: (10, 10))
    assert main(["run", str(work)]) == 4
    assert "--ignore open-files" in capsys.readouterr().err
    assert not (work.parent / "out").exists()
    assert main(["run", str(work), "--ignore", "open-files"]) == 0
    assert "open-files is ignored, although it fails: 10 open files allowed" in capsys.readouterr().err
    assert main(["run", str(work), "--ignore", "output"]) == 2
    assert main(["run", str(work), "--ignore", "discs"]) == 2
    assert "there is no such check to ignore" in capsys.readouterr().err


def test_profiles_are_listed_shown_and_deleted(work: Path, home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = home / "config" / "profiles"
    folder.mkdir(parents=True)
    shutil.copy(work, folder / "mine.toml")
    assert main(["profiles", "list"]) == 0
    out = capsys.readouterr().out
    assert "mine" in out
    assert "trial" in out
    assert main(["run", "mine", "--quiet"]) == 0
    capsys.readouterr()
    assert main(["profiles", "show", "mine"]) == 0
    assert capsys.readouterr().out == work.read_text()
    assert main(["profiles", "delete", "mine"]) == 0
    assert (folder / "mine.toml.bak").read_text() == work.read_text()
    assert main(["run", "mine"]) == 2
    assert main(["profiles", "delete", "trial"]) == 2
    assert main(["profiles", "delete", str(work.with_suffix(""))]) == 2
    assert work.exists()


def test_profiles_show_lists_the_problems_of_a_profile(work: Path, capsys: pytest.CaptureFixture[str]) -> None:
    work.write_text(work.read_text() + "[image]\nquality = 900\nfoo = 1\n")
    assert main(["profiles", "show", str(work)]) == 0
    err = capsys.readouterr().err
    assert "! image.quality = 900: allowed is 100 or less" in err
    assert "! image.foo is not a key" in err
    assert main(["profiles", "show", "nvidia-480-q85"]) == 0
    assert "!" not in capsys.readouterr().err


def test_a_refused_run_is_not_remembered_as_an_unfinished_build(work: Path) -> None:
    out = work.parent / "out"
    assert main(["run", str(work), "--quiet"]) == 0
    shards(out)[0].unlink()
    (out / "dataset.json").unlink()
    assert main(["run", str(work), "--set", "output.seed=1"]) == 2
    assert unfinished_builds.unfinished() == []


def test_the_trial_recipe_builds_two_classes(raw: Path, tmp_path: Path) -> None:
    words = ["--set", f"source.path={raw}", "--set", f"output.path={tmp_path / 'out'}", "--quiet"]
    recipe = ["run", "trial", *words, "--set", 'source.splits=["train"]']
    assert main(recipe) == 0
    synsets = {record["image/class/synset"] for record in features(tmp_path / "out").values()}
    assert len(synsets) == 2


def test_inspect_reports_readable_splits_beside_an_unreadable_one_and_is_exit_3(
    raw_copy: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (raw_copy / "ILSVRC2012_img_train.tar").write_bytes(b"")
    assert main(["inspect", str(raw_copy)]) == 3
    out, err = capsys.readouterr()
    assert f"{VALIDATION} images of 50,000" in out
    assert "ILSVRC2012_img_train.tar is empty." in err
    assert main(["inspect", str(raw_copy), "--json"]) == 3
    *_, found, last = map(json.loads, capsys.readouterr().out.splitlines())
    assert (found["event"], found["facts"]["what"]) == ("inspected", "the official archives")
    assert found["glance"]["splits"][0]["split"] == "validation"
    assert (last["event"], last["exit_code"]) == ("failed", 3)
    assert "is empty." in last["error"]


def test_inspect_with_json_has_the_overview_as_fields(raw: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["inspect", str(raw), "--json"]) == 0
    last = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert (last["event"], last["exit_code"]) == ("finished", 0)
    assert last["glance"]["first"][0]["name"] == "n01440764"
    assert last["facts"]["class order"].startswith("tench (class 1")


@pytest.mark.parametrize(
    ("works", "command", "said"),
    [
        ("wizard.inspection.inspect", "inspect", "Stopped."),
        ("wizard.commands.verify.verify_dataset", "verify", "Stopped before all was verified."),
    ],
)
def test_ctrl_c_promises_to_keep_nothing_where_there_is_nothing_to_keep(
    works: str, command: str, said: str, raw: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(works, interrupted)
    assert main([command, str(raw)]) == 130
    assert capsys.readouterr().err.endswith(f"✗ {said}\n→ Again with: imagenet-setup {command} {raw}\n")
