"""Writes tiny images as Parquet files like those of Hugging Face's ImageNet."""

import json
import random
from pathlib import Path

from tests.benchmarks.tiny import DISTINCT, picture
from wizard.ilsvrc2012.synsets import synsets

_FILE = 10_000
_GROUP = 100


def draw(raw: Path, images: int) -> None:
    """Writes a train split to a new folder, in files of 10,000 images and row groups of 100; classes are mixed."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    (raw / "data").mkdir(parents=True)
    rng = random.Random(2012)
    pictures = [picture(rng) for _ in range(DISTINCT)]
    wnids = [synset.wnid for synset in synsets()]
    features = {
        "image": {"_type": "Image"},
        "label": {"names": wnids, "_type": "ClassLabel"},  # two synsets have the same words
    }
    stated = {"huggingface": json.dumps({"info": {"features": features}})}
    rows = [(number, rng.randrange(len(wnids))) for number in range(images)]
    files = -(-images // _FILE)
    for file in range(files):
        mine = rows[file * _FILE : (file + 1) * _FILE]
        image = [
            {"bytes": pictures[number % DISTINCT], "path": f"{wnids[rank]}_{number}_{wnids[rank]}.JPEG"}
            for number, rank in mine
        ]
        shape = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
        columns = {"image": pa.array(image, shape), "label": pa.array([rank for _, rank in mine], pa.int64())}
        made = pa.table(columns).replace_schema_metadata(stated)
        pq.write_table(made, raw / "data" / f"train-{file:05d}-of-{files:05d}.parquet", row_group_size=_GROUP)
