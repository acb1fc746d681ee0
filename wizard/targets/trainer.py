"""Trainer: what opens a dataset, with the settings that it needs and a program that does it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from wizard.targets.dataset import Loadable


class Family(NamedTuple):
    """Trainers of one framework, among which the wizard asks for one if there are several.

    Attributes:
        name: of the answer, where a program gives it.
        title: in the wizard's list.
        about: which there are, beside the title.
    """

    name: str
    title: str
    about: str


TENSORFLOW = Family("tensorflow", "TensorFlow, Keras", "tf.data, TensorFlow Datasets, or folders")
PYTORCH = Family("pytorch", "PyTorch", "folders, or tars and others to stream")
TIMM = Family("timm", "timm", "folders, tars to stream, or Parquet")
HUGGING_FACE = Family("hugging-face", "Hugging Face datasets", "Parquet, or tars to stream")
DALI = Family("dali", "NVIDIA DALI", "TFRecord shards or tars, with index files")
JAX = Family("jax", "JAX, Grain", "ArrayRecord with random access, or TFDS")
RESEARCH = Family("research", "Research code", "DINOv2, mmpretrain, Swin and the like")
FAMILIES = (TENSORFLOW, PYTORCH, TIMM, HUGGING_FACE, DALI, JAX, RESEARCH)
"""In the order in which the wizard offers them."""
ORIGINALS: Mapping[str, Any] = {"resize": "original"}
"""Proposed where everyone's copy of that form has the images as ILSVRC2012 has them, and results are compared."""


@dataclass(frozen=True, kw_only=True)
class Trainer:
    """A library, or a reader of one, that opens datasets of a certain form.

    Attributes:
        name: the value of `output.trainer`.
        family: what it is a part of, or made for.
        title: in the wizard's list.
        about: what it reads, beside the title.
        program: a complete Python program that opens a split, and prints the shape and label of its first image. Its
            folder is the expression `Loadable.folder`.
        install: what pip installs for the program.
        requires: keys of [output], besides the format, that must have these values, or hold these of a list.
        settings: keys of [output] that have these values unless a profile gives others.
        leads: whether the wizard offers it first in its family; the others follow in the order of the targets.
        image: values that the wizard proposes for [image].
    """

    name: str
    family: Family
    title: str
    about: str
    program: Callable[[Loadable], str]
    install: str
    requires: Mapping[str, Any] = field(default_factory=dict)
    settings: Mapping[str, Any] = field(default_factory=dict)
    leads: bool = False
    image: Mapping[str, Any] = field(default_factory=dict)

    @property
    def output(self) -> dict[str, Any]:
        """The keys of [output] that it sets, besides the format."""
        return {**self.settings, **self.requires}

    def opens(self, output: Mapping[str, Any]) -> bool:
        """Whether an [output] section, complete with defaults, has all that it requires."""
        return all(holds(output.get(key), value) for key, value in self.requires.items())


def holds(given: Any, required: Any) -> bool:
    """Whether a value is the required one; of a list, whether it has all the required ones."""
    if isinstance(required, tuple):
        return isinstance(given, list | tuple) and all(each in given for each in required)
    return bool(given == required)
