"""The conversation: from question to question, back, review, edit; the answers are kept after each."""

import os
import shlex
from copy import deepcopy
from dataclasses import replace
from pathlib import Path

from wizard import profile_store
from wizard.ask import draft as drafts
from wizard.ask.context import Facts
from wizard.ask.draft import Draft
from wizard.ask.live_estimate import Bench
from wizard.ask.prompt import Asked, Back, Choice, Prompter, Value, title
from wizard.ask.question import Question
from wizard.ask.questions import BY_KEY, QUESTIONS, folder
from wizard.ask.review import images, rows
from wizard.ask.source_report import diagnosis, glanced, nothing_usable, told
from wizard.ask.survey_source import LABELS, SOURCE, Looking
from wizard.ask.validation import intrusion, misfit
from wizard.ask.view import Outcome, Stage
from wizard.errors import MachineError, ProfileError, SetupError, UsageError
from wizard.folders import shortened
from wizard.planning import Job
from wizard.preflight import checks
from wizard.preflight.examine import Verdict
from wizard.preflight.preview import write_preview
from wizard.profile import Profile

OUTPUT = "output.path"


class Interview:
    """Asks until there is a profile.

    Args:
        prompter: puts the questions.
        stage: shows the rest.
        facts: what is known before the first question.
        bench: measures what answers come to.
        draft: answers to go on with.
    """

    def __init__(
        self, prompter: Prompter, stage: Stage, facts: Facts, bench: Bench, draft: Draft | None = None
    ) -> None:
        self._prompter = prompter
        self._stage = stage
        self._facts = facts
        self._bench = bench
        self._looking = Looking(prompter, stage)
        self._draft = draft or Draft()
        self._before_edit: tuple[Draft, Facts] | None = None
        self._previewed: object = None

    def run(self) -> Outcome:
        """The whole conversation.

        Raises:
            KeyboardInterrupt: the person leaves; the answers are kept.
        """
        self._look_again()
        while True:
            question = self._draft.next(self._facts)
            try:
                if question is None:
                    outcome = self._review()
                    if outcome is not None:
                        return outcome
                else:
                    self._settle(question, self._ask(question))
            except Back:
                self._back()
            self._draft.save()

    def _look_again(self) -> None:
        """Answers to go on with may be about raw data that has changed meanwhile."""
        if SOURCE in self._draft.asked:
            problem = self._misfit(BY_KEY[SOURCE], self._draft.answers[SOURCE])
            if problem:
                self._draft.asked.remove(SOURCE)
            self._prompter.say(f"✗ {problem}" if problem else "\n".join(diagnosis(self._facts)))
        self._draft.settle(self._facts)

    def _ask(self, question: Question) -> Value:
        asked = self._asked(question)
        classes = self._facts.classes
        while True:
            answer = _anchored(question, self._prompter.ask(asked))
            error = self._misfit(question, answer)
            if not error:
                self._prompter.took(asked, answer)
                if question.key == SOURCE:
                    self._prompter.say("\n".join(diagnosis(self._facts)))
                elif self._facts.classes != classes:
                    self._prompter.say("\n".join(glanced(self._facts)))
                return answer
            asked = replace(asked, error=error, typed=answer)

    def _asked(self, question: Question) -> Asked:
        return Asked(
            key=question.key,
            kind=question.kind,
            text=question.text,
            help=question.help,
            default=self._draft.offered(question, self._facts),
            choices=question.choices(self._draft.answers, self._facts),
            number=0 if question.on_request else len(self._draft.asked) + 1,
            of=self._draft.count(self._facts),
        )

    def _misfit(self, question: Question, answer: Value) -> str:
        """Why the answer cannot be taken; an answer about the raw data is looked at on the spot."""
        why = misfit(question, answer, self._facts, self._draft.answers)
        if why or question.key not in (SOURCE, LABELS):
            return why
        try:
            facts = self._looking.look(self._facts, self._draft, question.key, answer)
        except SetupError as error:
            return told(error)
        if not facts.surveys:
            return nothing_usable(facts)
        self._facts = facts
        self._bench.prepare(facts)
        return ""

    def _settle(self, question: Question, answer: Value) -> None:
        self._draft.take(question, answer, self._facts)
        self._draft.settle(self._facts)
        self._draft.save()
        if question.image:
            self._tell_consequence(question)

    def _tell_consequence(self, question: Question) -> None:
        try:
            profile = self._draft.profile(self._facts)
        except ProfileError:
            return
        with self._stage.busy("measuring on your images; Ctrl-C leaves") as progress:
            estimated = self._bench.estimate(profile, self._facts, progress)
        if estimated is None:
            return
        following = self._draft.next(self._facts)
        open_still = following is not None and following.image
        # Later answers say themselves what the first one leaves open.
        job = self._facts.job(profile)
        self._stage.consequence(estimated, images(job) if open_still and question.key == "image.resize" else "")
        if not open_still:
            self._show_preview(job)

    def _show_preview(self, job: Job) -> None:
        estimator = self._bench.prepare(self._facts)
        shown = (self._facts.folder, job.profile.source.splits, job.profile.image)
        if estimator is None or self._previewed == shown:
            return
        path = write_preview(job, estimator)
        if path is not None:
            self._stage.link("before and after:", path)
        self._previewed = shown

    def _back(self) -> None:
        if self._before_edit is not None:
            self._draft, self._facts = self._before_edit
            self._before_edit = None
        elif not self._draft.back():
            self._prompter.say("  This is the first question; Ctrl-C leaves.")

    def _review(self) -> Outcome | None:
        among = intrusion(folder(self._draft.answers, OUTPUT), self._facts, self._draft.answers)
        if among:  # by an answer that was changed after that one
            self._prompter.say(f"✗ {among}")
            self._edit(BY_KEY[OUTPUT])
            return None
        try:
            profile = self._draft.profile(self._facts)
            job = self._facts.job(profile)
            self._tell_changes()
            with self._stage.busy("looking at this machine") as progress:
                verdict = self._bench.verdict(job, self._facts, progress)
            table = rows(job, self._facts, verdict.estimated, verdict.checks)
        except (ProfileError, UsageError) as error:
            self._prompter.say(f"✗ {error}")
            self._edit(self._chosen_question())
            return None
        self._show_preview(job)
        self._stage.table(table)
        return self._choose(profile, verdict)

    def _tell_changes(self) -> None:
        """What an edited answer has changed beside itself."""
        before, self._before_edit = self._before_edit, None
        if before is None:
            return
        old, new = before[0].answers, self._draft.answers
        for question in QUESTIONS:
            key = question.key
            followed = key in old and key in new and key not in self._draft.chosen
            if followed and old[key] != new[key]:
                asked = self._asked(question)
                self._prompter.say(f"  · {question.label}: {title(asked, new[key])} (was {title(asked, old[key])})")

    def _choose(self, profile: Profile, verdict: Verdict) -> Outcome | None:
        failing = tuple(check.name for check in checks.failed(verdict.checks, ()))
        start = f"Start although {' and '.join(failing)} will not do" if failing else "Start"
        asked = Asked(
            key="review",
            kind="choice",
            text="Ready",
            help="Start saves the answers as a profile and builds. A build that stops, for whatever reason, goes on "
            "when it is started again.",
            default="edit" if failing else "start",
            choices=(
                Choice(value="start", title=start),
                Choice(value="edit", title="Change an answer"),
                Choice(value="save", title="Save as a profile and leave"),
                Choice(value="command", title="Show the command for this"),
                Choice(value="quit", title="Leave", about="the answers are kept"),
            ),
        )
        match self._prompter.ask(asked):
            case "start" if "output" in failing:
                self._prompter.say("✗ Shards of another plan are never mixed with these: choose another output folder.")
                self._edit(BY_KEY[OUTPUT])
                return None
            case "start":
                path = self._saved_if_possible(profile)
                return Outcome(kind="start", profile=profile, path=path, verdict=verdict, ignored=failing)
            case "save":
                return Outcome(kind="saved", profile=profile, path=self._save(profile))
            case "command":
                self._show_command(profile)
                return None
            case "quit":
                self._draft.save()
                return Outcome(kind="left", profile=profile)
            case _:
                self._edit(self._chosen_question())
                return None

    def _edit(self, question: Question) -> None:
        """Asks one question again; where that makes others necessary, they follow, and then the review."""
        self._before_edit = deepcopy(self._draft), self._facts
        self._settle(question, self._ask(question))

    def _chosen_question(self) -> Question:
        editable = [each for each in QUESTIONS if each.applies(self._draft.answers, self._facts)]
        asked = Asked(
            key="edit",
            kind="choice",
            text="Which answer?",
            help="After the answer the review comes again.",
            default=None,
            choices=tuple(Choice(value=each.key, title=each.label, about=self._told(each)) for each in editable),
        )
        self._before_edit = deepcopy(self._draft), self._facts
        return BY_KEY[str(self._prompter.ask(asked))]

    def _told(self, question: Question) -> str:
        """The answer as the list of answers shows it."""
        key = question.key
        value = self._draft.answers[key] if key in self._draft.asked else self._draft.offered(question, self._facts)
        return "" if value is None else title(self._asked(question), value)

    def _saved_if_possible(self, profile: Profile) -> Path | None:
        """A config folder that cannot be written is no reason not to build."""
        try:
            return self._save(profile)
        except MachineError as error:
            self._prompter.say(f"! The profile is not saved: {error.what}")
            return None

    def _save(self, profile: Profile) -> Path:
        path = profile_store.save(profile, profile.name)
        drafts.forget()
        return path

    def _show_command(self, profile: Profile) -> None:
        path = profile_store.save(profile, profile.name)
        self._prompter.say(
            f"  imagenet-setup run {shlex.quote(profile.name)}\n  The profile is {shortened(path)}; it can be edited."
        )


def _anchored(question: Question, answer: Value) -> Value:
    """A path that does not depend on the folder in which it was typed."""
    if question.kind != "path" or str(answer).startswith("~"):
        return answer
    return os.path.normpath(Path(str(answer)).absolute())
