"""What opens WebDataset tars: programs for webdataset, timm, Hugging Face's datasets, wids and DALI.

Each was run against webdataset 1.0.2, timm 1.0.31, datasets 5.2.0, wids 0.1.11 and DALI 2.4.0.
"""

from wizard.targets.dataset import Loadable
from wizard.targets.trainer import DALI, HUGGING_FACE, ORIGINALS, PYTORCH, TIMM, Trainer
from wizard.targets.webdataset.dali_index import INDEX_FOLDER, SUFFIX


def _word(dataset: Loadable) -> str:
    """The split's name in those of its shards."""
    return str(dataset.target.file(f"{dataset.split}-0.tar").split("-")[-2])


def _shards(dataset: Loadable) -> str:
    """The glob of a split's shards, below the dataset's folder, as an f-string."""
    *before, _, _ = dataset.target.file(f"{dataset.split}-0.tar").split("-")
    return "-".join([*before, "{split}", "*.tar"])


def _webdataset(dataset: Loadable) -> str:
    return f"""\
from pathlib import Path

import numpy as np
import webdataset

folder = {dataset.folder}
split = "{_word(dataset)}"
train = split == "train"
shards = sorted(map(str, Path(folder).glob(f"{_shards(dataset)}")))
# So many shards are shuffled at a time, and then so many images.
dataset = webdataset.WebDataset(shards, shardshuffle=100 if train else False)
dataset = dataset.shuffle(1000 if train else 0)
dataset = dataset.decode("pil").to_tuple("jpg", "cls")

for image, label in dataset:
    # {dataset.labels}
    print(np.asarray(image).shape, label)
    break
"""


def _timm(dataset: Loadable) -> str:
    return f"""\
import numpy as np
from timm.data import create_dataset

folder = {dataset.folder}
split = "{dataset.split}"
dataset = create_dataset(
    "wds/",
    root=folder,
    split=split,
    is_training=split == "train",  # then shuffled, and repeated without end
    batch_size=64,
)

for image, label in dataset:
    # {dataset.labels}
    print(np.asarray(image).shape, label)
    break
"""


def _datasets(dataset: Loadable) -> str:
    return f"""\
import numpy as np
from datasets import load_dataset

folder = {dataset.folder}
split = "{dataset.split}"
# Without streaming, the tars are copied.
dataset = load_dataset(folder, split=split, streaming=True)

for sample in dataset:
    # {dataset.labels}
    print(np.asarray(sample["jpg"]).shape, sample["cls"])
    break
"""


def _wids(dataset: Loadable) -> str:
    return f"""\
import numpy as np
from wids import ShardListDataset

folder = {dataset.folder}
split = "{dataset.split}"
index = f"{{folder}}/{INDEX_FOLDER}/{{split}}.json"
# Without cache_dir, each tar is copied to /tmp.
dataset = ShardListDataset(index, cache_dir=folder)

sample = dataset[0]
# {dataset.labels}
print(np.asarray(sample[".jpg"]).shape, sample[".cls"])
"""


def _dali(dataset: Loadable) -> str:
    return f"""\
from pathlib import Path

from nvidia.dali import fn, pipeline_def, types

folder = {dataset.folder}
split = "{_word(dataset)}"
shards = sorted(map(str, Path(folder).glob(f"{_shards(dataset)}")))
indexes = sorted(map(str, Path(folder).glob(f"{INDEX_FOLDER}/{_shards(dataset).removesuffix(".tar")}{SUFFIX}")))


# On a GPU, device_id is its number, and device below is "mixed".
@pipeline_def(batch_size=64, num_threads=4, device_id=None)
def pipeline():
    image, label = fn.readers.webdataset(
        paths=shards,
        index_paths=indexes,
        ext=["jpg", "cls"],
        missing_component_behavior="error",
        random_shuffle=split == "train",
    )
    return fn.decoders.image(image, device="cpu", output_type=types.RGB), label


loader = pipeline()
loader.build()
images, labels = loader.run()
# {dataset.labels}
print(images.at(0).shape, int(labels.at(0).tobytes()))
"""


TRAINERS = (
    Trainer(
        name="webdataset",
        family=PYTORCH,
        title="PyTorch, with the package webdataset",
        about="tars named as in its examples, read in sequence",
        program=_webdataset,
        install="webdataset pillow",
        settings={"names": "webdataset"},
    ),
    Trainer(
        name="timm-wds",
        family=TIMM,
        title="timm, streaming",
        about="tars named as timm's imagenet-1k-wds, with _info.json",
        program=_timm,
        install="timm webdataset",
        requires={"label_base": 0},  # timm trains on labels as they are, and has as many outputs as classes
        settings={"names": "timm"},
        image=ORIGINALS,
    ),
    Trainer(
        name="hf-webdataset",
        family=HUGGING_FACE,
        title="Hugging Face datasets, streaming",
        about="tars that load_dataset opens",
        program=_datasets,
        install="datasets pillow",
        settings={"names": "timm"},
        image=ORIGINALS,
    ),
    Trainer(
        name="wids",
        family=PYTORCH,
        title="PyTorch, with the package wids",
        about="tars with random access",
        program=_wids,
        install="torch wids pillow",
        settings={"names": "webdataset"},
    ),
    Trainer(
        name="dali-webdataset",
        family=DALI,
        title="NVIDIA DALI, from tars",
        about="WebDataset tars with index files",
        program=_dali,
        install="nvidia-dali-cuda120",
        requires={"index": True},
    ),
)
