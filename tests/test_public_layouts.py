"""Public datasets in miniature, laid out as on people's disks: each is read correctly without options.

The layouts come from torchvision's and TFDS's readers, the datasets' own readmes, and their pages on Kaggle.
"""

import io
import tarfile
import zipfile
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import pytest
from PIL import Image

from wizard.ilsvrc2012.archives import Split
from wizard.sources.opening import open_source
from wizard.sources.source import Source

TENCH, GOLDFISH, WHITE_SHARK, GOLFBALL = "n01440764", "n01443537", "n01484850", "n03445777"
_KINDS = {".jpg": "JPEG", ".jpeg": "JPEG", ".png": "PNG", ".ppm": "PPM"}


@dataclass(frozen=True, kw_only=True)
class Layout:
    """A dataset in miniature.

    Attributes:
        images: paths of the images, below a folder of any name.
        expected: for each split, (class, label) -> number of images; ("", -1) stands for images without a class.
        texts: other files, by path.
        given: the subfolder that a person passes as the source.
        why: part of the evidence that `inspect` shows.
    """

    images: tuple[str, ...]
    expected: Mapping[Split, Mapping[tuple[str, int], int]]
    texts: Mapping[str, str] = field(default_factory=dict)
    given: str = "."
    why: str = ""


def of(folder: str, names: tuple[str, ...], count: int = 2, name: str = "{i}.jpg") -> tuple[str, ...]:
    """Paths of images in class folders; {folder} in a name stands for the class's folder."""
    return tuple(f"{folder}/{each}/{name.format(i=i, folder=each)}" for each in names for i in range(count))


def flat(folder: str, count: int, name: str) -> tuple[str, ...]:
    return tuple(f"{folder}/{name.format(i=i)}" for i in range(count))


def each(names: tuple[str, ...], count: int = 2) -> dict[tuple[str, int], int]:
    """The same number of images for each class; labels count from 0."""
    return {(name, label): count for label, name in enumerate(names)}


def numbered(names: tuple[str, ...], count: int = 2) -> dict[tuple[str, int], int]:
    """The same number of images for each class; labels are the numbers in the class names."""
    return {(name, int(name)): count for name in names}


UNLABELED = ("", -1)
WNIDS = (TENCH, GOLDFISH, WHITE_SHARK)
FRUITS = ("Apple Braeburn", "Banana", "Cherry Rainier")
SCENES = ("buildings", "forest", "glacier")
CIFAR = ("airplane", "automobile", "bird")
GTSRB_HEADER = "Width,Height,Roi.X1,Roi.Y1,Roi.X2,Roi.Y2,ClassId,Path\n"
GTSRB_SIGNS = ("0", "2", "10")
GTSRB_TRAIN = "".join(f"27,26,5,5,22,20,{n},Train/{n}/000{n}_{i}.png\n" for n in GTSRB_SIGNS for i in range(2))
GTSRB_TEST = "53,54,6,5,48,49,10,Test/00000.png\n42,45,5,5,36,40,2,Test/00001.png\n48,52,6,6,43,47,10,Test/00002.png\n"
GTSRB = Layout(
    images=(
        *of("Train", GTSRB_SIGNS, name="000{folder}_{i}.png"),
        *flat("Test", 3, "0000{i}.png"),
        *flat("Meta", 3, "{i}.png"),
    ),
    texts={
        "Train.csv": GTSRB_HEADER + GTSRB_TRAIN,
        "Test.csv": GTSRB_HEADER + GTSRB_TEST,
        "Meta.csv": "Path,ClassId,ShapeId,ColorId,SignId\nMeta/0.png,0,1,0,3.29\n",
    },
    expected={"train": numbered(GTSRB_SIGNS), "test": {("10", 10): 2, ("2", 2): 1}},
    why="Test.csv lists the classes of 3 images in Test/. Its boxes are not read.",
)
OFFICIAL_SIGNS = ("00000", "00002", "00010")
OFFICIAL_HEADER = "Filename;Width;Height;Roi.X1;Roi.Y1;Roi.X2;Roi.Y2;ClassId\n"
FOOD = ("apple_pie", "waffles")

