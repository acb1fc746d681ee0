"""How to open a dataset, as text: the program, and what it needs."""

import textwrap

from wizard.engine.loading import Loading


def how_to_load(loading: Loading) -> list[str]:
    """The program, indented, below a line on what it is for; then what else opens the dataset."""
    trainer = loading.trainer
    lines = [
        f"Load it    {trainer.title}   (pip install {trainer.install})",
        "",
        *textwrap.indent(loading.program, "    ").splitlines(),
    ]
    if loading.others:
        lines += ["", f"           docs/load.md has programs for others: {', '.join(loading.others)}"]
    return lines
