"""Surveying raw data while the person waits: what a folder holds, and how doubtful folders and links are to be read."""

from collections.abc import Callable

from wizard.ask.context import Context, follows_link, with_source
from wizard.ask.draft import Draft
from wizard.ask.prompt import Back, Choice, Prompt, Prompter, Value
from wizard.ask.question import yes_or_no
from wizard.ask.view import View
from wizard.errors import InputError
from wizard.folders import expanded, shortened
from wizard.sources.options import DoubtfulFolders, FolderRole

SOURCE, LABELS = "source.path", "source.labels"

_TITLES: dict[FolderRole, str] = {
    "splits": "Splits, as named",
    "classes": "Classes",
    "superclasses": "Superclasses, with the classes inside them",
}


def survey(draft: Draft[Context], key: str, answer: Value, prompter: Prompter, view: View) -> Context:
    """The context that an answer about the raw data leads to.

    Args:
        draft: the answers so far.
        key: of the question, `SOURCE` or `LABELS`.
        answer: to it.
        prompter: asks how to read what can be read in more than one way.
        view: shows how far a long survey is.

    Raises:
        DoubtfulFolders: the person does not say what doubtful folders are.
        InputError: the folder cannot be read, or holds no raw data.
    """
    before = draft.answered.values
    answers = {**before, key: answer}
    folder = expanded(str(answers[SOURCE])).absolute()
    # What a profile says of one folder is not said of another.
    said = draft.profile if answers[SOURCE] == before.get(SOURCE) else {}
    labels = answers.get(LABELS, "auto") if said is draft.profile else "auto"

    def read(*, follow: bool, role: FolderRole) -> Context:
        with view.progress() as report:
            return with_source(
                draft.context,
                folder,
                report,
                labels,  # type: ignore[arg-type]
                layout=said.get("source.layout", "auto"),
                follow=follow,
                role=role,
            )

    def read_roles(*, follow: bool) -> Context:
        try:
            return read(follow=follow, role=said.get("source.folders", "auto"))
        except DoubtfulFolders as doubt:
            return read(follow=follow, role=_role(doubt, prompter))

    # Once said, it is not asked again: a replay or another labels' survey must not stop for a question.
    if said.get("source.links") == "follow":
        return read_roles(follow=True)
    return _with_links(read_roles, shortened(folder), prompter)


def _with_links(read: Callable[..., Context], folder: str, prompter: Prompter) -> Context:
    """The folder as it is, or with the links that lead out of it, where the person wants those."""
    try:
        context = read(follow=False)
    except InputError as error:
        if follows_link(error.hint) and _follows(folder, error.what, prompter):
            return read(follow=True)
        raise
    if context.escaping_link and _follows(folder, context.escaping_link, prompter):
        return read(follow=True)
    return context


def _role(doubt: DoubtfulFolders, prompter: Prompter) -> FolderRole:
    prompt = Prompt(
        key="source.folders",
        kind="choice",
        text="What are these folders?",
        help="Their names and contents do not settle it, and the labels depend on it. Folders arranged as "
        "train/<class>/*.jpg need no question. Nothing in them is changed.",
        choices=tuple(Choice(role, _TITLES[role], about) for role, about in doubt.readings.items()),
    )
    prompter.say(f"! {doubt.what}")
    try:
        answer = prompter.ask(prompt)
    except Back:
        raise doubt from None
    prompter.accepted(prompt, answer)
    return next(role for role in doubt.readings if role == answer)


def _follows(folder: str, why: str, prompter: Prompter) -> bool:
    prompt = Prompt(
        key="source.links",
        kind="choice",
        text=f"Follow links that lead out of {folder}?",
        help="What they lead to is then read as if it lay in the folder. Nothing there is changed.",
        default="no",
        choices=yes_or_no(None),
    )
    prompter.say(f"! {why}")
    try:
        answer = prompter.ask(prompt)
    except Back:
        return False
    prompter.accepted(prompt, answer)
    return answer == "yes"
