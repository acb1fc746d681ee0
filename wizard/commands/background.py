"""A build that is started in the background: it has no terminal, and the shell is free once it has begun."""

import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryFile

from wizard import local_runs
from wizard.commands.watching import how_to_stop, tell, watch
from wizard.errors import Interrupted, MachineError, UsageError, writing
from wizard.folders import as_typed, in_command
from wizard.interrupts import sigterm_as_ctrl_c
from wizard.local_runs import LocalRun
from wizard.output import Output
from wizard.run_status import ENDED

_LOOK = 0.1
"""Seconds between two looks whether the process has announced itself."""


def start_in_background(words: Sequence[str], output: Output) -> int:
    """Runs a command that builds in a session of its own, and waits until its checks have passed and it builds.

    Args:
        words: the command line, without the program's name and without flags of output.
        output: shows the preparations, and then where to look.

    Returns:
        0 once it builds; the build's exit code if it has ended by then.

    Raises:
        Interrupted: Ctrl-C or SIGTERM, which end that process too.
        MachineError: it did not start, or the state folder cannot be written, so that nobody could watch it.
    """
    if sys.platform == "win32":
        raise UsageError("Windows cannot start a build in the background.", "Start it in a window of its own")
    with writing(local_runs.folder()):
        local_runs.require_writable()
    now = time.time()
    with TemporaryFile() as said:
        child = subprocess.Popen(
            [*_program(), *words, "--quiet"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=said,
            start_new_session=True,
        )
        try:
            with sigterm_as_ctrl_c():
                run = _announced(child, now)
                if run is not None:
                    run = watch(run, output, lambda seen: seen.state != "preparing", may_leave=False)
        except KeyboardInterrupt:
            child.terminate()  # as Ctrl-C would; SIGINT may be ignored where a shell has started this process with &
            child.wait()
            raise Interrupted("Stopped before the build began.") from None
        if run is None and child.returncode == 0:
            output.event("ended", {"pid": child.pid, "exit_code": 0})
            output.result(
                f"The build has ended with exit code 0, but left no report in {as_typed(local_runs.folder())}. "
                "imagenet-setup status OUT shows what is there.",
                wrap=True,
            )
            return 0
        if run is None:
            said.seek(0)
            raise MachineError(f"The build did not start:\n{said.read().decode(errors='replace').strip()}")
    if run.state in ENDED or not run.is_alive:
        child.wait()
        return tell(run, output)
    child.returncode = 0  # it outlives this process, which is no mistake to be warned of
    output.event("background", {"pid": run.pid, "log": str(run.log), "output": run.output, "exit_code": 0})
    output.result(
        f"Building in the background, as process {run.pid}.\n"
        f"  Watch it  imagenet-setup attach {in_command(Path(run.output))}\n"
        f"  Stop it   {how_to_stop(run)}\n"
        f"  Log       {as_typed(run.log)}",
        wrap=True,
    )
    return 0


def _announced(child: subprocess.Popen[bytes], since: float) -> LocalRun | None:
    """The process's run, once it says that it is one; None if it ends before."""
    while True:
        ended = child.poll() is not None
        run = local_runs.of_process(child.pid, since)
        if ended or run is not None:
            return run
        time.sleep(_LOOK)


def _program() -> list[str]:
    """What runs this program as it was run itself: by its script, or as a module."""
    script = Path(sys.argv[0])
    return [sys.executable, *([str(script)] if script.name == "imagenet-setup" else ["-m", "wizard"])]
