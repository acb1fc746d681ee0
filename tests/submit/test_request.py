import pytest

from wizard.errors import UsageError
from wizard.submit.request import SlurmRequest, parse_array, seconds_of, slurm_request


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("90", 5400),
        ("1:30", 90),
        ("1:30:00", 5400),
        ("0:0:1", 1),
        ("1-12", 129_600),
        ("1-0:30", 88_200),
        ("2-00:00:05", 172_805),
    ],
)
def test_a_limit_of_time_is_read_as_slurm_reads_it(text: str, seconds: int) -> None:
    assert seconds_of(text) == seconds


@pytest.mark.parametrize("text", ["0", "0:00", "", "4h", "1:2:3:4", "-5", "1-", "UNLIMITED", "90\n", "٣"])
def test_what_is_no_limit_of_time_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="not a time limit that Slurm accepts"):
        seconds_of(text)


def test_an_array_may_limit_how_many_run_at_once() -> None:
    assert parse_array("16%4") == (16, 4)
    assert slurm_request(array="16%4").at_once == 4


@pytest.mark.parametrize("text", ["0", "", "0-15", "1,3", "16%0", "16%", "-4", "1e3", "100001", "4\n"])
def test_what_is_no_number_of_tasks_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="give the number of tasks"):
        slurm_request(array=text)


@pytest.mark.parametrize("cpus", [0, -1, 5000])
def test_a_task_needs_a_possible_number_of_cpus(cpus: int) -> None:
    with pytest.raises(UsageError, match="--cpus"):
        slurm_request(cpus=cpus)


@pytest.mark.parametrize("memory", ["16G", "16g", "16GB", "4000", "0"])
def test_memory_is_what_slurm_takes(memory: str) -> None:
    assert slurm_request(memory=memory).memory == memory


@pytest.mark.parametrize("memory", ["", "1.5G", "16 G", "4x", "-1", "16G\n#SBATCH --array=0"])
def test_what_is_no_memory_is_refused(memory: str) -> None:
    with pytest.raises(UsageError, match="not an amount of memory"):
        slurm_request(memory=memory)


@pytest.mark.parametrize("name", ["a\nb", "a b", "a;b", "$(x)", "'", "a,", "#"])
def test_a_name_that_would_break_a_script_is_refused(name: str) -> None:
    with pytest.raises(UsageError, match="--partition"):
        slurm_request(partition=name)
    with pytest.raises(UsageError, match="--account"):
        slurm_request(account=name)


def test_other_options_are_taken_as_they_are() -> None:
    extra = ("--qos=long", "--exclusive", "--mail-user=a@b.org", "--comment=a b")
    assert slurm_request(extra=extra) == SlurmRequest(extra=extra)


@pytest.mark.parametrize("option", ["qos=long", "-q", "--", "--qos=a\n#SBATCH --array=0", "--a\x1b=1", "--Qos=x", ""])
def test_what_is_no_option_is_refused(option: str) -> None:
    with pytest.raises(UsageError, match="not a long option"):
        slurm_request(extra=(option,))


@pytest.mark.parametrize(
    ("option", "why"),
    [("--array=3", "has --array for that"), ("--mem=1G", "has --mem for that"), ("--no-requeue", "set or need")],
)
def test_an_option_that_the_scripts_set_is_refused(option: str, why: str) -> None:
    with pytest.raises(UsageError, match=why):
        slurm_request(extra=(option,))
