"""A setup that begins from a saved profile or a recipe, chosen from a list."""

from collections.abc import Sequence

from wizard import profile_store
from wizard.ask.prompt import Back, Choice, Prompt, Prompter, put
from wizard.ask.setup_draft import SetupDraft, draft_of, to_walk_through
from wizard.errors import UsageError
from wizard.folders import shortened
from wizard.profile_command import as_argument
from wizard.profile_files import Listed

_PATHS = ("source.path", "output.path")


def start_from(prompter: Prompter, text: str, listed: Sequence[Listed]) -> SetupDraft:
    """The answers of one of these profiles.

    Raises:
        Back: none of them, after all.
        SetupError: it cannot be used; says how to fix it.
    """
    chosen: str | None = None
    choices = tuple(map(_as_choice, listed))
    while True:
        prompt = Prompt(
            key="profile",
            kind="choice",
            text=text,
            help="Its answers fill in a new setup, and can all be changed before anything is done.",
            default=chosen or listed[0].name,
            choices=choices,
        )
        chosen = str(put(prompter, prompt))
        draft = _opened(next(each for each in listed if each.name == chosen))
        try:
            return to_walk_through(draft) if _is_walked_through(prompter, draft) else draft
        except Back:
            continue


def _as_choice(listed: Listed) -> Choice:
    """A profile in the list, with a mark if it cannot be used."""
    seen = profile_store.examine(listed.path)
    if seen.problems:
        return Choice(listed.name, f"! {listed.name}", f"cannot be used: {seen.problems[0]}")
    where = f" → {shortened(seen.output_path)}" if seen.output_path else ""
    return Choice(listed.name, listed.name, profile_store.about(listed, seen) + where)


def _opened(listed: Listed) -> SetupDraft:
    seen = profile_store.examine(listed.path)
    if seen.profile is None:
        problems = "\n".join(f"  - {problem}" for problem in seen.problems)
        raise UsageError(
            f"{listed.name} cannot be used:\n{problems}",
            f"Fix it with: imagenet-setup profiles edit {as_argument(listed.path)}",
        )
    is_recipe = listed.is_recipe
    # A saved profile of a recipe's name would hide the recipe, so a recipe gives no name.
    leaves_open = {*seen.left_open} | ({"name"} if is_recipe else set())
    profile = seen.profile if is_recipe else seen.profile.model_copy(update={"name": listed.name})
    return draft_of(profile, leaves_open=leaves_open, origin=listed.name)


def _is_walked_through(prompter: Prompter, draft: SetupDraft) -> bool:
    only = (
        Choice("review", "Go to the review", "where any answer can be changed")
        if draft.next is None or draft.next.key not in _PATHS
        else Choice("review", "Ask only what it leaves open", "then the review, where any answer can be changed")
    )
    prompt = Prompt(
        key="begin",
        kind="choice",
        text=f"How do you want to begin with {draft.origin}?",
        help="The review shows all answers, with size and time, before anything is done.",
        default="review",
        choices=(only, Choice("questions", "Go through the questions", "with its answers offered")),
    )
    return put(prompter, prompt) == "questions"
