"""What opens image files with files beside them: programs for DINOv2, mmpretrain and Swin Transformer."""

from wizard.targets.dataset import Loadable
from wizard.targets.image_files import dinov2
from wizard.targets.image_files.sidecars import DINOV2, METADATA, MMPRETRAIN
from wizard.targets.image_files.trainers import folder_of, image_folder, split_of
from wizard.targets.trainer import ORIGINALS, RESEARCH, Trainer


def _dinov2(dataset: Loadable) -> str:
    split, expected = dinov2.SPLITS[dataset.split], dinov2.LENGTHS[dataset.split]
    kind = "ImageNet"
    subclass = ""
    if dataset.images != expected:
        kind = "Dataset"
        subclass = f"""

class Dataset(ImageNet):
    def __len__(self):  # ImageNet's fails unless there are {expected:,}
        return len(self._get_entries())

"""
    return f"""\
import sys

import numpy as np

# git clone https://github.com/facebookresearch/dinov2
sys.path.append("dinov2")
from dinov2.data.datasets import ImageNet

folder = {dataset.folder}
{subclass}
# Its commands take this, as one word: train.dataset_path=
# ImageNet:split={split}:root=FOLDER:extra=FOLDER/{dinov2.EXTRA}
dataset = {kind}(
    split=ImageNet.Split.{split},
    root=folder,
    extra=f"{{folder}}/{dinov2.EXTRA}",
)

image, label = dataset[0]
print(np.asarray(image).shape, label)
"""


def _mmpretrain(dataset: Loadable) -> str:
    prefix = "split" if folder_of(dataset) == "{split}" else f'f"{folder_of(dataset)}"'
    kind, which = "ImageNet", "split=split"
    if not dataset.imagenet:
        kind, which = "CustomDataset", 'ann_file=f"meta/{split}.txt", classes=f"{folder}/classes.txt"'
    return f"""\
from mmpretrain.datasets import {kind}

folder = {dataset.folder}
split = "{split_of(dataset)}"
dataset = {kind}(
    data_root=folder,
    data_prefix={prefix},
    {which},
    pipeline=[dict(type="LoadImageFromFile")],
)

sample = dataset[0]
print(sample["img"].shape, sample.get("gt_label"))
"""


def _swin(dataset: Loadable) -> str:
    if dataset.split == "test":
        return f"# Swin Transformer reads no test split: this is PyTorch alone\n{image_folder(dataset)}"
    return f"""\
import sys

# git clone https://github.com/microsoft/Swin-Transformer
sys.path.insert(0, "Swin-Transformer")
from config import _C as defaults
from data.build import build_dataset

folder = {dataset.folder}
split = "{split_of(dataset)}"
config = defaults.clone()
config.DATA.DATA_PATH = folder  # as main.py --data-path does
dataset, classes = build_dataset(is_train=split == "train", config=config)

image, label = dataset[0]
print(tuple(image.shape), label)
"""


_MMPRETRAIN_INSTALL = "torch torchvision mmengine mmcv-lite mmpretrain"

FOLDERS = (
    Trainer(
        name="dinov2",
        family=RESEARCH,
        title="DINOv2",
        about="train/<class>/, labels.txt and extra/",
        program=_dinov2,
        install="torch torchvision",
        requires={METADATA: (DINOV2,)},
        image=ORIGINALS,
    ),
    Trainer(
        name="mmpretrain",
        family=RESEARCH,
        title="mmpretrain",
        about="train/<class>/ and meta/train.txt",
        program=_mmpretrain,
        install=_MMPRETRAIN_INSTALL,
        requires={METADATA: (MMPRETRAIN,)},
    ),
    Trainer(
        name="swin",
        family=RESEARCH,
        title="Swin Transformer",
        about="train/<class>/, val/<class>/",
        program=_swin,
        install="torch torchvision timm yacs",
    ),
)
FLAT = (
    Trainer(
        name="mmpretrain-flat",
        family=RESEARCH,
        title="mmpretrain, flat folders",
        about="train_flatten/ and meta/train.txt",
        program=_mmpretrain,
        install=_MMPRETRAIN_INSTALL,
        requires={METADATA: (MMPRETRAIN,)},
    ),
)
