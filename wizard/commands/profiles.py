"""profiles list | show | edit | delete."""

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
    seen = {each.path: profile_store.examine(each.path) for group in groups.values() for each in group}
    for kind, group in groups.items():
        for each in group:
            output.event("profile", _fields(each, seen[each.path]) | {"kind": kind})
    for kind, group in reversed(groups.items()):  # a person's own next to the prompt, where they are not scrolled away
        output.result(f"{titles[kind]}:" + ("" if group else " none yet"), wrap=True)
        for each in group:
            for line in _lines(each, seen[each.path], output):
                output.result(line)
    output.event("finished", {"exit_code": 0})
    return 0


def _lines(each: Listed, seen: Examined, output: Output) -> list[str]:
    """The name, and what there is to say indented below it: names are too long to stand beside it on 60 columns."""
    if seen.profile is None:
        more = f" (and {len(seen.problems) - 1} more)" if len(seen.problems) > 1 else ""
        return [f"  {each.name}", *_wrapped(f"✗ {seen.problems[0]}{more}", output)]
    lines = [f"  {each.name}", *_wrapped(profile_store.about(each, seen), output)]
    # Not wrapped: a path or a command can then be copied whole.
    if seen.output_path:
        lines.append(f"{_INDENT}→ {shortened(seen.output_path)}")
    if seen.left_open and not each.is_recipe:
        lines.append(f"{_INDENT}{run_line(as_argument(each.path), seen.left_open)}")
    return lines


def _wrapped(text: str, output: Output) -> list[str]:
    if not output.live:
        return [f"{_INDENT}{text}"]
    return wrapped(f"{_INDENT}{text}", output.console.width, indent=len(_INDENT))


def _fields(each: Listed, seen: Examined) -> dict[str, object]:
    return {
        "name": each.name,
        "path": str(each.path),
        "about": profile_store.about(each, seen),
        "makes": profile_store.makes(seen.profile) if seen.profile else "",
        "output": str(seen.output_path or ""),
        "command": run_line(as_argument(each.path), seen.left_open) if seen.profile else "",
        "problems": seen.problems,
    }


@app.command
def show(name: ProfileName, /, *, flags: OutputFlags = DEFAULT) -> int:
    """Print a profile's path, what it makes, its text, and what is wrong with it."""
    output = flags.output()
    path = profile_files.find(name)
    table, seen = profile_store.read(path), profile_store.examine(path)
    output.say(f"· {path}")
    if seen.profile is not None:
        output.say(f"· {profile_store.makes(seen.profile)}")
    output.result(path.read_text(encoding="utf-8-sig").rstrip("\n"))
    problems = list(seen.problems)
    for problem in problems:
        output.say(f"! {problem}")
    output.event("finished", {"path": str(path), "profile": table, "problems": problems, "exit_code": 0})
    return 0


@app.command
def edit(name: ProfileName, /, *, flags: OutputFlags = DEFAULT) -> int:
    """Edit a profile in $VISUAL or $EDITOR; it is checked before it is saved. A recipe is copied first, as my-NAME."""
    output = flags.output()
    path, problems, changed = editing.edit(profile_files.find(name), output)
    for problem in problems:
        output.say(f"! {problem}")
    command = "" if problems else command_that_builds(path)
    what_next = f"Build it with: {command}"
    if problems:
        what_next = f"run refuses it until that is fixed: imagenet-setup profiles edit {as_argument(path)}"
    output.result(f"{'Saved' if changed else 'Unchanged:'} {shortened(path)}\n{what_next}", wrap=True)
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
