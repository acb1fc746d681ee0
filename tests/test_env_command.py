import json
import re
from pathlib import Path

import pytest

from wizard.cli import main


def test_env_tells_versions_machine_and_folders(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["env"]) == 0
    out = capsys.readouterr().out
    for line in ("Versions:", "Machine:", "Folders:", r"  program +imagenet-setup \d", r"  cores +\d+ usable of \d+"):
        assert re.search(f"^{line}", out, re.MULTILINE), line
    for word in ("numpy==", "simplejpeg==", "tensorflow==", str(home / "config"), "not installed"):
        assert word in out
    assert "pytest==" not in out


def test_env_with_json_has_the_same_in_one_object(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["env", "--json"]) == 0
    (event,) = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert (event["event"], event["exit_code"]) == ("finished", 0)
    assert re.match(r"\d+\.", event["versions"]["packages"]["numpy"])
    assert str(home / "cache") in event["folders"]["cache"]
    assert isinstance(event["versions"]["not_installed"], list)


def test_env_does_not_tell_addresses(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSH_CONNECTION", "192.0.2.7 50000 192.0.2.1 22")
    assert main(["env"]) == 0
    out = capsys.readouterr().out
    assert re.search(r"SSH_CONNECTION +set\n", out)
    assert "192.0.2" not in out


def test_env_in_a_folder_that_was_removed_is_not_a_bug(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()
    assert main(["env"]) == 0
    assert "gone" in capsys.readouterr().out
