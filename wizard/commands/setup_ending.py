"""What setup does once its conversation has ended."""

import shlex
from pathlib import Path

from wizard.ask import setup_draft
from wizard.ask.hints import in_setup
from wizard.ask.view import Outcome
from wizard.build import Options
from wizard.commands.attach import follow
from wizard.commands.background import start_in_background
from wizard.commands.run import start
from wizard.commands.session import session
from wizard.folders import shortened
from wizard.local_runs import LocalRun
from wizard.output import Output
from wizard.profile_command import command_that_builds
from wizard.profile_files import command_that_resumes
from wizard.profile_store import load
from wizard.submit.present import as_fields, show_submitted


def end(output: Output, outcome: Outcome | Path | LocalRun) -> int:
    """Builds, resumes, watches, verifies, or says what is there now; returns the exit code."""
    if isinstance(outcome, LocalRun):
        return follow(outcome, output)
    if isinstance(outcome, Path):
        begun = load(str(outcome))
        session.resume = command_that_resumes(begun.output_path)
        return start(begun, output, Options(), hints=in_setup)
    if outcome.kind == "left":
        kept = "; your answers are kept. imagenet-setup resumes with them." if setup_draft.load() else "."
        output.result(f"Nothing was built{kept}", wrap=True)
        output.event("finished", {"kind": "left", "exit_code": 0})
        return 0
    if outcome.submitted is not None:
        prepared, jobs = outcome.submitted
        show_submitted(output, prepared, jobs)
        output.event("finished", as_fields(prepared, jobs) | {"exit_code": 0})
        return 0
    if outcome.kind == "verify":
        # Not at the top: few end so.
        from wizard.commands.verify import report as verified

        folder = outcome.profile.output_path
        session.resume = f"imagenet-setup verify {shlex.quote(str(folder))}"
        return verified(folder, output)
    if outcome.path is None:
        session.resume = "imagenet-setup"
        return start(outcome.profile, output, Options(), outcome.ignored, outcome.verdict, hints=in_setup)
    command = command_that_builds(outcome.path)
    if outcome.kind == "saved":
        output.result(f"Saved as {shortened(outcome.path)}. Build it with: {command}", wrap=True)
        output.event("finished", {"kind": "saved", "profile": str(outcome.path), "command": command, "exit_code": 0})
        return 0
    output.say(f"· saved as {shortened(outcome.path)}. To build the same again: {command}")
    ignoring = [f"--ignore={name}" for name in outcome.ignored]
    if outcome.kind == "background":
        # By its path: in the current folder, a file of the profile's name would be read instead.
        return start_in_background(["run", str(outcome.path), *ignoring], output)
    session.resume = " ".join([command, *ignoring])
    return start(load(str(outcome.path)), output, Options(), outcome.ignored, outcome.verdict, hints=in_setup)
