"""check PROFILE."""

import sys
from contextlib import suppress
from pathlib import Path
from threading import Event
from typing import Annotated

from cyclopts import Parameter

from wizard.commands.output_flags import DEFAULT, OutputFlags
from wizard.commands.parameters import ProfileToBuild
from wizard.engine.executors.worker_pool import WorkerPool
from wizard.errors import Interrupted
from wizard.folders import cache_folder
from wizard.interrupts import stop_on_signal
from wizard.output import Output
from wizard.planning import Job, stoppable
from wizard.preflight.checks import refuse, require_known
from wizard.preflight.crew import with_crew
from wizard.preflight.estimate import Estimator
from wizard.preflight.examine import Verdict, examine
from wizard.preflight.preview import write_preview
from wizard.profile_keys import set_help
from wizard.profile_store import load
from wizard.show.preview import show_address, show_preview
from wizard.show.reporters import reporter_for


def check(
    profile: ProfileToBuild = None,
    /,
    *,
    set_: Annotated[tuple[str, ...], Parameter(name="--set", help=set_help())] = (),
    ignore: Annotated[tuple[str, ...], Parameter(help="A check's name; it may fail.")] = (),
    serve: Annotated[
        bool, Parameter(help="Serve the page of images before and after to a browser, over ssh too, until Enter.")
    ] = False,
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
            raise Interrupted("Stopped; nothing was started.")
        page = _preview(verdict, pool)
    if page is not None:
        show_preview(output, page)
    if serve:
        _serve(page, output)
    refuse(verdict.checks, ignore, building=False)
    output.result("Nothing stands in the way.")
    output.event("finished", {"exit_code": 0})
    return 0


def _preview(verdict: Verdict, pool: WorkerPool) -> Path | None:
    """The page of images before and after; None where there is none to show."""
    if not isinstance(verdict.settings, Job) or verdict.estimated is None:
        return None
    job = verdict.settings
    return write_preview(job, Estimator(job.surveys, job.workers, cache_folder(), pool))


def _serve(page: Path | None, output: Output) -> None:
    if page is None:
        output.say("! There is no page to serve: every image keeps its bytes, or none can be read.")
        return
    # Not at the top: few checks need it.
    from wizard.show.page_server import served

    with served(page.read_bytes()) as address, suppress(KeyboardInterrupt):
        show_address(output, address)
        if output.interactive:
            output.say("  Enter ends it.")
            sys.stdin.readline()
        else:
            Event().wait()
