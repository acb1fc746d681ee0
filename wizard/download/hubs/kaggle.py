"""Kaggle's imagenet-object-localization-challenge through kagglehub.

The client resumes an unfinished archive only in its cache: with an `output_dir` it refuses a folder that is not empty,
or clears it. So the person's folder is made its cache, which also keeps everything on the disk that they chose.
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
from wizard.download.events import Event, Fetched, Report, Transferring
from wizard.download.hubs.hub_client import POLICY, bar, client, no_token, quiet, refusal, size, summary
from wizard.download.hubs.unpack import damaged, unpack
from wizard.download.retry_policy import retry
from wizard.errors import reading, writing
from wizard.events import Note

COMPETITION = "imagenet-object-localization-challenge"
PAGE = f"https://www.kaggle.com/competitions/{COMPETITION}"
NAME = "Kaggle"
TERMS = (
    f"{NAME} gives it to accounts that have accepted the rules at {PAGE}/rules. Its client uses the token in "
    "~/.kaggle/access_token or ~/.kaggle/kaggle.json, or KAGGLE_API_TOKEN."
)

_TREE, _TAR = "ILSVRC", "imagenet_object_localization_patched2019.tar.gz"
_MADE = "made-by-imagenet-setup"
"""An empty file that marks a complete tree; not a hidden one, so that rm -r ILSVRC/* removes it too."""
_ABOUT = 167_000_000_000
"""Bytes of the archive, and again of what is in it: the largest figure that is reported for either."""
ALL: tuple[What, ...] = ("train", "validation", "boxes", "test")
_CACHE = "KAGGLEHUB_CACHE"
_LOG_IN = (
    "Make a token at https://www.kaggle.com/settings/api, save it as that page says, accept the rules at "
    f"{PAGE}/rules; then run the same command again"
)


def needs(_what: Collection[What], folder: Path) -> int:
    """See Hub: the archive, and beside it what is in it, whatever is wanted.

    The client removes its archive once it is unpacked. If that held another archive, we unpack that one, and it stays.
    """
    if _is_complete(folder):
        return 0
    if any((place / _TAR).is_file() for place in (folder, _tree(folder))):
        return _ABOUT
    return 0 if _marker(folder).exists() else max(0, 2 * _ABOUT - size(_archive(folder)))


def lacking(what: Collection[What]) -> str:
    """See Hub."""
    return f"{NAME} has no development kit; nothing here needs it." if "devkit" in what else ""


def require(_what: Collection[What], folder: Path) -> None:
    """See Hub; the folder must not have a tree that this program did not make."""
    client("kagglehub")
    if (folder / _TREE).exists() and not _is_complete(folder):
        raise DownloadError(
            f"{folder / _TREE} is here, and was not made by this program.",
            "Build from it, or move it away; the same command then fetches all of it",
        )
    if not _is_here(folder) and not _marker(folder).exists():
        _require_token()


def fetch(folder: Path, what: Collection[What], report: Report) -> Path:
    """See Hub; `what` is ignored, as Kaggle delivers everything at once.

    The folder gets ILSVRC/ and the tables beside it; the client uses competitions/ in it meanwhile. A Kaggle notebook
    has the files mounted already, so there the folder returned is that one.
    """
    require(what, folder)
    if _is_here(folder):
        report(Note(text=f"{folder} has all that {NAME} delivers; nothing was fetched."))
    elif not _marker(folder).exists():
        delivered = _download(folder, report)
        if delivered != _tree(folder):
            return delivered
    _finish(folder, report)
    return folder


def _require_token() -> None:
    config, environment = client("kagglehub.config"), client("kagglesdk.kaggle_env")
    try:
        with quiet("kagglehub"), reading(Path("~/.kaggle/kaggle.json")):
            known = environment.is_in_kaggle_notebook() or config.get_kaggle_credentials()
    except ValueError as error:
        raise DownloadError(f"{NAME}'s client cannot continue: {error}.", _LOG_IN) from error
    if not known:
        raise no_token(NAME, _LOG_IN)


def _download(folder: Path, report: Report) -> Path:
    archive = _archive(folder)
    began, total = time.monotonic(), size(archive)
    report(Note(text=f"Once {archive.name} is here, {NAME}'s client unpacks it, and says nothing meanwhile."))

    def forward(event: Event) -> None:
        nonlocal total
        if isinstance(event, Transferring):
            total = event.total
        report(event)

    delivered = retry(archive.name, lambda: _attempt(folder, forward), POLICY, report, progress=lambda: size(archive))
    report(Fetched(file=archive.name, bytes=total, md5="", seconds=time.monotonic() - began))
    return delivered


def _attempt(folder: Path, report: Report) -> Path:
    """The client's result; its exceptions become DownloadError or Transient."""
    hub, errors, failures = client("kagglehub"), client("kagglehub.exceptions"), client("requests.exceptions")
    archive = _archive(folder)
    try:
        with _set_up(folder, report):
            return Path(hub.competition_download(COMPETITION))
    except (errors.UnauthenticatedError, errors.CredentialError) as error:
        raise no_token(NAME, _LOG_IN) from error
    except (errors.BackendError, errors.KaggleEnvironmentError) as error:
        raise DownloadError(f"{NAME}'s client cannot continue ({summary(error)}).", f"See {PAGE}") from error
    except errors.DataCorruptionError as error:
        raise DownloadError(
            f"{archive.name} did not arrive as {NAME} sent it: the MD5 differs. Its client has removed it.",
            "The same command fetches it again",
        ) from error
    except failures.HTTPError as error:
        raise _refused(error.response.status_code) from error
    except failures.RequestException as error:
        raise Transient(f"the connection to {NAME} failed or was interrupted ({type(error).__name__})") from error
    except (zipfile.BadZipFile, tarfile.TarError, EOFError, zlib.error, ValueError) as error:
        if isinstance(error, ValueError):
            _require_token()  # the client raises a ValueError for credentials that it cannot read, too
        raise damaged(archive, summary(error)) from error
    except OSError as error:
        with writing(Path(error.filename or archive)):
            raise


@contextmanager
def _set_up(folder: Path, report: Report) -> Iterator[None]:
    """Context in which the client uses that folder and reports instead of printing; removes empty folders."""
    clients, archive = client("kagglehub.clients"), _archive(folder)
    there = size(archive)
    with writing(archive):
        archive.parent.mkdir(parents=True, exist_ok=True)
        # The client sets a read time-out only when it resumes a file, even an empty one.
        archive.touch()
    before = clients.tqdm, clients.already_printed_version_warning, os.environ.get(_CACHE)
    clients.tqdm, clients.already_printed_version_warning = bar(archive.name, report), True
    os.environ[_CACHE] = str(folder)
    try:
        with quiet("kagglehub"):
            yield
    except Transient:
        # The client ignores the status when it resumes, so this may be an error page at the archive's end.
        with writing(archive):
            os.truncate(archive, there)
        raise
    finally:
        clients.tqdm, clients.already_printed_version_warning, cache = before
        os.environ.pop(_CACHE)
        if cache is not None:
            os.environ[_CACHE] = cache
        with suppress(OSError):
            if not size(archive):
                archive.unlink(missing_ok=True)
            archive.parent.rmdir()


def _refused(status: int) -> DownloadError | Transient:
    forbidden = DownloadError(
        f"{NAME} accepts the token, but its account has not accepted the rules of {COMPETITION} (403).",
        f"Open {PAGE}/rules, logged in, and accept them; then run the same command again",
    )
    otherwise = DownloadError(
        f"{NAME} answers the request for {COMPETITION} with status {status}.",
        f"See {PAGE}; if it is no longer there, fetch the official archives from image-net.org",
    )
    return refusal(NAME, status, _LOG_IN, forbidden=forbidden, otherwise=otherwise)


def _finish(folder: Path, report: Report) -> None:
    """Unpacks an archive that was in the archive, in the cache too, and moves everything out of it once complete."""
    made, archive, complete = _tree(folder), folder / _TAR, _marker(folder).exists()
    if complete and (made / _TAR).is_file():
        with writing(archive):
            (made / _TAR).replace(archive)
    if archive.is_file() and not _is_complete(folder):
        with writing(made):
            _marker(folder).unlink(missing_ok=True)  # the tree in the cache is incomplete while it is unpacked
        unpack(archive, made, report)
    elif not complete:
        return
    with writing(folder):
        if (made / _TREE).is_dir():
            (made / _TREE / _MADE).touch()
        if made.is_dir():
            # The tree last, with its mark: until it has been moved, the next run resumes here.
            for entry in sorted(made.iterdir(), key=lambda path: (path.name == _TREE, path.name)):
                entry.replace(folder / entry.name)
            made.rmdir()
        _marker(folder).unlink(missing_ok=True)
    with suppress(OSError):
        made.parent.rmdir()


def _is_here(folder: Path) -> bool:
    return _is_complete(folder) or (folder / _TAR).is_file()


def _is_complete(folder: Path) -> bool:
    return (folder / _TREE / _MADE).is_file()


def _archive(folder: Path) -> Path:
    return folder / "competitions" / f"{COMPETITION}.archive"


def _tree(folder: Path) -> Path:
    return folder / "competitions" / COMPETITION


def _marker(folder: Path) -> Path:
    return folder / "competitions" / f"{COMPETITION}.complete"
