from wizard.sources.archives import official
from wizard.sources.parquet import dataset as parquet
from wizard.sources.records import tfrecords
from wizard.sources.registry import SOURCES
from wizard.sources.source_module import FileModule, SourceModule
from wizard.sources.tfds import dataset as tfds
from wizard.sources.trees import folders, kaggle, packed
from wizard.sources.webdataset import webdataset


def test_every_form_has_a_module_that_opens_it() -> None:
    # Their types are checked here, since the registry knows them by name alone.
    modules: list[SourceModule] = [kaggle, official, webdataset, tfds, tfrecords, parquet, packed, folders]
    assert [form.load() for form in SOURCES.values()] == modules


def test_the_forms_that_may_be_a_file_say_which() -> None:
    modules: list[FileModule] = [webdataset, parquet, packed]
    assert [form.load() for form in SOURCES.values() if form.may_be_a_file] == modules
