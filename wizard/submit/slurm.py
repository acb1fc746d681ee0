"""The scripts of a build on Slurm, as text: an array with a slice in each task, and a job that verifies the result.

What they rely on, as seen with Slurm 22.05:

- Slurm sends SIGCONT and SIGTERM to every process of a task that it cancels, pre-empts, requeues or stops at its limit,
  and SIGKILL after KillWait (30 seconds, mostly). It does not tell a batch script that a GraceTime has begun.
- The signal of --signal=B:USR1@SECONDS goes to the shell of the script alone, up to a minute earlier than asked.
- bash ends `wait` at a signal that it traps, and then knows nothing of the child's end.
- A requeued task keeps its number in the array, and starts two minutes later at the earliest. The number of an array
  as a whole, which is also that of one of its tasks, requeues all of them.
- A job that depends on an array by afterany waits for its requeued tasks as well. One that depends on it by afterok
  stays in the queue for ever where a task failed.
"""

import shlex
from dataclasses import dataclass
from pathlib import Path

import wizard
from wizard.errors import Hint, UsageError
from wizard.submit.environment import Environment

BUILD, VERIFY, LOGS = "build.sh", "verify.sh", "logs"
"""Names in the scripts' folder."""


@dataclass(frozen=True, kw_only=True)
class SlurmBuild:
    """Everything that the scripts say.

    Attributes:
        output: the dataset's folder.
        state: the folder in it that holds commit records and the like.
        folder: where the scripts and the logs are.
        profile: the file that the tasks read when they start, which may be long after they were submitted.
        tasks: number of tasks and slices.
        at_once: how many of them may run at the same time; None for no limit.
        cpus: of each task.
        memory: of each task, as Slurm writes it.
        time: limit of each task, as Slurm writes it.
        notice: seconds before that limit when a task is told of it.
        verify_time: limit of the job that verifies.
        verify_memory: of that job.
        partition: or more of them, with commas between; the cluster's default if empty.
        account: the person's default if empty.
        extra: further options of sbatch.
        ignored: checks that may fail.
    """

    output: Path
    state: Path
    folder: Path
    profile: Path
    environment: Environment
    tasks: int
    at_once: int | None
    cpus: int
    memory: str
    time: str
    notice: int
    verify_time: str
    verify_memory: str
    partition: str = ""
    account: str = ""
    extra: tuple[str, ...] = ()
    ignored: tuple[str, ...] = ()


def require_path(folder: Path) -> None:
    """Checks that a script can name a folder.

    Raises:
        UsageError: it cannot.
    """
    text = str(folder)
    # Slurm takes a backslash in a log's path to mean that %A and %a in it are no numbers.
    if "\\" in text or not text.isprintable():
        raise UsageError(
            f"{text!r}: Slurm cannot write logs below a folder whose name has a backslash or a control character.",
            Hint("Choose another folder: {}", "output.path=FOLDER"),
        )


