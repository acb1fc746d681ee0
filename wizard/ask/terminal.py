"""Questions on a terminal, with arrow keys, path completion, and keys for back and help."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, cast

import questionary
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent, merge_key_bindings

from wizard.ask.filtered_list import FilteredList
from wizard.ask.list_keys import ListFilter
from wizard.ask.list_view import arrange, choice_lines
from wizard.ask.path_prompt import KEYS_HELP, PathCompleter, path_bindings
from wizard.ask.prompt import (
    PATHS,
    Back,
    Choice,
    InvalidAnswer,
    Kind,
    Prompt,
    Prompter,
    Value,
    as_shown,
    ended,
    parse_answer,
    title,
)
from wizard.ask.suggestion import Emptied, suggestion_bindings
from wizard.ask.transcript import Transcript
from wizard.output import Output
from wizard.wrapping import wrapped

_STYLE = questionary.Style(
    [
        ("qmark", "fg:ansicyan bold"),
        ("question", "bold"),
        ("answer", "fg:ansicyan"),
        ("pointer", "fg:ansicyan bold"),
        ("highlighted", "fg:ansicyan"),
        ("selected", "noreverse"),  # prompt_toolkit's default is reverse video
        ("instruction", "fg:ansibrightblack"),
        ("placeholder", "fg:ansibrightblack"),
    ]
)
_ESCAPE = 0.05
"""Seconds to wait for the rest of an arrow key's code after its Esc; terminals send it in one piece."""
_LISTS = ("choice", "choices")
_MANY = 9
"""Choices in a list above which it is said that typing filters it."""
_ELSEWHERE = Choice("<another>", "Another folder …")


@dataclass(frozen=True, kw_only=True)
class _Held:
    """What stands in a question before a key is pressed.

    Attributes:
        chosen: of a list: the choice that is pointed at, or the ticked ones.
        suggestion: shown while nothing is typed: the default, or what was refused. Enter takes it, typing replaces it.
        typed: what is typed already; of a list, what it is filtered by.
    """

    chosen: Value | None = None
    suggestion: str = ""
    typed: str = ""


class _Help(Exception):
    """The person pressed ?; carries what stands in the question now."""

    def __init__(self, held: Callable[[_Held], _Held]) -> None:
        self.held = held


class _Elsewhere(Exception):
    """The person typed a path at the proposals, which is none of them."""

    def __init__(self, typed: str) -> None:
        self.typed = typed


