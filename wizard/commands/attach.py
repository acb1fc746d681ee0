"""attach [OUT]."""

import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from wizard import local_runs, run_files
from wizard.ask.prompt import Back, Choice, Prompt, put
from wizard.ask.prompters import prompter_for
from wizard.commands.output_flags import DEFAULT, OutputFlags
from wizard.commands.parameters import AsMeant
from wizard.commands.watching import doing, how_to_stop, tell, unless_build, watch
from wizard.engine.build_state import look_at_build
from wizard.errors import InputError, SetupError, UsageError
from wizard.folders import as_typed, in_command
from wizard.formatting import few, moment
from wizard.local_runs import LocalRun
from wizard.output import Output
from wizard.running_builds import next_step

_LAST = 3
"""How many runs that ended are named."""
_GONE = 3
"""How many files that are gone are named."""


def attach(
    out: Annotated[
        Path | None,
        AsMeant,
        Parameter(help="The folder that is built, or downloaded to; needed only where several run."),
    ] = None,
    /,
    *,
    stop: Annotated[bool, Parameter(help="Ask it to finish what is under way, then to stop; as Ctrl-C.")] = False,
    flags: OutputFlags = DEFAULT,
) -> int:
    """Show the dashboard of a build that runs on this machine, in another terminal or none; of a download, its log."""
    output = flags.output()
    folder = None if out is None else out.absolute().resolve()
    runs = [run for run in local_runs.read_all() if folder is None or Path(run.output).resolve() == folder]
    alive = [run for run in runs if run.is_here and run.is_alive]
    if not alive:
        return _none_runs(runs, folder, output)
    builds = [run for run in alive if run.kind == "build"]
    shown = builds or alive
    for run in alive:
        if run not in shown:
            output.say(f"· A {doing(run)} {as_typed(Path(run.output))} runs too · log: {as_typed(run.log)}")
    try:
        return follow(shown[0] if len(shown) == 1 else _chosen(shown, output), output, stop=stop)
    except Back:
        return 0


def follow(run: LocalRun, output: Output, *, stop: bool = False) -> int:
    """Shows a run until it ends, and then how; q, Esc or Ctrl-C leaves it. Returns its exit code, or 0 if it goes on.

    Raises:
        SetupError: the run ended without a word, is not understood, or cannot be stopped.
    """
    if stop:
        _interrupt(run, output)
    try:
        ended = watch(run, output, stopping=stop)
    except KeyboardInterrupt:  # the way to leave, and no error
        output.result(f"The {run.kind} goes on (process {run.pid}). To stop it: {how_to_stop(run)}", wrap=True)
        return 0
    return tell(ended, output)


def _interrupt(run: LocalRun, output: Output) -> None:
    if sys.platform == "win32":  # whose Ctrl-C reaches only the processes of a console
        raise UsageError(f"Windows cannot stop a {run.kind} of another window.", "Press Ctrl-C in its own")
    run.interrupt()
    how = "finish what is under way and to stop; --stop again stops it at once" if run.kind == "build" else "stop"
    what = "" if run.kind == "build" else f", a {doing(run)} {as_typed(Path(run.output))},"
    output.say(f"· Process {run.pid}{what} was asked to {how}.")


def _chosen(alive: Sequence[LocalRun], output: Output) -> LocalRun:
    choices = tuple(Choice(run.name, as_typed(Path(run.output)), _about(run)) for run in alive)
    are_builds = alive[0].kind == "build"
    if output.mode == "json" or not output.interactive:
        known = "; ".join(f"{choice.title} ({choice.about})" for choice in choices)
        raise UsageError(
            f"{len(alive)} {'builds' if are_builds else 'commands'} run here: {known}.",
            "Say which: imagenet-setup attach OUT",
        )
    prompt = Prompt(
        key="run",
        kind="choice",
        text="Which build?" if are_builds else "Which one?",
        choices=choices,
        default=choices[0].value,
    )
    chosen = put(prompter_for(output), prompt)
    return next(run for run in alive if run.name == chosen)


def _none_runs(runs: Sequence[LocalRun], folder: Path | None, output: Output) -> int:
    over = _last_to_build([run for run in runs if not run.is_alive])
    elsewhere = [run for run in runs if run.is_alive]
    if folder is not None and over and not elsewhere:
        _name_build_before(over[0], runs, output)
        code = tell(over[0], output)
        _say_what_is_gone(over[0], output)
        return code
    if folder is not None and not runs and not folder.is_dir():
        what = "is not a folder" if folder.exists() else "does not exist"
        raise InputError(f"{folder} {what}.", "Check the path; imagenet-setup attach shows what runs on this machine")
    output.event("none", {})
    output.result(f"No build{'' if folder is None else f' of {folder}'} runs on this machine.", wrap=True)
    for run in elsewhere:
        where = in_command(Path(run.output))
        how = f"imagenet-setup status {where} --watch shows it" if run.kind == "build" else f"log: {as_typed(run.log)}"
        output.result(f"  {where}: {unless_build(run)}on {run.host}, unless it died; {how}", wrap=True)
    for run in over[:_LAST]:
        how = f"{run.state} {moment(run.ended)}" if run.ended else "ended without a report"
        output.result(f"  {as_typed(Path(run.output))}: {unless_build(run)}{how} · log: {as_typed(run.log)}", wrap=True)
    if folder is not None and not runs:
        output.result(f"  imagenet-setup status {in_command(folder)} shows what is there", wrap=True)
    return 0


def _name_build_before(told: LocalRun, runs: Sequence[LocalRun], output: Output) -> None:
    """What is told last of a folder may be a verification; then the build is named too."""
    builds = _last_to_build([run for run in runs if run.kind == "build" and not run.is_alive])
    if told.kind != "build" and builds:
        build = builds[0]
        how = "ended without a report" if build.exit_code is None else f"{build.state} with exit code {build.exit_code}"
        output.say(f"· The build before it {how} · log: {as_typed(build.log)}")


def _say_what_is_gone(told: LocalRun, output: Output) -> None:
    """What a build or verification said at its end may no longer be so: names the files that are gone since."""
    if told.kind == "download" or told.state != "finished":
        return
    folder = Path(told.output)
    with suppress(OSError, SetupError):
        build = look_at_build(folder)
        wrong = [f"{folder} is gone"] if build is None else [*build.gone.values(), *build.lacking]
        if not wrong:
            return
        output.event("incomplete", {"wrong": wrong})
        then = "" if build is None else f" → {next_step(folder, 'builds only what is missing')}"
        output.say(f"! Since then: {few(wrong, _GONE)}{then}")


def _last_to_build(over: Sequence[LocalRun]) -> list[LocalRun]:
    """Of each folder the run that says how its build ended: the last one that began to build.

    One that was refused before says nothing of the build, unless there is no other.
    """
    last: dict[Path, LocalRun] = {}
    for run in sorted(over, key=lambda run: not run.has_built):
        last.setdefault(Path(run.output).resolve(), run)
    return sorted(last.values(), key=lambda run: run.name, reverse=True)


def _about(run: LocalRun) -> str:
    if run.kind != "build":
        return f"{run.kind}, process {run.pid}, started {moment(run.begun)}"
    part = f"slice {run.slice}, " if run.slice else ""
    done = run_files.percent_done(Path(run.output), run.host, run.pid)
    so_far = "" if done is None else f"{done} % done, "
    return f"{part}{so_far}process {run.pid}, started {moment(run.begun)}"
