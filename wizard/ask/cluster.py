"""The end of a conversation on a cluster: a few questions, then the scripts, then their submission."""

from collections.abc import Callable, Mapping

from wizard.ask.asking import ask_all
from wizard.ask.draft import Draft
from wizard.ask.hints import as_error
from wizard.ask.prompt import Back, Prompter, Value
from wizard.ask.question import Answers, Question
from wizard.errors import MachineError, SetupError
from wizard.preflight.examine import Verdict
from wizard.submit import sizing
from wizard.submit.environment import this_environment
from wizard.submit.prepare import Prepared, prepare, require_a_shard_each, require_possible, work_of
from wizard.submit.request import (
    USUAL_CPUS,
    SlurmRequest,
    parse_array,
    parse_name,
    require_cpus,
    seconds_of,
    slurm_request,
)
from wizard.submit.sbatch import Submitted, submit
from wizard.submit.sizing import Work

CPUS, ARRAY, TIME = "slurm.cpus", "slurm.array", "slurm.time"
PARTITION, ACCOUNT = "slurm.partition", "slurm.account"
_NONE_TYPED = "Leave it empty for the cluster's default."


def ask_and_prepare(
    prompter: Prompter, verdict: Verdict, ignored: tuple[str, ...], earlier: Mapping[str, Value]
) -> tuple[Prepared, Mapping[str, Value]]:
    """Asks what Slurm has to know, and writes the scripts; returns the answers too, to be offered again.

    Raises:
        Back: from the first question.
        KeyboardInterrupt: the person leaves.
        SetupError: as `prepare`.
    """
    require_possible(verdict.settings.profile)
    draft: Draft[Work] = Draft(questions=QUESTIONS, context=work_of(verdict), chosen=earlier)
    draft = ask_all(prompter, draft)
    prepared = prepare(verdict, _request(draft.answers.values), this_environment(), ignored)
    return prepared, draft.chosen


class Cluster:
    """The ways from the review to a cluster; what was answered about jobs is offered again."""

    def __init__(self, prompter: Prompter) -> None:
        self._prompter = prompter
        self._answered: Mapping[str, Value] = {}

    def prepare(self, verdict: Verdict, ignored: tuple[str, ...]) -> Prepared | None:
        """The scripts of a build; None if the person goes back, or it cannot be, which is said."""
        try:
            prepared, self._answered = ask_and_prepare(self._prompter, verdict, ignored, self._answered)
        except Back:
            return None
        except SetupError as error:
            self._prompter.say(f"✗ {as_error(error)}")
            return None
        return prepared

    def submit(self, verdict: Verdict, ignored: tuple[str, ...]) -> tuple[Prepared, Submitted] | None:
        """The scripts and their jobs; None as above, or if Slurm refuses them."""
        prepared = self.prepare(verdict, ignored)
        if prepared is None:
            return None
        try:
            return prepared, submit(prepared)
        except MachineError as error:  # a partition that does not exist, say
            self._prompter.say(f"✗ {as_error(error)}")
            return None


def _request(answers: Mapping[str, Value]) -> SlurmRequest:
    return slurm_request(
        array=str(answers[ARRAY]),
        cpus=int(str(answers[CPUS])),
        time=str(answers[TIME]),
        partition=str(answers[PARTITION]),
        account=str(answers[ACCOUNT]),
    )


def _cpus(answers: Answers[Work]) -> int:
    return int(str(answers[CPUS]))


def _usual_time(answers: Answers[Work]) -> str:
    tasks, _ = parse_array(str(answers[ARRAY]))
    return sizing.as_slurm_time(sizing.time_limit(answers.context, _cpus(answers), tasks))


def _require_array(value: Value, answers: Answers[Work]) -> None:
    tasks, _ = parse_array(str(value), "Tasks")
    require_a_shard_each(tasks, answers.context.shards, "Tasks")


def _require_time(value: Value, _answers: Answers[Work]) -> None:
    seconds_of(str(value), "Time")


def _a_name(what: str) -> Callable[[Value, Answers[Work]], None]:
    def require(value: Value, _answers: Answers[Work]) -> None:
        parse_name(str(value), what)

    return require


QUESTIONS: tuple[Question[Work], ...] = (
    Question(
        key=CPUS,
        kind="number",
        text="CPUs of each task",
        help="Each task has a worker on each of its CPUs, and asks for memory accordingly. A task runs on one node, so "
        "it cannot have more CPUs than a node has.",
        default=lambda _: USUAL_CPUS,
        require=lambda value, _: require_cpus(int(str(value)), "CPUs"),
    ),
    Question(
        key=ARRAY,
        kind="text",
        text="Tasks of the job array",
        help="Each task builds one slice of the shards, whenever the cluster has room for it. 16%4 runs four of "
        "sixteen at a time. The default gives each at least ten minutes of work.",
        default=lambda answers: str(sizing.usual_tasks(answers.context, _cpus(answers))),
        require=_require_array,
    ),
    Question(
        key=TIME,
        kind="text",
        text="Time limit of each task",
        help="Minutes, hours:minutes:seconds, or days-hours:minutes:seconds. Shorter jobs wait less. A task whose "
        "limit comes near finishes its shards, goes back into the queue and continues. The default is three times what "
        "was measured here, plus ten minutes.",
        default=_usual_time,
        require=_require_time,
    ),
    Question(
        key=PARTITION,
        kind="text",
        text="Partition (empty: the cluster's default)",
        help=f"The queue that the jobs go to; sinfo lists them. {_NONE_TYPED}",
        default=lambda _: "",
        require=_a_name("Partition"),
    ),
    Question(
        key=ACCOUNT,
        kind="text",
        text="Account (empty: your default)",
        help=f"The project that the time is charged to, on clusters that have accounts. {_NONE_TYPED}",
        default=lambda _: "",
        require=_a_name("Account"),
    ),
)
