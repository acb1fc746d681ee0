"""Questions on a terminal, with arrow keys, path completion, and keys for back and help."""

from dataclasses import replace
from typing import Any, cast

import questionary
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent, merge_key_bindings
from questionary.prompts.common import InquirerControl

from wizard.ask.path_prompt import KEYS_HELP, PathCompleter, path_bindings
from wizard.ask.prompt import Back, Choice, InvalidAnswer, Kind, Prompt, Prompter, Value, parse_answer, title
from wizard.output import Output

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
_INDENT = 4
"""Columns before a choice's title."""
_PATHS = ("path", "file")
_ELSEWHERE = Choice("<another>", "Another folder …")


class _Help(Exception):
    """The person pressed ?; carries the input so far."""

    def __init__(self, held: Value) -> None:
        self.held = held


class TerminalPrompter(Prompter):
    """Puts questions with questionary; a question that was answered leaves one line behind.

    What `io` has, questionary passes on to prompt_toolkit; tests give another input and output.
    """

    def __init__(self, output: Output, /, **io: Any) -> None:
        self._output = output
        self._io = io

    def ask(self, prompt: Prompt) -> Value:
        """See Prompter."""
        return self._ask_among(prompt) if prompt.kind == "path" and prompt.choices else self._ask(prompt)

    def _ask_among(self, prompt: Prompt) -> Value:
        """A path chosen from the proposals, or typed after all; going back leads from typing to the proposals."""
        proposals = replace(prompt, kind="choice", choices=(*prompt.choices, _ELSEWHERE))
        typing = replace(prompt, choices=(), default=None)
        # One that was typed and refused is to be corrected.
        elsewhere = prompt.typed is not None and prompt.typed not in [choice.value for choice in prompt.choices]
        while True:
            if not elsewhere:
                answer = self._ask(proposals)
                if answer != _ELSEWHERE.value:
                    return answer
                typing = replace(typing, typed="", error="")
            try:
                return self._ask(typing)
            except Back:
                elsewhere, proposals = False, replace(proposals, typed=None, error="")

    def _ask(self, prompt: Prompt) -> Value:
        error, held = prompt.error, prompt.default if prompt.typed is None else prompt.typed
        while True:
            if error:
                self._output.say(f"✗ {error}")
            try:
                answer = self._put(prompt, held)
                if prompt.kind == "choice":
                    return cast(str | int, answer)
                return [str(each) for each in answer] if isinstance(answer, list) else parse_answer(prompt, str(answer))
            except _Help as wanted:
                self._output.say(f"  {prompt.help or 'There is no help for this question.'}")
                if prompt.kind in _PATHS:
                    self._output.say(f"  {KEYS_HELP}")
                error, held = "", wanted.held
            except InvalidAnswer as invalid:
                error, held = str(invalid), prompt.default

    def accepted(self, prompt: Prompt, answer: Value) -> None:
        """See Prompter."""
        self._output.answered(prompt.text, title(prompt, answer))

    def say(self, text: str) -> None:
        """See Prompter."""
        self._output.say(text)

    def _put(self, prompt: Prompt, held: Value | None) -> Any:
        question = self._question(prompt, held)
        application = question.application
        application.ttimeoutlen = application.timeoutlen = _ESCAPE
        keys = [application.key_bindings] if application.key_bindings else []
        keys.append(_bindings(prompt.kind))
        if prompt.kind in _PATHS:
            keys.append(path_bindings(*_suggested(prompt, held)))
        application.key_bindings = merge_key_bindings(keys)
        return question.unsafe_ask(patch_stdout=False)  # its exceptions carry Back and help

    def _question(self, prompt: Prompt, held: Value | None) -> questionary.Question:
        # Erased, because `accepted` leaves a line of its own, once the answer is known to be accepted.
        common: dict[str, Any] = {"style": _STYLE, "erase_when_done": True, **self._io}
        text, typed = prompt.text, "" if held is None else str(held)
        match prompt.kind:
            case "secret":  # never shown again, so a refused one must be retyped
                return questionary.password(text, **common)
            case "path" | "file":
                suggestion, typed = _suggested(prompt, held)
                return questionary.path(
                    text,
                    default=typed,
                    placeholder=[("class:placeholder", suggestion)],
                    completer=PathCompleter(only_folders=prompt.kind == "path"),
                    # A list that opens at every key covers the screen, and looks into network folders.
                    complete_while_typing=False,
                    **common,
                )
            case "choice" | "choices":
                pointer = "❯" if self._output.unicode else ">"
                lines = self._lines(prompt.choices, held if isinstance(held, list) else [])
            case _:
                return questionary.text(text, default=typed, **common)
        if prompt.kind == "choices":
            instruction = "(space ticks, Enter accepts)"
            return questionary.checkbox(text, lines, pointer=pointer, instruction=instruction, **common)
        default = next((line for line in lines if line.value == held), None)
        # A blank instruction, because questionary puts "(Use arrow keys)" in the place of an empty one.
        return questionary.select(text, lines, default=default, pointer=pointer, instruction=" ", **common)

    def _lines(self, choices: tuple[Choice, ...], ticked: list[str]) -> list[questionary.Choice]:
        """A line for each choice, with its description beside it if there is room, else below the list."""
        broad = max(len(choice.title) for choice in choices)
        room = self._output.console.width - _INDENT - broad - 2
        beside = all(len(choice.about) <= room for choice in choices)
        return [
            questionary.Choice(
                f"{choice.title:<{broad}}  {choice.about}".rstrip() if beside else choice.title,
                value=choice.value,
                checked=choice.value in ticked,
                description=None if beside else choice.about or None,
            )
            for choice in choices
        ]


def _suggested(prompt: Prompt, held: Value | None) -> tuple[str, str]:
    """The path to suggest, which Enter takes and typing replaces; and that which was typed, to be edited."""
    suggestion, typed = ("" if each is None else str(each) for each in (prompt.default, held))
    return suggestion, "" if typed == suggestion else typed


def _held(event: KeyPressEvent, kind: Kind) -> Value:
    # A list's state is not in the buffer but in a control that questionary does not expose.
    if kind not in ("choice", "choices"):
        return event.current_buffer.text
    control = next(each for each in event.app.layout.find_all_controls() if isinstance(each, InquirerControl))
    if kind == "choices":
        return [str(value) for value in control.selected_options]
    return cast(str | int, control.get_pointed_at().value)


def _bindings(kind: Kind) -> KeyBindings:
    """The keys that every question has; eager, so that they come before questionary's own."""
    keys = KeyBindings()

    @keys.add("escape", eager=True)
    @keys.add("c-b", eager=True)
    def _back(event: KeyPressEvent) -> None:
        event.app.exit(exception=Back())

    if kind != "secret":  # a secret may contain it

        @keys.add("?", eager=True)
        def _help(event: KeyPressEvent) -> None:
            event.app.exit(exception=_Help(_held(event, kind)))

    @keys.add("c-d", eager=True)
    def _end(event: KeyPressEvent) -> None:
        if event.current_buffer.text:
            event.current_buffer.delete()
        else:
            event.app.exit(exception=KeyboardInterrupt())

    return keys
