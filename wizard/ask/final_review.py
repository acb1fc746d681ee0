"""The end of the setup conversation: the review of all answers, and what can be done from it."""

from collections.abc import Sequence
from pathlib import Path

from wizard import profile_store
from wizard.ask import setup_draft, stored_answers
from wizard.ask.apart import differs_from_saved
from wizard.ask.cluster import Cluster
from wizard.ask.consequences import Consequences
from wizard.ask.hints import as_error
from wizard.ask.live_estimate import LiveEstimate
from wizard.ask.preview_page import look_at
from wizard.ask.prompt import Prompter
from wizard.ask.review import review_prompt, rows
from wizard.ask.setup_draft import SetupDraft, profile_of
from wizard.ask.view import Outcome, Start, View
from wizard.errors import MachineError, ProfileError, UsageError
from wizard.preflight import checks
from wizard.preflight.examine import Verdict
from wizard.profile import Profile
from wizard.profile_command import as_command
from wizard.show import at_a_glance
from wizard.submit.prepare import that_matter
from wizard.submit.sbatch import sbatch_is_here

EDIT = "edit"
"""The choice that an answer is to be changed; which, is to be asked."""
_SHOWN = ("command", "script", "preview")
"""Choices that lead back to the review."""


class FinalReview:
    """Shows what the answers come to, asks what next, and does it up to the end of the conversation."""

    def __init__(self, prompter: Prompter, view: View, live: LiveEstimate, consequences: Consequences) -> None:
        self._prompter = prompter
        self._view = view
        self._live = live
        self._consequences = consequences
        self._cluster = Cluster(prompter)

    def outcome(self, draft: SetupDraft, said: Sequence[at_a_glance.Row]) -> Outcome | str:
        """How the conversation ends, or what is to be changed: a choice of the review; empty to show it again.

        Args:
            draft: with all answers.
            said: what was said of the classes when the raw data was looked at.

        Raises:
            Back: from the choice.
            KeyboardInterrupt: the person leaves.
        """
        try:
            profile = profile_of(draft)
            job = draft.context.job(profile)
            with self._view.busy("looking at this machine") as progress:
                verdict = self._live.verdict(job, draft.context, progress)
            given = (job, draft.context, verdict.estimated, verdict.checks, said)
            table = rows(*given, is_complete=verdict.is_complete)
        except (ProfileError, UsageError) as error:
            self._prompter.say(f"✗ {as_error(error)}")
            return EDIT
        self._consequences.preview(job, draft.context)
        self._view.table(table)
        return self._choose(draft, profile, verdict)

    def _choose(self, draft: SetupDraft, profile: Profile, verdict: Verdict) -> Outcome | str:
        failing = checks.failed(verdict.checks, ())
        on_cluster = checks.failed(that_matter(verdict.checks), ())
        prompt = review_prompt(
            failing,
            on_cluster if sbatch_is_here() else None,
            is_complete=verdict.is_complete,
            has_preview=self._consequences.page is not None,
            background=self._view.has_person,
        )
        # The review above would come again and push what was shown off the screen.
        while (chosen := self._prompter.ask(prompt)) in _SHOWN:
            self._show(str(chosen), profile, verdict, tuple(check.name for check in on_cluster))
        match chosen:
            case "start" | "background" as how:
                return self._start(how, draft, profile, verdict, tuple(check.name for check in failing))
            case "verify":
                return Outcome(kind="verify", profile=profile)
            case "cluster":
                return self._submit(draft, profile, verdict, tuple(check.name for check in on_cluster))
            case "save":
                return Outcome(kind="saved", profile=profile, path=self._save(draft, profile))
            case "quit":
                setup_draft.save(draft)
                return Outcome(kind="left", profile=profile)
            case change:
                return str(change)

    def _show(self, what: str, profile: Profile, verdict: Verdict, ignored: tuple[str, ...]) -> None:
        """Shows what was chosen and changes no answer."""
        if what == "command":
            self._view.command(as_command(profile))
        elif what == "script":
            prepared = self._cluster.prepare(verdict, ignored)
            if prepared is not None:
                self._view.scripts(prepared)
        elif self._consequences.page is not None:
            look_at(self._consequences.page, self._prompter, self._view)

    def _start(
        self, how: Start, draft: SetupDraft, profile: Profile, verdict: Verdict, ignored: tuple[str, ...]
    ) -> Outcome | str:
        path = self._save_if_possible(draft, profile)
        if path is None and how == "background":
            return ""  # another process is to read it
        return Outcome(kind=how, profile=profile, path=path, verdict=verdict, ignored=ignored)

    def _submit(self, draft: SetupDraft, profile: Profile, verdict: Verdict, ignored: tuple[str, ...]) -> Outcome | str:
        submitted = self._cluster.submit(verdict, ignored)
        if submitted is None:
            return ""
        path = self._save_if_possible(draft, profile)
        return Outcome(kind="submitted", profile=profile, path=path, submitted=submitted)

    def _save(self, draft: SetupDraft, profile: Profile) -> Path:
        replaced = differs_from_saved(profile, draft.context)
        path = profile_store.save(profile, profile.name)
        if replaced:
            self._prompter.say(f"  · the profile {profile.name} is replaced; the old one is {path.name}.bak")
        stored_answers.forget()
        return path

    def _save_if_possible(self, draft: SetupDraft, profile: Profile) -> Path | None:
        try:
            return self._save(draft, profile)
        except MachineError as error:  # no reason not to build
            self._prompter.say(f"! The profile is not saved: {error.what}")
            return None
