"""verify OUT."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from wizard.commands.outliving import OutlivingWork
from wizard.commands.output_flags import DEFAULT, OutputFlags
from wizard.commands.parameters import AsMeant
from wizard.commands.session import session
from wizard.errors import Interrupted
from wizard.hangup import Terminal
from wizard.output import Output
from wizard.show import summary
from wizard.targets import registry
from wizard.verify.dataset import verify as verify_dataset


def verify(
    out: Annotated[Path, AsMeant, Parameter(help="The folder of a finished dataset.")],
    /,
    *,
    pixels: Annotated[bool, Parameter(help="Decode every image with TensorFlow.")] = False,
    flags: OutputFlags = DEFAULT,
) -> int:
    """Re-read the finished dataset in OUT, check that nothing is missing or damaged, and open it with TensorFlow."""
    return report(out.absolute(), flags.output(), pixels=pixels)


def report(folder: Path, output: Output, *, pixels: bool = False) -> int:
    """Verifies a dataset and prints the result, and logs both, as its terminal may be lost; returns the exit code.

    Raises:
        Interrupted: the person stopped it.
        SetupError: as `verify.dataset.verify`.
    """
    work, command = OutlivingWork(output, Terminal()), session.resume or session.command
    with work.begun("verification", folder, command):
        try:
            with work.reporter.shown():
                verified = verify_dataset(folder, work.handle, pixels=pixels)
        except KeyboardInterrupt:
            raise Interrupted("Stopped before all was verified.", f"Again with: {command}") from None
        told = summary.verified(verified)
        work.finish(told)
        output.result(told, wrap=True)
        output.event("finished", asdict(verified) | {"target": registry.to_json(verified.target), "exit_code": 0})
    return 0
