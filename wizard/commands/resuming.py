"""The command that continues a build which has begun."""

import shlex
from collections.abc import Sequence
from pathlib import Path

from wizard.output import Mode
from wizard.slices import Slice


def command_to_resume(folder: Path, part: Slice, ignored: Sequence[str], mode: Mode, *, md5: bool = False) -> str:
    """`imagenet-setup run OUT`, where OUT keeps the profile, with what it does not keep of the run that built in it.

    That is neither --repair, which is done before anything is built, nor --quiet: whoever resumes wants to see it.

    Args:
        folder: OUT.
        part: which slice the run built.
        ignored: the checks that it was told to ignore.
        mode: how it printed.
        md5: whether it was told to verify the archives' official sums.
    """
    words = ["imagenet-setup", "run", str(folder)]
    # With =, which keeps an option and its value on one line of a narrow terminal.
    if not part.is_whole:
        words.append(f"--slice={part}")
    words += [f"--ignore={name}" for name in ignored]
    if md5:
        words.append("--md5")
    if mode in ("json", "plain"):
        words.append(f"--{mode}")
    return shlex.join(words)