LAYOUTS = {
    "Tiny ImageNet": Layout(
        images=(
            *of("train", WNIDS, 3, "images/{folder}_{i}.JPEG"),
            *flat("val/images", 6, "val_{i}.JPEG"),
            *flat("test/images", 4, "test_{i}.JPEG"),
        ),
        texts={
            "val/val_annotations.txt": "".join(f"val_{i}.JPEG\t{WNIDS[i % 3]}\t0\t32\t44\t62\n" for i in range(6)),
            "wnids.txt": "\n".join(reversed(WNIDS)),
            "words.txt": f"{TENCH}\ttench, Tinca tinca\n",
            **{f"train/{wnid}/{wnid}_boxes.txt": f"{wnid}_0.JPEG\t0\t10\t63\t58\n" for wnid in WNIDS},
        },
        expected={"train": each(WNIDS, 3), "validation": each(WNIDS), "test": {UNLABELED: 4}},
        why="val/val_annotations.txt lists the classes of 6 images in val/images/.",
    ),
    "Food-101": Layout(
        images=of("images", FOOD, 4, "10{i}.jpg"),
        texts={
            "meta/classes.txt": "apple_pie\nwaffles\n",
            "meta/labels.txt": "Apple pie\nWaffles\n",
            "meta/train.txt": "".join(f"{name}/10{i}\n" for name in FOOD for i in (0, 1, 2)),
            "meta/test.txt": "apple_pie/103\nwaffles/103\n",
            "meta/train.json": '{"apple_pie": ["apple_pie/100", "apple_pie/101", "apple_pie/102"],'
            '"waffles": ["waffles/100", "waffles/101", "waffles/102"]}',
            "meta/test.json": '{"apple_pie": ["apple_pie/103"], "waffles": ["waffles/103"]}',
            "README.txt": "The Food-101 Data Set\n",
        },
        expected={"train": each(FOOD, 3), "test": each(FOOD, 1)},
        why="meta/train.txt lists which 6 images in images/ are train",
    ),
    "Oxford-IIIT Pets": Layout(
        images=(
            *flat("images", 3, "Abyssinian_{i}.jpg"),
            *flat("images", 2, "american_pit_bull_terrier_{i}.jpg"),
            *flat("images", 2, "Bengal_{i}.jpg"),
            *flat("annotations/trimaps", 3, "Abyssinian_{i}.png"),
        ),
        texts={
            "images/Abyssinian_100.mat": "MATLAB 5.0",
            "images/._Abyssinian_1.jpg": "AppleDouble",
            "annotations/trimaps/._Abyssinian_1.png": "AppleDouble",
            "annotations/xmls/Abyssinian_1.xml": "<annotation/>",
            "annotations/README": "The Oxford-IIIT PET Dataset",
            "annotations/list.txt": "#Image CLASS-ID SPECIES BREED ID\n#ID: 1:37 Class ids\nAbyssinian_0 1 1 1\n",
            "annotations/trainval.txt": "Abyssinian_0 1 1 1\nAbyssinian_1 1 1 1\namerican_pit_bull_terrier_0 3 2 2\n"
            "Bengal_0 6 1 2\n",
            "annotations/test.txt": "Abyssinian_2 1 1 1\namerican_pit_bull_terrier_1 3 2 2\nBengal_1 6 1 2\n",
        },
        expected={
            "train": {("Abyssinian", 0): 2, ("american_pit_bull_terrier", 1): 1, ("Bengal", 2): 1},
            "test": {("Abyssinian", 0): 1, ("american_pit_bull_terrier", 1): 1, ("Bengal", 2): 1},
        },
        why="annotations/trainval.txt lists which 4 images in images/ are train",
    ),
    "mini-imagenet": Layout(
        images=tuple(f"images/{wnid}0000000{i}.jpg" for wnid in WNIDS for i in range(2)),
        texts={
            f"{name}.csv": "filename,label\n" + "".join(f"{wnid}0000000{i}.jpg,{wnid}\n" for i in range(2))
            for name, wnid in zip(("train", "val", "test"), WNIDS, strict=True)
        },
        expected={"train": {(TENCH, 0): 2}, "validation": {(GOLDFISH, 1): 2}, "test": {(WHITE_SHARK, 2): 2}},
    ),
    "EuroSAT on Kaggle": Layout(
        images=of("EuroSAT", ("AnnualCrop", "Forest"), 3, "{folder}_{i}.jpg"),
        texts={
            "EuroSAT/train.csv": ",Filename,Label,ClassName\n0,AnnualCrop/AnnualCrop_0.jpg,0,AnnualCrop\n"
            "1,Forest/Forest_0.jpg,1,Forest\n",
            "EuroSAT/validation.csv": ",Filename,Label,ClassName\n0,Forest/Forest_1.jpg,1,Forest\n",
            "EuroSAT/test.csv": ",Filename,Label,ClassName\n0,AnnualCrop/AnnualCrop_1.jpg,0,AnnualCrop\n",
            "EuroSAT/label_map.json": '{"AnnualCrop": 0, "Forest": 1}',
        },
        expected={
            "train": each(("AnnualCrop", "Forest"), 1),
            "validation": {("Forest", 1): 1},
            "test": {("AnnualCrop", 0): 1},
        },
    ),
    "a competition on Kaggle": Layout(
        images=(*flat("train", 4, "a{i}.jpg"), *flat("test", 3, "b{i}.jpg")),
        texts={
            "labels.csv": "id,breed\na0,boxer\na1,pug\na2,boxer\na3,pug\n",
            "sample_submission.csv": "id,breed\nb0,boxer\nb1,boxer\nb2,boxer\n",
        },
        expected={"train": each(("boxer", "pug")), "test": {UNLABELED: 3}},
    ),
    "Imagenette": Layout(
        images=(*of("train", WNIDS, 3, "{folder}_{i}.JPEG"), *of("val", WNIDS, name="ILSVRC2012_val_0000{i}.JPEG")),
        texts={
            "noisy_imagenette.csv": "path,noisy_labels_0,noisy_labels_1,noisy_labels_5,noisy_labels_25,"
            f"noisy_labels_50,is_valid\ntrain/{TENCH}/{TENCH}_0.JPEG,{TENCH},{TENCH},{TENCH},{GOLDFISH},{GOLDFISH},False\n"
        },
        expected={"train": each(WNIDS, 3), "validation": each(WNIDS)},
    ),
    "ImageNet-R": Layout(
        images=of("imagenet-r", (GOLDFISH, WHITE_SHARK), name="art_{i}.jpg"),
        texts={"imagenet-r/README.txt": "n01443537 goldfish\n"},
        given="imagenet-r",
        expected={"train": each((GOLDFISH, WHITE_SHARK))},
    ),
    "ImageNet-A": Layout(
        images=of("imagenet-a", (GOLDFISH, GOLFBALL), name="0.00011{i}_digital clock _ digital clock_0.865662.jpg"),
        texts={"imagenet-a/README.txt": "n01498041 stingray\n"},
        given="imagenet-a",
        expected={"train": each((GOLDFISH, GOLFBALL))},
    ),
    "ImageNet-Sketch": Layout(
        images=of("sketch", WNIDS, name="sketch_{i}.JPEG"), given="sketch", expected={"train": each(WNIDS)}
    ),
    "CIFAR-10 as folders": Layout(
        images=(*of("train", CIFAR, 3, "000{i}.png"), *of("test", CIFAR, name="000{i}.png")),
        expected={"train": each(CIFAR, 3), "test": each(CIFAR)},
    ),
    "a zip from macOS": Layout(
        images=(*of("train", CIFAR), *of("val", CIFAR, 1)),
        texts={
            ".DS_Store": "Bud1",
            "train/.DS_Store": "Bud1",
            "train/bird/._0.jpg": "AppleDouble",
            "__MACOSX/._train": "AppleDouble",
            "__MACOSX/train/bird/._0.jpg": "AppleDouble",
        },
        expected={"train": each(CIFAR), "validation": each(CIFAR, 1)},
    ),
    "Fruits-360": Layout(
        images=(
            *of("fruits-360/Training", FRUITS, 3, "{i}_100.jpg"),
            *of("fruits-360/Test", FRUITS, name="r_{i}_100.jpg"),
            *flat("fruits-360/test-multiple_fruits", 2, "apples{i}.jpg"),
        ),
        texts={"fruits-360/LICENSE": "MIT", "fruits-360/readme.md": "# Fruits-360"},
        given="fruits-360",
        expected={"train": each(FRUITS, 3), "test": each(FRUITS)},
    ),
    "GTSRB on Kaggle": GTSRB,
    "GTSRB as published": Layout(
        images=(
            *of("GTSRB/Final_Training/Images", OFFICIAL_SIGNS, name="00000_0000{i}.ppm"),
            *flat("GTSRB/Final_Test/Images", 2, "0000{i}.ppm"),
        ),
        texts={
            "GTSRB/Readme-Images.txt": "The German Traffic Sign Recognition Benchmark",
            **{
                f"GTSRB/Final_Training/Images/{sign}/GT-{sign}.csv": OFFICIAL_HEADER
                + f"00000_00000.ppm;29;30;5;6;24;25;{int(sign)}\n"
                for sign in OFFICIAL_SIGNS
            },
            "GTSRB/Final_Test/Images/GT-final_test.csv": OFFICIAL_HEADER
            + "00000.ppm;53;54;6;5;48;49;10\n00001.ppm;42;45;5;5;36;40;2\n",
        },
        given="GTSRB",
        expected={"train": numbered(OFFICIAL_SIGNS), "test": {("00010", 10): 1, ("00002", 2): 1}},
        why="Final_Test/Images/GT-final_test.csv lists the classes of 2 images",
    ),
    "ImageNet-100 on Kaggle": Layout(
        images=(
            *of("train.X1", (TENCH,), name="{folder}_{i}.JPEG"),
            *of("train.X2", (GOLDFISH,), name="{folder}_{i}.JPEG"),
            *of("train.X3", (WHITE_SHARK,), name="{folder}_{i}.JPEG"),
            *of("train.X4", (GOLFBALL,), name="{folder}_{i}.JPEG"),
            *of("val.X", (*WNIDS, GOLFBALL), 1, "ILSVRC2012_val_0000{i}.JPEG"),
        ),
        texts={"Labels.json": f'{{"{TENCH}": "tench, Tinca tinca"}}'},
        expected={"train": each((*WNIDS, GOLFBALL)), "validation": each((*WNIDS, GOLFBALL), 1)},
    ),
    "ImageNet-V2": Layout(
        images=of("imagenetv2-matched-frequency-format-val", ("0", "1", "2", "10", "999"), name="{i}f.jpeg"),
        given="imagenetv2-matched-frequency-format-val",
        expected={"validation": numbered(("0", "1", "2", "10", "999"))},
    ),
    "Intel's scenes": Layout(
        images=(
            *of("seg_train/seg_train", SCENES, 3),
            *of("seg_test/seg_test", SCENES),
            *flat("seg_pred/seg_pred", 2, "{i}.jpg"),
        ),
        expected={"train": each(SCENES, 3), "test": each(SCENES)},
    ),
    "a Synology share": Layout(
        images=(
            *of("train", CIFAR),
            *of("val", CIFAR, 1),
            *of("train/bird/@eaDir", ("0.jpg",), 1, "SYNOPHOTO_THUMB_XL.jpg"),
            *of("train/@eaDir", CIFAR, 1, "SYNOPHOTO_THUMB_M.jpg"),
            "#recycle/cat.jpg",
        ),
        texts={"@eaDir/train@SynoEAStream": "x", "train/bird/@eaDir/0.jpg@SynoEAStream": "x"},
        expected={"train": each(CIFAR), "validation": each(CIFAR, 1)},
    ),
}
"""Layouts in which the names of splits or the kinds of files vary."""