class TerminalPrompter(Prompter):
    """Puts questions with questionary; a question that was answered leaves one line behind.

    What `io` has, questionary passes on to prompt_toolkit; tests give another input and output.
    """

    def __init__(self, output: Output, /, **io: Any) -> None:
        self._output = output
        self._io = io
        self._screen = Transcript(output)

    def ask(self, prompt: Prompt) -> Value:
        """See Prompter."""
        self._screen.begin(prompt.key)
        try:
            answer = self._ask_among(prompt) if prompt.kind == "path" and prompt.choices else self._ask(prompt)
        except Back:
            self._screen.went_back()
            raise
        self._screen.answered()
        return answer

    def _ask_among(self, prompt: Prompt) -> Value:
        """A path chosen from the proposals, or typed after all; going back leads from typing to the proposals."""
        proposals = replace(prompt, kind="choice", choices=(*prompt.choices, _ELSEWHERE))
        typing = replace(prompt, choices=(), default=None)
        # One that was typed and refused is to be corrected.
        elsewhere = prompt.typed is not None and prompt.typed not in [choice.value for choice in prompt.choices]
        while True:
            begun = ""
            if not elsewhere:
                try:
                    answer = self._ask(proposals, accepts_others=True)
                    if answer != _ELSEWHERE.value:
                        return answer
                except _Elsewhere as other:
                    begun = other.typed
                typing = replace(typing, typed="", error="")
            try:
                return self._ask(typing, begun=begun)
            except Back:
                elsewhere, proposals = False, replace(proposals, typed=None, error="")

    def _ask(self, prompt: Prompt, *, accepts_others: bool = False, begun: str = "") -> Value:
        """The answer; `accepts_others` if a list raises _Elsewhere, and `begun` is what is typed already."""
        error, held, is_explained = prompt.error, replace(_held_first(prompt), typed=begun), False
        above = 0
        while True:
            if error:
                above = self._screen.mistake(f"✗ {error}")
            try:
                answer = self._put(prompt, held, accepts_others=accepts_others, above=above)
            except _Help as wanted:
                if not is_explained:  # else it stands right above
                    before = self._output.rows
                    self._explain(prompt)
                    above = self._output.rows - before
                error, held, is_explained = "", wanted.held(held), True
                continue
            except Emptied:
                error, held = "", _held_first(replace(prompt, typed=None))
                continue
            if prompt.kind == "choice":
                return cast(str | int, answer)
            if isinstance(answer, list):
                return [str(each) for each in answer]
            typed = str(answer) or held.suggestion
            try:
                return parse_answer(prompt, typed)
            except InvalidAnswer as invalid:
                error, held, is_explained = str(invalid), _held_first(replace(prompt, typed=typed)), False

    def _explain(self, prompt: Prompt) -> None:
        self._output.say(f"  {prompt.help or 'There is no help for this question.'}")
        if prompt.kind in PATHS:
            self._output.say(f"  {KEYS_HELP}")

    def accepted(self, prompt: Prompt, answer: Value) -> None:
        """See Prompter."""
        self._screen.accepted()
        self._output.answered(ended(prompt.text), title(prompt, answer))
        self._screen.shown()

    def say(self, text: str) -> None:
        """See Prompter."""
        self._output.say(text)

    def _put(self, prompt: Prompt, held: _Held, *, accepts_others: bool, above: int) -> Any:
        """The answer; `above` is how many rows above the question are about it, and have to stay on the screen."""
        question = self._question(prompt, held)
        application = question.application
        application.ttimeoutlen = application.timeoutlen = _ESCAPE
        shown = FilteredList(application, prompt.choices) if prompt.kind in _LISTS else None
        keys = [application.key_bindings] if application.key_bindings else []
        keys.append(_bindings(prompt.kind, shown))
        if prompt.kind in PATHS:
            keys.append(path_bindings())
        if prompt.kind in (*PATHS, "text", "number"):
            suggestion = as_shown(prompt, held.suggestion)
            keys.append(suggestion_bindings(suggestion, refused=held.suggestion != _as_suggestion(prompt.default)))
        if shown is not None:
            arrange(application, shown, above=above, unicode=self._output.unicode, elsewhere=accepts_others)
            elsewhere = _Elsewhere if accepts_others else None
            keys.append(ListFilter(application, shown, prompt.kind, elsewhere).bindings())
            shown.filter(held.typed, held.chosen)
        application.key_bindings = merge_key_bindings(keys)
        return question.unsafe_ask(patch_stdout=False)  # its exceptions carry Back and help

    def _question(self, prompt: Prompt, held: _Held) -> questionary.Question:
        separator = "·" if self._output.unicode else "-"
        qmark = f"{prompt.position} {separator}" if prompt.position else "?"
        common: dict[str, Any] = {
            "style": _STYLE,
            "qmark": qmark,
            # Erased, because `accepted` leaves a line of its own, once the answer is known to be accepted.
            "erase_when_done": True,
            **self._io,
        }
        # A blank one, because questionary puts "(Use arrow keys)" in the place of an empty one.
        hint = "(type to filter)" if len(prompt.choices) > _MANY else " "
        beside = {"choices": "(space ticks, Enter accepts)", "choice": hint}.get(
            prompt.kind, as_shown(prompt, held.suggestion)
        )
        text = f"{prompt.text} ({prompt.note})" if prompt.note else prompt.text
        if prompt.kind not in _LISTS:
            text = ended(text)  # the answer follows, which only its color would tell from the question
        text = _in_lines(text, beside.strip(), len(qmark) + 1, self._output.console.width)
        suggested: dict[str, Any] = {"default": held.typed, "placeholder": [("class:placeholder", beside)]}
        match prompt.kind:
            case "secret":  # never shown again, so a refused one must be retyped
                return questionary.password(text, **common)
            case "path" | "file":
                completer = PathCompleter(only_folders=prompt.kind == "path")
                # A list that opens at every key covers the screen, and looks into network folders.
                return questionary.path(text, completer=completer, complete_while_typing=False, **suggested, **common)
            case "choice" | "choices":
                common["pointer"] = "❯" if self._output.unicode else ">"
                common["show_description"] = False  # that is the foot's, as it would be cut with the list
                lines = choice_lines(
                    prompt.choices,
                    held.chosen if isinstance(held.chosen, list) else [],
                    columns=self._output.console.width,
                    can_be_ticked=prompt.kind == "choices",
                    unicode=self._output.unicode,
                )
            case _:
                return questionary.text(text, **suggested, **common)
        if prompt.kind == "choices":
            return questionary.checkbox(text, lines, instruction=beside, **common)
        default = next((line for line in lines if line.value == held.chosen), None)
        return questionary.select(text, lines, default=default, instruction=beside, **common)


def _in_lines(text: str, following: str, indent: int, width: int) -> str:
    """A question that breaks between words, and before what follows it where only that makes it fit."""
    blank = " " * indent
    lines = wrapped(f"{blank}{text}", width - 1, indent=indent)
    if len(lines[-1]) + 1 + len(following) >= width > indent + len(following):
        lines.append(" " * (indent - 1))
    return "\n".join(lines)[indent:]


def _held_first(prompt: Prompt) -> _Held:
    """What stands there when a question is put; what was refused stands there as a suggestion does."""
    chosen = prompt.default if prompt.typed is None else prompt.typed
    return _Held(chosen=chosen, suggestion=_as_suggestion(chosen))


def _as_suggestion(value: Value | None) -> str:
    return "" if isinstance(value, list) or value is None else str(value)


def _held_now(event: KeyPressEvent, kind: Kind, shown: FilteredList | None) -> Callable[[_Held], _Held]:
    """What stands there now, in the place of what did before; `shown` is the list, where there is one."""
    if shown is not None:
        typed = shown.text
        if kind == "choices":
            ticked = [str(value) for value in shown.control.selected_options]
            return lambda held: replace(held, chosen=ticked, typed=typed)
        if shown.is_without_match:
            return lambda held: replace(held, typed=typed)
        value = shown.control.get_pointed_at().value
        return lambda held: replace(held, chosen=value, typed=typed)
    text = event.current_buffer.text
    return lambda held: replace(held, typed=text)


def _bindings(kind: Kind, shown: FilteredList | None) -> KeyBindings:
    """The keys that every question has; eager, so that they come before questionary's own."""
    keys = KeyBindings()

    @keys.add("escape", eager=True)
    @keys.add("c-b", eager=True)
    def _back(event: KeyPressEvent) -> None:
        event.app.exit(exception=Back())

    if kind != "secret":  # a secret may contain it

        @keys.add("?", eager=True)
        def _help(event: KeyPressEvent) -> None:
            event.app.exit(exception=_Help(_held_now(event, kind, shown)))

    @keys.add("c-d", eager=True)
    def _end(event: KeyPressEvent) -> None:
        if event.current_buffer.text:
            event.current_buffer.delete()
        else:
            event.app.exit(exception=KeyboardInterrupt())

    return keys
