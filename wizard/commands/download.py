"""download: gets the archives."""

import difflib
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from wizard.ask.asked import Back
from wizard.ask.downloading import Given, ask_request, command
from wizard.ask.prompters import prompter_for
from wizard.commands.downloading import Options, fetch
from wizard.commands.session import DEFAULT, Talk, session
from wizard.download import kaggle
from wizard.download.address import OFFICIAL, base_address
from wizard.download.archives import WHATS, What, read_sums, wanted
from wizard.download.request import Origin, Request
from wizard.errors import UsageError
from wizard.folders import expanded, shortened

_ORIGINS: Mapping[str, Origin] = {"kaggle": "kaggle", "huggingface": "huggingface"}
_CONNECTIONS = 16


def download(
    *,
    base: Annotated[str | None, Parameter(help=f"Address of the folder with the archives; {OFFICIAL} else.")] = None,
    to: Annotated[str | None, Parameter(help="The folder that they go to.")] = None,
    what: Annotated[str | None, Parameter(help="train,validation,boxes,devkit,test: those of them you want.")] = None,
    checksums: Annotated[Path | None, Parameter(help="MD5s of a mirror's own files, as md5sum writes them.")] = None,
    cookies: Annotated[Path | None, Parameter(help="A browser's cookies.txt, where a server wants a login.")] = None,
    connections: Annotated[int, Parameter(help="To one file at a time.", show_default=True)] = 1,
    yes: Annotated[bool, Parameter(help="Ask nothing; --to and --what are needed.")] = False,
    talk: Talk = DEFAULT,
) -> int:
    """Get the archives from image-net.org, a mirror, Kaggle or Hugging Face; a broken transfer goes on."""
    output = talk.output()
    if not 1 <= connections <= _CONNECTIONS:
        raise UsageError(f"--connections {connections}: from 1 to {_CONNECTIONS} will do.")
    sums = read_sums(checksums) if checksums else {}
    options = Options(sums=sums, cookies=cookies, connections=connections)
    given = _given(base, to, what, sums)
    prompter = prompter_for(output) if output.mode in ("human", "plain") and output.asks and not yes else None
    try:
        request = ask_request(prompter, given) if prompter else _without_questions(given, yes=yes)
        _require_use(sums, request, checksums)
        flags = [] if checksums is None else ["--checksums", str(checksums.absolute())]
        flags += [] if cookies is None else ["--cookies", str(cookies.absolute())]
        flags += [] if connections == 1 else ["--connections", str(connections)]
        flags += ["--yes"] if yes else []
        session.resume = " ".join([command(request), *map(shlex.quote, flags)])
        folder = fetch(request, output, prompter, options)
    except Back:
        folder = None
    if folder is None:
        output.result("Nothing was fetched.")
    else:
        output.result(f"Build from it with: imagenet-setup, and {shortened(folder)} as the raw data.")
    output.event("finished", {"folder": None if folder is None else str(folder), "exit_code": 0})
    return 0


def _given(base: str | None, to: str | None, what: str | None, sums: Mapping[str, str]) -> Given:
    """What the command line says; from image-net.org, unless nothing at all is said."""
    silent = base is None and to is None and what is None
    origin: Origin | None = _ORIGINS.get((base or "").strip().lower())
    address = None if silent or origin else base_address(base or OFFICIAL)
    folder = None if to is None else expanded(to).absolute()
    return Given(origin=origin, base=address, folder=folder, what=None if what is None else _whats(what), sums=sums)


def _whats(text: str) -> tuple[What, ...]:
    words = [word.strip().lower() for word in text.replace(",", " ").split()]
    for word in words:
        if word not in WHATS:
            near = difflib.get_close_matches(word, WHATS, n=1)
            hint = f"Did you mean {near[0]}?" if near else f"There are {', '.join(WHATS)}, with commas between"
            raise UsageError(f"--what {text}: there is no {word!r}.", hint)
    if not words:
        raise UsageError("--what names nothing.", f"There are {', '.join(WHATS)}, with commas between")
    return tuple(each for each in WHATS if each in words)


def _require_use(sums: Mapping[str, str], request: Request, path: Path | None) -> None:
    """Sums of other files than those that are wanted were given by mistake."""
    names = [archive.name for archive in wanted(request.what, {})]
    if path is not None and not (request.origin == "archives" and sums.keys() & set(names)):
        raise UsageError(
            f"{path} has the sum of none of the files that are wanted: {', '.join(names)}.",
            "Leave --checksums out, and the official sums count; or give the mirror's files these names",
        )


def _without_questions(given: Given, *, yes: bool) -> Request:
    """The request, where nobody is asked.

    Raises:
        UsageError: something is missing that would have to be asked.
    """
    origin = given.origin or "archives"
    what = kaggle.ALL if origin == "kaggle" else given.what
    missing = [flag for flag, value in (("--what", what), ("--to", given.folder)) if value is None]
    if missing or not yes:
        needed = " and ".join([*missing, *([] if yes else ["--yes"])])
        raise UsageError(
            f"Nobody can be asked here, so {needed} {'is' if needed.count('--') == 1 else 'are'} needed.",
            "Use: imagenet-setup download --what train,validation,boxes --to FOLDER --yes",
        )
    assert what is not None
    assert given.folder is not None
    return Request(origin=origin, base=given.base or OFFICIAL, folder=given.folder, what=what)
