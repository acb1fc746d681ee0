"""Code that loads image files."""

from wizard.targets.dataset import Loadable


def unlabelled(folder: str) -> list[str]:
    """A folder of images without labels."""
    return [f"Load it    the images lie in {folder}", *_listed(folder)]


def class_folders(dataset: Loadable, folder: str) -> list[str]:
    """For torchvision, timm and Keras."""
    return [
        "Load it    a class is a folder; PyTorch counts them from 0 in the order of their names",
        f'  PyTorch  torchvision.datasets.ImageFolder("{folder}")',
        f'  timm     timm.data.create_dataset("", root="{dataset.output}", split="{dataset.split}")',
        f'  Keras    keras.utils.image_dataset_from_directory("{folder}", label_mode="int")',
    ]


def flat_folder(dataset: Loadable, folder: str) -> list[str]:
    """For plain Python and tf.data."""
    if not dataset.imagenet:
        return ["Load it    a file's name begins with its class, as classes.txt lists them, and _", *_listed(folder)]
    return [
        "Load it    a file's name begins with its class; synsets.txt lists them in the order of their labels",
        f'  Python   [(file, file.name.partition("_")[0]) for file in pathlib.Path("{folder}").iterdir()]',
        *_listed(folder),
    ]


def _listed(folder: str) -> list[str]:
    return [f'  tf.data  tf.data.Dataset.list_files("{folder}/*")']
