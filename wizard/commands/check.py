"""check PROFILE."""

from typing import Annotated

from cyclopts import Parameter

from wizard.commands.parameters import ProfileName
from wizard.commands.session import DEFAULT, OutputFlags
from wizard.engine.executors.worker_pool import WorkerPool
from wizard.errors import Interrupted
from wizard.interrupts import stop_on_signal
from wizard.planning import stoppable
from wizard.preflight.checks import refuse, require_known
from wizard.preflight.crew import with_crew
from wizard.preflight.examine import examine
from wizard.profile_keys import set_help
from wizard.profile_store import load
from wizard.show.reporters import reporter_for


def check(
    profile: ProfileName,
    /,
    *,
    set_: Annotated[tuple[str, ...], Parameter(name="--set", help=set_help())] = (),
    ignore: Annotated[tuple[str, ...], Parameter(help="A check's name; it may fail.")] = (),
    flags: OutputFlags = DEFAULT,
) -> int:
    """Check whether PROFILE would work here (raw data, disk, memory, permissions) and estimate the time."""
    output = flags.output()
    require_known(ignore)
    loaded = load(profile, set_)
    reporter = reporter_for(output)
    with stop_on_signal(output.say) as stopping, reporter.shown(), WorkerPool() as pool:
        report = stoppable(reporter.handle, stopping)
        verdict = with_crew(examine(loaded, report, pool), report, pool)
        for each in verdict.checks:
            reporter.handle(each)
        if verdict.estimated:
            reporter.handle(verdict.estimated)
        if stopping():
            raise Interrupted("Stopped; nothing was begun.")
    refuse(verdict.checks, ignore, building=False)
    output.result("Nothing stands in the way.")
    output.event("finished", {"exit_code": 0})
    return 0
