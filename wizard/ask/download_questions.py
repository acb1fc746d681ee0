"""What is asked before a download, as data: when each question is put, what it offers, and what cannot be taken."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from importlib.util import find_spec

from wizard.ask.asked import Choice, Kind, Value
from wizard.download.address import base_address
from wizard.download.archives import WHATS, What, wanted
from wizard.errors import SetupError
from wizard.folders import expanded
from wizard.ilsvrc2012.archives import IMAGES
from wizard.sources.locate import human_bytes

Answers = Mapping[str, Value]
Sums = Mapping[str, str]

WHERE, BASE, WHAT, TO = "download.from", "download.base", "download.what", "download.to"
OFFICIALLY, MIRROR = "image-net.org", "mirror"
HUGGING_FACE_HAS: tuple[What, ...] = ("train", "validation", "test")

_USUAL = ("train", "validation", "boxes")
_CLIENTS: Mapping[str, tuple[str, str]] = {
    "kaggle": ("kagglehub", "kagglehub"),
    "huggingface": ("huggingface_hub", "huggingface-hub"),
}
"""The module of each hub's own client, and the package that brings it."""
_TITLES: Mapping[What, str] = {
    "train": "Train",
    "validation": "Validation",
    "boxes": "Bounding boxes",
    "devkit": "Development kit",
    "test": "Test",
}
_FOR: Mapping[What, str] = {
    "train": f"{IMAGES['train'].images:,} images",
    "validation": f"{IMAGES['validation'].images:,} images",
    "boxes": "for detection",
    "devkit": "for torchvision alone",
    "test": "without labels",
}


@dataclass(frozen=True, kw_only=True)
class DownloadQuestion:
    """A question before it is put.

    Attributes:
        key: of the answer.
        kind: of answer.
        text: the question.
        help: a paragraph on what it is for and what to take.
        default: taken when nothing is typed; None where there is none.
        choices: of kind choice and choices, by the answers so far and the sums of a mirror's own files.
        applies: whether it is asked at all, by the answers so far.
        misfit: why an answer cannot be taken; empty where it can.
    """

    key: str
    kind: Kind
    text: str
    help: str
    default: Value | None
    choices: Callable[[Answers, Sums], tuple[Choice, ...]] = lambda _answers, _sums: ()
    applies: Callable[[Answers], bool] = lambda _answers: True
    misfit: Callable[[Value], str] = field(default=lambda _value: "")


def _origins(_answers: Answers, _sums: Sums) -> tuple[Choice, ...]:
    return (
        Choice(value=OFFICIALLY, title="image-net.org", about="needs an account, its terms accepted"),
        Choice(value=MIRROR, title="A mirror", about="another server or folder, asked next"),
        Choice(value="kaggle", title="Kaggle", about="all at once; needs a token and its rules"),
        Choice(value="huggingface", title="Hugging Face", about="no boxes; needs a token and its terms"),
    )


def _parts(answers: Answers, sums: Sums) -> tuple[Choice, ...]:
    hub = answers.get(WHERE) == "huggingface"
    whats = HUGGING_FACE_HAS if hub else WHATS
    return tuple(
        Choice(value=what, title=_TITLES[what], about=f"{_size(what, sums, exact=not hub)} · {_FOR[what]}")
        for what in whats
    )


def _size(what: What, sums: Sums, *, exact: bool) -> str:
    files = wanted([what], sums)
    stated = exact and all(file.bytes for file in files)
    return f"{'' if stated else 'about '}{human_bytes(sum(file.about for file in files))}"


def _no_client(value: Value) -> str:
    module, package = _CLIENTS.get(str(value), ("", ""))
    if not module or find_spec(module) is not None:
        return ""
    return f"{package} is not installed, which this goes through.\n  → Leave, and: pip install 'imagenet-setup[hubs]'"


def _no_address(value: Value) -> str:
    try:
        base_address(str(value))
    except SetupError as error:
        return f"{error.what}\n  → {error.hint}" if error.hint else error.what
    return ""


def _nothing(value: Value) -> str:
    return "" if value else "Choose one at least."


def _no_folder(value: Value) -> str:
    try:
        path = expanded(str(value)).absolute()
        str(value).encode()
    except SetupError as error:
        return error.what
    except UnicodeEncodeError:
        return "The folder's name is no UTF-8, which a profile cannot hold. Name another one."
    with suppress(OSError):  # of a closed folder the checks before the transfer say more
        if path.exists() and not path.is_dir():
            return f"{path} is a file. Name a folder; it is made where it is missing."
    return ""


QUESTIONS = (
    DownloadQuestion(
        key=WHERE,
        kind="choice",
        text="Where should the archives come from?",
        help="The images are the same everywhere. image-net.org gives the archives to accounts that have accepted its "
        "terms, free for research; institutes often keep a copy of them. Kaggle and Hugging Face hand them out "
        "in forms of their own, which this program reads too, through their own clients: with the token of your "
        "account there, which must have accepted the rules on their page.",
        default=OFFICIALLY,
        choices=_origins,
        misfit=_no_client,
    ),
    DownloadQuestion(
        key=BASE,
        kind="text",
        text="What is its address?",
        help="Of the folder that holds the archives under their official names: it begins with https://, http:// or "
        "file://, or is a path on this machine. A user name and password do not belong into it; they are asked for "
        "when the server wants them.",
        default=None,
        applies=lambda answers: answers.get(WHERE) == MIRROR,
        misfit=_no_address,
    ),
    DownloadQuestion(
        key=WHAT,
        kind="choices",
        text="What is wanted?",
        help="Train is what a model learns from, validation what it is measured on. Bounding boxes are for detection, "
        "localisation and pipelines that crop around them. The development kit is for torchvision; nothing here needs "
        "it. The labels of test are held back. What is there and right is not fetched again.",
        default=list(_USUAL),
        choices=_parts,
        applies=lambda answers: answers.get(WHERE) != "kaggle",
        misfit=_nothing,
    ),
    DownloadQuestion(
        key=TO,
        kind="path",
        text="Where should they go?",
        help="A folder for the archives; it is made where it is missing. An interrupted download goes on in the same "
        "folder. The disk is checked before anything is fetched.",
        default="~/imagenet/raw-data",
        misfit=_no_folder,
    ),
)
