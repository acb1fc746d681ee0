"""From a profile to a Job, and from a Job to a plan: everything that is decided is decided here, once."""

from wizard.planning.job import Job, Settings
from wizard.planning.plan import make_plan
from wizard.planning.progress import Report, step, stoppable
from wizard.planning.resolve import decide, decide_without_source, resolve

__all__ = [
    "Job",
    "Report",
    "Settings",
    "decide",
    "decide_without_source",
    "make_plan",
    "resolve",
    "step",
    "stoppable",
]
