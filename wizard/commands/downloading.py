"""The course of a download: what is to come, whether to begin, the transfer, and the outcome.

Once nobody is asked any more whether to begin, it needs no terminal.
"""

import signal
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager, suppress
from dataclasses import asdict
from pathlib import Path

from wizard import local_runs
from wizard.ask.downloading import PromptedAsker, command, confirmed
from wizard.ask.prompt import Prompter
from wizard.commands.outliving import OutlivingWork
from wizard.commands.watching import how_to_stop
from wizard.download.address import TERMS, absolute, shown
from wizard.download.archives import Archive, read_sums, wanted
from wizard.download.errors import DamagedError, DownloadError
from wizard.download.events import Fetched
from wizard.download.http.auth import Asker, Credentials, Login
from wizard.download.http.fetch import fetch_file, find_status
from wizard.download.http.file_status import FileStatus, bytes_here, least_missing, require_room
from wizard.download.http.http_client import HttpClient
from wizard.download.http.session import Session
from wizard.download.hubs import huggingface, kaggle
from wizard.download.hubs.hub_client import Hub
from wizard.download.request import Request
from wizard.download.retry_policy import RetryPolicy
from wizard.errors import Interrupted, MachineError, UsageError
from wizard.events import Note
from wizard.folders import cache_folder, in_command, shortened
from wizard.formatting import counted, human_bytes
from wizard.hangup import Terminal, question_open
from wizard.interrupts import stop_on_signal
from wizard.lock import WAIT, exclusive_lock
from wizard.machine.disks import Disk, disk_of
from wizard.output import Output
from wizard.preflight.writability import why_not_writable
from wizard.show.reporters import Reporter

_HUBS: Mapping[str, Hub] = {"kaggle": kaggle, "huggingface": huggingface}
_TERMS = (
    "ImageNet is for non-commercial research and education. image-net.org gives it to accounts whose holders have "
    f"accepted its terms, which hold for copies from elsewhere too: {TERMS}"
)


def fetch(request: Request, output: Output, prompter: Prompter | None, terminal: Terminal) -> Path | None:
    """Lists what is to come, asks whether to begin (without a prompter it just begins), and fetches.

    It goes on if the terminal is lost after it has begun; then nobody can be asked anything afterwards.

    Returns:
        The folder to build from; None where the person did not want to begin.

    Raises:
        UsageError: a client is not installed, or nothing of what is wanted is offered.
        InputError: a file cannot be had, or is damaged.
        MachineError: there is no room, or the folder must not be written to.
        Interrupted: the person wanted to stop.
    """
    found, fix = why_not_writable(request.folder)
    if found:
        raise MachineError(f"{found}.", f"{fix}, or choose another folder: --to DIR")
    with _exclusive(request.folder):
        start = _from_archives if request.origin == "archives" else _from_hub
        return start(request, output, prompter, OutlivingWork(output, terminal))


def how_to_build(folder: Path) -> str:
    """A sentence on what comes after a download."""
    return f"Build from it with: imagenet-setup, and {shortened(folder)} as the raw data."


def is_begun(request: Request) -> bool:
    """Whether the folder holds some of what is wanted, so that the same command resumes."""
    folder = request.folder
    if request.origin == "archives":
        return any(bytes_here(archive.name, folder) for archive in wanted(request.what, {}))
    hub = _HUBS[request.origin]
    return hub.needs(request.what, folder) < hub.needs(request.what, folder / "nothing in it")


def _from_archives(request: Request, output: Output, prompter: Prompter | None, work: OutlivingWork) -> Path | None:
    archives = _archives(request)
    output.say(_TERMS)
    # Before a server is asked, which may want a login; once it has told the sizes of all files, they are compared too.
    require_room(least_missing(archives, request.folder), request.folder, disk_of(request.folder))
    url = absolute(request.base)
    where = shown(request.base) if url.scheme == "file" else url.host
    output.say(f"Looking at {counted(len(archives), 'file')} here and at {where}…")
    reporter = work.reporter
    asker = _AsideAsker(reporter, PromptedAsker(prompter), work.terminal) if prompter else None
    client = HttpClient(Login(request.base, asker, request.cookies), RetryPolicy())
    with closing(client), stop_on_signal(lambda _text: None) as stopping, ExitStack() as begun:
        if prompter is None:
            begun.enter_context(_begun(request, work))
        session = Session(
            client=client,
            folder=request.folder,
            cache=cache_folder(),
            report=work.handle,
            stopping=stopping,
            connections=request.connections,
        )
        with reporter.shown():
            found = [find_status(archive, session) for archive in archives]
        there = disk_of(request.folder)
        _show_plan(output, request, found, there)
        require_room(sum(each.missing for each in found), request.folder, there)
        if all(each.state == "complete" for each in found):
            _finish(f"Everything is in {request.folder} already.", request.folder, work, output)
            return request.folder
        if prompter:
            if not _is_confirmed(prompter, work.terminal):
                return None
            begun.enter_context(_begun(request, work))
        with reporter.shown():
            fetched = _fetch_all(found, session)
        size, one = human_bytes(sum(each.bytes for each in fetched)), len(fetched) == 1
        are, right = ("is", "with the right MD5") if one else ("are", "each with the right MD5")
        told = f"{counted(len(fetched), 'file')}, {size}, {are} in {request.folder} now, {right}."
        _finish(told, request.folder, work, output)
    return request.folder


