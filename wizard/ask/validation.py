"""Whether an answer can be accepted: by the profile's own rules, and by the content of its paths."""

from pathlib import Path
from typing import Any, cast

from pydantic import BaseModel

from wizard.ask import trainers
from wizard.ask.context import Context
from wizard.ask.defaults import Known
from wizard.ask.prompt import Value
from wizard.ask.question import Question
from wizard.errors import ProfileError, UsageError
from wizard.formats.encoders import Encoder, why_missing
from wizard.ilsvrc2012.archives import Split
from wizard.preflight.writability import why_not_writable
from wizard.profile import Profile, check
from wizard.targets.registry import written_folders
from wizard.typed_path import expanded


def error_for(question: Question[Context], value: Value, known: Known) -> str:
    """Why an answer is refused, in a sentence; empty where it is accepted."""
    # Bounds are stated in the question's words; the profile's own validation would name its keys.
    if question.kind == "number" and isinstance(value, int):
        return _out_of_bounds(question, value) or question.error_for(value, known)
    return question.error_for(value, known) or _against_profile(question, value, known)


def a_name(value: Value, _known: Known) -> None:
    """A profile that is saved needs a name, which one that is only run does not."""
    if not str(value):
        raise UsageError("A name is needed.")


def enough_images(split: Split, value: Value, known: Known) -> None:
    """Refuses more shards than a split has images."""
    survey = known.context.surveys.get(split)
    if survey is not None and isinstance(value, int) and value > survey.images:
        raise UsageError(f"{split} has {survey.images:,} images; {value:,} shards would leave some empty.")


def encoder_installed(value: Value, _known: Known) -> None:
    """Refuses an encoder whose package is not there."""
    missing, install = why_missing(cast(Encoder, value))
    if missing:
        raise UsageError(f"{missing[:1].upper()}{missing[1:]}.", f"Install it in another terminal: {install}")


def output_folder(value: Value, known: Known) -> None:
    """Refuses an output folder that cannot be written, or whose files would mix with the raw data."""
    path = expanded(str(value)).absolute()
    if known.context.folder is not None and path.resolve() == known.context.folder.resolve():
        raise UsageError("That is the raw data's own folder. Give the dataset another one.")
    if among := source_overlap(path, known):
        raise UsageError(among)
    found, fix = why_not_writable(path)
    if found:
        raise UsageError(f"{found}. {fix}, or name another folder.")


def source_overlap(output: Path, known: Known) -> str:
    """Why a dataset in this folder would be written among the raw data, in a sentence; empty where it would not."""
    # Not at the top: raw data is read after the first question.
    from wizard.sources.source import overlap

    if known.context.raw is None:
        return ""
    among = overlap(known.context.raw, output, written_folders(trainers.output(known)))
    if among is None:
        return ""
    return f"That would write into {among}, which is read as raw data. Give the dataset a folder of its own."


def _out_of_bounds(question: Question[Context], value: int) -> str:
    section, _, key = question.key.partition(".")
    model = cast(type[BaseModel], Profile.model_fields[section].annotation)
    rules = model.model_fields[key].metadata
    low: int = next(rule.ge for rule in rules if hasattr(rule, "ge"))
    high: int = next(rule.le for rule in rules if hasattr(rule, "le"))
    if low <= value <= high:
        return ""
    where = f"below {low:,}" if value < low else f"above {high:,}"
    return f"{value:,} is {where}; {question.label} can be {low:,} to {high:,}."


def _against_profile(question: Question[Context], value: Value, known: Known) -> str:
    section, dot, key = question.key.partition(".")
    # A path has been looked at, and must not be compared with the stand-ins below.
    if question.kind == "path" or not question.stored:
        return ""
    table: dict[str, Any] = {"source": {"path": "raw"}, "output": {"path": "out"}}
    place = table.setdefault(section, {}) if dot else table
    if dot:  # what an answer means may depend on those to the same section, such as the format or the way of resizing
        place |= {
            name.partition(".")[2]: trainers.in_profile(said)
            for name, said in known.values.items()
            if name.startswith(f"{section}.") and name != f"{section}.path"
        }
    place[key or section] = question.in_profile(value)
    try:
        check(table, "")
    except ProfileError as error:
        return next((problem for problem in error.problems if problem.startswith(question.key)), "")
    return ""
