"""The conversation of a download: its questions, its start, and what a server wants to know on the way."""

import shlex
from dataclasses import dataclass, replace
from pathlib import Path
from typing import cast

from wizard.ask.download_questions import (
    BASE,
    CHECKSUMS,
    MIRROR,
    OFFICIALLY,
    QUESTIONS,
    TO,
    WHAT,
    WHERE,
    Answers,
    DownloadQuestion,
    named_file,
)
from wizard.ask.prompt import Asked, Back, Choice, Prompter, Value
from wizard.download.address import OFFICIAL, base_address
from wizard.download.archives import WHATS, What
from wizard.download.http.auth import Credentials
from wizard.download.hubs import kaggle
from wizard.download.request import Origin, Request
from wizard.errors import SetupError
from wizard.folders import expanded


@dataclass(frozen=True, kw_only=True)
class Given:
    """What the command line has said, which is not asked; None where it has not.

    Attributes:
        origin: from whom.
        base: the address of the folder that holds the archives; says that they come from there.
        folder: where the files go.
        what: which of them.
        checksums: MD5s of the base's own files; the official ones hold where a base is given without.
    """

    origin: Origin | None = None
    base: str | None = None
    folder: Path | None = None
    what: tuple[What, ...] | None = None
    checksums: Path | None = None


def ask_request(prompter: Prompter, given: Given, earlier: Request | None = None) -> Request:
    """Asks what is not given.

    Args:
        prompter: puts the questions.
        given: what is not asked.
        earlier: what was answered when the same was asked before, which is offered again.

    Raises:
        Back: from the first question.
        KeyboardInterrupt: the person leaves.
    """
    answers = _given(given)
    before = {} if earlier is None else _answered(earlier)
    asked: list[str] = []
    while open_ := [each for each in QUESTIONS if each.key not in answers and each.applies(answers)]:
        question = _asked(open_[0], answers, before)
        question = replace(question, number=len(asked) + 1, of=len(asked) + len(open_))
        try:
            answers[question.key] = _answer(prompter, open_[0], question, answers)
            asked.append(question.key)
        except Back:
            if not asked:
                raise
            key = asked.pop()
            before[key] = answers.pop(key)
    return _request(answers)


def command(request: Request) -> str:
    """The command that does the same without a question.

    >>> command(Request(origin="archives", base=OFFICIAL, folder=Path("/data"), what=("train", "boxes")))
    'imagenet-setup download --base https://image-net.org/data/ILSVRC/2012/ --to /data --what train,boxes'
    """
    base = request.base if request.origin == "archives" else request.origin
    what = [] if request.origin == "kaggle" else ["--what", ",".join(request.what)]
    sums = [] if request.checksums is None else ["--checksums", str(request.checksums)]
    return shlex.join(["imagenet-setup", "download", "--base", base, "--to", str(request.folder), *what, *sums])


def confirmed(prompter: Prompter, text: str = "Start the download?") -> bool:
    """Whether the person wants what was shown before; to go back is no.

    Raises:
        KeyboardInterrupt: the person leaves.
    """
    asked = Asked(
        key="download.start",
        kind="choice",
        text=text,
        help="It can be stopped with Ctrl-C at any time; the same command then goes on where it stopped.",
        default="yes",
        choices=(Choice(value="yes", title="Yes"), Choice(value="no", title="No", about="nothing is fetched")),
    )
    try:
        answer = prompter.ask(asked)
    except Back:
        return False
    prompter.took(asked, answer)
    return answer == "yes"


