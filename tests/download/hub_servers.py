"""Kaggle and Hugging Face on loopback, as far as their clients speak to them, with drawn images in their archives.

Either asks who wants the file, and leads on to a storage under another host's name, which takes anybody.
"""

import gzip
import io
import random
import threading
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from tests.download.server import Answer, Asked, Rule, Served, Server, page
from tests.helpers import tar
from wizard import synthetic
from wizard.download.hubs.huggingface import REPOSITORY, REVISION
from wizard.ilsvrc2012.synsets import synsets, validation_ranks

TOKEN = "hf_made-for-the-tests"
DATA = f"datasets/{REPOSITORY}/resolve/{REVISION}/data/"
STORAGE = "storage/"
_RPC = "/api/v1/competitions.CompetitionApiService/DownloadDataFiles"


def drawn(seed: int) -> bytes:
    return synthetic.draw(random.Random(seed), seed).data


def packed(members: Mapping[str, bytes]) -> bytes:
    return gzip.compress(tar(members.items()), mtime=0)


def hugging_face_archives() -> dict[str, bytes]:
    """Every archive of the old revision, by name: a train image each, two of validation, one of test."""
    wnids = [synset.wnid for synset in synsets()]
    made = {f"train_images_{n}.tar.gz": packed({f"{wnids[n]}_1{n}_{wnids[n]}.JPEG": drawn(n)}) for n in range(5)}
    reported = [wnids[int(rank)] for rank in validation_ranks()[:2]]
    made["val_images.tar.gz"] = packed(
        {f"ILSVRC2012_val_{n:08d}_{wnid}.JPEG": drawn(n) for n, wnid in enumerate(reported, start=1)}
    )
    made["test_images.tar.gz"] = packed({"ILSVRC2012_test_00000001.JPEG": drawn(9)})
    return made


@dataclass
class Gate(Rule):
    """Lets those with the right token on to the storage; `granted` says whether the terms were accepted."""

    granted: bool = True

    def change(self, asked: Asked, answer: Answer, /) -> Answer:
        if not asked.name.startswith(DATA):
            return answer
        if asked.headers.get("authorization") != f"Bearer {TOKEN}":
            return page(401, "Who are you?", X_Error_Code="GatedRepo")
        if not self.granted:
            return page(403, "Accept the terms.", X_Error_Code="GatedRepo")
        place = STORAGE + asked.name.removeprefix(DATA)
        port = asked.headers["host"].rpartition(":")[2]
        headers = {"Location": f"http://localhost:{port}/2012/{place}", "X-Repo-Commit": REVISION}
        headers |= {"X-Linked-Size": str(answer.count), "X-Linked-Etag": '"1"'}
        moved = page(302, "")
        return Answer(**{**vars(moved), "headers": moved.headers | headers})


def hugging_face(archives: Mapping[str, bytes], *rules: Rule, granted: bool = True) -> Server:
    """The hub: endpoint is its base without the slash. Rules come to bear on the storage's answers."""
    files = {place + name: Served(data=data) for name, data in archives.items() for place in (DATA, STORAGE)}
    return Server(files, *rules, Gate(granted=granted))


def kaggle_files() -> dict[str, bytes]:
    """Kaggle's tree of a train, a validation and a test image, and a table beside it."""
    wnid = synsets()[0].wnid
    images = "ILSVRC/Data/CLS-LOC"
    return {
        f"{images}/train/{wnid}/{wnid}_10.JPEG": drawn(0),
        f"{images}/val/ILSVRC2012_val_00000001.JPEG": drawn(1),
        f"{images}/test/ILSVRC2012_test_00000001.JPEG": drawn(2),
        "LOC_synset_mapping.txt": "".join(f"{synset.wnid} {synset.words}\n" for synset in synsets()).encode(),
    }


def zipped(files: Mapping[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return buffer.getvalue()


@contextmanager
def kaggle(storage: Server, name: str, *, accepted: bool = True) -> Iterator[str]:
    """Kaggle's address, while it runs: it leads those with the right token on to a file of the storage."""
    handler = partial(_Kaggle, f"{storage.other}{name}", accepted)
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()


class _Kaggle(BaseHTTPRequestHandler):
    def __init__(self, place: str, accepted: bool, *args: object) -> None:
        self._place, self._accepted = place, accepted
        super().__init__(*args)  # type: ignore[arg-type]  # as the server gives them

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if self.path != _RPC:
            return self._answer(404)
        if self.headers.get("Authorization") != f"Bearer {TOKEN}":
            return self._answer(401)
        if not self._accepted:
            return self._answer(403)
        return self._answer(302, Location=self._place)

    def log_message(self, format: str, *args: object) -> None:
        """Says nothing."""

    def _answer(self, status: int, **headers: str) -> None:
        self.send_response(status)
        headers["X-Kaggle-HubVersion"] = "99.0.0"  # which the client would print a line about
        for header, value in (headers | {"Content-Length": "0", "Content-Type": "text/html"}).items():
            self.send_header(header, value)
        self.end_headers()
