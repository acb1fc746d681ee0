"""Whether a question's help names its choices as the list does: a person knows the titles and no values."""

import re

from wizard.ask.prompt import Prompt

_DEFINED = re.compile(r"(?:^|(?<=[.;] ))([A-Z][\w' ]{0,24}):")
"""What a sentence of a help explains, before a colon."""


def unknown_names(prompt: Prompt) -> list[str]:
    """What the help calls a choice, although its line in the list does not."""
    if prompt.kind not in ("choice", "choices"):
        return []
    titles = {choice.title.lower() for choice in prompt.choices}
    shown = {word for choice in prompt.choices for word in _words(f"{choice.title} {choice.about}")}
    values = {str(choice.value).lower() for choice in prompt.choices if str(choice.value).isalpha()}
    said = _words(prompt.help)
    defined = [name for name in _DEFINED.findall(prompt.help) if name.lower() not in titles]
    return defined + sorted((values & said) - shown)


def _words(text: str) -> set[str]:
    return {*re.findall(r"\w+", text.lower())}
