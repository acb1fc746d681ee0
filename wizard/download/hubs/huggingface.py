"""Hugging Face's imagenet-1k through huggingface_hub: the archives of an older revision, and what is in them.

Today's main branch has Parquet files, which this project does not read. Files go through the client's `http_get`, into
a `.part` of ours: its `hf_hub_download` deletes unfinished files, and these have 30 GB.
"""

import os
import time
from collections.abc import Collection
from errno import errorcode
from pathlib import Path

from wizard.download.archives import WHATS, What
from wizard.download.errors import DownloadError, Transient
from wizard.download.events import Fetched
from wizard.download.hubs.hub_client import POLICY, Report, bar, client, is_temporary, quiet, size, summary
from wizard.download.hubs.unpack import unpack
from wizard.download.retry_policy import Retries, RetryPolicy, retry
from wizard.errors import SetupError, UsageError, reading, writing
from wizard.events import Note
from wizard.ilsvrc2012.archives import IMAGES, SPLITS, Split

REPOSITORY, REVISION = "ILSVRC/imagenet-1k", "1500f8c59b214ce459c0a593fa1c87993aeb7700"
PAGE = f"https://huggingface.co/datasets/{REPOSITORY}"
NAME = "Hugging Face"
TERMS = (
    f"{NAME} gives them to accounts that have accepted the terms at {PAGE}. Its client uses the token of "
    "`hf auth login`, or HF_TOKEN."
)

_ARCHIVES: dict[Split, tuple[str, ...]] = {
    "train": tuple(f"train_images_{number}.tar.gz" for number in range(5)),
    "validation": ("val_images.tar.gz",),
    "test": ("test_images.tar.gz",),
}
_FOLDERS: dict[Split, str] = {"train": "train", "validation": "val", "test": "test"}
_BLOCK = 4096
_LOG_IN = (
    f"Make a token at https://huggingface.co/settings/tokens, give it to `hf auth login`, accept the terms at {PAGE}; "
    "then give the same command again"
)


def needs(what: Collection[What], folder: Path | None = None) -> int:
    """Bytes of disk that a fetch takes at most: the archives, which stay, and the images unpacked from them.

    An archive counts as large as its images, which gzip hardly compresses; each image also fills its last block.

    Args:
        what: is fetched.
        folder: where to; what an earlier run left there is not counted again.
    """
    total = 0
    for split in _splits(what):
        image, names = IMAGES[split], _ARCHIVES[split]
        for name in names:
            packed = image.image_bytes // len(names)
            archive = _archive(folder, name) if folder else None
            if folder and archive and _unpacked(archive, folder / _FOLDERS[split]):
                continue
            there = max(map(size, (archive, _part(archive)))) if archive else 0
            total += max(0, packed - there) + packed + image.images * _BLOCK // len(names)
    return total


def lacking(what: Collection[What]) -> str:
    """What is wanted and not to be had here, as a sentence; empty where there is nothing."""
    missing = _missing(what)
    return f"{NAME} has no {' and no '.join(missing)}: only images. Boxes are at image-net.org." if missing else ""


def require(what: Collection[What], folder: Path) -> None:
    """Checks, without asking the hub, that a fetch can begin.

    Args:
        what: is wanted.
        folder: where to; for what is there already, no token is needed.

    Raises:
        UsageError: the client is not installed, or nothing of what is wanted is there.
        DownloadError: there is no token.
    """
    hub = client("huggingface_hub.utils")
    if not _splits(what):
        raise UsageError(
            f"{NAME} has no {' and no '.join(_missing(what))}: only train, validation and test.",
            "Fetch them from image-net.org, or choose others: --what train,validation",
        )
    places = [
        (_archive(folder, name), folder / _FOLDERS[split]) for split in _splits(what) for name in _ARCHIVES[split]
    ]
    if all(archive.is_file() or _unpacked(archive, place) for archive, place in places):
        return
    with reading(Path("~/.cache/huggingface/token")):
        # A token by OIDC comes from another server, which is asked only when the token is needed.
        known = "HF_OIDC_RESOURCE" in os.environ or "authorization" in hub.build_hf_headers()
    if not known:
        raise DownloadError(f"{NAME} delivers nothing without a token, and its client found none.", _LOG_IN)


def fetch(
    folder: Path,
    what: Collection[What],
    report: Report,
    *,
    endpoint: str | None = None,
    retry_policy: RetryPolicy = POLICY,
) -> Path:
    """Fetches the archives of what is wanted, each unpacked as soon as it is here; resumes what an earlier run left.

    Args:
        folder: gets train/, val/ and test/, and the archives in data/, which are no longer needed then.
        what: is wanted; train, validation and test are to be had.
        report: told what happens.
        endpoint: the hub's address; None for the client's own (HF_ENDPOINT, or huggingface.co).
        retry_policy: for a connection that breaks.

    Returns:
        The folder to give as source.path.

    Raises:
        UsageError: see `require`.
        DownloadError: no token, no access, no network, or a damaged archive.
        MachineError: the disk is full, or must not be written to.
    """
    require(what, folder)
    with quiet("huggingface_hub"):
        for split in _splits(what):
            archives, place = [_archive(folder, name) for name in _ARCHIVES[split]], folder / _FOLDERS[split]
            if not _holds_something(place):
                _forget(archives)
            for archive in archives:
                _have(archive, place, report, endpoint, retry_policy)
    report(Note(text=f"Everything is unpacked; the archives in {folder / 'data'} are no longer needed."))
    return folder


