import json

import pytest

from tests.benchmarks import report, tools
from tests.benchmarks.cases import KEPT
from tests.benchmarks.contestants import Contestant
from tests.benchmarks.measured import Measured
from tests.benchmarks.rounds import Results

RUN = Measured(images=10, seconds=1.0, whole=2.0, cpu=3.0)


def made(*beside: str, drawn: bool = True) -> report.Report:
    return report.Report(
        machine={"cores": 2, "cpu": "a CPU", "load": 0.5, "codecs": "codecs 1.0"},
        images={"count": 10, "bytes": 1_000_000, "drawn": drawn, "cached": True},
        options={"rounds": 1, "workers": 2, "set": [], "beside": beside},
        jobs={KEPT: [Contestant(name="cp", key="cp archives kept", measure=lambda: RUN)]},
        results=Results(runs={"cp archives kept": [RUN]}),
    )


def test_text_says_whether_the_images_are_photos() -> None:
    assert "drawn images, which are not photos" in made().text()
    assert "photos" not in made(drawn=False).text()


def test_text_names_a_tool_that_is_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    absent = tools.Tool(libraries=("no_such_library",), about="nothing", run=lambda _job: 0.0)
    monkeypatch.setitem(tools.TOOLS, "webdataset", absent)
    assert "webdataset is left out: no_such_library cannot be imported." in made("webdataset").text()


def test_json_has_every_measurement_and_leads_from_cases_to_them() -> None:
    found = json.loads(made().json())
    assert found["cases"]["kept"]["contestants"] == {"cp": "cp archives kept"}
    assert [run["whole"] for run in found["measurements"]["cp archives kept"]] == [2.0]
