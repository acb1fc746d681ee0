"""The download questions, as data: conditions, defaults, choices and accepted answers."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import TypeAlias

from wizard.ask.prompt import Choice, Value, with_need
from wizard.ask.question import Answers, Question
from wizard.download.address import base_address, require_source
from wizard.download.archives import WHATS, What, read_sums, wanted
from wizard.errors import UsageError, reading
from wizard.folders import shortened
from wizard.formatting import human_bytes
from wizard.ilsvrc2012.archives import IMAGES
from wizard.typed_path import expanded

Known: TypeAlias = Answers[None]

WHERE, BASE, CHECKSUMS = "download.from", "download.base", "download.checksums"
WHAT, TO = "download.what", "download.to"
OFFICIALLY, MIRROR = "image-net.org", "mirror"

_ON_HUGGING_FACE: tuple[What, ...] = ("train", "validation", "test")
_USUAL = ("train", "validation", "boxes")
_CLIENTS: Mapping[str, tuple[str, str]] = {
    "kaggle": ("kagglehub", "kagglehub"),
    "huggingface": ("huggingface_hub", "huggingface-hub"),
}
"""The module of each hub's own client, and its package."""
_ABOUT: Mapping[What, tuple[str, str]] = {
    "train": ("Train", f"{IMAGES['train'].images:,} images"),
    "validation": ("Validation", f"{IMAGES['validation'].images:,} images"),
    "boxes": ("Bounding boxes", "for detection"),
    "devkit": ("Development kit", "for torchvision alone"),
    "test": ("Test", "without labels"),
}
"""The title and description of each part."""


def named_file(text: str) -> Path:
    """The file that a person names.

    Raises:
        UsageError: there is none.
    """
    path = expanded(text).absolute()
    with reading(path):
        if path.is_file():
            return path
        raise UsageError(f"{shortened(path)} is not a file." if path.exists() else f"{shortened(path)} does not exist.")


def _parts(known: Known) -> tuple[Choice, ...]:
    hub = known.get(WHERE) == "huggingface"
    named = known.path(CHECKSUMS)
    sums = read_sums(named) if named else {}
    choices = []
    for what in _ON_HUGGING_FACE if hub else WHATS:
        title, about = _ABOUT[what]
        choices.append(Choice(what, title, f"{_size(what, sums, exact=not hub)} · {about}"))
    return tuple(choices)


def _size(what: What, sums: Mapping[str, str], *, exact: bool) -> str:
    # Hugging Face packs the images again, so the official sizes are not its own.
    files = wanted([what], sums)
    stated = exact and all(file.bytes for file in files)
    return f"{'' if stated else 'about '}{human_bytes(sum(file.about for file in files))}"


def _from_mirror(known: Known) -> bool:
    return known.get(WHERE) == MIRROR


def _lacking(where: str) -> str:
    """The command that installs the client of a hub; empty if it is there, or none is needed."""
    # Found, not imported: importing kagglehub took 0.35 s, and a person is waiting.
    module, package = _CLIENTS.get(where, ("", ""))
    return f"pip install {package}" if module and find_spec(module) is None else ""


def _places(_known: Known) -> tuple[Choice, ...]:
    places = (
        Choice(OFFICIALLY, "image-net.org", "needs an account that has accepted the terms"),
        Choice(MIRROR, "A mirror", "another server or folder, asked next"),
        Choice("kaggle", "Kaggle", "everything at once; needs a token and accepted rules"),
        Choice("huggingface", "Hugging Face", "no boxes; needs a token and accepted terms"),
    )
    return tuple(replace(each, about=with_need(each.about, _lacking(str(each.value)))) for each in places)


def _require_client(value: Value, _known: Known) -> None:
    if command := _lacking(str(value)):
        package = command.rpartition(" ")[2]
        raise UsageError(f"It needs the package {package}, which is not installed.", f"Leave, then: {command}")


def _require_address(value: Value, known: Known) -> None:
    require_source(base_address(str(value)), known.path(TO))


def _require_sums(value: Value, _known: Known) -> None:
    if value:
        read_sums(named_file(str(value)))


def _require_folder(value: Value, known: Known) -> None:
    if not str(value).strip():
        raise UsageError("Name a folder.")
    path = expanded(str(value)).absolute()
    with suppress(OSError):  # of a folder that cannot be looked into, the download itself says more
        if path.exists() and not path.is_dir():
            raise UsageError(f"{path} is a file. Name a folder; it is created if missing.")
    if _from_mirror(known):
        require_source(base_address(str(known[BASE])), path)


QUESTIONS: tuple[Question[None], ...] = (
    Question(
        key=WHERE,
        kind="choice",
        text="Where should the archives come from?",
        help="The images are the same everywhere. image-net.org gives the archives to accounts that have accepted its "
        "terms, free for research; many institutes keep a copy. Kaggle and Hugging Face offer them in other forms, "
        "which this program reads too, through their own clients: these need the token of an account there that has "
        "accepted the rules.",
        default=lambda _: OFFICIALLY,
        choices=_places,
        require=_require_client,
    ),
    Question(
        key=BASE,
        kind="text",
        text="What is its address?",
        help="Of the folder that holds the archives under their official names: it begins with https://, http:// or "
        "file://, or is the path of a folder on this machine. Leave user name and password out of it; they are asked "
        "for when the server wants them.",
        default=lambda _: None,
        applies=_from_mirror,
        require=_require_address,
        may_hold_password=True,
    ),
    Question(
        key=CHECKSUMS,
        kind="file",
        text="MD5s of its own archives (a file; empty: the official sums)",
        help="Only for a mirror whose archives are not the official ones, such as a part of ImageNet: a file on this "
        "machine with their MD5s, as md5sum writes them. Leave it empty for copies of the official archives.",
        default=lambda _: "",
        applies=_from_mirror,
        require=_require_sums,
    ),
    Question(
        key=WHAT,
        kind="choices",
        text="Which files do you want?",
        help="Train is what a model learns from, validation what it is measured on. Bounding boxes are for detection, "
        "localisation and pipelines that crop around them. The development kit is for torchvision; nothing here needs "
        "it. The labels of test are held back. Files that are there and correct are not fetched again.",
        default=lambda known: [part for part in _USUAL if part in [choice.value for choice in _parts(known)]],
        choices=_parts,
        applies=lambda known: known.get(WHERE) != "kaggle",
    ),
    Question(
        key=TO,
        kind="path",
        text="Where should they go?",
        help="A folder for the archives; it is created if missing. An interrupted download resumes in the same "
        "folder. The disk is checked before anything is fetched.",
        default=lambda _: "~/imagenet/raw-data",
        require=_require_folder,
    ),
)
