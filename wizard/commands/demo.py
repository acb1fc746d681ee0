"""demo [OUT]: draws a tiny ILSVRC2012, builds it and verifies it: the whole program in a minute."""

import json
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from wizard import synthetic
from wizard.build import Options, build
from wizard.commands.output_flags import DEFAULT, OutputFlags
from wizard.commands.parameters import AsMeant
from wizard.commands.run import show_result
from wizard.errors import writing
from wizard.events import Note
from wizard.folders import in_command
from wizard.interrupts import stop_on_signal
from wizard.planning import resolve
from wizard.profile_store import load
from wizard.show import summary
from wizard.show.reporters import reporter_for
from wizard.verify.dataset import verify

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


def demo(
    out: Annotated[
        Path, AsMeant, Parameter(help="A folder for its raw data, profile and dataset.", show_default=True)
    ] = Path("imagenet-demo"),
    /,
    *,
    flags: OutputFlags = DEFAULT,
) -> int:
    """Draw a tiny ILSVRC2012 in OUT, build it and verify it: no download, under a minute."""
    output = flags.output()
    reporter = reporter_for(output)
    folder = out.absolute()
    source, dataset, profile = folder / "raw-data", folder / "tfrecords", folder / "demo.toml"
    with stop_on_signal(output.say) as stopping, reporter.shown():
        with writing(folder):
            synthetic.make(source, classes=10, per_class=20, validation=50)
            # JSON's strings, as long as they are ASCII, are TOML's basic strings.
            paths = {"source": json.dumps(str(source)), "output": json.dumps(str(dataset))}
            profile.write_text(_PROFILE.format(profile=in_command(profile), **paths), encoding="utf-8")
        reporter.handle(Note(text=f"drew a tiny ILSVRC2012 in {source}; {profile} says what is built from it"))
        job = resolve(load(str(profile)), reporter.handle)
        finished = build(job, reporter.handle, Options(stopping=stopping))
        verified = verify(dataset, reporter.handle, pixels=True)
    code = show_result(output, finished)
    output.result(f"\n{summary.verified(verified)}")
    return code
