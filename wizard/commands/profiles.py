"""profiles list | show | edit | delete."""

from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter

from wizard import profile_files, profile_store
from wizard.commands import editing
from wizard.commands.catalog import GROUPS
from wizard.commands.output_flags import DEFAULT, OutputFlags
from wizard.commands.parameters import ProfileName, complete_saved
from wizard.folders import saved_folder, shortened
from wizard.output import Output
from wizard.profile_command import as_argument, command_that_builds, run_line
from wizard.profile_files import Listed
from wizard.profile_store import Examined
from wizard.wrapping import wrapped

app = App(name="profiles", help_epilogue=GROUPS["Data"]["profiles"].epilogue)
Saved = Annotated[str, Parameter(help="A saved profile's name.", completer=complete_saved)]
_INDENT = "    "


@app.command(name="list")
def list_(*, flags: OutputFlags = DEFAULT) -> int:
    """List every profile that run accepts: what it makes, where, and whether something is wrong with it."""
    output = flags.output()
    groups = {"saved": profile_files.saved(), "recipe": profile_files.recipes()}
    titles = {
        "saved": f"Saved in {shortened(saved_folder())}",
        "recipe": f"Shipped recipes ({run_line('NAME', ('source.path', 'output.path'))})",
    }
    for kind, group in groups.items():
        output.result(f"{titles[kind]}:" + ("" if group else " none yet"), wrap=True)
        for each in group:
            seen = profile_store.examine(each.path)
            for line in _lines(each, seen, kind == "recipe", output):
                output.result(line)
            output.event("profile", _fields(each, seen) | {"kind": kind})
    output.event("finished", {"exit_code": 0})
    return 0


def _lines(each: Listed, seen: Examined, is_recipe: bool, output: Output) -> list[str]:
    """The name, and what there is to say indented below it: names are too long to stand beside it on 60 columns."""
    if seen.profile is None:
        more = f" (and {len(seen.problems) - 1} more)" if len(seen.problems) > 1 else ""
        return [f"  {each.name}", *_wrapped(f"✗ {seen.problems[0]}{more}", output)]
    if is_recipe:
        return [f"  {each.name}", *_wrapped(each.about, output)]
    lines = [f"  {each.name}", *_wrapped(profile_store.makes(seen.profile), output)]
    # Not wrapped: a path or a command can then be copied whole.
    if where := _output_path(seen):
        lines.append(f"{_INDENT}→ {shortened(where)}")
    if seen.left_open:
        lines.append(f"{_INDENT}{run_line(as_argument(each.path), seen.left_open)}")
    return lines


def _wrapped(text: str, output: Output) -> list[str]:
    if not output.live:
        return [f"{_INDENT}{text}"]
    return wrapped(f"{_INDENT}{text}", output.console.width, indent=len(_INDENT))


def _output_path(seen: Examined) -> Path | None:
    """Where a profile writes; None where it is left open, or something is wrong with the profile."""
    return seen.profile.output_path if seen.profile and "output.path" not in seen.left_open else None


def _fields(each: Listed, seen: Examined) -> dict[str, object]:
    return {
        "name": each.name,
        "path": str(each.path),
        "about": each.about,
        "makes": profile_store.makes(seen.profile) if seen.profile else "",
        "output": str(_output_path(seen) or ""),
        "command": run_line(as_argument(each.path), seen.left_open) if seen.profile else "",
        "problems": seen.problems,
    }


@app.command
def show(name: ProfileName, /, *, flags: OutputFlags = DEFAULT) -> int:
    """Print a profile's path, its text, and what is wrong with it."""
    output = flags.output()
    path = profile_files.find(name)
    table = profile_store.read(path)
    output.say(f"· {path}")
    output.result(path.read_text(encoding="utf-8-sig").rstrip("\n"))
    problems = list(profile_store.examine(path).problems)
    for problem in problems:
        output.say(f"! {problem}")
    output.event("finished", {"path": str(path), "profile": table, "problems": problems, "exit_code": 0})
    return 0


@app.command
def edit(name: ProfileName, /, *, flags: OutputFlags = DEFAULT) -> int:
    """Edit a profile in $VISUAL or $EDITOR; it is checked before it is saved. A recipe is copied first, as my-NAME."""
    output = flags.output()
    path, problems = editing.edit(profile_files.find(name), output)
    for problem in problems:
        output.say(f"! {problem}")
    command = "" if problems else command_that_builds(path)
    what_next = f"build it with: {command}"
    if problems:
        what_next = f"run refuses it until that is fixed: imagenet-setup profiles edit {as_argument(path)}"
    output.result(f"{shortened(path)}; {what_next}", wrap=True)
    output.event("finished", {"path": str(path), "command": command, "problems": problems, "exit_code": 0})
    return 0


@app.command
def delete(name: Saved, /, *, flags: OutputFlags = DEFAULT) -> int:
    """Delete a saved profile; it is kept as NAME.toml.bak."""
    output = flags.output()
    backup = profile_files.delete(name)
    output.result(f"Deleted {name}; it is kept as {backup}.", wrap=True)
    output.event("finished", {"deleted": name, "backup": str(backup), "exit_code": 0})
    return 0
