"""Measures what answers come to while a person gives them: one estimator for as long as the raw data stays the same."""

from types import TracebackType
from typing import Self

from wizard.ask.facts import Facts
from wizard.engine.events import Estimated
from wizard.engine.executors import WorkerDied
from wizard.errors import SetupError
from wizard.folders import cache_folder
from wizard.preflight import machine
from wizard.preflight.estimate import Estimator
from wizard.preflight.examine import Verdict, archives_check, judge, left
from wizard.profile import Profile


class Bench:
    """Workers that start while the person reads, and end with the conversation."""

    def __init__(self) -> None:
        self._facts: Facts | None = None
        self._estimator: Estimator | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Ends the workers."""
        if self._estimator is not None:
            self._estimator.close()
        self._estimator = self._facts = None

    def prepare(self, facts: Facts, workers: int = 0) -> Estimator | None:
        """Starts the workers for this raw data; None where it has nothing to measure."""
        wanted = workers or machine.cores()
        if self._estimator is None or self._facts is not facts or self._estimator.workers != wanted:
            self.close()
            if facts.surveys:
                self._estimator = Estimator(facts.surveys, wanted, cache_folder())
                self._facts = facts
        return self._estimator

    def estimate(self, profile: Profile, facts: Facts) -> Estimated | None:
        """What the profile would come to; None where it cannot be measured."""
        estimator = self.prepare(facts, _workers(profile))
        try:
            return estimator.estimate(profile, left=left(profile, facts.surveys)) if estimator else None
        except (SetupError, WorkerDied):
            return None

    def verdict(self, profile: Profile, facts: Facts) -> Verdict:
        """The whole pre-flight."""
        wanted = _workers(profile) or machine.cores()
        archives = archives_check(profile, list(facts.found), facts.surveys)
        return judge(profile, archives, facts.surveys, self.estimate(profile, facts), wanted)


def _workers(profile: Profile) -> int:
    return 0 if profile.run.workers == "auto" else profile.run.workers
