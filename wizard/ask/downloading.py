"""The conversation of a download: its questions, its start, and what a server wants to know on the way."""

import shlex
from dataclasses import dataclass, replace
from pathlib import Path
from typing import cast

from wizard.ask.asking import ask, error_for
from wizard.ask.download_questions import (
    BASE,
    CHECKSUMS,
    MIRROR,
    OFFICIALLY,
    QUESTIONS,
    TO,
    WHAT,
    WHERE,
    Known,
    named_file,
)
from wizard.ask.draft import Draft
from wizard.ask.prompt import Back, Choice, Prompt, Prompter, Value
from wizard.ask.question import Question
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
    said = _answers(given)
    draft: Draft[None] = Draft(
        questions=tuple(question for question in QUESTIONS if question.key not in said),
        context=None,
        chosen={} if earlier is None else _answers(_as_given(earlier)),
        profile=said,
    )
    while (question := draft.next) is not None:
        try:
            draft = _answered(prompter, draft, question)
        except Back:
            before = draft.back()
            if before is None:
                raise
            draft = before
    return _request(draft.answers)


def _answered(prompter: Prompter, draft: Draft[None], question: Question[None]) -> Draft[None]:
    answer = ask(prompter, draft, question, lambda value: error_for(question, value, draft.answered))
    return draft.with_answer(question, answer)


def command(request: Request) -> str:
    """The command that does the same without a question.

    >>> command(Request(origin="archives", base=OFFICIAL, folder=Path("/data"), what=("train", "boxes")))
    'imagenet-setup download --base https://image-net.org/data/ILSVRC/2012/ --to /data --what train,boxes'
    """
    base = request.base if request.origin == "archives" else request.origin
    what = [] if request.origin == "kaggle" else ["--what", ",".join(request.what)]
    words = ["imagenet-setup", "download", "--base", base, "--to", str(request.folder), *what]
    for flag, path in (("--checksums", request.checksums), ("--cookies", request.cookies)):
        words += [] if path is None else [flag, str(path)]
    words += [] if request.connections == 1 else ["--connections", str(request.connections)]
    return shlex.join(words)


def confirmed(prompter: Prompter, text: str = "Start the download?") -> bool:
    """Whether the person wants what was shown before; to go back is no.

    Raises:
        KeyboardInterrupt: the person leaves.
    """
    prompt = Prompt(
        key="download.start",
        kind="choice",
        text=text,
        help="It can be stopped with Ctrl-C at any time; the same command then goes on where it stopped.",
        default="yes",
        choices=(Choice("yes", "Yes"), Choice("no", "No", "nothing is fetched")),
    )
    try:
        answer = prompter.ask(prompt)
    except Back:
        return False
    prompter.accepted(prompt, answer)
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
        name = Prompt(
            key="download.username",
            kind="text",
            text=f"User name for {host}",
            help=f"{host} asks who you are: the user name of your account there, and its password or access key. They "
            "are sent to it alone and kept nowhere. Nothing typed, or Esc, goes on without.",
            default="",
            error=f"{host} did not take the user name and password that it was given." if refused else "",
        )
        while username := self._optional(name):
            self._prompter.accepted(name, username)
            secret = Prompt(
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
            self._prompter.accepted(secret, typed)
            return Credentials(username=username, secret=typed) if typed else None
        return None

    def cookies(self, host: str, why: str) -> Path | None:
        """A file of a browser's cookies; None where the person names none or goes back."""
        prompt = Prompt(
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
        while typed := self._optional(prompt):
            try:
                path = named_file(typed)
            except SetupError as error:
                prompt = replace(prompt, error=error.what, typed=typed)
                continue
            self._prompter.accepted(prompt, typed)
            return path
        return None

    def _optional(self, prompt: Prompt) -> str:
        try:
            return str(self._prompter.ask(prompt))
        except Back:
            return ""


def _answers(given: Given) -> dict[str, Value]:
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


def _as_given(request: Request) -> Given:
    return Given(
        origin=request.origin,
        base=request.base if request.origin == "archives" else None,
        folder=request.folder,
        what=None if request.origin == "kaggle" else request.what,  # which hands out everything, so nothing was asked
        checksums=request.checksums,
    )


def _request(answers: Known) -> Request:
    where, what = str(answers[WHERE]), cast(list[What], answers.get(WHAT) or kaggle.ALL)
    request = Request(
        origin="archives",
        base=OFFICIAL,
        folder=expanded(str(answers[TO])).absolute(),
        what=tuple(each for each in WHATS if each in what),
        checksums=named_file(str(answers[CHECKSUMS])) if answers.get(CHECKSUMS) else None,
    )
    if where == OFFICIALLY:
        return request
    if where == MIRROR:
        return replace(request, base=base_address(str(answers[BASE])))
    return replace(request, origin=cast(Origin, where), base="")
