"""How to open a dataset, as text: the program, what it needs, and what else opens it."""

import shlex

from wizard.engine.loading import Loading
from wizard.wrapping import wrapped


def how_to_load(loading: Loading, width: int) -> list[str]:
    """The program below what it is for and what it needs; not indented, so that it can be pasted.

    Comments are in lines of `width` columns, but a command is never broken.
    """
    trainer, folder = loading.trainer, shlex.quote(loading.folder)
    lines = [
        f"Load it    {trainer.title}",
        f"           pip install {trainer.install}",
        "",
        *loading.program.splitlines(),
        "",
    ]
    if loading.file:
        lines += ["# The same program is in", f"# {loading.file}"]
    else:
        lines += _comment("output.load_py = true in a profile also writes it beside the dataset.", width)
    if loading.others:
        lines += [
            *_comment(f"Also opened by {', '.join(loading.others)}. The program for one of them:", width),
            f"# imagenet-setup inspect {folder} --trainer NAME",
        ]
    return lines


def where_the_program_is(loading: Loading, width: int) -> list[str]:
    """What opens the dataset, and where its program is, for a window that has no room for it."""
    where = (
        f"is in {loading.file}"
        if loading.file
        else f"is shown by: imagenet-setup inspect {shlex.quote(loading.folder)}"
    )
    return wrapped(f"Load it    {loading.trainer.title}; the program {where}", width)


def _comment(text: str, width: int) -> list[str]:
    return [f"# {line}" for line in wrapped(text, width - 2, indent=0)]
