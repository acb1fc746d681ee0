"""How folders of images, Kaggle's tree and archives of such look by names alone."""

from wizard.sources.likely import Likely

_SPLIT = "(ILSVRC2012_img_)?(train|val)"
FOLDERS = tuple(
    Likely(what="ImageNet's class folders", path=path)
    for path in (
        rf"{_SPLIT}/n\d{{8}}/",
        rf"{_SPLIT}/n\d{{8}}\.tar",
        rf"{_SPLIT}/ILSVRC2012_val_\d{{8}}\.JPEG",
        r"n\d{8}/",
        r"n\d{8}\.tar",
    )
)
KAGGLE = tuple(Likely(what="Kaggle's tree", path=path) for path in ("ILSVRC/Data/CLS-LOC/", "Data/CLS-LOC/"))
PACKED = (
    Likely(what="Kaggle's download", path=r"imagenet-object-localization-challenge\.zip", alone=True),
    Likely(what="Kaggle's download", path=r"imagenet_object_localization_patched2019\.tar\.gz", alone=True),
    Likely(what="Hugging Face's old archives", path=r"data/(train_images_\d|val_images)\.tar\.gz"),
    Likely(what="Hugging Face's old archives", path=r"(train_images_\d|val_images)\.tar\.gz"),
    Likely(what="Imagenette's archive", path=r"image(nette|woof)2?(-\d+)?\.(tgz|tar\.gz)", alone=True),
    Likely(what="ImageNet-V2's archive", path=r"imagenetv2-[a-z-]+\.tar\.gz", alone=True),
    Likely(what="ImageNet-21k's archive", path=r"winter21_whole\.tar\.gz|fall11_whole\.tar", alone=True),
    Likely(what="archives of splits", path=r"(?i:train|val|test)\.(zip|tar|tgz|tar\.gz|tar\.zst)", common=True),
)
