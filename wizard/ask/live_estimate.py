"""Measures what answers come to while a person gives them: one estimator for as long as the raw data stays the same."""

from wizard.ask.context import Context
from wizard.errors import SetupError
from wizard.events import Estimated
from wizard.folders import cache_folder
from wizard.machine.cores import usable_cores
from wizard.preflight.estimate import Estimator
from wizard.preflight.examine import Verdict, left, raw_data_check, verdict, wanted_workers
from wizard.profile import Profile
from wizard.sources.source import Progress


class LiveEstimate:
    """Workers that start while the person reads; `close` ends them with the conversation."""

    def __init__(self) -> None:
        self._context: Context | None = None
        self._estimator: Estimator | None = None

    def close(self) -> None:
        """Ends the workers."""
        if self._estimator is not None:
            self._estimator.close()
        self._estimator = self._context = None

    def prepare(self, context: Context, profile: Profile | None = None) -> Estimator | None:
        """The estimator for this raw data; None where it has nothing to measure.

        Args:
            context: of the raw data.
            profile: how many workers are wanted; as many as there are already where it is None.
        """
        ready = self._estimator if self._context is context else None
        if ready is not None and (profile is None or ready.workers == wanted_workers(profile)):
            return ready
        self.close()
        if context.surveys:
            workers = usable_cores() if profile is None else wanted_workers(profile)
            self._estimator, self._context = Estimator(context.surveys, workers, cache_folder()), context
        return self._estimator

    def estimate(self, profile: Profile, context: Context, progress: Progress) -> Estimated | None:
        """What the profile would come to; None where it cannot be measured, for which the verdict gives the reason."""
        estimator = self.prepare(context, profile)
        try:
            if estimator is None:
                return None
            return estimator.estimate(profile, left=left(profile, context.surveys), progress=progress)
        except SetupError:
            return None

    def verdict(self, profile: Profile, context: Context, progress: Progress) -> Verdict:
        """The whole pre-flight; the raw data must hold something."""
        estimator = self.prepare(context, profile)
        assert estimator is not None
        assert context.raw is not None
        archives = raw_data_check(profile, context.raw, context.surveys)
        return verdict(profile, archives, context.surveys, estimator, progress)
