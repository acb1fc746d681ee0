"""What the answers so far come to: size, time and a preview, shown after each answer about images."""

from pathlib import Path
from typing import TYPE_CHECKING

from wizard.ask.context import Context
from wizard.ask.images_in_words import what_images_become
from wizard.ask.live_estimate import LiveEstimate
from wizard.ask.question import Question
from wizard.ask.setup_draft import SetupDraft, profile_of
from wizard.ask.view import View
from wizard.errors import ProfileError, UsageError

if TYPE_CHECKING:
    from wizard.planning import Job


class Consequences:
    """Measures on the person's own images, and shows the result.

    Attributes:
        page: that of images before and after, once it was drawn.
    """

    def __init__(self, view: View, live: LiveEstimate) -> None:
        self._view = view
        self._live = live
        self._previewed: object = None
        self.page: Path | None = None

    def show(self, draft: SetupDraft, question: Question[Context]) -> None:
        """Shows what the draft comes to after the answer to a question; nothing where it cannot be built yet."""
        context = draft.context
        try:
            job = context.job(profile_of(draft))
        except (ProfileError, UsageError):  # shown by the review
            return
        with self._view.busy("measuring on your images; Ctrl-C leaves") as progress:
            estimated = self._live.estimate(job, context, progress)
        if estimated is None:
            return
        following = draft.next
        more_to_come = following is not None and following.affects_images
        # Only after the first answer are there enough assumptions to be worth stating.
        assumed = what_images_become(job) if more_to_come and question.key == "image.resize" else ""
        self._view.consequence(estimated, assumed)
        if not more_to_come:
            self.preview(job, context)

    def preview(self, job: "Job", context: Context) -> None:
        """Draws the page of images before and after, and shows where it is."""
        # Not at the top: the first question need not wait for it.
        from wizard.preflight.preview import write_preview

        estimator = self._live.prepare(context)
        # The page depends on these alone, so it is redrawn only when they change.
        shown = (context.folder, job.profile.source.splits, job.profile.image)
        if estimator is None or self._previewed == shown:
            return
        self.page = write_preview(job, estimator)
        if self.page is not None:
            self._view.preview(self.page)
        self._previewed = shown