def _have(archive: Path, folder: Path, report: Report, endpoint: str | None, retry_policy: RetryPolicy) -> None:
    if _unpacked(archive, folder):
        report(Note(text=f"{archive.name} was fetched and unpacked before."))
        return
    began = time.monotonic()
    there = archive.is_file()
    if not there:
        part = _part(archive)
        with writing(part):
            part.parent.mkdir(parents=True, exist_ok=True)
        retry(
            lambda: _transfer(part, archive.name, report, endpoint),
            Retries(archive.name, retry_policy),
            report,
            progress=lambda: size(part),
        )
        with writing(archive):
            part.replace(archive)
    seconds = 0.0 if there else time.monotonic() - began
    count = size(archive)
    unpack(archive, folder, report, flat=True)
    with writing(_marker(archive)):
        _marker(archive).touch()
    report(Fetched(file=archive.name, bytes=count, md5="", seconds=seconds))


def _transfer(part: Path, name: str, report: Report, endpoint: str | None) -> None:
    """Fetches the rest of one file; what the client raises becomes an error of ours."""
    hub, files = client("huggingface_hub"), client("huggingface_hub.file_download")
    errors = client("huggingface_hub.errors")
    try:
        headers = client("huggingface_hub.utils").build_hf_headers()
        url = hub.hf_hub_url(REPOSITORY, f"data/{name}", repo_type="dataset", revision=REVISION, endpoint=endpoint)
        total = hub.get_hf_file_metadata(url).size
        with part.open("ab") as file:
            if total is not None and file.tell() > total:
                file.truncate(0)
            files.http_get(
                url,
                file,
                resume_size=file.tell(),
                headers=headers,
                expected_size=total,
                displayed_filename=name,
                tqdm_class=bar(name, report),
            )
    except errors.HfHubHTTPError as error:
        raise _refused(error.response.status_code, name) from error
    except errors.OfflineModeIsEnabled as error:
        raise DownloadError(f"{NAME}'s client is offline, as HF_HUB_OFFLINE asks.", "Unset it") from error
    except errors.HTTPError as error:
        raise Transient(f"the connection to {NAME} failed or broke off ({summary(error)})") from error
    except OSError as error:
        if error.errno in errorcode:
            with writing(part):
                raise
        raise Transient(f"{NAME}'s client gave up ({summary(error)})") from error


def _refused(status: int, name: str) -> SetupError | Transient:
    if is_temporary(status):
        return Transient(f"{NAME} answered with status {status}")
    if status == 401:
        return DownloadError(f"{NAME} does not accept the token that its client found (401).", _LOG_IN)
    if status == 403:
        return DownloadError(
            f"{NAME} accepts the token, but has not granted its account access to {REPOSITORY} (403).",
            f"Open {PAGE}, logged in, and accept the terms; a fine-grained token must also be allowed to read gated "
            "repositories. Then give the same command again",
        )
    return DownloadError(
        f"{NAME} answers the request for data/{name} of {REPOSITORY} at revision {REVISION[:8]} with status {status}.",
        "If it is no longer there, fetch the official archives from image-net.org, or Kaggle's",
    )


def _splits(what: Collection[What]) -> list[Split]:
    return [split for split in SPLITS if split in what]


def _missing(what: Collection[What]) -> list[What]:
    return [one for one in WHATS if one in what and one not in SPLITS]


def _unpacked(archive: Path, folder: Path) -> bool:
    """Whether all of it was unpacked to that folder and something of it is still there; the archive may be gone."""
    return _marker(archive).exists() and _holds_something(folder)


def _holds_something(folder: Path) -> bool:
    if not folder.is_dir():
        return False
    with reading(folder), os.scandir(folder) as entries:
        return any(True for _ in entries)


def _forget(archives: Collection[Path]) -> None:
    """Nothing unpacked is left: as soon as one archive is unpacked again, the others would count as unpacked too."""
    for archive in archives:
        with writing(archive):
            _marker(archive).unlink(missing_ok=True)


def _marker(archive: Path) -> Path:
    return archive.with_name(f"{archive.name}.unpacked")


def _archive(folder: Path, name: str) -> Path:
    return folder / "data" / name


def _part(archive: Path) -> Path:
    return archive.with_name(f"{archive.name}.part")
