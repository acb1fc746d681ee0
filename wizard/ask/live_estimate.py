"""Estimates while questions are answered: one estimator for as long as the raw data stays the same."""

from contextlib import suppress
from typing import TYPE_CHECKING

from wizard.ask.context import Context
from wizard.errors import SetupError
from wizard.folders import cache_folder
from wizard.machine.cores import usable_cores

# What measures is imported where it is used: the first question is put before there is anything to measure.
if TYPE_CHECKING:
    from wizard.events import Estimated
    from wizard.planning import Job
    from wizard.preflight.estimate import Estimator
    from wizard.preflight.examine import Verdict
    from wizard.preflight.output_state import OutputState
    from wizard.sources.source import Progress


class LiveEstimate:
    """Workers that start while the person reads; `close` ends them with the conversation."""

    def __init__(self) -> None:
        self._context: Context | None = None
        self._estimator: Estimator | None = None
        self._output: tuple[object, OutputState] | None = None

    def close(self) -> None:
        """Ends the workers."""
        if self._estimator is not None:
            self._estimator.close()
        self._estimator = self._context = None

    def prepare(self, context: Context) -> "Estimator | None":
        """The estimator for this raw data; None where it has nothing to measure."""
        # The same object: to compare contexts by value would compare tables of a million images.
        if self._estimator is not None and self._context is context:
            return self._estimator
        self.close()
        if context.surveys:
            from wizard.preflight.estimate import Estimator

            self._estimator, self._context = Estimator(context.surveys, usable_cores(), cache_folder()), context
        return self._estimator

    def estimate(self, job: "Job", context: Context, progress: "Progress") -> "Estimated | None":
        """The job's estimate; None if it cannot be measured, with the reason in the verdict."""
        from wizard.preflight.examine import remaining_fraction

        estimator = self.prepare(context)
        if estimator is None:
            return None
        with suppress(SetupError):
            return estimator.estimate(job, remaining=remaining_fraction(job, self._output_of(job)), progress=progress)
        return None

    def _output_of(self, job: "Job") -> "OutputState":
        """The state of the output folder, looked at once for all answers: it may hold a million files."""
        from wizard.preflight.output_state import read_output

        where = (job.output, job.target, job.skip_bad)
        if self._output is None or self._output[0] != where:
            self._output = (where, read_output(job))
        return self._output[1]

    def verdict(self, job: "Job", context: Context, progress: "Progress") -> "Verdict":
        """The whole pre-flight; the raw data must hold something."""
        from wizard.preflight.examine import measure

        estimator = self.prepare(context)
        assert estimator is not None
        return measure(job, estimator, progress)
