import os
import signal
import subprocess
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from tests.submit.conftest import Cluster
from wizard.errors import UsageError
from wizard.submit.slurm import BUILD, SlurmBuild, build_script, commands, require_path, verify_script

WORKING = """
import signal, time
done = os.environ["DONE"]
def stop(number, frame):
    with open(os.environ["CALLS"], "a") as calls:
        print(json.dumps(["got", signal.Signals(number).name]), file=calls)
    if os.environ.get("RECORD"):
        open(os.environ["RECORD"], "w").close()
    time.sleep(0.3)  # the shard under way
    sys.exit(int(done))
signal.signal(signal.SIGTERM, stop)
print("working", flush=True)
for _ in range(1200):  # a signal that comes just before a sleep would wait for its end
    time.sleep(0.05)
"""
"""Of a build that ends at its first SIGTERM, with the exit code that $DONE gives."""


def ran(build: SlurmBuild, cluster: Cluster, script: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        ["bash"],
        input=script,
        env=cluster.environ(SLURM_ARRAY_JOB_ID="12", SLURM_ARRAY_TASK_ID="3", SLURM_CPUS_PER_TASK=str(build.cpus)),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def signalled(
    build: SlurmBuild,
    cluster: Cluster,
    send: Callable[["subprocess.Popen[str]"], None],
    *,
    done: int = 130,
    record: Path | None = None,
) -> tuple[int, str]:
    """Exit code and output of the array's script, to which signals are sent while its build is working."""
    cluster.has("imagenet-setup", WORKING)
    cluster.has("scontrol")
    path = build.folder / BUILD
    path.write_text(build_script(build))
    with subprocess.Popen(
        ["bash", str(path)],
        env=cluster.environ(
            SLURM_ARRAY_JOB_ID="12",
            SLURM_ARRAY_TASK_ID="3",
            SLURM_CPUS_PER_TASK="2",
            DONE=str(done),
            RECORD=str(record or ""),
        ),
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as shell:
        assert shell.stdout is not None
        assert shell.stdout.readline() == "working\n"
        send(shell)
        said = shell.stdout.read()
        return shell.wait(30), said


def requeued(cluster: Cluster) -> list[list[str]]:
    return [call for call in cluster.calls if call[0] == "scontrol"]


def test_a_task_runs_its_slice_with_as_many_workers_as_cpus(slurm_build: SlurmBuild, cluster: Cluster) -> None:
    cluster.has("imagenet-setup")
    assert ran(slurm_build, cluster, build_script(slurm_build)).returncode == 0
    profile = str(slurm_build.profile)
    words = ["run", profile, "--slice", "3/4", "--set", "run.workers=2", "--plain"]
    assert cluster.calls == [["imagenet-setup", *words]]
    assert list(slurm_build.folder.glob("begun*")) == []


def test_ignored_checks_are_passed_on(slurm_build: SlurmBuild, cluster: Cluster) -> None:
    cluster.has("imagenet-setup")
    ran(slurm_build, cluster, build_script(replace(slurm_build, ignored=("disk", "files"))))
    assert cluster.calls[0][-5:] == ["--ignore", "disk", "--ignore", "files", "--plain"]


@pytest.mark.parametrize(("code", "seen"), [(0, 0), (1, 1), (2, 2), (3, 3), (4, 4), (5, 0), (127, 127), (130, 130)])
def test_a_task_ends_as_its_build_does_and_is_not_requeued_for_it(
    slurm_build: SlurmBuild, cluster: Cluster, code: int, seen: int
) -> None:
    cluster.has("imagenet-setup", f"sys.exit({code})")
    cluster.has("scontrol")
    assert ran(slurm_build, cluster, build_script(slurm_build)).returncode == seen
    assert requeued(cluster) == []


def test_sigterm_to_all_processes_lets_the_build_finish_its_shards(slurm_build: SlurmBuild, cluster: Cluster) -> None:
    code, _ = signalled(slurm_build, cluster, lambda shell: os.killpg(shell.pid, signal.SIGTERM))
    assert code == 130
    assert [call for call in cluster.calls if call[0] == "got"] == [["got", "SIGTERM"]]
    assert requeued(cluster) == []


def test_a_task_near_its_limit_stops_its_build_and_requeues_itself(slurm_build: SlurmBuild, cluster: Cluster) -> None:
    record = slurm_build.state / "shards" / "train-00000-of-00004.json"
    code, said = signalled(slurm_build, cluster, lambda shell: shell.send_signal(signal.SIGUSR1), record=record)
    assert code == 130
    assert [call for call in cluster.calls if call[0] == "got"] == [["got", "SIGTERM"]]
    assert requeued(cluster) == [["scontrol", "requeue", "12_3"]]
    assert "the task is requeued" in said


def test_a_shell_that_several_signals_reach_waits_for_its_build(slurm_build: SlurmBuild, cluster: Cluster) -> None:
    def send(shell: "subprocess.Popen[str]") -> None:
        for number in (signal.SIGUSR1, signal.SIGTERM, signal.SIGTERM):
            shell.send_signal(number)
            time.sleep(0.08)

    record = slurm_build.state / "shards" / "train-00000-of-00004.json"
    code, _ = signalled(slurm_build, cluster, send, record=record)
    assert code == 130
    assert [call for call in cluster.calls if call[0] == "got"] == [["got", "SIGTERM"]]
    assert len(requeued(cluster)) == 1


def test_a_part_of_a_shard_is_progress_too(slurm_build: SlurmBuild, cluster: Cluster) -> None:
    record = slurm_build.state / "spills" / "train" / "stretch-1.json"
    record.parent.mkdir(parents=True)
    signalled(slurm_build, cluster, lambda shell: shell.send_signal(signal.SIGUSR1), record=record)
    assert requeued(cluster) == [["scontrol", "requeue", "12_3"]]


def test_a_task_that_was_still_starting_near_its_limit_is_requeued_once(
    slurm_build: SlurmBuild, cluster: Cluster
) -> None:
    record = slurm_build.state / "shards" / "train-00000-of-00004.json"
    signalled(slurm_build, cluster, lambda shell: shell.send_signal(signal.SIGUSR1), record=record)
    assert len(requeued(cluster)) == 1
    for times in (2, 2):
        code, _ = signalled(slurm_build, cluster, lambda shell: shell.send_signal(signal.SIGUSR1), done=143)
        assert code == 143
        assert len(requeued(cluster)) == times


def test_a_task_that_finishes_nothing_before_its_limit_is_not_requeued(
    slurm_build: SlurmBuild, cluster: Cluster
) -> None:
    before = slurm_build.state / "shards" / "train-00001-of-00004.json"
    before.touch()
    os.utime(before, (time.time() - 60, time.time() - 60))
    code, said = signalled(slurm_build, cluster, lambda shell: shell.send_signal(signal.SIGUSR1))
    assert code == 130
    assert requeued(cluster) == []
    assert "not requeued. Ask for more --time" in said


@pytest.mark.parametrize("done", [0, 2, 3, 4])
def test_a_task_that_ends_otherwise_near_its_limit_is_not_requeued(
    slurm_build: SlurmBuild, cluster: Cluster, done: int
) -> None:
    record = slurm_build.state / "shards" / "train-00000-of-00004.json"
    code, _ = signalled(slurm_build, cluster, lambda shell: shell.send_signal(signal.SIGUSR1), done=done, record=record)
    assert code == done
    assert requeued(cluster) == []


def test_the_verification_reads_the_dataset(slurm_build: SlurmBuild, cluster: Cluster) -> None:
    cluster.has("imagenet-setup", "sys.exit(6)")
    assert ran(slurm_build, cluster, verify_script(slurm_build)).returncode == 6
    assert cluster.calls == [["imagenet-setup", "verify", str(slurm_build.output), "--plain"]]


@pytest.mark.parametrize("script", [build_script, verify_script])
def test_every_option_of_slurm_comes_before_the_first_command(
    slurm_build: SlurmBuild, script: Callable[[SlurmBuild], str]
) -> None:
    # Slurm reads them no further than that.
    text = script(replace(slurm_build, partition="gpu,long", account="research", extra=("--qos=a b", "--exclusive")))
    lines = text.splitlines()
    first = next(number for number, line in enumerate(lines) if line and not line.startswith("#"))
    options = [line.removeprefix("#SBATCH ") for line in lines if line.startswith("#SBATCH")]
    assert [line for line in lines[first:] if line.startswith("#SBATCH")] == []
    for option in ("--partition=gpu,long", "--account=research", '--qos="a b"', "--exclusive", "--cpus-per-task=2"):
        assert option in options


def test_the_path_of_the_logs_is_quoted_as_slurm_reads_it(slurm_build: SlurmBuild) -> None:
    folder = str(slurm_build.folder).replace("%", "%%").replace('"', '\\"')
    assert f'#SBATCH --output="{folder}/logs/build-%A_%a.log"\n' in build_script(slurm_build)


def test_tasks_that_may_run_at_once_are_limited(slurm_build: SlurmBuild) -> None:
    assert "#SBATCH --array=1-4\n" in build_script(slurm_build)
    assert "#SBATCH --array=1-4%2\n" in build_script(replace(slurm_build, at_once=2))


@pytest.mark.parametrize("name", ["back\\slash", "line\nbreak"])
def test_a_folder_that_slurm_cannot_write_logs_to_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(UsageError, match="cannot write logs"):
        require_path(tmp_path / name)


@pytest.mark.parametrize("printed", ["42", "42;east"])
def test_the_commands_make_the_verification_wait_for_the_array(
    slurm_build: SlurmBuild, cluster: Cluster, printed: str
) -> None:
    cluster.has("sbatch", f"print({printed!r})")
    subprocess.run(["bash", "-c", "\n".join(commands(slurm_build))], env=cluster.environ(), check=True, timeout=60)
    folder = slurm_build.folder
    assert cluster.calls == [
        ["sbatch", "--parsable", f"{folder}/build.sh"],
        ["sbatch", "--dependency=afterany:42", f"{folder}/verify.sh"],
    ]
