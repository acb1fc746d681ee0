"""demo [OUT]."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from wizard.build import Options
from wizard.commands.run import said
from wizard.commands.session import DEFAULT, OutputFlags
from wizard.demo import demo as make_demo
from wizard.interrupts import stop_on_signal
from wizard.show import summary
from wizard.show.reporters import reporter_for


def demo(
    out: Annotated[Path, Parameter(help="A folder for its raw data, profile and dataset.", show_default=True)] = Path(
        "imagenet-demo"
    ),
    /,
    *,
    flags: OutputFlags = DEFAULT,
) -> int:
    """Draw a tiny ILSVRC2012 in OUT, build it and verify it: no download, under a minute."""
    output = flags.output()
    reporter = reporter_for(output)
    with stop_on_signal(output.say) as stopping, reporter.shown():
        finished, verified = make_demo(out.expanduser().absolute(), reporter.handle, Options(stopping=stopping))
    code = said(output, finished)
    output.result(f"\n{summary.verified(verified)}")
    return code