def _begun(request: Request, work: OutlivingWork) -> AbstractContextManager[None]:
    return work.begun("download", request.folder, command(request))


def _finish(told: str, folder: Path, work: OutlivingWork, output: Output) -> None:
    work.finish("\n".join(filter(None, (told, how_to_build(folder)))))
    if told:
        output.result(told, wrap=True)


def _archives(request: Request) -> tuple[Archive, ...]:
    sums = read_sums(request.checksums) if request.checksums else {}
    archives = wanted(request.what, sums)
    names = [archive.name for archive in archives]
    if request.checksums and sums.keys().isdisjoint(names):
        raise UsageError(
            f"{request.checksums} has no MD5 for any of the files that are wanted: {', '.join(names)}.",
            "Leave --checksums out to use the official ones, or give the mirror's files these names",
        )
    return archives


def _fetch_all(found: Sequence[FileStatus], session: Session) -> list[Fetched]:
    """Fetches one file after the other; the others still come after one that arrives damaged."""
    fetched, damaged = [], []
    for each in found:
        try:
            fetched.append(fetch_file(each, session))
            session.report(fetched[-1])
        except DamagedError as error:
            damaged.append(error)
    if damaged:
        raise DownloadError("\n".join(error.what for error in damaged), damaged[0].hint)
    return fetched


def _from_hub(request: Request, output: Output, prompter: Prompter | None, work: OutlivingWork) -> Path | None:
    hub = _HUBS[request.origin]
    hub.require(request.what, request.folder)
    output.say(hub.TERMS)
    reporter = work.reporter
    if lacking := hub.lacking(request.what):
        with reporter.shown():
            reporter.handle(Note(text=lacking, warning=True))
    there, needed = disk_of(request.folder), hub.needs(request.what, request.folder)
    output.say(f"Up to {human_bytes(needed)} are needed in {request.folder}; {human_bytes(there.free)} are free there.")
    output.event("plan", {"base": request.origin, "folder": str(request.folder), "bytes_needed": needed})
    if there.free < needed:
        raise MachineError(
            f"{human_bytes(there.free)} are free for {request.folder}; up to {human_bytes(needed)} are needed.",
            f"Free {human_bytes(needed - there.free)} there, or choose another folder: --to DIR",
        )
    if prompter and not _is_confirmed(prompter, work.terminal):
        return None
    with _begun(request, work):
        with reporter.shown():
            folder = hub.fetch(request.folder, request.what, work.handle)
        _finish("", folder, work, output)
    return folder


def _show_plan(output: Output, request: Request, found: Sequence[FileStatus], there: Disk) -> None:
    left = sum(each.left for each in found)
    width = max(len(each.archive.name) for each in found)
    output.say(f"\nFrom {request.base} to {shortened(request.folder)}:")
    for each in found:
        mark = "✓" if each.state == "complete" else "→"
        output.say(f"  {mark} {each.archive.name:<{width}}  {human_bytes(each.size):>9}   {each.description}".rstrip())
    where = f" on {there.mount} ({there.kind})" if there.mount else ""
    output.say(f"{human_bytes(left)} to fetch; {human_bytes(there.free)} free{where}.\n")
    files = [
        {"file": each.archive.name, "state": each.state, "bytes": each.size, "bytes_here": each.have} for each in found
    ]
    plan = {"base": request.base, "folder": str(request.folder), "files": files}
    output.event("plan", {**plan, "bytes_left": left, "disk": asdict(there)})


def _is_confirmed(prompter: Prompter, terminal: Terminal) -> bool:
    try:
        with _interruptible(terminal):
            return confirmed(prompter)
    except KeyboardInterrupt:
        raise Interrupted("Nothing was fetched.") from None


@contextmanager
def _exclusive(folder: Path) -> Iterator[None]:
    """Two downloads into one folder would write into each other's files. Leaves neither a lock nor an empty folder."""
    new, lock = not folder.exists(), folder / ".imagenet-setup-download.lock"
    others = local_runs.others_alive(folder, "download")
    hint = (
        f"Watch it: imagenet-setup attach {in_command(folder)}\n  Stop it: {how_to_stop(others[0])}" if others else WAIT
    )
    try:
        with exclusive_lock(lock, f"Another download goes to {folder}.", hint):
            try:
                yield
            finally:
                with suppress(OSError):
                    lock.unlink()
    finally:
        if new:
            with suppress(OSError):
                folder.rmdir()


class _AsideAsker:
    """Asks while the bars are hidden, unless nobody would answer."""

    def __init__(self, reporter: Reporter, asker: Asker, terminal: Terminal) -> None:
        self._reporter, self._asker, self._terminal = reporter, asker, terminal

    def credentials(self, host: str, refused: bool) -> Credentials | None:
        """See Asker."""
        if self._terminal.lost:
            return None
        with self._reporter.aside(), _interruptible(self._terminal):
            return self._asker.credentials(host, refused)

    def cookies(self, host: str, why: str) -> Path | None:
        """See Asker."""
        if self._terminal.lost:
            return None
        with self._reporter.aside(), _interruptible(self._terminal):
            return self._asker.cookies(host, why)


@contextmanager
def _interruptible(terminal: Terminal) -> Iterator[None]:
    """Within it, Ctrl-C raises KeyboardInterrupt: a prompt would not return to see that a stop was requested.

    So does the loss of the terminal; see `question_open`.
    """
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with question_open(terminal):
            yield
    finally:
        signal.signal(signal.SIGINT, before)
