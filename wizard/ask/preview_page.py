"""The page of images before and after, served to a browser from the review."""

from contextlib import suppress
from pathlib import Path

from wizard.ask.prompt import Back, Choice, Prompt, Prompter
from wizard.ask.view import View

_PROMPT = Prompt(
    key="preview",
    kind="choice",
    text="The page is served until you press Enter",
    help="Only this machine can open the address; ssh brings another one here. The page has a few of your images, and "
    "nobody can guess its address.",
    default="done",
    choices=(Choice("done", "Back to the review"),),
)


def look_at(page: Path, prompter: Prompter, view: View) -> None:
    """Serves the page until the person goes on; Ctrl-C leads back to the review too."""
    try:
        with view.serving(page), suppress(Back, KeyboardInterrupt):
            prompter.ask(_PROMPT)
    except OSError as error:
        prompter.say(f"✗ The page cannot be shown: {error.strerror or error}.")
