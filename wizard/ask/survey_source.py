"""Surveying raw data while the person waits: the content of a folder, and how to read doubtful folders and links."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, cast

from wizard.ask.context import Context, follows_link, with_source
from wizard.ask.draft import Draft
from wizard.ask.holdout import NO_HOLDOUT
from wizard.ask.prompt import Back, Choice, Prompt, Prompter, Value, agrees, put
from wizard.ask.question import yes_or_no
from wizard.ask.setup_draft import SetupDraft
from wizard.ask.view import View
from wizard.errors import InputError, UsageError
from wizard.folders import shortened
from wizard.sources.options import DoubtfulFolders, FolderRole, Labels, SourceOptions
from wizard.sources.selection import Selection, parse_selection
from wizard.typed_path import expanded

SOURCE, LABELS, HOLDOUT = "source.path", "source.labels", "source.holdout"
SURVEYED = (SOURCE, LABELS, HOLDOUT)
"""Keys of the questions whose answers change what the raw data holds."""

_TITLES: dict[FolderRole, str] = {
    "splits": "Splits, as named",
    "classes": "Classes",
    "superclasses": "Superclasses, with the classes inside them",
}


def survey(draft: Draft[Context], key: str, answer: Value, prompter: Prompter, view: View) -> Context:
    """The context after an answer to one of the questions `SURVEYED`.

    Raises:
        DoubtfulFolders: the person does not say what doubtful folders are.
        InputError: the folder cannot be read, or holds no raw data.
        UsageError: images cannot be held out of it.
    """
    before = draft.answered.values
    # At a replay nothing is known of the folder yet, so that questions about it do not apply yet.
    chosen = {each: draft.chosen[each] for each in SURVEYED if each in draft.asked and each in draft.chosen}
    answers = {**chosen, **before, key: answer}
    folder = expanded(str(answers[SOURCE])).absolute()
    # A profile's settings for one folder do not apply to another; a recipe's are for whichever is named first.
    same = draft.chosen.get(SOURCE) in (None, answers[SOURCE])
    said = draft.profile if same else {}
    # Once answered, it is not asked again: a replay or another labels' survey must not stop for a question.
    options = SourceOptions(
        layout=said.get("source.layout", "auto"),
        labels=cast(Labels, answers.get(LABELS, "auto") if same else "auto"),
        follow=said.get("source.links") == "follow",
        role=said.get("source.folders", "auto"),
        selection=_selection(said, answers if same else {}),
    )

    def read(options: SourceOptions) -> Context:
        with view.progress() as report:
            return with_source(draft.context, folder, report, options)

    def read_roles(options: SourceOptions) -> Context:
        try:
            return read(options)
        except DoubtfulFolders as doubt:
            return read(replace(options, role=_role(doubt, prompter)))

    try:
        context = read_roles(options)
    except UsageError:
        if key == HOLDOUT or options.selection.holdout is None:
            raise
        # There is a validation split by now, so the question is not asked.
        context = read_roles(replace(options, selection=replace(options.selection, holdout=None)))
    except InputError as error:
        if follows_link(error.hint) and _follows(shortened(folder), error.what, prompter):
            return read_roles(replace(options, follow=True))
        raise
    if context.escaping_link and _follows(shortened(folder), context.escaping_link, prompter):
        return read_roles(replace(options, follow=True))
    return context


def with_survey(draft: SetupDraft, context: Context) -> SetupDraft:
    """The draft with what was seen of the raw data, without a rule for held-out images where nothing is held out."""
    said = draft.profile
    if context.raw is not None and not context.lacks_validation:
        said = {key: value for key, value in said.items() if key not in (HOLDOUT, "source.holdout_by")}
    return replace(draft, context=context, profile=said)


def _selection(said: Mapping[str, Any], answers: Mapping[str, Value]) -> Selection:
    holdout = answers.get(HOLDOUT, NO_HOLDOUT)
    return parse_selection(
        said.get("source.min_images"),
        None if isinstance(holdout, list) or holdout == NO_HOLDOUT else holdout,
        said.get("source.holdout_by", "hash"),
    )


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
        return cast(FolderRole, put(prompter, prompt))
    except Back:
        raise doubt from None


def _follows(folder: str, why: str, prompter: Prompter) -> bool:
    prompt = Prompt(
        key="source.links",
        kind="choice",
        text=f"Follow links that lead out of {folder}?",
        help="Their targets are then read as if they were in the folder. Nothing there is changed.",
        default="no",
        choices=yes_or_no(None),
    )
    prompter.say(f"! {why}")
    return agrees(prompter, prompt)
