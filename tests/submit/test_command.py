import json
from pathlib import Path
from typing import Any

import pytest

from tests.helpers import toml
from tests.submit.conftest import Cluster
from wizard.cli import main


@pytest.fixture
def work(raw: Path, tmp_path: Path) -> Path:
    return toml(raw, tmp_path / "out", tmp_path / "p.toml")


def events(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


def test_scripts_are_written_and_shown_but_not_submitted(
    work: Path, cluster: Cluster, capsys: pytest.CaptureFixture[str]
) -> None:
    cluster.has("sbatch")
    assert main(["submit", str(work), "--slurm", "--array", "3", "--cpus", "2"]) == 0
    out, err = capsys.readouterr()
    folder = work.parent / "out" / ".imagenet-setup" / "slurm"
    for name in ("build.sh", "verify.sh"):
        assert (folder / name).read_text() in out
    assert out.endswith(f'\nsbatch --dependency="afterany:${{job%%;*}}" {folder}/verify.sh\n')
    assert "Nothing is submitted yet" in err
    assert cluster.calls == []


def test_submit_hands_the_scripts_over_and_says_what_to_look_at(
    work: Path, cluster: Cluster, capsys: pytest.CaptureFixture[str]
) -> None:
    cluster.has("sbatch", "print(40 + len(sys.argv))")
    assert main(["submit", str(work), "--slurm", "--submit", "--array", "3"]) == 0
    out, err = capsys.readouterr()
    assert [call[0] for call in cluster.calls] == ["sbatch", "sbatch"]
    assert out.endswith("Submitted: array 43 of 3, then its verification 44.\n")
    for said in ("squeue --job 43,44", f"imagenet-setup status {work.parent}/out", "build-43_*.log", "scancel 43 44"):
        assert said in err


def test_a_program_reads_the_scripts_and_the_jobs(
    work: Path, cluster: Cluster, capsys: pytest.CaptureFixture[str]
) -> None:
    cluster.has("sbatch", "print(40 + len(sys.argv))")
    assert main(["submit", str(work), "--slurm", "--submit", "--array", "3", "--json"]) == 0
    said = events(capsys.readouterr().out)
    assert [Path(each["path"]).name for each in said if each["event"] == "script"] == ["build.sh", "verify.sh"]
    assert {key: said[-1][key] for key in ("event", "kind", "array", "verify", "exit_code")} == {
        "event": "finished",
        "kind": "submitted",
        "array": "43",
        "verify": "44",
        "exit_code": 0,
    }


def test_a_scheduler_has_to_be_named(work: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["submit", str(work)]) == 2
    assert "--slurm" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--array", "0"], "give the number of tasks"),
        (["--cpus", "0"], "--cpus 0"),
        (["--time", "0"], "not a time limit"),
        (["--mem", "much"], "not an amount of memory"),
        (["--account", "a\nb"], "--account"),
        (["--sbatch=--array=3"], "has --array for that"),
        (["--ignore", "nothing"], "there is no such check"),
        (["--set", "image.size=-1"], "image.size"),
        (["--set", "output.path=/tmp/back\\\\slash"], "cannot write logs"),
    ],
)
def test_what_cannot_be_is_refused_before_anything_is_written(
    work: Path, words: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["submit", str(work), "--slurm", *words]) == 2
    assert said in capsys.readouterr().err
    assert not (work.parent / "out").exists()


def test_raw_data_that_is_missing_is_the_error_of_run(
    work: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "empty").mkdir()
    assert main(["submit", str(work), "--slurm", f"--set=source.path={tmp_path / 'empty'}"]) == 3
    assert "raw-data" in capsys.readouterr().err


def test_several_other_options_reach_both_scripts(work: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["submit", str(work), "--slurm", "--sbatch=--qos=long", "--sbatch=--constraint=avx2"]) == 0
    out = capsys.readouterr().out
    assert out.count("#SBATCH --qos=long\n#SBATCH --constraint=avx2\n") == 2


def test_a_folder_with_scripts_alone_can_be_built_in(work: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["submit", str(work), "--slurm"]) == 0
    assert main(["run", str(work)]) == 0
    assert main(["submit", str(work), "--slurm"]) == 0
    assert "7 of 7 shards" in capsys.readouterr().err
