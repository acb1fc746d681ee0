"""The demo: draws a tiny ILSVRC2012, builds a dataset from it and verifies the result, all in about a minute."""

import json
from pathlib import Path

from wizard import synthetic
from wizard.build import Options, build
from wizard.engine.build_result import BuildResult
from wizard.errors import writing
from wizard.events import Note
from wizard.planning import Report, resolve
from wizard.profile_store import load
from wizard.verify.dataset import Verified, verify

_PROFILE = """\
# The demo's profile; run it again with: imagenet-setup run {profile}
schema_version = 1
name = "demo"

[source]
path = {source}
boxes = "train"

[image]
resize = "shortest"
size = 96            # pixels; images whose shorter side is smaller keep their size
quality = 85

[output]
path = {output}
train_shards = 8
validation_shards = 4
"""


def demo(folder: Path, report: Report, options: Options) -> tuple[BuildResult, Verified]:
    """Creates raw data, a profile and the dataset in `folder`, then verifies it, decoding every image.

    Raises:
        SetupError: as raised by `build` and `verify`.
    """
    source, output, profile = folder / "raw-data", folder / "tfrecords", folder / "demo.toml"
    with writing(folder):
        synthetic.make(source, classes=10, per_class=20, validation=50)
        text = _PROFILE.format(profile=profile, source=_toml_string(source), output=_toml_string(output))
        profile.write_text(text, encoding="utf-8")
    report(Note(text=f"drew a tiny ILSVRC2012 in {source}; the profile is {profile}"))
    finished = build(resolve(load(str(profile)), report), report, options)
    return finished, verify(output, report, pixels=True)


def _toml_string(path: Path) -> str:
    """A TOML basic string; ASCII-only JSON strings have the same syntax."""
    return json.dumps(str(path))
