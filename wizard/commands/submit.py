"""submit PROFILE: the build as jobs of a cluster."""

from typing import Annotated

from cyclopts import Parameter

from wizard.commands.output_flags import DEFAULT, OutputFlags
from wizard.commands.parameters import ProfileToBuild
from wizard.engine.executors.worker_pool import WorkerPool
from wizard.errors import Interrupted, UsageError
from wizard.events import Note
from wizard.interrupts import stop_on_signal
from wizard.planning import stoppable
from wizard.preflight.checks import failed, require_known
from wizard.preflight.examine import examine
from wizard.profile_keys import set_help
from wizard.profile_store import load
from wizard.show.reporters import reporter_for
from wizard.submit import sbatch as slurm_jobs
from wizard.submit.environment import this_environment
from wizard.submit.prepare import prepare, refuse_here, require_possible, that_matter
from wizard.submit.present import as_fields, show_commands, show_scripts, show_submitted
from wizard.submit.request import USUAL_CPUS, slurm_request


def submit(
    profile: ProfileToBuild = None,
    /,
    *,
    slurm: Annotated[bool, Parameter(help="For Slurm, the only scheduler supported so far.")] = False,
    array: Annotated[
        str | None, Parameter(help="Number of tasks; 16%%4 runs four at a time. Default: by the measured time.")
    ] = None,
    cpus: Annotated[int, Parameter(help="Of each task, which has a worker on each.", show_default=True)] = USUAL_CPUS,
    time: Annotated[
        str | None, Parameter(help="Limit of each task, as 4:00:00 or minutes. Default: by the measured time.")
    ] = None,
    mem: Annotated[str | None, Parameter(help="Memory of each task, as 16G. Default: as measured.")] = None,
    partition: Annotated[str, Parameter(help="Default: the cluster's.")] = "",
    account: Annotated[str, Parameter(help="Default: yours.")] = "",
    sbatch: Annotated[tuple[str, ...], Parameter(help="Another option for sbatch, as --sbatch=--qos=long.")] = (),
    submit_: Annotated[
        bool, Parameter(name="--submit", help="Submit the scripts; else they are only written.")
    ] = False,
    set_: Annotated[tuple[str, ...], Parameter(name="--set", help=set_help())] = (),
    ignore: Annotated[tuple[str, ...], Parameter(help="Build although the check of this name fails.")] = (),
    flags: OutputFlags = DEFAULT,
) -> int:
    """Write the scripts that build PROFILE as a job array of a cluster (Slurm); --submit submits them."""
    output = flags.output()
    if not slurm:
        raise UsageError("For which scheduler?", "imagenet-setup submit PROFILE --slurm; Slurm is supported so far")
    require_known(ignore)
    request = slurm_request(
        array=array, cpus=cpus, time=time, memory=mem, partition=partition, account=account, extra=sbatch
    )
    loaded = load(profile, set_)
    require_possible(loaded)
    reporter = reporter_for(output)
    with stop_on_signal(output.say) as stopping, reporter.shown(), WorkerPool() as pool:
        verdict = examine(loaded, stoppable(reporter.handle, stopping), pool)
        for check in that_matter(verdict.checks):
            reporter.handle(check)
        if stopping():
            raise Interrupted("Stopped; nothing was written.")
        refuse_here(verdict, ignore)
        for check in failed(that_matter(verdict.checks), ()):
            reporter.handle(Note(text=f"{check.name} is ignored, although it fails: {check.found}", warning=True))
        if verdict.estimated:
            reporter.handle(verdict.estimated)
    prepared = prepare(verdict, request, this_environment(), ignore)
    show_scripts(output, prepared)
    jobs = slurm_jobs.submit(prepared) if submit_ else None
    if jobs is None:
        show_commands(output, prepared)
    else:
        show_submitted(output, prepared, jobs)
    output.event("finished", as_fields(prepared, jobs) | {"exit_code": 0})
    return 0
