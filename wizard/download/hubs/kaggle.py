"""Kaggle's imagenet-object-localization-challenge through kagglehub.

The client goes on with an unfinished archive in its cache alone: with an `output_dir` it refuses a folder that is not
empty, or clears it. So the person's folder is made its cache, which also keeps all of it on the disk that they chose.
"""

import os
import tarfile
import time
import zipfile
import zlib
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from wizard.download.archives import What
from wizard.download.errors import DownloadError, Transient
from wizard.download.events import Event, Fetched, Transferring
from wizard.download.http.part import set_aside
from wizard.download.hubs.hub_client import POLICY, Report, bar, client, may_pass, persistently, said, size, unheard
from wizard.download.hubs.unpack import unpack
from wizard.download.retry_policy import RetryPolicy
from wizard.errors import SetupError, reading, writing
from wizard.events import Note

COMPETITION = "imagenet-object-localization-challenge"
PAGE = f"https://www.kaggle.com/competitions/{COMPETITION}"
NAME = "Kaggle"
TERMS = (
    f"{NAME} hands it out to accounts that have accepted the rules at {PAGE}/rules. Its client uses the token in "
    "~/.kaggle/access_token or ~/.kaggle/kaggle.json, or KAGGLE_API_TOKEN."
)

_TREE, _TAR = "ILSVRC", "imagenet_object_localization_patched2019.tar.gz"
_MADE = "made-by-imagenet-setup"
"""An empty file in the tree, which says that it is whole; no hidden one, so that rm -r ILSVRC/* takes it along."""
_ABOUT = 167_000_000_000
"""Bytes of what is downloaded, and again of what is in it; the largest that is told of either."""
ALL: tuple[What, ...] = ("train", "validation", "boxes", "test")
_CACHE = "KAGGLEHUB_CACHE"
_UNPACKING = "Extracting"
"""What the client logs before it unpacks."""
_LOG_IN = (
    "Make a token at https://www.kaggle.com/settings/api, save it as that page says, accept the rules at "
    f"{PAGE}/rules; then give the same command again"
)


def needs(_what: Collection[What], folder: Path | None = None) -> int:
    """Bytes of disk that a fetch takes at most, whatever is wanted: the archive, and beside it what is in it.

    The client removes its archive once that is unpacked. Where it held another archive, that one is unpacked in its
    stead, and stays.

    Args:
        folder: where to, if what an earlier run left there need not be counted again.
    """
    if folder is None:
        return 2 * _ABOUT
    if _is_whole(folder):
        return 0
    if any((place / _TAR).is_file() for place in (folder, _tree(folder))):
        return _ABOUT
    return 0 if _marker(folder).exists() else max(0, 2 * _ABOUT - size(_archive(folder)))


def lacking(what: Collection[What]) -> str:
    """What of it is wanted in vain, as a sentence; empty where nothing is."""
    return f"{NAME} has no development kit; nothing here needs it." if "devkit" in what else ""


def require(_what: Collection[What], folder: Path) -> None:
    """Sees to it, without Kaggle, that a fetch can begin; everything is handed out at once, whatever is wanted.

    Args:
        folder: where to; for what is there already, no token is needed.

    Raises:
        UsageError: the client is not installed.
        DownloadError: there is no token, or none that can be read; or the folder holds a tree that others put there.
    """
    config, environment = client("kagglehub.config"), client("kagglesdk.kaggle_env")
    if (folder / _TREE).exists() and not _is_whole(folder):
        raise DownloadError(
            f"{folder / _TREE} is here, and was not made by this program.",
            "Build from it, or move it away; the same command then fetches all of it",
        )
    if _holds_it(folder) or _marker(folder).exists():
        return
    try:
        with unheard("kagglehub"), reading(Path("~/.kaggle/kaggle.json")):
            known = environment.is_in_kaggle_notebook() or config.get_kaggle_credentials()
    except ValueError as error:
        raise DownloadError(f"{NAME}'s client cannot go on: {error}.", _LOG_IN) from error
    if not known:
        raise DownloadError(f"{NAME} hands out nothing without a token, and its client found none.", _LOG_IN)


