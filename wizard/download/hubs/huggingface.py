"""Hugging Face's imagenet-1k through huggingface_hub: the archives of an older revision, and what is in them.

Today's main branch has Parquet files, which this project does not read. Files go through the client's `http_get`, into
a `.part` of ours: its `hf_hub_download` deletes unfinished files, and these have 30 GB.
"""

import os
import time
from collections.abc import Collection
from dataclasses import dataclass
from errno import errorcode
from pathlib import Path

from wizard.download.archives import WHATS, What
from wizard.download.errors import DownloadError, Transient
from wizard.download.events import Fetched, Report
from wizard.download.hubs.hub_client import POLICY, bar, client, no_token, quiet, refusal, size, summary
from wizard.download.hubs.unpack import unpack
from wizard.download.retry_policy import retry
from wizard.errors import UsageError, reading, writing
from wizard.events import Note
from wizard.ilsvrc2012.archives import IMAGES, SPLITS, Split

REPOSITORY, REVISION = "ILSVRC/imagenet-1k", "1500f8c59b214ce459c0a593fa1c87993aeb7700"
PAGE = f"https://huggingface.co/datasets/{REPOSITORY}"
NAME = "Hugging Face"
TERMS = (
    f"{NAME} gives them to accounts that have accepted the terms at {PAGE}. Its client uses the token of "
    "`hf auth login`, or HF_TOKEN."
)

_NAMES: dict[Split, tuple[str, ...]] = {
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


@dataclass(frozen=True, kw_only=True)
class _Archive:
    """An archive, and the folder that it is unpacked to."""

    split: Split
    path: Path
    folder: Path

    @property
    def part(self) -> Path:
        return self.path.with_name(f"{self.path.name}.part")

    @property
    def marker(self) -> Path:
        """Marks it as unpacked completely; the archive itself may be deleted then."""
        return self.path.with_name(f"{self.path.name}.unpacked")

    @property
    def is_unpacked(self) -> bool:
        """Whether all of it was unpacked, and not all of the folder deleted since."""
        return self.marker.exists() and _has_entries(self.folder)


def needs(what: Collection[What], folder: Path) -> int:
    """See Hub: the archives, which stay, and the images unpacked from them.

    An archive counts as large as its images, which gzip hardly compresses; each image also fills its last block.
    """
    total = 0
    for archive in _archives(what, folder):
        if archive.is_unpacked:
            continue
        image, count = IMAGES[archive.split], len(_NAMES[archive.split])
        packed = image.image_bytes // count
        here = max(size(archive.path), size(archive.part))
        total += max(0, packed - here) + packed + image.images * _BLOCK // count
    return total


def lacking(what: Collection[What]) -> str:
    """See Hub."""
    missing = _missing(what)
    return f"{NAME} has no {' and no '.join(missing)}: only images. Boxes are at image-net.org." if missing else ""


def require(what: Collection[What], folder: Path) -> None:
    """See Hub."""
    hub = client("huggingface_hub.utils")
    archives = _archives(what, folder)
    if not archives:
        raise UsageError(
            f"{NAME} has no {' and no '.join(_missing(what))}: only train, validation and test.",
            "Fetch them from image-net.org, or choose others: --what train,validation",
        )
    if all(archive.path.is_file() or archive.is_unpacked for archive in archives):
        return
    with reading(Path("~/.cache/huggingface/token")):
        # A token by OIDC comes from another server, which is asked only when the token is needed.
        known = "HF_OIDC_RESOURCE" in os.environ or "authorization" in hub.build_hf_headers()
    if not known:
        raise no_token(NAME, _LOG_IN)


def fetch(folder: Path, what: Collection[What], report: Report) -> Path:
    """See Hub. The folder gets train/, val/ and test/, and the archives in data/, which are no longer needed then."""
    require(what, folder)
    archives = _archives(what, folder)
    for archive in archives:
        # As soon as one archive is unpacked again, the others would count as unpacked too.
        if not _has_entries(archive.folder):
            with writing(archive.marker):
                archive.marker.unlink(missing_ok=True)
    with quiet("huggingface_hub"):
        for archive in archives:
            _fetch_archive(archive, report)
    report(Note(text=f"Everything is unpacked; the archives in {folder / 'data'} are no longer needed."))
    return folder


def _fetch_archive(archive: _Archive, report: Report) -> None:
    name, part = archive.path.name, archive.part
    if archive.is_unpacked:
        report(Note(text=f"{name} was fetched and unpacked before."))
        return
    seconds = 0.0
    if not archive.path.is_file():
        began = time.monotonic()
        with writing(part):
            part.parent.mkdir(parents=True, exist_ok=True)
        retry(name, lambda: _transfer(part, name, report), POLICY, report, progress=lambda: size(part))
        with writing(archive.path):
            part.replace(archive.path)
        seconds = time.monotonic() - began
    count = size(archive.path)
    unpack(archive.path, archive.folder, report, flat=True)
    with writing(archive.marker):
        archive.marker.touch()
    report(Fetched(file=name, bytes=count, md5="", seconds=seconds))


def _transfer(part: Path, name: str, report: Report) -> None:
    """Fetches the rest of one file; the client's exceptions become DownloadError or Transient."""
    hub, files = client("huggingface_hub"), client("huggingface_hub.file_download")
    errors = client("huggingface_hub.errors")
    try:
        headers = client("huggingface_hub.utils").build_hf_headers()
        url = hub.hf_hub_url(REPOSITORY, f"data/{name}", repo_type="dataset", revision=REVISION)
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
        status = error.response.status_code
        forbidden = DownloadError(
            f"{NAME} accepts the token, but has not granted its account access to {REPOSITORY} (403).",
            f"Open {PAGE}, logged in, and accept the terms; a fine-grained token must also be allowed to read gated "
            "repositories. Then give the same command again",
        )
        otherwise = DownloadError(
            f"{NAME} answers the request for data/{name} of {REPOSITORY} at {REVISION[:8]} with status {status}.",
            "If it is no longer there, fetch the official archives from image-net.org, or Kaggle's",
        )
        raise refusal(NAME, status, _LOG_IN, forbidden=forbidden, otherwise=otherwise) from error
    except errors.OfflineModeIsEnabled as error:
        raise DownloadError(f"{NAME}'s client is offline, as HF_HUB_OFFLINE asks.", "Unset it") from error
    except errors.HTTPError as error:
        raise Transient(f"the connection to {NAME} failed or was interrupted ({summary(error)})") from error
    except OSError as error:
        if error.errno in errorcode:
            with writing(part):
                raise
        raise Transient(f"{NAME}'s client gave up ({summary(error)})") from error


def _archives(what: Collection[What], folder: Path) -> list[_Archive]:
    archives: list[_Archive] = []
    for split in [split for split in SPLITS if split in what]:
        images, data = folder / _FOLDERS[split], folder / "data"
        archives += [_Archive(split=split, path=data / name, folder=images) for name in _NAMES[split]]
    return archives


def _missing(what: Collection[What]) -> list[What]:
    return [one for one in WHATS if one in what and one not in SPLITS]


def _has_entries(folder: Path) -> bool:
    if not folder.is_dir():
        return False
    with reading(folder), os.scandir(folder) as entries:
        return any(True for _ in entries)
