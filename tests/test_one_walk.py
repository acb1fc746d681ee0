"""How often a run reads its source and its output folder, counted by an audit hook in its own process."""

import json
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from PIL import Image

from tests.helpers import encoded, noise

FOLDERS = ("train/n01440764", "train/n01443537", "val/n01440764", "val/n01443537")
_COUNTING = """
import json, sys
from collections import Counter
from wizard.cli import main

events = Counter()

def count(event, arguments):
    if event in ("os.scandir", "open") and isinstance(arguments[0], str):
        events[f"{event} {arguments[0]}"] += 1

sys.addaudithook(count)
code = main(sys.argv[2:])
with open(sys.argv[1], "w") as file:
    json.dump(events, file)
raise SystemExit(code)
"""


def events_of(tmp_path: Path, *command: str) -> Counter[str]:
    """How often a command scans each folder and opens each file."""
    counted = tmp_path / "events.json"
    done = subprocess.run(
        [sys.executable, "-c", _COUNTING, str(counted), *command], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return Counter(json.loads(counted.read_text()))


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """An extracted tree of two classes, and a profile beside it."""
    data = encoded(Image.fromarray(noise(40, 60)))
    for folder in FOLDERS:
        (tmp_path / "raw" / folder).mkdir(parents=True)
        for number in range(3):
            (tmp_path / "raw" / folder / f"{folder[-9:]}_{number}.JPEG").write_bytes(data)
    (tmp_path / "profile.toml").write_text(
        f"[source]\npath = '{tmp_path / 'raw'}'\nboxes = 'none'\n[output]\npath = '{tmp_path / 'out'}'\n"
        "train_shards = 2\nvalidation_shards = 1\n[run]\nworkers = 1\n"
    )
    return tmp_path / "raw"


def test_a_run_scans_each_class_folder_of_a_tree_once(tmp_path: Path, tree: Path) -> None:
    events = events_of(tmp_path, "run", str(tmp_path / "profile.toml"), "--quiet")
    folders = [f"os.scandir {tree}/{folder}" for folder in FOLDERS]
    assert {folder: events[folder] for folder in folders} == dict.fromkeys(folders, 1)


def test_a_check_reads_the_plan_of_the_output_folder_once(tmp_path: Path, tree: Path) -> None:
    assert tree.is_dir()
    profile = str(tmp_path / "profile.toml")
    events_of(tmp_path, "run", profile, "--quiet")
    events = events_of(tmp_path, "check", profile, "--quiet")
    assert events[f"open {tmp_path}/out/.imagenet-setup/plan.json"] == 1
