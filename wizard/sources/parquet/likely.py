"""How Parquet files of Hugging Face look by names alone."""

from wizard.sources.likely import Likely

_FILE = r"(train|val|validation)-\d{5}-of-\d{5}.*\.parquet"
PARQUET = tuple(
    Likely(what="Hugging Face's Parquet", path=path + _FILE, common=True)
    for path in (r"snapshots/[0-9a-f]+/data/", r"snapshots/[0-9a-f]+/", "data/", "")
)
