"""run PROFILE, and the steps shared by all commands that build."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from typing import Annotated

from cyclopts import Parameter

from wizard import unfinished_builds
from wizard.build import Options, build
from wizard.commands.background import start_in_background
from wizard.commands.output_flags import DEFAULT, OutputFlags
from wizard.commands.parameters import ProfileToBuild
from wizard.commands.resuming import command_to_resume
from wizard.commands.session import session
from wizard.commands.watching import print_result
from wizard.engine.build_result import BuildResult, SliceResult
from wizard.engine.executors.worker_pool import WorkerPool
from wizard.engine.shared_folder import refuse_if_taken
from wizard.errors import FINISHED_WITH_SKIPS
from wizard.events import Event, Note, Started
from wizard.hangup import Terminal, surviving_hangup
from wizard.interrupts import stop_on_signal
from wizard.lock import Waiting
from wizard.output import Output
from wizard.planning import stoppable
from wizard.preflight.checks import failed, refuse, require_known
from wizard.preflight.crew import with_crew
from wizard.preflight.examine import Verdict, examine
from wizard.profile import Profile
from wizard.profile_keys import set_help
from wizard.profile_store import load
from wizard.show import summary
from wizard.show.at_a_glance import WIDTH
from wizard.show.local_run_reporter import LocalRunReporter
from wizard.show.reporters import reporter_for
from wizard.show.run_file_reporter import RunFileReporter
from wizard.slices import WHOLE, Slice
from wizard.targets import registry

_USUAL = (80, 21)
"""Columns of most terminals, and lines without those that follow a result."""


def run(
    profile: ProfileToBuild = None,
    /,
    *,
    set_: Annotated[tuple[str, ...], Parameter(name="--set", help=set_help())] = (),
    md5: Annotated[bool, Parameter(help="Verify the archives' official MD5 sums first.")] = False,
    repair: Annotated[bool, Parameter(help="Build damaged shards again.")] = False,
    slice_: Annotated[
        str, Parameter(name="--slice", help="Build only part 3 of 16, say, as 3/16; others build the rest.")
    ] = "",
    background: Annotated[bool, Parameter(help="Return once it builds; attach shows it.")] = False,
    ignore: Annotated[tuple[str, ...], Parameter(help="Build although the check of this name fails.")] = (),
    yes: Annotated[bool, Parameter(help="Ask nothing; run never does, so this changes nothing.")] = False,
    flags: OutputFlags = DEFAULT,
) -> int:
    """Build what PROFILE asks for, or continue an unfinished build, without questions."""
    del yes
    output = flags.output()
    require_known(ignore)
    part = Slice.parse(slice_) if slice_ else WHOLE
    made = load(profile, set_)
    if background:
        refuse_if_taken(made.output_path, part, Waiting(say=output.say))
        options = {"--set": set_, "--ignore": ignore, "--slice": (slice_,) if slice_ else ()}
        words = [f"{name}={value}" for name, values in options.items() for value in values]
        flagged = [name for name, is_set in {"--md5": md5, "--repair": repair}.items() if is_set]
        return start_in_background(["run", *([profile] if profile else []), *words, *flagged], output)
    return start(made, output, Options(md5=md5, repair=repair), ignore, part=part)


def start(
    profile: Profile,
    output: Output,
    options: Options,
    ignore: Sequence[str] = (),
    verdict: Verdict | None = None,
    *,
    part: Slice = WHOLE,
    hints: Callable[[str], str] = str,
) -> int:
    """Checks, builds, and reports the result; returns the exit code.

    Args:
        profile: what is built; resolved here unless there is a verdict.
        output: prints the progress and the result.
        options: of the build; `stopping` and `ignored` are found here.
        ignore: names of checks that may fail.
        verdict: of a pre-flight that was shown already.
        part: which slice is built; that of the verdict's job, if there is one.
        hints: how a message says which settings would change something; as --set unless given.

    Raises:
        SetupError: of any kind that `wizard.errors` knows but VerifyFailed.
    """
    refuse_if_taken(profile.output_path, part, Waiting(say=output.say))
    slice_ = "" if part.is_whole else str(part)
    reporter, run_file = reporter_for(output), RunFileReporter(profile.output_path, slice_)
    # Flags of output last: a build in the background is quiet, but whoever resumes it wants to see it.
    resume = (session.resume or session.command).removesuffix(" --quiet")
    terminal = Terminal()
    local = LocalRunReporter(profile.output_path, slice_, resume, terminal)

    def report(event: Event) -> None:
        event = _worded(event, hints)
        local.handle(event)
        run_file.handle(event)
        reporter.handle(event)

    def say(text: str) -> None:
        local.say(text)
        output.say(text)

    with surviving_hangup(terminal), local.shown():
        with stop_on_signal(say) as stopping, run_file.shown(), reporter.shown(), WorkerPool() as pool:
            preparing, shown = stoppable(report, stopping), verdict.checks if verdict else ()
            verdict = with_crew(verdict or examine(profile, preparing, pool, part), preparing, pool)
            for check in verdict.checks:
                if check not in shown:
                    report(check)
            refuse(verdict.checks, ignore, building=True)
            for check in failed(verdict.checks, ()):
                report(Note(text=f"{check.name} is ignored, although it fails: {check.found}", warning=True))
            if verdict.estimated:
                report(verdict.estimated)

            job = verdict.require_job()

            def handle(event: Event) -> None:
                # Only now the output folder is known to be this build's own.
                if isinstance(event, Started) and unfinished_builds.begun(job.profile, whole=job.slice.is_whole):
                    session.resume = command_to_resume(job.output, job.slice, ignore, output.mode, md5=options.md5)
                    local.resume_with(session.resume)
                report(event)

            options = replace(options, stopping=stopping, ignored=tuple(ignore))
            finished = build(job, handle, options, pool)
            # Before anything is shown, and while Ctrl-C is only noted: whatever ends the showing, the build is done.
            local.finish(_exit_code(finished), summary.built(finished, *_USUAL))  # for terminals of unknown size
        if isinstance(finished, BuildResult):
            unfinished_builds.forget(job.output)
        return show_result(output, finished)


def _worded(event: Event, hints: Callable[[str], str]) -> Event:
    return replace(event, text=hints(event.text)) if isinstance(event, Note) else event


def show_result(output: Output, finished: BuildResult | SliceResult) -> int:
    """Reports the result of a build or of a slice; returns its exit code."""
    code = _exit_code(finished)
    shown: dict[str, object] = {"complete": isinstance(finished, BuildResult)}
    print_result(summary.built(finished, output.columns or WIDTH, output.lines), output)
    if isinstance(finished, BuildResult):
        shown |= {
            "target": registry.to_json(finished.target),
            "trainer": finished.loading.trainer.name,
            "loading": finished.loading.program,
        }
    output.event("finished", asdict(finished) | shown | {"exit_code": code})
    return code


def _exit_code(finished: BuildResult | SliceResult) -> int:
    return FINISHED_WITH_SKIPS if finished.skipped else 0
