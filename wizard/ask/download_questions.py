"""What is asked before a download, as data: when each question is put, what it offers, and what cannot be taken."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from wizard.ask.prompt import Choice, Kind, Value
from wizard.download.address import base_address, require_source
from wizard.download.archives import WHATS, What, read_sums, wanted
from wizard.errors import UsageError, reading
from wizard.folders import expanded
from wizard.formatting import human_bytes
from wizard.ilsvrc2012.archives import IMAGES

Answers = Mapping[str, Value]

WHERE, BASE, CHECKSUMS = "download.from", "download.base", "download.checksums"
WHAT, TO = "download.what", "download.to"
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
        choices: of kind choice and choices, by the answers so far.
        applies: whether it is asked at all, by the answers so far.
        require: raises SetupError where an answer cannot be taken, by the answers so far.
    """

    key: str
    kind: Kind
    text: str
    help: str
    default: Value | None
    choices: Callable[[Answers], tuple[Choice, ...]] = lambda _answers: ()
    applies: Callable[[Answers], bool] = lambda _answers: True
    require: Callable[[Value, Answers], None] = lambda _value, _answers: None


def named_file(text: str) -> Path:
    """The file that a person names.

    Raises:
        UsageError: there is none.
    """
    path = expanded(text).absolute()
    with reading(path):
        if path.is_file():
            return path
        raise UsageError(f"{path} is no file." if path.exists() else f"{path}: there is no such file.")


def _origins(_answers: Answers) -> tuple[Choice, ...]:
    return (
        Choice(value=OFFICIALLY, title="image-net.org", about="needs an account, its terms accepted"),
        Choice(value=MIRROR, title="A mirror", about="another server or folder, asked next"),
        Choice(value="kaggle", title="Kaggle", about="all at once; needs a token and its rules"),
        Choice(value="huggingface", title="Hugging Face", about="no boxes; needs a token and its terms"),
    )


def _parts(answers: Answers) -> tuple[Choice, ...]:
    hub = answers.get(WHERE) == "huggingface"
    whats = HUGGING_FACE_HAS if hub else WHATS
    sums = read_sums(Path(str(answers[CHECKSUMS]))) if answers.get(CHECKSUMS) else {}
    return tuple(
        Choice(value=what, title=_TITLES[what], about=f"{_size(what, sums, exact=not hub)} · {_FOR[what]}")
        for what in whats
    )


def _size(what: What, sums: Mapping[str, str], *, exact: bool) -> str:
    files = wanted([what], sums)
    stated = exact and all(file.bytes for file in files)
    return f"{'' if stated else 'about '}{human_bytes(sum(file.about for file in files))}"


def _require_client(value: Value, _answers: Answers) -> None:
    module, package = _CLIENTS.get(str(value), ("", ""))
    if module and find_spec(module) is None:
        raise UsageError(f"{package} is not installed, which this goes through.", f"Leave, and: pip install {package}")


def _require_address(value: Value, answers: Answers) -> None:
    require_source(base_address(str(value)), _folder(answers))


def _require_sums(value: Value, _answers: Answers) -> None:
    if value:
        read_sums(named_file(str(value)))


def _require_one(value: Value, _answers: Answers) -> None:
    if not value:
        raise UsageError("Choose one at least.")


def _require_folder(value: Value, answers: Answers) -> None:
    if not str(value).strip():
        raise UsageError("Name a folder.")
    try:
        str(value).encode()
    except UnicodeEncodeError:
        raise UsageError("The folder's name is no UTF-8, which a profile cannot hold. Name another one.") from None
    path = expanded(str(value)).absolute()
    with suppress(OSError):  # of a closed folder the checks before the transfer say more
        if path.exists() and not path.is_dir():
            raise UsageError(f"{path} is a file. Name a folder; it is made where it is missing.")
    if answers.get(WHERE) == MIRROR:
        require_source(base_address(str(answers[BASE])), path)


def _folder(answers: Answers) -> Path | None:
    return expanded(str(answers[TO])).absolute() if TO in answers else None


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
        require=_require_client,
    ),
    DownloadQuestion(
        key=BASE,
        kind="text",
        text="What is its address?",
        help="Of the folder that holds the archives under their official names: it begins with https://, http:// or "
        "file://, or is the path of a folder on this machine. A user name and password do not belong into it; they are "
        "asked for when the server wants them.",
        default=None,
        applies=lambda answers: answers.get(WHERE) == MIRROR,
        require=_require_address,
    ),
    DownloadQuestion(
        key=CHECKSUMS,
        kind="file",
        text="MD5s of its own archives (a file; nothing: the official sums)",
        help="Only for a mirror that holds archives of its own, such as a part of ImageNet: a file on this machine "
        "with their MD5s, as md5sum writes them. Nothing typed takes the official archives' sums and sizes, which hold "
        "wherever these are copied to.",
        default="",
        applies=lambda answers: answers.get(WHERE) == MIRROR,
        require=_require_sums,
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
        require=_require_one,
    ),
    DownloadQuestion(
        key=TO,
        kind="path",
        text="Where should they go?",
        help="A folder for the archives; it is made where it is missing. An interrupted download goes on in the same "
        "folder. The disk is checked before anything is fetched.",
        default="~/imagenet/raw-data",
        require=_require_folder,
    ),
)
