"""Typing a path: what Tab completes, and what a paste replaces."""

import os
import re
from collections.abc import Iterator
from pathlib import Path

from prompt_toolkit.buffer import Buffer
from prompt_toolkit.completion import CompleteEvent, Completer, Completion, get_common_complete_suffix
from prompt_toolkit.document import Document
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent
from prompt_toolkit.keys import Keys

from wizard.errors import UsageError
from wizard.typed_path import expanded

KEYS_HELP = (
    "A path that is shown is a suggestion, or one that was refused: Enter takes it, typing or pasting replaces it, an "
    "arrow key or End edits it. Ctrl-U empties the line, Tab completes. A path may be quoted or escaped as for a "
    "shell, or begin with ~, $VARIABLE or file://."
)

_SPECIAL = re.compile(r"""[\\$'"]|^~|\s$""")
"""What a backslash takes to the letter."""


class PathCompleter(Completer):
    """Names in the folder that is typed so far, however it is written; folders end in a slash, dot files come last."""

    def __init__(self, *, only_folders: bool) -> None:
        self._only_folders = only_folders

    def get_completions(self, document: Document, complete_event: CompleteEvent) -> Iterator[Completion]:
        """See prompt_toolkit's Completer."""
        del complete_event
        text = document.text_before_cursor
        if text in ("~", "."):
            yield Completion("/", display=f"{text}/")
            return
        before, slash, begun = text.rpartition("/")
        folder = f"{before}{slash}"
        for name, is_folder in _listed(folder or "."):
            if self._only_folders and not is_folder:
                continue
            written = next((each for each in (_written(folder, name), name) if each.startswith(begun)), None)
            if written is not None:
                end = "/" if is_folder else ""
                yield Completion(written[len(begun) :] + end, display=name + end)


def path_bindings() -> KeyBindings:
    """The keys of a prompt for a path.

    Enter accepts the path as it stands, where questionary would first close its list; Tab completes at once, and goes
    into a folder that is complete.
    """
    keys = KeyBindings()

    @keys.add("tab", eager=True)
    def _complete(event: KeyPressEvent) -> None:
        complete(event.current_buffer)

    @keys.add("enter", eager=True)
    def _accept(event: KeyPressEvent) -> None:
        buffer = event.current_buffer
        if buffer.complete_state is not None and buffer.complete_state.current_completion is not None:
            buffer.complete_state = None
        else:
            event.app.exit(result=buffer.text)

    @keys.add(Keys.BracketedPaste, eager=True)
    def _paste(event: KeyPressEvent) -> None:
        # Without a line's end that was copied too, and the blank behind a path that was dragged.
        event.current_buffer.insert_text(event.data.strip())

    return keys


def complete(buffer: Buffer) -> None:
    """Inserts what all names that fit begin with; lists them if that is nothing, and then takes one after the other."""
    state = buffer.complete_state
    if state is not None and len(state.completions) > 1:
        buffer.complete_next()
        return
    buffer.complete_state = None  # a single one is complete already: on into its folder
    completions = list(buffer.completer.get_completions(buffer.document, CompleteEvent(completion_requested=True)))
    common = get_common_complete_suffix(buffer.document, completions)
    if common:
        buffer.insert_text(common)
    elif len(completions) > 1:
        buffer.start_completion(select_first=False)


def _written(folder: str, name: str) -> str:
    """A name as it has to be typed behind a folder: escaped where it would else be read as another."""
    if _is_read_as(folder, name, name):
        return name
    escaped = _SPECIAL.sub(r"\\\g<0>", name)
    return escaped if _is_read_as(folder, escaped, name) else name


def _is_read_as(folder: str, typed: str, name: str) -> bool:
    try:
        return expanded(f"{folder}{typed}") == expanded(folder or ".") / name
    except UsageError:
        return False


def _listed(folder: str) -> list[tuple[str, bool]]:
    try:
        with os.scandir(expanded(folder)) as entries:
            found = [(entry.name, _is_folder(Path(entry.path))) for entry in entries]
    except (OSError, UsageError):
        return []
    return sorted(found, key=lambda each: (each[0].startswith("."), each[0]))


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except OSError:
        return False
