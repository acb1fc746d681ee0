"""How a command ended, from the exception that it ended with, for those who watch from elsewhere."""

from dataclasses import dataclass

from wizard.errors import InternalError, Interrupted, MachineError, SetupError
from wizard.run_status import State


@dataclass(frozen=True)
class Ending:
    """A run's last state, its exit code, and the sentences that say why."""

    state: State
    exit_code: int
    why: str
    hint: str = ""


def ending(error: BaseException) -> Ending:
    """How a command ends because of an exception, as the command line has it."""
    match error:
        case Interrupted():
            return Ending("stopped", error.exit_code, error.what, error.hint)
        case KeyboardInterrupt() | GeneratorExit():
            return Ending("stopped", Interrupted.exit_code, "")
        case SetupError():
            return Ending("failed", error.exit_code, error.what, error.hint)
        case OSError():
            return Ending("failed", MachineError.exit_code, f"{type(error).__name__}: {error}")
        case _:
            return Ending("failed", InternalError.exit_code, f"{type(error).__name__}: {error}")
