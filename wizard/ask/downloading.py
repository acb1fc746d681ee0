"""The download conversation: its questions, its start, and logins that servers ask for."""

import shlex
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import cast

from wizard.ask.asking import ask_all
from wizard.ask.download_questions import (
    BASE,
    CHECKSUMS,
    MIRROR,
    OFFICIALLY,
    QUESTIONS,
    TO,
    WHAT,
    WHERE,
    named_file,
)
from wizard.ask.draft import Draft
from wizard.ask.prompt import Back, Choice, Prompt, Prompter, Value, agrees, put
from wizard.download.address import OFFICIAL, base_address
from wizard.download.archives import WHATS, What
from wizard.download.http.auth import Credentials
from wizard.download.hubs import kaggle
from wizard.download.request import Origin, Request
from wizard.errors import SetupError
from wizard.typed_path import expanded


def ask_answers(
    prompter: Prompter, said: Mapping[str, Value], earlier: Mapping[str, Value] = MappingProxyType({})
) -> Mapping[str, Value]:
    """Asks for the missing answers and returns all of them; earlier answers are offered as defaults.

    Raises:
        Back: from the first question.
        KeyboardInterrupt: the person leaves.
    """
    draft: Draft[None] = Draft(
        # Left out, not answered: going back must not lead to an option of the command line.
        questions=tuple(question for question in QUESTIONS if question.key not in said),
        context=None,
        chosen=earlier,
        profile=said,
    )
    return ask_all(prompter, draft).answers.values


def request_of(answers: Mapping[str, Value]) -> Request:
    """The download that answers ask for."""
    # Kaggle delivers everything, so nothing was asked there.
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


def confirmed(prompter: Prompter) -> bool:
    """Whether the person confirms the plan shown before; see `agrees`."""
    prompt = Prompt(
        key="download.start",
        kind="choice",
        text="Start the download?",
        help="It can be stopped with Ctrl-C at any time; the same command then resumes it.",
        default="yes",
        choices=(Choice("yes", "Yes"), Choice("no", "No", "nothing is fetched")),
    )
    return agrees(prompter, prompt)


class PromptedAsker:
    """Asks the person for what a server wants; see `wizard.download.http.auth.Asker`."""

    def __init__(self, prompter: Prompter) -> None:
        self._prompter = prompter

    def credentials(self, host: str, refused: bool) -> Credentials | None:
        """A user name and its secret; None if the person leaves one of them empty or goes back."""
        name = Prompt(
            key="download.username",
            kind="text",
            text=f"User name for {host}",
            help=f"{host} asks who you are: the user name of your account there, and its password or access key. They "
            "are sent only to it and stored nowhere. An empty answer, or Esc, continues without.",
            default="",
            error=f"{host} did not accept the user name and password." if refused else "",
        )
        while username := self._optional(name):
            self._prompter.accepted(name, username)
            secret = Prompt(
                key="download.secret",
                kind="secret",
                text=f"Password or access key for {host}",
                help=f"It is sent only to {host} and stored nowhere.",
                default="",
            )
            try:
                typed = str(put(self._prompter, secret))
            except Back:
                name = replace(name, error="", typed=username)
                continue
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
            "Whoever has it can act as you there: delete it afterwards. An empty answer, or Esc, continues without.",
            default="",
            error=why,
        )
        if not why:
            self._prompter.say(f"! {host} answers with its login page. A logged-in browser's cookies get past it.")
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