class PromptedAsker:
    """Asks the person for what a server wants; see `wizard.download.http.auth.Asker`.

    Args:
        prompter: puts the questions.
    """

    def __init__(self, prompter: Prompter) -> None:
        self._prompter = prompter

    def credentials(self, host: str, refused: bool) -> Credentials | None:
        """A user name and what proves it; None where the person leaves one of them empty or goes back."""
        name = Asked(
            key="download.username",
            kind="text",
            text=f"User name for {host}",
            help=f"{host} asks who you are: the user name of your account there, and its password or access key. They "
            "are sent to it alone and kept nowhere. Nothing typed, or Esc, goes on without.",
            default="",
            error=f"{host} did not take the user name and password that it was given." if refused else "",
        )
        while username := self._optional(name):
            self._prompter.took(name, username)
            secret = Asked(
                key="download.secret",
                kind="secret",
                text=f"Password or access key for {host}",
                help=f"It is sent to {host} alone and kept nowhere.",
                default="",
            )
            try:
                typed = str(self._prompter.ask(secret))
            except Back:
                name = replace(name, error="", typed=username)
                continue
            self._prompter.took(secret, typed)
            return Credentials(username=username, secret=typed) if typed else None
        return None

    def cookies(self, host: str, why: str) -> Path | None:
        """A file of a browser's cookies; None where the person names none or goes back."""
        asked = Asked(
            key="download.cookies",
            kind="file",
            text=f"cookies.txt of a browser that is logged in to {host}",
            help=f"Log in to {host} in a browser, export the cookies of that page to a "
            "file in Netscape's format, as curl and wget read it (add-ons such as Get cookies.txt LOCALLY do), "
            "and give its path. Only cookies of the server that is asked are sent, and the file is not copied. "
            "Whoever has it can act as you there: delete it afterwards. Nothing typed, or Esc, goes on without.",
            default="",
            error=why,
        )
        if not why:
            self._prompter.say(f"! {host} answers with its login page. Cookies of a browser get past it.")
        while typed := self._optional(asked):
            try:
                path = named_file(typed)
            except SetupError as error:
                asked = replace(asked, error=error.what, typed=typed)
                continue
            self._prompter.took(asked, typed)
            return path
        return None

    def _optional(self, asked: Asked) -> str:
        try:
            return str(self._prompter.ask(asked))
        except Back:
            return ""


def _given(given: Given) -> dict[str, Value]:
    answers: dict[str, Value] = {}
    if given.base is not None:
        answers |= {WHERE: OFFICIALLY} if given.base == OFFICIAL else {WHERE: MIRROR, BASE: given.base}
        answers[CHECKSUMS] = str(given.checksums or "")
    elif given.origin is not None:
        answers[WHERE] = OFFICIALLY if given.origin == "archives" else given.origin
    if given.what is not None:
        answers[WHAT] = list(given.what)
    if given.folder is not None:
        answers[TO] = str(given.folder)
    return answers


def _answered(request: Request) -> dict[str, Value]:
    archives, all_at_once = request.origin == "archives", request.origin == "kaggle"
    return _given(
        Given(
            origin=request.origin,
            base=request.base if archives else None,
            folder=request.folder,
            what=None if all_at_once else request.what,
            checksums=request.checksums,
        )
    )


def _asked(question: DownloadQuestion, answers: Answers, before: Answers) -> Asked:
    choices = question.choices(answers)
    default = before.get(question.key, question.default)
    if isinstance(default, list):
        there = {choice.value for choice in choices}
        default = [each for each in default if each in there]
    return Asked(
        key=question.key,
        kind=question.kind,
        text=question.text,
        help=question.help,
        default=default,
        choices=choices,
    )


def _answer(prompter: Prompter, question: DownloadQuestion, asked: Asked, answers: Answers) -> Value:
    while True:
        answer = prompter.ask(asked)
        try:
            question.require(answer, answers)
        except SetupError as error:
            problem = f"{error.what}\n  → {error.hint}" if error.hint else error.what
            # An address may hold a password by mistake, and would be shown again.
            kept = None if question.key == BASE and "@" in str(answer) else answer
            asked = replace(asked, error=problem, typed=kept)
        else:
            prompter.took(asked, answer)
            return answer


def _request(answers: Answers) -> Request:
    where = str(answers[WHERE])
    hub = where not in (OFFICIALLY, MIRROR)
    what = answers.get(WHAT, list(kaggle.ALL))
    return Request(
        origin=cast(Origin, where) if hub else "archives",
        base="" if hub else base_address(str(answers[BASE])) if where == MIRROR else OFFICIAL,
        folder=expanded(str(answers[TO])).absolute(),
        what=tuple(each for each in WHATS if each in cast(list[str], what)),
        checksums=named_file(str(answers[CHECKSUMS])) if answers.get(CHECKSUMS) else None,
    )
