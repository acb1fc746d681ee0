"""How a finished dataset is opened: what it is for, and a program that does it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from wizard.engine.sidecars import PROGRAM
from wizard.errors import UsageError
from wizard.targets import registry
from wizard.targets.dataset import BuiltDataset, loadable
from wizard.targets.target import Target
from wizard.targets.trainer import Trainer


@dataclass(frozen=True, kw_only=True)
class Loading:
    """How a dataset is opened.

    Attributes:
        folder: the dataset's.
        program: a complete Python program, with the folder's path in it.
        others: what else opens this dataset, by the values of `output.trainer`.
        file: where the program is in the dataset's folder; empty if it is not there.
    """

    folder: str
    trainer: Trainer
    program: str
    others: tuple[str, ...]
    file: str = ""


def loading(dataset: BuiltDataset, target: Target, output: Mapping[str, Any], asked: str = "") -> Loading:
    """How a dataset is opened that was made with this [output] section.

    It is opened by the trainer that is asked for by name, or by the one that it was made for.

    Raises:
        UsageError: the trainer that is asked for does not open it.
    """
    folder = str(dataset.folder)
    there = {each.name: each for each in registry.opening(output)}
    if asked and asked not in there:
        raise UsageError(f"The trainer {asked!r} does not open this dataset.", f"These do: {', '.join(there)}")
    trainer = there[asked] if asked else registry.trainer_of(output)
    file = dataset.folder / PROGRAM
    return Loading(
        folder=folder,
        trainer=trainer,
        program=trainer.program(loadable(dataset, target, repr(folder))),
        others=tuple(name for name in there if name != trainer.name),
        file=str(file) if not asked and output.get("load_py") and file.is_file() else "",
    )
