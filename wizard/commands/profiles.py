"""profiles list | show | delete."""

from typing import Annotated

from cyclopts import App, Parameter

from wizard import profile_store
from wizard.commands.session import DEFAULT, OutputFlags
from wizard.errors import ProfileError
from wizard.folders import shortened
from wizard.profile import Table, check

app = App(name="profiles", help="The saved profiles and the shipped recipes.")
Name = Annotated[str, Parameter(help="A saved profile's name or a shipped recipe's name.")]


@app.command(name="list")
def list_(*, flags: OutputFlags = DEFAULT) -> int:
    """List every profile that run accepts."""
    output = flags.output()
    groups = {"saved": profile_store.saved(), "recipe": profile_store.recipes()}
    width = max((len(each.name) for each in (*groups["saved"], *groups["recipe"])), default=0)
    titles = {"saved": f"Saved in {shortened(profile_store.saved_folder())}", "recipe": "Shipped recipes"}
    for kind, group in groups.items():
        output.result(f"{titles[kind]}:" + ("" if group else " none yet"))
        for each in group:
            output.result(f"  {each.name:<{width}}  {each.about}".rstrip())
            output.event("profile", {"kind": kind, "name": each.name, "path": str(each.path), "about": each.about})
    output.event("finished", {"exit_code": 0})
    return 0


@app.command
def show(name: Name, /, *, flags: OutputFlags = DEFAULT) -> int:
    """Print a profile's path, its text, and what is wrong with it."""
    output = flags.output()
    path = profile_store.find(name)
    table = profile_store.read(path)
    output.say(f"· {path}")
    output.result(path.read_text(encoding="utf-8-sig").rstrip("\n"))
    problems = _problems(table)
    for problem in problems:
        output.say(f"! {problem}")
    output.event("finished", {"path": str(path), "profile": table, "problems": problems, "exit_code": 0})
    return 0


def _problems(table: Table) -> list[str]:
    """What is wrong with it; the folders that a recipe leaves open are not a problem."""
    filled = {**table}
    for section in ("source", "output"):
        given = table.get(section, {})
        filled[section] = {"path": section, **given} if isinstance(given, dict) else given
    try:
        check(filled, "")
    except ProfileError as error:
        return list(error.problems)
    return []


@app.command
def delete(name: Name, /, *, flags: OutputFlags = DEFAULT) -> int:
    """Delete a saved profile; it is kept as NAME.toml.bak."""
    output = flags.output()
    backup = profile_store.delete(name)
    output.result(f"Deleted {name}; it is kept as {backup}.")
    output.event("finished", {"deleted": name, "backup": str(backup), "exit_code": 0})
    return 0
