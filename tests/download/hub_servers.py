"""Kaggle and Hugging Face on loopback, as far as their clients speak to them, with drawn images in their files.

Either asks who wants the file, and leads on to a storage under another host's name, which takes anybody.
"""

import gzip
import hashlib
import io
import json
import random
import threading
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.download.server import Answer, Asked, Rule, Served, Server, page
from tests.helpers import tar
from tests.sources.parquet.making import Row, write
from wizard import synthetic
from wizard.download.hubs.huggingface_files import REPOSITORY
from wizard.ilsvrc2012.synsets import synsets, validation_ranks

TOKEN = "hf_made-for-the-tests"
COMMIT, LATER = "49e2ee26f3810fb5a7536bbf732a7b07389a47b5", "5555555555555555555555555555555555555555"
"""What main is at, and what it is at later."""
API = f"api/datasets/{REPOSITORY}/revision/"
DATA = f"datasets/{REPOSITORY}/resolve/{COMMIT}/data/"
STORAGE = "storage/"
_RPC = "/api/v1/competitions.CompetitionApiService/DownloadDataFiles"


def drawn(seed: int) -> bytes:
    return synthetic.draw(random.Random(seed), seed).data


def packed(members: Mapping[str, bytes]) -> bytes:
    return gzip.compress(tar(members.items()), mtime=0)


def hugging_face_files() -> dict[str, bytes]:
    """Parquet files of the main revision, by name: two of train with three images each, one each of the others."""
    wnids = [synset.wnid for synset in synsets()]
    train = [Row(f"{wnids[n]}_1{n}_{wnids[n]}.JPEG", n, drawn(n)) for n in range(6)]
    ranks = validation_ranks()[:2].tolist()
    val = [Row(f"ILSVRC2012_val_{n:08d}_{wnids[rank]}.JPEG", rank, drawn(n)) for n, rank in enumerate(ranks, start=1)]
    return {
        "train-00000-of-00002.parquet": parquet(train[:3]),
        "train-00001-of-00002.parquet": parquet(train[3:]),
        "validation-00000-of-00001.parquet": parquet(val),
        "test-00000-of-00001.parquet": parquet([Row("ILSVRC2012_test_00000001.JPEG", -1, drawn(9))]),
    }


def parquet(rows: Sequence[Row]) -> bytes:
    with TemporaryDirectory() as folder:
        return write(Path(folder) / "x.parquet", rows).read_bytes()


def listing(files: Mapping[str, bytes], commit: str) -> bytes:
    """What the hub answers to a request for a dataset's files."""
    siblings = [{"rfilename": "README.md", "size": 9, "blobId": "0"}]
    for name, data in files.items():
        lfs = {"size": len(data), "sha256": hashlib.sha256(data).hexdigest(), "pointerSize": 134}
        siblings.append({"rfilename": f"data/{name}", "size": len(data), "blobId": "1", "lfs": lfs})
    return json.dumps({"id": REPOSITORY, "sha": commit, "siblings": siblings}).encode()


@dataclass
class Gate(Rule):
    """Lets those with the right token on to the storage; `granted` says whether the terms were accepted."""

    granted: bool = True

    def change(self, asked: Asked, answer: Answer, /) -> Answer:
        if not asked.name.startswith((API, DATA)):
            return answer
        if asked.headers.get("authorization") != f"Bearer {TOKEN}":
            return page(401, "Who are you?", X_Error_Code="GatedRepo")
        if asked.name.startswith(API):  # the list of a gated repository's files is public
            return answer
        if not self.granted:
            return page(403, "Accept the terms.", X_Error_Code="GatedRepo")
        place = STORAGE + asked.name.removeprefix(DATA)
        port = asked.headers["host"].rpartition(":")[2]
        headers = {"Location": f"http://localhost:{port}/2012/{place}", "X-Repo-Commit": COMMIT}
        headers |= {"X-Linked-Size": str(answer.count), "X-Linked-Etag": '"1"'}
        moved = page(302, "")
        return Answer(**{**vars(moved), "headers": moved.headers | headers})


def hugging_face(files: Mapping[str, bytes], *rules: Rule, granted: bool = True) -> Server:
    """The hub: endpoint is its base without the slash. Rules come to bear on the storage's answers."""
    served = {place + name: Served(data=data) for name, data in files.items() for place in (DATA, STORAGE)}
    for revision in ("main", COMMIT):
        served[API + revision] = Served(data=listing(files, COMMIT), content_type="application/json")
    return Server(served, *rules, Gate(granted=granted))


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
