"""The names that TFDS gives to shards: `imagenet2012-train.tfrecord-00017-of-01024`, or as a dataset's template says.

Source: `tensorflow_datasets/core/naming.py`, `ShardedFileTemplate`.
"""

import re

_VARIABLES = {
    "{DATASET}": r"(?P<dataset>.+?)",
    "{SPLIT}": r"(?P<split>[^-/]+)",
    "{FILEFORMAT}": r"(?P<form>\w+)",
    "{SHARD_X_OF_Y}": r"(?P<number>\d+)-of-(?P<count>\d+)",
    "{SHARD_INDEX}": r"(?P<number>\d+)",
    "{NUM_SHARDS}": r"(?P<count>\d+)",
}
_VARIABLE = re.compile("|".join(map(re.escape, _VARIABLES)))
DEFAULT = re.compile(
    r"(?:(?P<dataset>.+)-)?(?P<split>[^-/]+)\.(?P<form>tfrecord|array_record|riegeli|parquet)"
    r"-(?P<number>\d+)-of-(?P<count>\d+)",
    re.ASCII,
)
"""A shard named as TFDS does unless told otherwise, also without the dataset's name."""


def pattern_of(template: str) -> re.Pattern[str]:
    """The names that a template of dataset_info.json gives; groups are dataset, split, form, number and count.

    >>> pattern_of("{SPLIT}-{SHARD_X_OF_Y}.{FILEFORMAT}").fullmatch("train-00000-of-00002.array_record")["form"]
    'array_record'
    >>> pattern_of("").fullmatch("imagenet_v2-test.tfrecord-00000-of-00016").group("dataset", "split")
    ('imagenet_v2', 'test')
    """
    if not template:
        return DEFAULT
    text, end, seen = "", 0, set()
    for variable in _VARIABLE.finditer(template):
        text += re.escape(template[end : variable.start()])
        # A second group of the same name would be refused.
        text += r".+?" if variable[0] in seen else _VARIABLES[variable[0]]
        seen.add(variable[0])
        end = variable.end()
    try:
        return re.compile(text + re.escape(template[end:]), re.ASCII)
    except re.error:  # shard number and count twice, once in {SHARD_X_OF_Y}
        return DEFAULT