def build_script(build: SlurmBuild) -> str:
    """The script of the array."""
    throttle = "" if build.at_once is None else f"%{build.at_once}"
    script = shlex.quote(str(build.folder / BUILD))
    run = [
        f"{build.environment.program} run {shlex.quote(str(build.profile))}",
        f'--slice "$SLURM_ARRAY_TASK_ID/{build.tasks}"',
        '--set run.workers="$SLURM_CPUS_PER_TASK"',
        *(f"--ignore {name}" for name in build.ignored),
        "--plain",
    ]
    options = [
        "--job-name=imagenet-setup",
        f"--array=1-{build.tasks}{throttle}",
        *_resources(build, build.memory, build.time),
        "--requeue",
        f"--signal=B:USR1@{build.notice}",
        *_log(build, "build-%A_%a.log"),
        *map(_as_line, build.extra),
    ]
    return f"""\
#!/bin/bash
# Builds {build.output.name!a} as an array of {build.tasks}: each task builds one slice of the shards.
# Written by imagenet-setup {wizard.__version__}. A task that failed may be submitted again:
#   sbatch --array=3 {script}
{_lines(options)}

{_head(build.environment)}
# TERM comes from Slurm, to every process of a task that is cancelled, pre-empted or out of time: imagenet-setup then
# finishes the shards under way, and this shell waits for it. A pre-empted task is requeued by Slurm.
trap : TERM
# USR1 comes to this shell alone, ahead of the time limit (--signal): imagenet-setup stops as above, and the task
# requeues itself.
trap 'limit=near; kill -TERM $build' USR1

limit=
state={shlex.quote(str(build.state))}
begun={shlex.quote(str(build.folder))}/begun-$SLURM_ARRAY_TASK_ID
touch -a "$begun" && mv "$begun" "$begun-before" # its time is when this task began before, or now
touch "$begun"

{_continued(run)} &
build=$!
while kill -0 $build 2>/dev/null; do wait $build; done # a signal ends wait before the build has ended
wait $build
code=$?

if [ $code = 5 ]; then
    echo "The build is finished, without some images; the verification's log tells how many."
    code=0
elif [ "$limit" ] && {{ [ $code = 130 ] || [ $code = 143 ]; }}; then # stopped, or ended by TERM while it was starting
    # Not for ever: only if a shard, or a part of some, was finished since this task began, or began before.
    recent=$(find "$state/shards" "$state/spills" -name '*.json' -newer "$begun-before" -print -quit 2>/dev/null)
    if [ "$recent" ]; then
        scontrol requeue "${{SLURM_ARRAY_JOB_ID}}_$SLURM_ARRAY_TASK_ID" &&
            echo "The time limit is near; the task is requeued, and continues where it stopped."
    else
        echo "The time limit is near and no shard was finished: not requeued. Ask for more --time or fewer --array."
    fi
fi
# 2, 3 and 4 (profile, raw data, machine) would come again, so nothing is requeued for them.
[ $code = 0 ] && rm -f "$begun" "$begun-before"
exit $code
"""


def verify_script(build: SlurmBuild) -> str:
    """The script of the job that verifies the result."""
    options = [
        "--job-name=imagenet-setup-verify",
        *_resources(build, build.verify_memory, build.verify_time),
        *_log(build, "verify-%j.log"),
        *map(_as_line, build.extra),
    ]
    return f"""\
#!/bin/bash
# Verifies {build.output.name!a} after the array that builds it; says what is missing where a task failed.
# Written by imagenet-setup {wizard.__version__}.
{_lines(options)}

{_head(build.environment)}
{build.environment.program} verify {shlex.quote(str(build.output))} --plain
"""


def commands(build: SlurmBuild) -> tuple[str, str]:
    """The commands that submit the scripts, one after the other, in one shell."""
    first, second = (shlex.quote(str(build.folder / name)) for name in (BUILD, VERIFY))
    # With several clusters, what sbatch prints is ID;CLUSTER.
    return f"job=$(sbatch --parsable {first})", f'sbatch --dependency="afterany:${{job%%;*}}" {second}'


def _resources(build: SlurmBuild, memory: str, time: str) -> list[str]:
    return [
        "--nodes=1",
        "--ntasks=1",
        f"--cpus-per-task={build.cpus}",
        f"--mem={memory}",
        f"--time={time}",
        *([f"--partition={build.partition}"] if build.partition else []),
        *([f"--account={build.account}"] if build.account else []),
    ]


def _log(build: SlurmBuild, name: str) -> list[str]:
    folder = str(build.folder / LOGS).replace("%", "%%")
    return [f"--output={_quoted(f'{folder}/{name}')}", "--open-mode=append"]


def _as_line(option: str) -> str:
    name, equals, value = option.partition("=")
    return f"{name}={_quoted(value)}" if equals else name


def _quoted(value: str) -> str:
    """A value in a line of #SBATCH, which Slurm reads nearly as a shell does, without expanding anything.

    >>> _quoted("/data/x.log"), _quoted("/my data/x.log")
    ('/data/x.log', '"/my data/x.log"')
    """
    if value and shlex.quote(value) == value:
        return value
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _lines(options: list[str]) -> str:
    return "\n".join(f"#SBATCH {option}" for option in options)


def _head(environment: Environment) -> str:
    return "".join(f"{line}\n" for line in environment.lines)


def _continued(words: list[str]) -> str:
    return " \\\n    ".join(words)
