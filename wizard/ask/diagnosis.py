"""What lies in a folder of raw data, in lines for a person."""

from pathlib import Path

from wizard.ask.facts import Facts
from wizard.folders import cache_folder, shortened
from wizard.ilsvrc2012.archives import CLASSES, IMAGES
from wizard.preflight.examine import is_short
from wizard.sources.checksums import when_verified
from wizard.sources.locate import contents, human_bytes
from wizard.sources.raw import Part, Survey

_COST = {
    ("images", "train"): "only the other splits can be built",
    ("images", "validation"): "only the other splits can be built",
    ("images", "test"): "few need it; it has no labels",
    ("boxes", "train"): "records of train will have no bounding boxes; classification needs none",
    ("boxes", "validation"): "records of validation will have no bounding boxes; few trainers look at them",
}


def diagnosis(facts: Facts) -> list[str]:
    """What the raw data is and why, then a line a part: what it holds, what is wrong, or what its absence costs."""
    shown = [each for each in facts.parts if each.path is not None or each.kind == "images" or facts.annotatable]
    width = max(len(each.name) for each in shown)
    lines = [line for each in shown for line in _line(facts, each, width)]
    if facts.raw is not None and facts.raw.layout != "archives":
        lines = [f"  {facts.raw.what[:1].upper()}{facts.raw.what[1:]}.", *(f"  {why}" for why in facts.raw.why), *lines]
    if facts.surveys:
        lines.append("  Nothing is extracted and nothing there is changed.")
    return lines


def nothing_usable(facts: Facts, folder: Path) -> str:
    """Why a folder will not do as raw data, and what would."""
    lines = [f"{shortened(folder)} holds no images that can be used."]
    bad = [each for each in facts.parts if each.problem]
    for each in bad:
        lines += [f"  {each.problem}"] + ([f"  → {each.hint}"] if each.hint else [])
    if not bad:
        lines += [f"  {contents(folder)}", "  → They come from https://image-net.org/download-images, with an account"]
    return "\n".join(lines)


def _line(facts: Facts, part: Part, width: int) -> list[str]:
    name = f"{part.name:<{width}}"
    if part.path is None:
        mark = "·" if part.split == "test" else "!"
        return [f"  {mark} {name}   missing   {_COST[part.kind, part.split]}"]
    if part.problem:
        return [f"  ✗ {name}   {part.problem}"] + ([f"      → {part.hint}"] if part.hint else [])
    if part.kind == "boxes":
        return [f"  ✓ {name} {_size(part.bytes)}   bounding boxes"]
    survey = facts.surveys[part.split]
    return [f"  {'!' if is_short(survey) else '✓'} {name} {_size(survey.bytes)}   {_told(survey)}"]


def _told(survey: Survey) -> str:
    told = f"{survey.images:,} images" + (f" of {survey.classes:,} classes" if survey.classes else ", without labels")
    official = IMAGES[survey.split]
    if survey.official:
        when = when_verified(survey.path, official.md5(survey.path.name), cache_folder())
        return f"{told} · {f'MD5 verified {when}' if when else 'MD5 not checked yet'}"
    if is_short(survey):
        of_classes = f" of {CLASSES:,} classes" if survey.classes < CLASSES and survey.split != "test" else ""
        return f"{told}; a subset of {official.images:,}{of_classes}"
    return told


def _size(count: int) -> str:
    return f"{human_bytes(count) if count else '':>9}"
