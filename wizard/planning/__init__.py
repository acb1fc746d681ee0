"""From a profile to a Job, and from a Job to a plan; every decision about a build is made here, once."""

from wizard.planning.job import Job, Reading, Settings
from wizard.planning.plan import make_plan
from wizard.planning.progress import Report, step, stoppable
from wizard.planning.proof import foresee_checks, settle_checks
from wizard.planning.reading import is_open
from wizard.planning.resolve import decide, decide_without_source, resolve, with_a_shard_each, worker_count

__all__ = [
    "Job",
    "Reading",
    "Report",
    "Settings",
    "decide",
    "decide_without_source",
    "foresee_checks",
    "is_open",
    "make_plan",
    "resolve",
    "settle_checks",
    "step",
    "stoppable",
    "with_a_shard_each",
    "worker_count",
]
