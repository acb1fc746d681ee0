"""The setup conversation: questions, back, review, edit; answers are saved after each question."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from wizard.ask import setup_draft
from wizard.ask.apart import apart, in_another_folder
from wizard.ask.asking import ask
from wizard.ask.consequences import Consequences
from wizard.ask.context import Context
from wizard.ask.hints import as_error
from wizard.ask.live_estimate import LiveEstimate
from wizard.ask.prompt import Back, Prompt, Prompter, Value
from wizard.ask.question import Question
from wizard.ask.questions import BY_KEY
from wizard.ask.setup_draft import SetupDraft
from wizard.ask.survey_source import HOLDOUT, SOURCE, SURVEYED, survey, with_survey
from wizard.ask.telling import as_choice, changes, given_before, unused
from wizard.ask.validation import error_for, source_overlap
from wizard.ask.view import Outcome, View
from wizard.errors import SetupError
from wizard.typed_path import expanded

# What reports on raw data, and the review, are imported where they are used: the first question is put before.
if TYPE_CHECKING:
    from wizard.ask.final_review import FinalReview
    from wizard.show import at_a_glance

OUTPUT = "output.path"
SIZES = ("image.size", "image.height", "image.resize")
"""What another size is asked by."""


class Interview:
    """Asks questions until a profile is complete, starting from a draft."""

    def __init__(self, prompter: Prompter, view: View, live: LiveEstimate, draft: SetupDraft) -> None:
        self._prompter = prompter
        self._view = view
        self._live = live
        self._draft = draft
        self._surveyed = draft.context
        self._opened = draft
        self._said: Sequence[at_a_glance.Row] = ()
        self._before_edit: SetupDraft | None = None
        self._trail: list[tuple[SetupDraft, Question[Context]]] = []
        self._again: Question[Context] | None = None
        self._consequences = Consequences(view, live)
        self._final: FinalReview | None = None

    def run(self) -> Outcome:
        """The whole conversation.

        Raises:
            Back: from the first question.
            KeyboardInterrupt: the person leaves; the answers are kept.
        """
        self._opened = self._draft
        if SOURCE in self._draft.asked:
            self._survey_again()
        if self._draft.next is not None:
            self._tell(given_before(self._draft))
        while True:
            # One that was gone back to in an edit is answered already, so it is not the next one by itself.
            question, self._again = self._again or self._draft.next, None
            try:
                if question is not None:
                    self._ask(question)
                elif outcome := self._review():
                    return outcome
            except Back:
                self._back()
            setup_draft.save(self._draft)

    def _survey_again(self) -> None:
        """Stored answers may be about raw data that has changed since."""
        problem = self._error_for(BY_KEY[SOURCE], self._draft.answers[SOURCE])
        if problem:
            self._draft = self._draft.without(SOURCE)
            self._prompter.say(f"✗ {problem}")
        else:
            self._draft = with_survey(self._draft, self._surveyed).settled()
            self._report()
            self._reopen_refused()

    def _ask(self, question: Question[Context]) -> None:
        draft = self._draft
        before, folder = draft.context, draft.chosen.get(SOURCE)
        answer = ask(self._prompter, draft, question, lambda value: self._error_for(question, value))
        self._draft = with_survey(draft, self._surveyed).with_answer(question, answer)
        self._trail.append((draft, question))
        context = self._draft.context
        if question.key == SOURCE:
            # No question of the draft asks for these, so they stand in the layer of what the profile sets.
            self._draft = replace(self._draft, profile={**self._draft.profile, **context.reading})
            if folder not in (None, answer):  # a rule for one folder is no rule for another
                self._draft = self._draft.without(HOLDOUT)
            self._report()
            self._reopen_refused()
        elif question.key == HOLDOUT and context.splits != before.splits:
            self._report()
        elif context.classes != before.classes:
            self._report(of_classes_alone=True)
        setup_draft.save(self._draft)  # before it is measured, which takes a while
        if question.affects_images:
            self._consequences.show(self._draft, question)

    def _report(self, *, of_classes_alone: bool = False) -> None:
        """Shows what the raw data holds, with the labels that it will have."""
        from wizard.ask.source_report import class_lines, class_rows, likely_job, source_lines

        lines = class_lines if of_classes_alone else source_lines
        context, job = self._draft.context, likely_job(self._draft)
        self._prompter.say("\n".join(lines(context, job)))
        self._said = class_rows(context, job) if self._view.has_person else ()

    def _reopen_refused(self) -> None:
        """What was answered before the raw data was known, or for another folder, is asked again if it cannot be."""
        draft, told = self._draft, ""
        for key in [question.key for question in draft.applying if question.key in draft.asked]:
            refused = "" if key == SOURCE else error_for(BY_KEY[key], draft.answers[key], draft.answered)
            if refused:
                self._draft = self._draft.unchosen(key)
            if refused and refused != told:  # of a trainer and those like it, it is the same
                self._prompter.say(f"✗ {refused}")
                told = refused

    def _error_for(self, question: Question[Context], answer: Value) -> str:
        """Why the answer is refused; an answer about the raw data is surveyed at once."""
        self._surveyed = self._draft.context
        why = error_for(question, answer, self._draft.answered)
        if why or question.key not in SURVEYED:
            return why
        try:
            context = survey(self._draft, question.key, answer, self._prompter, self._view)
        except SetupError as error:
            return as_error(error)
        if not context.surveys:
            from wizard.ask.source_report import nothing_usable

            return nothing_usable(context)
        self._surveyed = context  # kept for the answer's acceptance: a survey may take minutes
        self._live.prepare(context)  # workers start, which takes seconds, while the person reads
        return ""

    def _back(self) -> None:
        if self._before_edit is None:
            before = self._draft.back()
            if before is None:
                raise Back
            self._draft = before
            return
        # Drafts never change, so the one from before an edit undoes everything that followed from it.
        if self._trail:  # from a question that followed, to the one before it
            self._draft, self._again = self._trail.pop()
        else:
            self._draft, self._before_edit = self._before_edit, None

    def _review(self) -> Outcome | None:
        answers = self._draft.answers
        overlap = source_overlap(expanded(str(answers[OUTPUT])).absolute(), answers)
        if overlap:  # through an answer that was changed after the output folder's
            self._prompter.say(f"✗ {overlap}")
            self._draft = self._draft.without(OUTPUT)
            return None
        self._keep_apart()
        self._tell(unused(self._opened, self._draft))
        self._opened = replace(self._opened, given=())  # once is enough
        if self._final is None:
            from wizard.ask.final_review import FinalReview

            self._final = FinalReview(self._prompter, self._view, self._live, self._consequences)
        ended = self._final.outcome(self._draft, self._said)
        if isinstance(ended, Outcome):
            return ended
        if ended:
            self._change(ended)
        return None

    def _keep_apart(self) -> None:
        """After a change: a folder and a name of its own where they are another build's, and what has followed."""
        before, self._before_edit = self._before_edit, None
        if before is not None:
            self._draft = apart(before, self._draft)
            self._tell(changes(before, self._draft, [question.key for _, question in self._trail]))

    def _tell(self, lines: Iterable[str]) -> None:
        for line in lines:
            self._prompter.say(line)

    def _change(self, chosen: str) -> None:
        """Changes what was chosen in the review, or asks what is to be changed."""
        if chosen == "folder":
            self._begin_edit()
            self._draft = in_another_folder(self._draft)
            self._ask(BY_KEY[OUTPUT])
        elif chosen == "size":
            self._edit(next(key for key in SIZES if BY_KEY[key] in self._draft.applying))
        else:
            self._edit_one()

    def _edit(self, key: str) -> None:
        """Asks one question again, then any new ones that it requires, then the review."""
        self._begin_edit()
        self._ask(BY_KEY[key])

    def _begin_edit(self) -> None:
        if self._before_edit is None:  # else it goes on, with what was said against the answers
            self._before_edit, self._trail = self._draft, []

    def _edit_one(self) -> None:
        self._begin_edit()
        prompt = Prompt(
            key="edit",
            kind="choice",
            text="Which answer?",
            help="Each has a question, which ? explains. After the answer, the review is shown again.",
            choices=tuple(as_choice(self._draft, each) for each in self._draft.applying),
        )
        self._edit(str(self._prompter.ask(prompt)))
