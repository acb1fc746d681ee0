"""What opens image files: programs for PyTorch, timm, Keras and plain Python."""

from wizard.targets.dataset import Loadable
from wizard.targets.names import SPLIT_FOLDERS
from wizard.targets.trainer import PYTORCH, RESEARCH, TENSORFLOW, TIMM, Trainer

BY_FOLDER = "labels count the folders of this split, from 0"


def split_of(dataset: Loadable) -> str:
    """The split's name in that of its folder."""
    return SPLIT_FOLDERS[dataset.split]


def folder_of(dataset: Loadable) -> str:
    """The split's folder, below the dataset's, as an f-string."""
    return str(dataset.target.image_folder(dataset.split)).replace(split_of(dataset), "{split}")


def image_folder(dataset: Loadable) -> str:
    """The program for PyTorch; of images without classes, there is no ImageFolder."""
    if dataset.unlabeled:
        return f"""\
from pathlib import Path

from PIL import Image
from torchvision import transforms

folder = {dataset.folder}
split = "{split_of(dataset)}"
steps = [
    transforms.Resize(256),
    transforms.CenterCrop(224),
    transforms.ToTensor(),
]
transform = transforms.Compose(steps)
paths = Path(folder, f"{folder_of(dataset)}").rglob("*")
files = sorted(path for path in paths if path.is_file())

image = transform(Image.open(files[0]).convert("RGB"))
print(tuple(image.shape), -1)  # no image of test has a label
"""
    return f"""\
from torchvision import transforms
from torchvision.datasets import ImageFolder

folder = {dataset.folder}
split = "{split_of(dataset)}"
steps = [transforms.Resize(256), transforms.CenterCrop(224)]
if split == "train":
    steps = [transforms.RandomResizedCrop(224)]
transform = transforms.Compose([*steps, transforms.ToTensor()])
dataset = ImageFolder(f"{{folder}}/{folder_of(dataset)}", transform)

image, label = dataset[0]
# {BY_FOLDER}
print(tuple(image.shape), label)
"""


def _timm(dataset: Loadable) -> str:
    label, said = "label", BY_FOLDER
    if dataset.unlabeled:
        label, said = "-1", "no image of test has a label, and timm says 0"
    return f"""\
import timm

folder = {dataset.folder}
split = "{dataset.split}"
transform = timm.data.create_transform(224, is_training=split == "train")
dataset = timm.data.create_dataset(
    "",
    root=folder,
    split=split,
    transform=transform,
)

image, label = dataset[0]
# {said}
print(tuple(image.shape), {label})
"""


def _keras(dataset: Loadable) -> str:
    if dataset.unlabeled:
        return f"""\
import keras

folder = {dataset.folder}
split = "{split_of(dataset)}"
dataset = keras.utils.image_dataset_from_directory(
    f"{{folder}}/{folder_of(dataset)}",
    labels=None,
    image_size=(224, 224),
    shuffle=False,
)

for images in dataset.take(1):
    print(images[0].shape, -1)  # no image of test has a label
"""
    return f"""\
import keras

folder = {dataset.folder}
split = "{split_of(dataset)}"
dataset = keras.utils.image_dataset_from_directory(
    f"{{folder}}/{folder_of(dataset)}",
    label_mode="int",
    image_size=(224, 224),
    shuffle=split == "train",
)

for images, labels in dataset.take(1):
    # {BY_FOLDER}
    print(images[0].shape, int(labels[0]))
"""


def _flat(dataset: Loadable) -> str:
    if dataset.unlabeled:
        ranks = ""
        label = "label = -1  # no image of test has one"
    elif dataset.imagenet:
        ranks = """\
synsets = Path(folder, "synsets.txt").read_text(encoding="utf-8")
lines = synsets.splitlines()
ranks = {line.split()[0]: rank for rank, line in enumerate(lines)}
"""
        label = 'label = ranks[file.name.partition("_")[0]]'
    else:  # a class's name may have _ in it
        ranks = """\
names = Path(folder, "classes.txt").read_text(encoding="utf-8")
names = names.splitlines()
ranks = {name: rank for rank, name in enumerate(names)}
"""
        label = """\
own = [name for name in names if file.name.startswith(f"{name}_")]
    label = ranks[max(own, key=len)]"""
    return f"""\
from pathlib import Path

import numpy as np
from PIL import Image

folder = {dataset.folder}
split = "{split_of(dataset)}"
{ranks}

def load(file):
    {label}
    return np.asarray(Image.open(file).convert("RGB")), label


files = sorted(Path(folder, f"{folder_of(dataset)}").iterdir())

image, label = load(files[0])
print(image.shape, label)
"""


FOLDERS = (
    Trainer(
        name="imagefolder",
        family=PYTORCH,
        title="PyTorch ImageFolder",
        leads=True,
        about="train/<class>/, val/<class>/",
        program=image_folder,
        install="torch torchvision",
    ),
    Trainer(
        name="timm-folders",
        family=TIMM,
        title="timm, from folders",
        about="train/<class>/, val/<class>/",
        program=_timm,
        install="torch torchvision timm",
    ),
    Trainer(
        name="keras",
        family=TENSORFLOW,
        title="Keras image_dataset_from_directory",
        about="train/<class>/, val/<class>/",
        program=_keras,
        install="tensorflow",
    ),
)
FLAT = (
    Trainer(
        name="flat",
        family=RESEARCH,
        title="Python, a list of files",
        about="train_flatten/<class>_<number>.JPEG",
        program=_flat,
        install="pillow numpy",
    ),
)
