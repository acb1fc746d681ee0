from typing import Any

import pytest

from wizard.errors import InputError, MachineError, SetupError, UsageError
from wizard.events import CheckResult
from wizard.preflight import checks
from wizard.preflight.checks import refuse, require_known


def results_of(**statuses: Any) -> list[CheckResult]:
    return [
        CheckResult(
            name=name.replace("_", "-"),
            status=status,
            looked_at="",
            found=f"{name} seen",
            needed="" if name == "raw_data" else f"{name} needed",
            fix=f"Fix {name}",
        )
        for name, status in statuses.items()
    ]


def test_a_refusal_names_every_failed_check_with_its_fix() -> None:
    with pytest.raises(MachineError) as error:
        refuse(results_of(raw_data="warn", disk="fail", files="pass", open_files="fail"), [], building=True)
    assert error.value.exit_code == 4
    assert error.value.what.splitlines() == [
        "2 of 4 checks failed. Nothing was started.",
        "  disk: disk seen; needed: disk needed",
        "    → Fix disk",
        "  open-files: open_files seen; needed: open_files needed",
        "    → Fix open_files",
    ]
    assert error.value.hint == "Fix this, or continue anyway with --ignore disk --ignore open-files"


def test_a_refusal_of_one_check_is_said_in_the_singular() -> None:
    with pytest.raises(InputError) as error:
        refuse(results_of(raw_data="fail", disk="pass"), [], building=True)
    assert error.value.what.splitlines()[:2] == [
        "1 of 2 checks failed. Nothing was started.",
        "  raw-data: raw_data seen",
    ]


@pytest.mark.parametrize(
    ("statuses", "building", "kind"),
    [
        ({"raw-data": "fail"}, True, InputError),
        ({"raw-data": "fail", "disk": "fail"}, True, InputError),
        ({"raw-data": "fail"}, False, MachineError),
        ({"raw-data": "warn", "disk": "fail"}, True, MachineError),
    ],
)
def test_raw_data_that_fails_is_bad_input_to_a_build_alone(
    statuses: dict[str, str], building: bool, kind: type[SetupError]
) -> None:
    with pytest.raises(SetupError) as error:
        refuse(results_of(**statuses), [], building=building)
    assert type(error.value) is kind


def test_ignored_failures_do_not_refuse_a_build() -> None:
    results = results_of(files="fail", disk="fail", cores="warn")
    refuse(results, ["files", "disk"], building=True)
    with pytest.raises(MachineError, match="1 of 3 checks failed"):
        refuse(results, ["files"], building=True)


def test_an_unknown_name_of_an_ignored_check_is_refused_with_the_known_ones() -> None:
    with pytest.raises(UsageError, match="--ignore disc: there is no such check") as error:
        require_known(["disk", "disc"])
    assert error.value.hint == f"These can be ignored: {', '.join(checks.IGNORABLE)}"


@pytest.mark.parametrize("name", ["raw-data", "output", "write-access"])
def test_no_build_begins_without_raw_data_and_a_place_to_write(name: str) -> None:
    with pytest.raises(UsageError, match=f"--ignore {name}: a build cannot begin without it"):
        require_known([name])
    with pytest.raises(SetupError) as error:
        refuse(results_of(**{name: "fail", "disk": "fail"}), ["disk"], building=True)
    assert error.value.hint == "Fix this first"
