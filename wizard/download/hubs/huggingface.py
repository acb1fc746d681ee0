"""Hugging Face's imagenet-1k through huggingface_hub: the Parquet files of its main revision.

Files go through the client's `http_get`, into a `.part` of ours: its `hf_hub_download` deletes unfinished files.
"""

import hashlib
import os
import time
from collections.abc import Collection
from pathlib import Path

from wizard.download.archives import WHATS, What
from wizard.download.errors import DownloadError
from wizard.download.events import Checking, Fetched, Report
from wizard.download.http.part import set_aside
from wizard.download.hubs.hub_client import POLICY, bar, client, no_token, quiet, size
from wizard.download.hubs.huggingface_files import (
    COMMIT,
    DATA,
    LOG_IN,
    NAME,
    PAGE,
    REPOSITORY,
    HubFile,
    errors_named,
    list_files,
)
from wizard.download.retry_policy import retry
from wizard.errors import MachineError, UsageError, reading, writing
from wizard.events import Note
from wizard.formatting import counted, human_bytes
from wizard.ilsvrc2012.archives import IMAGES, SPLITS, Split
from wizard.machine.disks import disk_of
from wizard.sources.numbered_files import set_problem
from wizard.storage import write_whole

TERMS = (
    f"{NAME} gives them to accounts that have accepted the terms at {PAGE}. Its client uses the token of "
    "`hf auth login`, or HF_TOKEN."
)

_CHUNK = 1 << 22
_OVERHEAD = 1.005
"""Bytes of the files for each of their images': paths, labels, page headers."""


def needs(what: Collection[What], folder: Path) -> int:
    """See Hub: the files as large as their images; `fetch` compares the sizes that the hub states."""
    total = 0
    for split in _splits(what):
        if not _is_complete(folder, split):
            here = sum(map(size, (folder / DATA).glob(f"{split}-*-of-*.parquet*")))
            total += max(0, int(IMAGES[split].image_bytes * _OVERHEAD) - here)
    return total


def lacking(what: Collection[What]) -> str:
    """See Hub."""
    missing = _missing(what)
    return f"{NAME} has no {' and no '.join(missing)}: only images. Boxes are at image-net.org." if missing else ""


def require(what: Collection[What], folder: Path) -> None:
    """See Hub."""
    hub = client("huggingface_hub.utils")
    splits = _splits(what)
    if not splits:
        raise UsageError(
            f"{NAME} has no {' and no '.join(_missing(what))}: only train, validation and test.",
            "Fetch them from image-net.org, or choose others: --what train,validation",
        )
    if all(_is_complete(folder, split) for split in splits):
        return
    with reading(Path("~/.cache/huggingface/token")):
        # A token by OIDC comes from another server, which is asked only when the token is needed.
        known = "HF_OIDC_RESOURCE" in os.environ or "authorization" in hub.build_hf_headers()
    if not known:
        raise no_token(NAME, LOG_IN)


def fetch(folder: Path, what: Collection[What], report: Report) -> Path:
    """See Hub. The folder gets data/ with the files of the splits, as they are named at the hub."""
    require(what, folder)
    lacking_splits = [split for split in _splits(what) if not _is_complete(folder, split)]
    for split in _splits(what):
        if split not in lacking_splits:
            report(Note(text=f"{split} was fetched before: all its files are in {folder / DATA}."))
    if not lacking_splits:
        return folder
    with quiet("huggingface_hub"):
        files = retry(REPOSITORY, lambda: list_files(folder, lacking_splits), POLICY, report)
        _require_room(files, folder)
        _remember(folder, files[0].commit)
        for file in files:
            _fetch_file(file, report)
    there = f"{REPOSITORY} at {files[0].commit[:8]} {'is' if len(files) == 1 else 'are'} in {folder / DATA}"
    report(Note(text=f"{counted(len(files), 'file')} of {there}."))
    return folder


def _require_room(files: Collection[HubFile], folder: Path) -> None:
    left, free = sum(file.left for file in files), disk_of(folder).free
    if free < left:
        raise MachineError(
            f"{human_bytes(free)} are free for {folder}; the files still to come have {human_bytes(left)}.",
            f"Free {human_bytes(left - free)} there, or choose another folder: --to DIR",
        )


def _remember(folder: Path, commit: str) -> None:
    begun = folder / DATA / COMMIT
    with writing(begun):
        begun.parent.mkdir(parents=True, exist_ok=True)
        write_whole(begun, f"{commit}\n".encode())


def _fetch_file(file: HubFile, report: Report) -> None:
    if file.path.exists():
        if size(file.path) != file.bytes:
            raise DownloadError(
                f"{file.path} has {size(file.path):,} bytes; the hub's file at {file.commit[:8]} has {file.bytes:,}.",
                "It is of another revision, or damaged: remove it, and run the same command again",
            )
        return
    began = time.monotonic()
    name = file.path.name
    retry(name, lambda: _transfer(file, report), POLICY, report, progress=lambda: size(file.part))
    _verify(file, report)
    with writing(file.path):
        file.part.replace(file.path)
    report(Fetched(file=name, bytes=file.bytes, md5="", seconds=time.monotonic() - began))


def _verify(file: HubFile, report: Report) -> None:
    """Compares the sha256 that the hub states; a file with another is set aside.

    Raises:
        DownloadError: it has another.
    """
    if not file.sha256:
        return
    digest, done = hashlib.sha256(), 0
    with reading(file.part), file.part.open("rb") as part:
        while chunk := part.read(_CHUNK):
            digest.update(chunk)
            done += len(chunk)
            report(Checking(file=file.path.name, done=done, total=file.bytes))
    if digest.hexdigest() != file.sha256:
        bad = set_aside(file.part, file.path)
        raise DownloadError(
            f"{file.path.name} arrived damaged: its sha256 is not the one that {NAME} states. It was set aside as "
            f"{bad.name}.",
            f"Remove {bad}; the same command then fetches it again",
        )


def _transfer(file: HubFile, report: Report) -> None:
    """Fetches the rest of one file; the client's exceptions become DownloadError or Transient."""
    hub, files = client("huggingface_hub"), client("huggingface_hub.file_download")
    with errors_named(f"the request for {file.name} of {REPOSITORY} at {file.commit[:8]}", file.part):
        headers = client("huggingface_hub.utils").build_hf_headers()
        url = hub.hf_hub_url(REPOSITORY, file.name, repo_type="dataset", revision=file.commit)
        with file.part.open("ab") as part:
            if part.tell() > file.bytes:
                part.truncate(0)
            files.http_get(
                url,
                part,
                resume_size=part.tell(),
                headers=headers,
                expected_size=file.bytes,
                displayed_filename=file.path.name,
                tqdm_class=bar(file.path.name, report),
            )


def _is_complete(folder: Path, split: Split) -> bool:
    """Whether all files of a split are there, by the count in their names."""
    files = sorted((folder / DATA).glob(f"{split}-*-of-*.parquet"))
    return bool(files) and set_problem(files, split) is None


def _splits(what: Collection[What]) -> list[Split]:
    return [split for split in SPLITS if split in what]


def _missing(what: Collection[What]) -> list[What]:
    return [one for one in WHATS if one in what and one not in SPLITS]