def fetch(folder: Path, what: Collection[What], report: Report, *, retry_policy: RetryPolicy = POLICY) -> Path:
    """Fetches all that the competition holds; goes on with an archive that an earlier run left unfinished.

    Args:
        folder: gets ILSVRC/ and the tables beside it; competitions/ in it is the client's while it works.
        what: is wanted; everything comes all the same.
        report: told what happens.
        retry_policy: with a connection that breaks.

    Returns:
        The folder to give as source.path: the one given, or in a Kaggle notebook the one that Kaggle lends.

    Raises:
        UsageError: see `require`.
        DownloadError: no token, rules that are not accepted, no network, an archive that is damaged, or a tree that
            others put there.
        MachineError: the disk is full, or may not be written to.
    """
    require(what, folder)
    if _holds_it(folder):
        report(Note(text=f"{folder} holds what {NAME} hands out; nothing was fetched."))
    elif not _marker(folder).exists():
        lent = _download(folder, report, retry_policy)
        if lent != _tree(folder):
            return lent
    _finish(folder, report)
    return folder


def _download(folder: Path, report: Report, retry_policy: RetryPolicy) -> Path:
    began, total = time.monotonic(), size(_archive(folder))

    def told(event: Event) -> None:
        nonlocal total
        if isinstance(event, Transferring):
            total = event.total
        report(event)

    made = persistently(lambda: _attempt(folder, told), _archive(folder), report, retry_policy)
    report(Fetched(file=_archive(folder).name, bytes=total, md5="", seconds=time.monotonic() - began))
    return made


def _attempt(folder: Path, report: Report) -> Path:
    """What the client gives; whatever is wrong with its archive or the disk becomes an error of ours."""
    archive = _archive(folder)
    try:
        return _call(folder, report)
    except (zipfile.BadZipFile, tarfile.TarError, EOFError, zlib.error) as error:
        raise _damaged(archive, said(error)) from error
    except ValueError as error:
        if "archive" in str(error):
            raise _damaged(archive, said(error)) from error
        raise DownloadError(f"{NAME}'s client cannot go on: {error}.", _LOG_IN) from error
    except OSError as error:
        with writing(Path(error.filename or archive)):
            raise


def _call(folder: Path, report: Report) -> Path:
    """What the client gives; whatever its server or the connection refuses becomes an error of ours."""
    hub, errors, failures = client("kagglehub"), client("kagglehub.exceptions"), client("requests.exceptions")
    archive = _archive(folder)
    there = size(archive)
    with writing(archive):
        archive.parent.mkdir(parents=True, exist_ok=True)
        # Where it has a file to go on with, be it empty, the client does not wait for a silent server for ever.
        archive.touch()
    try:
        with _held(folder, report):
            return Path(hub.competition_download(COMPETITION))
    except Transient:
        # The client does not look at the status when it goes on, so this may be an error page at the archive's end.
        with writing(archive):
            os.truncate(archive, there)
        raise
    except (errors.UnauthenticatedError, errors.CredentialError) as error:
        raise DownloadError(f"{NAME} hands out nothing without a token, and its client found none.", _LOG_IN) from error
    except (errors.BackendError, errors.KaggleEnvironmentError) as error:
        raise DownloadError(f"{NAME}'s client cannot go on ({said(error)}).", f"Look at {PAGE}") from error
    except errors.DataCorruptionError as error:
        raise DownloadError(
            f"{archive.name} did not arrive as {NAME} sent it: the MD5 differs. Its client has removed it.",
            "The same command fetches it again",
        ) from error
    except failures.HTTPError as error:
        raise _refused(error.response.status_code) from error
    except failures.RequestException as error:
        raise Transient(f"the connection to {NAME} failed or broke off ({type(error).__name__})") from error
    finally:
        _leave_nothing_empty(archive)


