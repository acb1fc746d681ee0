"""What opens image files: programs for PyTorch, timm, Keras and plain Python."""

from wizard.targets.dataset import Loadable
from wizard.targets.trainer import PYTORCH, RESEARCH, TENSORFLOW, TIMM, Trainer


def _folder(dataset: Loadable) -> str:
    return str(dataset.target.image_folder(dataset.split))


def _image_folder(dataset: Loadable) -> str:
    return f"""\
from torchvision import transforms
from torchvision.datasets import ImageFolder

folder = {dataset.folder}
transform = transforms.Compose([transforms.RandomResizedCrop(224), transforms.ToTensor()])
dataset = ImageFolder(f"{{folder}}/{_folder(dataset)}", transform)

image, label = dataset[0]
print(tuple(image.shape), label)
"""


def _timm(dataset: Loadable) -> str:
    return f"""\
import timm

folder = {dataset.folder}
transform = timm.data.create_transform(224, is_training={dataset.split == "train"})
dataset = timm.data.create_dataset("", root=folder, split="{dataset.split}", transform=transform)

image, label = dataset[0]
print(tuple(image.shape), label)
"""


def _keras(dataset: Loadable) -> str:
    return f"""\
import keras

folder = {dataset.folder}
dataset = keras.utils.image_dataset_from_directory(
    f"{{folder}}/{_folder(dataset)}", label_mode="int", image_size=(224, 224), shuffle={dataset.split == "train"}
)

for images, labels in dataset.take(1):
    print(images[0].shape, int(labels[0]))
"""


def _flat(dataset: Loadable) -> str:
    listed = "synsets.txt" if dataset.imagenet else "classes.txt"
    return f"""\
from pathlib import Path

import numpy as np
from PIL import Image

folder = {dataset.folder}
classes = [line.split()[0] for line in Path(folder, "{listed}").read_text().splitlines()]
files = sorted(Path(folder, "{_folder(dataset)}").iterdir())
labels = [classes.index(file.name.partition("_")[0]) for file in files]

image = np.asarray(Image.open(files[0]).convert("RGB"))
print(image.shape, labels[0])
"""


FOLDERS = (
    Trainer(
        name="imagefolder",
        family=PYTORCH,
        title="PyTorch ImageFolder",
        about="train/<class>/, val/<class>/",
        program=_image_folder,
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
