"""The files of Hugging Face's imagenet-1k, as the hub lists them, and what the client's errors mean."""

import re
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from errno import errorcode
from pathlib import Path, PurePosixPath
from typing import Any

from wizard.download.errors import DownloadError, Transient
from wizard.download.hubs.hub_client import client, refusal, size, summary
from wizard.errors import reading, writing
from wizard.ilsvrc2012.archives import SPLITS, Split
from wizard.sources.numbered_files import set_problem

REPOSITORY = "ILSVRC/imagenet-1k"
PAGE = f"https://huggingface.co/datasets/{REPOSITORY}"
NAME = "Hugging Face"
DATA = "data"
COMMIT = ".imagenet-setup-revision"
"""In the folder of the files: the commit that they are of, so that a download resumed later does not mix two."""
_BRANCH = "main"
_FILE = re.compile(rf"{DATA}/({'|'.join(SPLITS)})-\d+-of-\d+\.parquet", re.ASCII)
LOG_IN = (
    f"Make a token at https://huggingface.co/settings/tokens, give it to `hf auth login`, accept the terms at {PAGE}; "
    "then run the same command again"
)


@dataclass(frozen=True, kw_only=True)
class HubFile:
    """A file of the repository at a commit.

    Attributes:
        name: its path there.
        bytes: its size.
        sha256: in hex; empty if the hub states none.
        path: where it goes.
    """

    name: str
    commit: str
    bytes: int
    sha256: str
    path: Path

    @property
    def part(self) -> Path:
        """Where its bytes are until it is complete."""
        return self.path.with_name(f"{self.path.name}.part")

    @property
    def left(self) -> int:
        """Bytes that are still to come."""
        return 0 if self.path.exists() else max(0, self.bytes - size(self.part))


def list_files(folder: Path, splits: Collection[Split]) -> list[HubFile]:
    """The files of these splits, at the commit that the folder was begun with, or main's.

    Raises:
        DownloadError: no access, or the hub has not all of them.
        Transient: no network, or the hub is busy.
    """
    hub = client("huggingface_hub")
    begun = folder / DATA / COMMIT
    with reading(begun):
        revision = begun.read_text(encoding="utf-8").strip() if begun.is_file() else _BRANCH
    with errors_named(f"the list of files of {REPOSITORY} at {revision[:8]}", folder):
        found = hub.HfApi().dataset_info(REPOSITORY, revision=revision, files_metadata=True)
    files: list[HubFile] = []
    for split in splits:
        mine = [_file(folder, found.sha, each) for each in found.siblings or () if _split_of(each.rfilename) == split]
        problem = set_problem([file.path for file in mine], split)
        if problem or not mine:
            why = problem.problem if problem else f"it has no {DATA}/{split}-*.parquet."
            raise DownloadError(
                f"{NAME}'s {REPOSITORY} at {found.sha[:8]} is not as expected: {why}",
                "Fetch the official archives from image-net.org, or Kaggle's",
            )
        files += sorted(mine, key=lambda file: file.name)
    return files


def _split_of(name: str) -> str:
    match = _FILE.fullmatch(name)
    return match[1] if match else ""


def _file(folder: Path, commit: str, listed: Any) -> HubFile:
    path = folder / DATA / PurePosixPath(listed.rfilename).name
    sha256 = listed.lfs.sha256 if listed.lfs else ""
    return HubFile(name=listed.rfilename, commit=commit, bytes=listed.size or 0, sha256=sha256, path=path)


@contextmanager
def errors_named(asked: str, path: Path) -> Iterator[None]:
    """Turns the client's exceptions, and those of writing to a path, into DownloadError, MachineError or Transient."""
    errors = client("huggingface_hub.errors")
    try:
        yield
    except errors.HfHubHTTPError as error:
        status = error.response.status_code
        forbidden = DownloadError(
            f"{NAME} accepts the token, but has not granted its account access to {REPOSITORY} (403).",
            f"Open {PAGE}, logged in, and accept the terms; a fine-grained token must also be allowed to read gated "
            "repositories. Then run the same command again",
        )
        otherwise = DownloadError(
            f"{NAME} answers {asked} with status {status}.",
            f"If it is no longer there, remove {COMMIT} in data/ to begin again with today's files, or fetch the "
            "official archives from image-net.org, or Kaggle's",
        )
        raise refusal(NAME, status, LOG_IN, forbidden=forbidden, otherwise=otherwise) from error
    except errors.OfflineModeIsEnabled as error:
        raise DownloadError(f"{NAME}'s client is offline, as HF_HUB_OFFLINE asks.", "Unset it") from error
    except errors.HTTPError as error:
        raise Transient(f"the connection to {NAME} failed or was interrupted ({summary(error)})") from error
    except OSError as error:
        if error.errno in errorcode:
            with writing(path):
                raise
        raise Transient(f"{NAME}'s client gave up ({summary(error)})") from error
