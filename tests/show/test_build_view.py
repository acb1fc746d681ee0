import json
from dataclasses import asdict

import pytest

from tests.show.scenes import under_way
from wizard.events import Preparing
from wizard.show.build_progress import BuildProgress
from wizard.show.build_view import BuildView


@pytest.mark.parametrize("build", [BuildProgress(), under_way(0), under_way(3)])
def test_a_view_comes_through_json_unchanged(build: BuildProgress) -> None:
    build.preparing["MD5"] = Preparing(step="MD5", done=1, total=4)
    view = BuildView.of(build)
    assert BuildView.from_json(json.loads(json.dumps(asdict(view)))) == view


def test_the_view_of_another_version_is_refused() -> None:
    known = asdict(BuildView.of(under_way()))
    for other in (known | {"new": 1}, {**known, "workers": [{"new": 1}]}, {"images": 1}):
        with pytest.raises(ValueError, match="version"):
            BuildView.from_json(other)
