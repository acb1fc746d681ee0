"""What opens Parquet files: programs for Hugging Face's datasets, PyTorch and timm."""

from wizard.targets.dataset import Loadable
from wizard.targets.trainer import HUGGING_FACE, ORIGINALS, TIMM, Trainer


def _datasets(dataset: Loadable) -> str:
    return f"""\
import numpy as np
from datasets import load_dataset

folder = {dataset.folder}
split = "{dataset.split}"
# First makes Arrow files in its cache, as large as these.
dataset = load_dataset(folder, split=split)

example = dataset[0]
# {dataset.labels}
print(np.asarray(example["image"]).shape, example["label"])
"""


def _pytorch(dataset: Loadable) -> str:
    return f"""\
from datasets import load_dataset

folder = {dataset.folder}
split = "{dataset.split}"
# Streaming reads the files where they are.
dataset = load_dataset(folder, split=split, streaming=True)
if split == "train":
    dataset = dataset.shuffle(buffer_size=1000)
dataset = dataset.with_format("torch")

# Or DataLoader(dataset, …), with at most as many workers as there are files.
for example in dataset:
    # {dataset.labels}
    print(tuple(example["image"].shape), int(example["label"]))
    break
"""


def _timm(dataset: Loadable) -> str:
    return f"""\
import timm

folder = {dataset.folder}
split = "{dataset.split}"
transform = timm.data.create_transform(224, is_training=split == "train")
dataset = timm.data.create_dataset(
    f"hfds/{{folder}}",
    split=split,
    transform=transform,
)

image, label = dataset[0]
# {dataset.labels}
print(tuple(image.shape), label)
"""


TRAINERS = (
    Trainer(
        name="datasets",
        family=HUGGING_FACE,
        title="Hugging Face datasets",
        leads=True,
        about="load_dataset, data/train-00000-of-00294.parquet",
        program=_datasets,
        install="datasets pillow",
        image=ORIGINALS,
    ),
    Trainer(
        name="datasets-torch",
        family=HUGGING_FACE,
        title="PyTorch, with Hugging Face datasets",
        about="the same Parquet files, read in sequence",
        program=_pytorch,
        install="torch datasets pillow",
        image=ORIGINALS,
    ),
    Trainer(
        name="timm-hfds",
        family=TIMM,
        title="timm, with Hugging Face datasets",
        about="hfds/, the same Parquet files",
        program=_timm,
        install="torch torchvision timm datasets",
        requires={"label_base": 0},  # as for its tars
        image=ORIGINALS,
    ),
)
