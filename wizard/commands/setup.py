"""setup: the guided way to a profile and a build, which imagenet-setup without a command starts."""

from typing import Annotated

from cyclopts import Parameter

from wizard.commands.conversation import converse
from wizard.commands.output_flags import DEFAULT, OutputFlags
from wizard.profile_keys import set_help


def setup(
    *,
    set_: Annotated[tuple[str, ...], Parameter(name="--set", help=set_help())] = (),
    flags: OutputFlags = DEFAULT,
) -> int:
    """Ask a few questions, check this machine, and build."""
    return converse(flags.output(), set_)
