"""Whether a folder is being built now, and so what to do with it next: the one place that decides both."""

from pathlib import Path

from wizard import local_runs, run_files
from wizard.folders import in_command
from wizard.profile_files import command_that_resumes


def is_being_built(folder: Path) -> bool:
    """Whether another process builds there, on this machine or one that says so in the folder.

    A run elsewhere that was killed counts for half a minute.
    """
    if local_runs.others_alive(folder, "build"):
        return True
    ended = {(run.host, run.pid) for run in local_runs.read_all() if run.is_here and not run.is_alive}
    runs = (seen.run for seen in run_files.read_all(folder) if seen.alive)
    return any((run.host, run.pid) not in ended for run in runs)


def command_that_watches(folder: Path) -> str:
    """The command that shows the build which runs in a folder."""
    where = in_command(folder.absolute())
    is_here = local_runs.others_alive(folder, "build")
    return f"imagenet-setup attach {where}" if is_here else f"imagenet-setup status {where} --watch"


def next_step(folder: Path, does: str) -> str:
    """What to do next with a folder of which something is missing, as a sentence without a full stop.

    `does` says what the command that goes on with the build would do. While another run builds there, it is refused.
    """
    if is_being_built(folder):
        return f"It is being built now: {command_that_watches(folder)} shows it"
    return f"{command_that_resumes(folder)} {does}"