@contextmanager
def _held(folder: Path, report: Report) -> Iterator[None]:
    """Within it, the client keeps everything in that folder, and is heard by us alone."""

    def hear(message: str) -> None:
        if message.startswith(_UNPACKING):
            report(
                Note(text=f"{_archive(folder).name} is here; its client unpacks it now, and says nothing meanwhile.")
            )

    clients = client("kagglehub.clients")
    before = clients.tqdm, clients.already_printed_version_warning, os.environ.get(_CACHE)
    clients.tqdm, clients.already_printed_version_warning = bar(_archive(folder).name, report), True
    os.environ[_CACHE] = str(folder)
    try:
        with unheard("kagglehub", hear):
            yield
    finally:
        clients.tqdm, clients.already_printed_version_warning, cache = before
        os.environ.pop(_CACHE)
        if cache is not None:
            os.environ[_CACHE] = cache


def _refused(status: int) -> SetupError | Transient:
    if may_pass(status):
        return Transient(f"{NAME} answered with status {status}")
    if status == 401:
        return DownloadError(f"{NAME} does not take the token that its client found (401).", _LOG_IN)
    if status == 403:
        return DownloadError(
            f"{NAME} knows who asks, but that account has not accepted the rules of {COMPETITION} (403).",
            f"Open {PAGE}/rules, logged in, and accept them; then give the same command again",
        )
    return DownloadError(
        f"{NAME} answers the request for {COMPETITION} with status {status}.",
        f"Look at {PAGE}; if it is no longer there, fetch the official archives from image-net.org",
    )


def _leave_nothing_empty(archive: Path) -> None:
    with suppress(OSError):
        if archive.is_file() and not size(archive):
            archive.unlink()
        archive.parent.rmdir()


def _damaged(archive: Path, why: str) -> DownloadError:
    bad = set_aside(archive, archive)
    return DownloadError(
        f"{archive} cannot be unpacked ({why}). It was set aside as {bad.name}.",
        f"Remove {bad}; the same command then fetches it again",
    )


def _finish(folder: Path, report: Report) -> None:
    """Unpacks an archive that was in the archive, also in the cache, so that only a whole tree leaves that."""
    made, archive, complete = _tree(folder), folder / _TAR, _marker(folder).exists()
    if complete and (made / _TAR).is_file():
        with writing(archive):
            (made / _TAR).replace(archive)
    if archive.is_file() and not _is_whole(folder):
        with writing(made):
            _marker(folder).unlink(missing_ok=True)  # what is in the cache is no longer complete
        unpack(archive, made, report)
    elif not complete:
        return
    _settle(folder)


def _settle(folder: Path) -> None:
    """Moves what was made to where the person asked for it, the tree last, and leaves nothing of the cache."""
    made = _tree(folder)
    with writing(folder):
        if (made / _TREE).is_dir():
            (made / _TREE / _MADE).touch()
        if made.is_dir():
            for entry in sorted(made.iterdir(), key=lambda path: (path.name == _TREE, path.name)):
                entry.replace(folder / entry.name)
            made.rmdir()
        _marker(folder).unlink(missing_ok=True)
    with suppress(OSError):
        made.parent.rmdir()


def _holds_it(folder: Path) -> bool:
    return _is_whole(folder) or (folder / _TAR).is_file()


def _is_whole(folder: Path) -> bool:
    """Whether the tree in that folder is one that we have made, to its end."""
    return (folder / _TREE / _MADE).is_file()


def _archive(folder: Path) -> Path:
    return folder / "competitions" / f"{COMPETITION}.archive"


def _tree(folder: Path) -> Path:
    return folder / "competitions" / COMPETITION


def _marker(folder: Path) -> Path:
    return folder / "competitions" / f"{COMPETITION}.complete"
