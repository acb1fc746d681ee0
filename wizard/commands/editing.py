"""A profile in the person's own editor: a copy is edited and checked, and only then replaces the file."""

import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import mkstemp
from typing import NamedTuple

import tomlkit

from wizard import profile_files, profile_store
from wizard.ask.prompt import Back, Choice, Prompt
from wizard.ask.prompters import prompter_for
from wizard.errors import Interrupted, UsageError, writing
from wizard.folders import recipes_folder, saved_folder, shortened, state_folder
from wizard.formatting import counted
from wizard.output import Output

_EDITORS = ("notepad",) if sys.platform == "win32" else ("sensible-editor", "nano", "vim", "vi")
"""Tried in this order where neither $VISUAL nor $EDITOR says what to use."""


def editor_command(environ: Mapping[str, str] = os.environ) -> list[str]:
    """The words that start the person's editor: of $VISUAL, $EDITOR, or one that is installed.

    Raises:
        UsageError: there is none, or a variable is not a command.
    """
    for name in ("VISUAL", "EDITOR"):
        try:
            words = shlex.split(environ.get(name, ""))
        except ValueError as error:
            raise UsageError(f"${name} is not a command: {error}.") from error
        if words:
            return words
    found = next(filter(shutil.which, _EDITORS), None)
    if found is None:
        raise UsageError(f"There is no editor: none of {', '.join(_EDITORS)} is here.", "Set EDITOR to yours")
    return [found]


class Edited(NamedTuple):
    """Where an edited profile is, the problems that it has there, and whether it was written."""

    path: Path
    problems: list[str]
    changed: bool


def edit(path: Path, output: Output) -> Edited:
    """Lets the person edit a profile.

    A recipe is not edited, but a copy of it that becomes a saved profile, `my-NAME`.

    Raises:
        UsageError: there is no editor, it failed, or the text has problems and nobody can be asked what to do.
        Interrupted: the person gave up the changes.
        MachineError: something cannot be written.
    """
    editor = editor_command()
    target, text = path, path.read_bytes()
    if path.parent == recipes_folder():
        target = saved_folder() / f"my-{path.name}"
        if target.exists():
            output.say(f"· your copy of the recipe {path.stem} is the saved profile {target.stem}")
            text = target.read_bytes()
        else:
            output.say(f"· {path.stem} is a shipped recipe; a copy of it becomes your saved profile {target.stem}")
            text = _renamed(text, target.stem)
    with _draft(target.stem, text) as draft:
        while True:
            _run(editor, draft, text)
            edited = draft.read_bytes()
            if edited == text and target == path:
                output.say(f"· {target.stem} was not changed; an editor with windows may need its option to wait")
                return Edited(target, list(profile_store.examine(draft).problems), changed=False)
            problems = list(profile_store.examine(draft).problems)
            if not problems or _saved_anyway(problems, draft, output):
                profile_files.write(edited, target)
                return Edited(target, problems, changed=True)


def _renamed(recipe: bytes, name: str) -> bytes:
    # The description is the recipe's, and need not hold for what becomes of the copy.
    document = tomlkit.parse(recipe.decode().partition("\n")[2])
    came_from = document["name"]
    document["name"] = name
    return f"# Began as a copy of the recipe {came_from}.\n{tomlkit.dumps(document)}".encode()


@contextmanager
def _draft(name: str, text: bytes) -> Iterator[Path]:
    """A file to edit; it stays where something goes wrong, so that no work is lost."""
    folder = state_folder()
    with writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
        handle, file = mkstemp(prefix=f"{name}-", suffix=".toml", dir=folder)
        with os.fdopen(handle, "wb") as written:
            written.write(text)
    draft = Path(file)
    try:
        yield draft
    except BaseException:
        if draft.read_bytes() == text:
            draft.unlink()
        raise
    draft.unlink()


def _run(editor: list[str], draft: Path, before: bytes) -> None:
    try:
        code = subprocess.run([*editor, str(draft)], check=False).returncode
    except OSError as error:
        raise UsageError(f"{editor[0]} cannot be started: {error.strerror}.", "Set EDITOR to another editor") from error
    if code:
        hint = "" if draft.read_bytes() == before else _kept(draft)
        raise UsageError(f"{editor[0]} ended with exit code {code}, so nothing was saved.", hint)


def _saved_anyway(problems: list[str], draft: Path, output: Output) -> bool:
    """Tells what is wrong; whether it is saved so, and not edited again.

    Raises:
        UsageError: nobody can be asked.
        Interrupted: neither of both.
    """
    lines = "\n".join(f"  - {problem}" for problem in problems)
    told = f"{counted(len(problems), 'problem')} in what you wrote:\n{lines}"
    if output.mode not in ("human", "plain") or not output.interactive:
        raise UsageError(f"{told}\nIt was not saved.", _kept(draft))
    output.say(f"✗ {told}")
    prompter = prompter_for(output)
    prompt = Prompt(
        key="problems",
        kind="choice",
        text="What now?",
        help="run and check refuse a profile with problems, but it can be saved and edited later.",
        default="edit",
        choices=(
            Choice("edit", "Edit again"),
            Choice("save", "Save it with its problems"),
            Choice("leave", "Leave the profile as it was"),
        ),
    )
    try:
        answer = prompter.ask(prompt)
    except (Back, KeyboardInterrupt):  # either leads out of here, and no text is lost
        answer = "leave"
    if answer == "leave":
        raise Interrupted("Nothing was saved.", _kept(draft))
    prompter.accepted(prompt, answer)
    return answer == "save"


def _kept(draft: Path) -> str:
    return f"What you wrote is kept in {shortened(draft)}"
