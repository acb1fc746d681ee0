"""What a person reads: no sentence of the program and its pages has a turn of phrase that is not English."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
HASHED = {
    "in a folder a split",
    "image files in one folder a split, version 1",
    "exactly {} x {}",
    "scaled and cropped to {} x {}",
}
"""Texts that plan ids are hashes of."""
NOT_ENGLISH = {
    "a thing for each other thing takes per or for each": r"\b(a|one) (\w+ )?(file|folder|object|line|row|answer|call|"
    r"feature|image|worker|task)s? an? (image|split|line|record|class|core|part|file|shard)\b"
    r"|\d (ms|[kMG]?B|bytes|images) an? \w+|\bone a (core|class|shard|split)\b",
    "what something is not takes not a": r"(?<!there) (?<!There )\b(is|are|be) no (?!longer\b|more\b|faster\b)\w+",
    "one of some choices": r"none of the choices|one at least\b",
    "mending, heeding and the like": r"\b[Mm]end(s|ed)?\b|\b[Hh]eed(s|ed)?\b|\banew\b|\bwhere there is none yet\b",
    "scripts have names": r"\bold(er)? scripts?\b",
    "a command is run, not given": r"\b[Gg]ive the same command again\b|\b[Gg]o on with\b",
    "a size is height × width": r"[\d}] x [\d{]",
    "images have an aspect ratio": r"\bshape (is )?(not )?kept\b|\bkeeps the shape\b",
}


def said(source: str) -> Iterator[tuple[int, str]]:
    """Every string of a module but its docstrings, with its line; {} stands for what is filled in."""
    tree = [*ast.walk(ast.parse(source))]
    docstrings = {id(each.value) for each in tree if isinstance(each, ast.Expr)}
    parts = {
        id(part) for each in tree if isinstance(each, ast.JoinedStr) for part in ast.walk(each) if part is not each
    }
    skipped = docstrings | parts
    for each in tree:
        if id(each) in skipped:
            continue
        if isinstance(each, ast.Constant) and isinstance(each.value, str):
            yield each.lineno, each.value
        elif isinstance(each, ast.JoinedStr):
            filled = (part.value if isinstance(part, ast.Constant) else "{}" for part in each.values)
            yield each.lineno, "".join(map(str, filled))


@pytest.fixture(scope="module")
def everything() -> list[tuple[str, str]]:
    modules = sorted((ROOT / "wizard").rglob("*.py"))
    pages = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
    sentences = [(file, line, text) for file in modules for line, text in said(file.read_text(encoding="utf-8"))]
    for page in pages:
        # A page has its line breaks anywhere.
        sentences += [(page, 1, " ".join(page.read_text(encoding="utf-8").split()))]
    return [(f"{file.relative_to(ROOT)}:{line}", text) for file, line, text in sentences if text not in HASHED]


@pytest.mark.parametrize("rule", NOT_ENGLISH)
def test_sentences_are_idiomatic(rule: str, everything: list[tuple[str, str]]) -> None:
    pattern = re.compile(NOT_ENGLISH[rule])
    found = [(place, match[0]) for place, text in everything for match in pattern.finditer(text)]
    assert found == []


@pytest.mark.parametrize("rule", ["mending, heeding and the like", "scripts have names"])
def test_docstrings_and_comments_are_idiomatic_too(rule: str) -> None:
    pattern = re.compile(NOT_ENGLISH[rule])
    modules = {file: file.read_text(encoding="utf-8") for file in (ROOT / "wizard").rglob("*.py")}
    assert [(file.name, match[0]) for file, text in modules.items() for match in pattern.finditer(text)] == []


@pytest.mark.parametrize("module", ["planning/notes.py", "planning/reading.py"])
def test_notes_on_a_plan_name_keys_of_a_profile_in_hints_alone(module: str) -> None:
    # The wizard shows them too, and it asks questions instead. A hint's setting is a text without a blank.
    notes = (ROOT / "wizard" / module).read_text(encoding="utf-8")
    keys = re.compile(r"\b(source|output|image|run)\.[a-z_{]")
    assert [text for _, text in said(notes) if " " in text and keys.search(text)] == []


def test_the_rules_find_what_they_are_for() -> None:
    bad = 'print(f"{count} ms a file an image")\nprint("that is no folder")'
    found = [text for _, text in said(f'"""It is no folder."""\n{bad}')]
    assert found == ["{} ms a file an image", "that is no folder"]
    rules = [re.compile(each) for each in NOT_ENGLISH.values()]
    assert [sum(bool(rule.search(text)) for rule in rules) for text in found] == [1, 1]
