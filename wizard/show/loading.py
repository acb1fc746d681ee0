"""How to open a dataset, as text: the program, what it needs, and what else opens it."""

import shlex

from wizard.engine.loading import Loading


def how_to_load(loading: Loading) -> list[str]:
    """The program below a line on what it is for; not indented, so that it can be pasted."""
    trainer, folder = loading.trainer, shlex.quote(loading.folder)
    lines = [
        f"Load it    {trainer.title}   (pip install {trainer.install})",
        "",
        *loading.program.splitlines(),
        "",
        "# --set output.load_py=true writes this program into the dataset's folder, as load.py",
    ]
    if loading.others:
        lines += [
            f"# imagenet-setup inspect {folder} --trainer NAME shows it for others that open this dataset:",
            f"# {', '.join(loading.others)}",
        ]
    return lines
