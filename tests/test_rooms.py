"""The architecture's rules: imports go downward only, and few modules may import TensorFlow."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import wizard

ROOT = Path(wizard.__file__).parent
MODULES = sorted(ROOT.rglob("*.py"))

ORDER = [
    {"__main__"},
    {"cli"},
    {"commands"},
    {"ask"},
    {"inspection", "profile_command", "unfinished_builds"},
    {"dataset_facts"},
    {"record_facts"},
    {"build", "show", "submit"},
    {"build_summary"},
    {"verify", "interrupts", "output", "download", "status"},
    {"preflight"},
    {"planning"},
    {"engine", "synthetic"},
    {"running_builds"},
    {"events", "profile_store", "run_files", "local_runs"},
    {"profile_keys", "profile_override"},
    {"profile", "profile_files"},
    {"profile_image", "profile_output", "profile_run"},
    {"discovery"},
    {"targets"},
    {"sources"},
    {"ilsvrc2012", "formats"},
    {"commit_record", "machine", "run_status"},
    {"storage"},
    {"engines", "folders", "hangup", "terminal_echo", "lock", "slices", "process_identity"},
    {"profile_problems", "profile_section"},
    {"typed_path"},
    {"errors"},
    {"formatting", "wrapping"},
]
TENSORFLOW = {Path("verify/in_tensorflow.py"), Path("targets/tfrecord/with_tensorflow.py")}
LEVEL = {room: level for level, rooms in enumerate(ORDER) for room in rooms}


def room(module: str) -> str:
    return module.split(".")[1]


def imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            if node.module == "wizard":
                yield from (f"wizard.{alias.name}" for alias in node.names)
            else:
                yield node.module
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_go_downward(path: Path) -> None:
    parts = path.relative_to(ROOT).with_suffix("").parts
    if parts == ("__init__",):
        return
    others = {room(name) for name in imports(path) if name.startswith("wizard.")} - {parts[0]}
    assert not {other for other in others if LEVEL[other] <= LEVEL[parts[0]]}


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_only_modules_of_the_verify_process_import_tensorflow(path: Path) -> None:
    found = [name for name in imports(path) if name.split(".")[0] in {"tensorflow", "keras"}]
    assert bool(found) == (path.relative_to(ROOT) in TENSORFLOW)


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_module_stays_under_300_lines(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) < 300
