"""The forms of raw data that can be read, by name: a new one is a module and a line here.

A module is imported when raw data is opened: the names, and how a form looks, are needed long before.
"""

from dataclasses import dataclass
from importlib import import_module
from itertools import chain
from typing import TYPE_CHECKING, cast

from wizard.sources.archives.likely import ARCHIVES
from wizard.sources.likely import Likely
from wizard.sources.parquet.likely import PARQUET
from wizard.sources.records.likely import TFRECORDS
from wizard.sources.tfds.likely import TFDS
from wizard.sources.trees.likely import FOLDERS, KAGGLE, PACKED
from wizard.sources.webdataset.likely import WEBDATASET

if TYPE_CHECKING:
    from wizard.sources.source_module import SourceModule


@dataclass(frozen=True, kw_only=True)
class SourceForm:
    """A form of raw data.

    Attributes:
        module: the dotted name of its `SourceModule`; of a `FileModule` if `may_be_a_file`.
        likely: how it looks by names alone, by which the search on this machine finds it; may be empty.
        may_be_a_file: whether a single file may be all of the raw data.
    """

    module: str
    likely: tuple[Likely, ...] = ()
    may_be_a_file: bool = False

    def load(self) -> "SourceModule":
        """Its module."""
        return cast("SourceModule", import_module(self.module))


SOURCES: dict[str, SourceForm] = {
    "kaggle": SourceForm(module="wizard.sources.trees.kaggle", likely=KAGGLE),
    "archives": SourceForm(module="wizard.sources.archives.official", likely=ARCHIVES),
    "webdataset": SourceForm(module="wizard.sources.webdataset.webdataset", likely=WEBDATASET, may_be_a_file=True),
    "tfds": SourceForm(module="wizard.sources.tfds.dataset", likely=TFDS),
    "tfrecords": SourceForm(module="wizard.sources.records.tfrecords", likely=TFRECORDS),
    "parquet": SourceForm(module="wizard.sources.parquet.dataset", likely=PARQUET, may_be_a_file=True),
    "packed": SourceForm(module="wizard.sources.trees.packed", likely=PACKED, may_be_a_file=True),
    "folders": SourceForm(module="wizard.sources.trees.folders", likely=FOLDERS),
}
"""In the order in which they are tried: almost any folder of images may be one of class folders, so these come last."""


def layouts() -> tuple[str, ...]:
    """What `source.layout` may be."""
    return ("auto", *sorted(SOURCES))


def likely() -> tuple[Likely, ...]:
    """How raw data of all forms looks by names alone, in the order of `SOURCES`."""
    return tuple(chain.from_iterable(form.likely for form in SOURCES.values()))