@pytest.mark.parametrize("layout", [pytest.param(layout, id=name) for name, layout in LAYOUTS.items()])
def test_a_public_layout_is_read_correctly_without_options(layout: Layout, tmp_path: Path) -> None:
    made(layout, tmp_path)
    raw = open_source(tmp_path / layout.given)
    assert counts(raw, tmp_path) == layout.expected
    assert layout.why in " ".join(raw.why)


@pytest.mark.parametrize("name", ["dataset.zip", "dataset.tar.gz"])
@pytest.mark.parametrize("layout", [pytest.param(layout, id=name) for name, layout in LAYOUTS.items()])
def test_a_public_layout_is_read_in_an_archive_as_on_disk(layout: Layout, name: str, tmp_path: Path) -> None:
    tree = made(layout, tmp_path / "dataset") / layout.given
    archive = tmp_path / name
    if archive.suffix == ".zip":
        with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as file:
            for path in sorted(path for path in tree.rglob("*") if path.is_file()):
                file.write(path, path.relative_to(tree.parent))
    else:
        with tarfile.open(archive, "w:gz") as tar:
            tar.add(tree, tree.resolve().name)
    raw = open_source(archive)
    assert counts(raw, tmp_path / "cache") == layout.expected
    assert layout.why in " ".join(raw.why)


def made(layout: Layout, folder: Path) -> Path:
    """The dataset's files below a folder."""
    for path in layout.images:
        put(folder / path, image(_KINDS[Path(path).suffix.lower()], path))
    for path, text in layout.texts.items():
        put(folder / path, text.encode())
    return folder


def counts(raw: Source, cache: Path) -> dict[Split, dict[tuple[str, int], int]]:
    """The images of each split by class and label; every table must be sorted by names that are there once."""
    found = {}
    for part in raw.parts:
        if part.sound and part.kind == "images":
            table = raw.survey(part.split, cache, lambda _done, _total: None).table
            assert table is not None
            labels = table.label.tolist()
            found[part.split] = dict(Counter((table.classes.name(label), label) for label in labels))
            assert raw.table(part.split, cache, lambda _done, _total: None).name.tolist() == sorted(
                set(table.name.tolist())
            )
    return found


def put(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def image(kind: str, path: str) -> bytes:
    """A small image whose color depends on its name."""
    return _drawn(kind, sum(path.encode()) % 256)


@cache
def _drawn(kind: str, shade: int) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (8, 8), (shade, 100, 255 - shade)).save(buffer, kind)
    return buffer.getvalue()
