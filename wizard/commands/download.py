"""download: fetches the archives."""

import difflib
import shlex
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from wizard.ask.download_questions import BASE, CHECKSUMS, MIRROR, OFFICIALLY, TO, WHAT, WHERE, named_file
from wizard.ask.downloading import ask_answers, command, request_of
from wizard.ask.prompt import Back, Prompter, Value
from wizard.ask.prompters import prompter_for
from wizard.commands.downloading import fetch, how_to_build, is_begun
from wizard.commands.output_flags import DEFAULT, OutputFlags
from wizard.commands.parameters import AsMeant
from wizard.commands.session import session
from wizard.download.address import OFFICIAL, base_address, require_source
from wizard.download.archives import WHATS
from wizard.download.request import Origin, Request
from wizard.errors import InputError, Interrupted, MachineError, UsageError
from wizard.hangup import Terminal
from wizard.lock import InUse
from wizard.output import Output
from wizard.typed_path import quoted

_ORIGINS: Mapping[str, Origin] = {"kaggle": "kaggle", "huggingface": "huggingface"}
_USELESS = {
    "huggingface": ("--checksums", "--cookies", "--connections"),
    "kaggle": ("--checksums", "--cookies", "--connections", "--what"),
}
"""Options for which a hub's own client has no use."""
_CONNECTIONS = 16
_THREE = "train,validation,boxes"


def download(
    *words: Annotated[str, Parameter(show=False)],
    base: Annotated[
        str | None,
        Parameter(help=f"Where to fetch from: an address, a folder's path, kaggle or huggingface; default {OFFICIAL}."),
    ] = None,
    to: Annotated[Path | None, AsMeant, Parameter(help="The folder to download to.")] = None,
    what: Annotated[
        list[str] | None,
        Parameter(help="Which of train,validation,boxes,devkit,test.", consume_multiple=True),
    ] = None,
    checksums: Annotated[
        Path | None, AsMeant, Parameter(help="MD5s of a mirror's own files, as md5sum writes them.")
    ] = None,
    cookies: Annotated[
        Path | None, AsMeant, Parameter(help="A browser's cookies.txt, for servers that want a login.")
    ] = None,
    connections: Annotated[int, Parameter(help="To the one file that is being fetched.", show_default=True)] = 1,
    yes: Annotated[bool, Parameter(help="Ask nothing; --to and --what are needed.")] = False,
    flags: OutputFlags = DEFAULT,
) -> int:
    """Download the archives from image-net.org, a mirror, Kaggle or Hugging Face; interrupted transfers resume."""
    output = flags.output()
    if words:
        raise UsageError(
            f"download does not know what to do with: {shlex.join(words)}.",
            f"Say what to fetch with --what, for example: --what {_THREE}",
        )
    if not 1 <= connections <= _CONNECTIONS:
        raise UsageError(f"--connections {connections}: it must be from 1 to {_CONNECTIONS}.")
    checksums, cookies = (
        None if path is None else named_file(quoted(path.absolute())) for path in (checksums, cookies)
    )
    several = None if connections == 1 else connections
    options = {"--to": to, "--what": what, "--checksums": checksums, "--cookies": cookies, "--connections": several}
    said = _said(base, to, what, checksums, [option for option, value in options.items() if value is not None])
    prompter = prompter_for(output) if output.mode in ("human", "plain") and output.interactive and not yes else None
    folder = None
    with suppress(Back):
        request = replace(_request(prompter, said, yes=yes), cookies=cookies, connections=connections)
        session.resume = f"{command(request)} --yes" if yes else command(request)
        folder = _fetched(request, output, prompter)
    if folder is None:
        output.result("Nothing was fetched.")
    else:
        output.result(how_to_build(folder), wrap=True)
    output.event("finished", {"folder": None if folder is None else str(folder), "exit_code": 0})
    return 0


def _fetched(request: Request, output: Output, prompter: Prompter | None) -> Path | None:
    """See `fetch`; an error names the command that resumes, if something was fetched and no other download goes on."""
    try:
        return fetch(request, output, prompter, Terminal())
    except InUse:
        raise
    except (InputError, MachineError) as error:
        begun = False
        with suppress(OSError):  # of a folder that cannot be looked into, the error says more
            begun = is_begun(request)
        if begun:
            error.hint = "\n  ".join(filter(None, (error.hint, f"Resume with: {session.resume}")))
        raise


def _said(
    base: str | None, to: Path | None, what: Sequence[str] | None, checksums: Path | None, options: Sequence[str]
) -> dict[str, Value]:
    """What the command line says. With any option the default is image-net.org; without one, the person is asked.

    `options` are the names of those that were given, but for --base.
    """
    origin = _ORIGINS.get((base or "").strip().lower())
    address = None
    if base is not None and origin is None:
        address = base_address(base, _ORIGINS)
    elif base is None and options:
        address = OFFICIAL
    folder = None if to is None else to.absolute()
    if address:
        require_source(address, folder)
    useless = [option for option in options if option in _USELESS.get(origin or "", ())]
    if useless:
        why = "delivers everything at once through its own client" if origin == "kaggle" else "has its own client"
        raise UsageError(f"{' and '.join(useless)} cannot be used with --base {origin}, which {why}.")
    said: dict[str, Value] = {}
    if origin:
        said[WHERE] = origin
    elif address:
        said |= {WHERE: OFFICIALLY} if address == OFFICIAL else {WHERE: MIRROR, BASE: address}
        said[CHECKSUMS] = str(checksums or "")
    if what is not None:
        said[WHAT] = _parse_what(" ".join(what))
    if folder:
        said[TO] = quoted(folder)
    return said


def _parse_what(text: str) -> list[str]:
    words = text.lower().replace(",", " ").split()
    hint = f"Choose from {', '.join(WHATS)}, separated by commas"
    for word in words:
        if word not in WHATS:
            near = difflib.get_close_matches(word, WHATS, n=1)
            raise UsageError(f"--what {text}: there is no {word!r}.", f"Did you mean {near[0]}?" if near else hint)
    if not words:
        raise UsageError("--what is empty.", hint)
    return [each for each in WHATS if each in words]


def _request(prompter: Prompter | None, said: Mapping[str, Value], *, yes: bool) -> Request:
    """What to fetch; the person is asked for what is missing, where somebody can be asked."""
    if prompter:
        try:
            return request_of(ask_answers(prompter, said))
        except KeyboardInterrupt:
            raise Interrupted("Nothing was fetched.") from None
    options = {"--what": WHAT in said or said.get(WHERE) == "kaggle", "--to": TO in said, "--yes": yes}
    missing = [option for option, given in options.items() if not given]
    if missing:
        raise UsageError(
            f"Nobody can be asked here, so {' and '.join(missing)} {'is' if len(missing) == 1 else 'are'} needed.",
            f"Use: imagenet-setup download --what {_THREE} --to FOLDER --yes",
        )
    return request_of({WHERE: OFFICIALLY, **said})
