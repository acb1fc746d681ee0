"""Scripts → jobs: the only module that calls Slurm."""

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from wizard.errors import MachineError
from wizard.submit import slurm
from wizard.submit.prepare import Prepared

_PATIENCE = 120.0
"""Seconds that sbatch may take; a busy controller lets it try again for a while."""


@dataclass(frozen=True, kw_only=True)
class Submitted:
    """The numbers of the jobs, as squeue and scancel take them: of the array, and of its verification."""

    array: str
    verify: str


def sbatch_is_here() -> bool:
    """Whether jobs can be submitted from this machine."""
    return shutil.which("sbatch") is not None


def submit(prepared: Prepared) -> Submitted:
    """Submits the array, and the job that verifies after it.

    Raises:
        MachineError: there is no sbatch here, or Slurm refuses a job; it says which one it has taken.
    """
    if not sbatch_is_here():
        raise MachineError(
            "There is no sbatch on the PATH of this machine, so nothing was submitted.",
            "Repeat this on a login node of the cluster, or without --submit",
        )
    (build, _), (verify, _) = prepared.scripts
    array = _sbatch(build)
    try:
        return Submitted(array=array, verify=_sbatch(verify, f"--dependency=afterany:{array}"))
    except MachineError as error:
        second = slurm.commands(prepared.build)[1].replace("${job%%;*}", array)
        raise MachineError(
            f"The array is submitted as job {array}, but not its verification: {error.what}",
            f"Submit that with: {second}",
        ) from error


def _sbatch(script: Path, *options: str) -> str:
    words = ["sbatch", "--parsable", *options, str(script)]
    try:
        ran = subprocess.run(
            words,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_PATIENCE,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise MachineError(
            f"sbatch did not answer within {_PATIENCE:.0f} seconds; the job may be in the queue all the same.",
            "Look with: squeue --me",
        ) from error
    if ran.returncode:
        lines = [line.removeprefix("sbatch: error: ").strip() for line in ran.stderr.splitlines()]
        said = "; ".join(filter(None, lines)) or f"exit code {ran.returncode}"
        raise MachineError(f"Slurm refuses {script}: {said.rstrip('.')}.", "Change what it refuses, and repeat")
    # ID, or ID;CLUSTER. Warnings of the site's own filters come before it.
    last = ran.stdout.strip().rpartition("\n")[2].partition(";")[0]
    if not last:
        raise MachineError(
            f"sbatch took {script}, but did not print the job's number.", "Look for the job with: squeue --me"
        )
    return last
