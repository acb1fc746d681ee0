"""How a finished dataset is opened: what it is for, and a program that does it."""

from dataclasses import dataclass

from wizard.targets.dataset import BuiltDataset, loadable
from wizard.targets.target import Target
from wizard.targets.trainer import Trainer


@dataclass(frozen=True, kw_only=True)
class Loading:
    """How a dataset is opened.

    Attributes:
        program: a complete Python program, with the folder's path in it.
        others: titles of what else opens datasets of this format.
    """

    trainer: Trainer
    program: str
    others: tuple[str, ...]


def loading(dataset: BuiltDataset, target: Target, trainer: Trainer) -> Loading:
    """How the trainer opens a dataset in its folder."""
    return Loading(
        trainer=trainer,
        program=trainer.program(loadable(dataset, target, repr(str(dataset.folder)))),
        others=tuple(each.title for each in target.trainers if each != trainer),
    )
