"""What a person or a program is shown of scripts, and of jobs."""

import shlex
from typing import Any

from wizard.output import Output
from wizard.submit.prepare import Prepared
from wizard.submit.sbatch import Submitted
from wizard.submit.slurm import LOGS, commands


def show_scripts(output: Output, prepared: Prepared) -> None:
    """Shows what was decided, and the scripts."""
    for line in prepared.why:
        output.say(f"· {line}")
    for path, text in prepared.scripts:
        output.say(f"\n· {path}:\n")
        output.result(text)
        output.event("script", {"path": str(path), "text": text})


def show_commands(output: Output, prepared: Prepared) -> None:
    """Shows the commands that submit the scripts."""
    output.say("· Nothing is submitted yet. These commands do that, in one shell:\n")
    output.result("\n".join(commands(prepared.build)))


def show_submitted(output: Output, prepared: Prepared, jobs: Submitted) -> None:
    """Shows the jobs, and what to look at next."""
    logs, array, verify = prepared.build.folder / LOGS, jobs.array, jobs.verify
    status = f"imagenet-setup status {shlex.quote(str(prepared.build.output))} --watch"
    output.result(f"Submitted: array {array} of {prepared.build.tasks}, then its verification {verify}.", wrap=True)
    output.say(
        f"· queue: squeue --job {array},{verify}\n· progress: {status}\n"
        f"· logs: {logs}/build-{array}_*.log and verify-{verify}.log\n"
        f"· stop: scancel {array} {verify}; the same command continues later"
    )


def as_fields(prepared: Prepared, jobs: Submitted | None = None) -> dict[str, Any]:
    """The same, for a program."""
    fields = {
        "kind": "scripts" if jobs is None else "submitted",
        "commands": commands(prepared.build),
        "logs": str(prepared.build.folder / LOGS),
    }
    return fields if jobs is None else fields | {"array": jobs.array, "verify": jobs.verify}
