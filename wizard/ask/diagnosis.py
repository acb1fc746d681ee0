"""What lies in a folder of raw data, in lines for a person."""

from pathlib import Path

from wizard.ask.facts import Facts
from wizard.folders import cache_folder, shortened
from wizard.ilsvrc2012.archives import CLASSES, IMAGES
from wizard.sources.checksums import when_verified
from wizard.sources.detect import Found
from wizard.sources.locate import contents, human_bytes

LOOKED_FOR = "the official .tar archives of ILSVRC2012, under their official names"
_COST = {
    ("images", "train"): "only validation can be built",
    ("images", "validation"): "only train can be built",
    ("boxes", "train"): "records of train will have no bounding boxes; classification needs none",
    ("boxes", "validation"): "records of validation will have no bounding boxes; few trainers look at them",
}


def diagnosis(facts: Facts) -> list[str]:
    """A line an archive: what it holds, what is wrong with it, or what its absence costs."""
    width = max(len(each.name) for each in facts.found)
    lines = [line for each in facts.found for line in _line(facts, each, width)]
    if facts.surveys:
        lines.append("  They are read where they are. Nothing is extracted.")
    return lines


def nothing_usable(facts: Facts, folder: Path) -> str:
    """Why a folder will not do as raw data, and what would."""
    lines = [f"{shortened(folder)} holds no ImageNet archive that can be used.", f"  Looked for: {LOOKED_FOR}."]
    bad = [each for each in facts.found if each.problem]
    for each in bad:
        lines += [f"  {each.problem}"] + ([f"  → {each.hint}"] if each.hint else [])
    if not bad:
        lines += [f"  {contents(folder)}", "  → They come from https://image-net.org/download-images, with an account"]
    return "\n".join(lines)


def _line(facts: Facts, found: Found, width: int) -> list[str]:
    name = f"{found.name:<{width}}"
    if found.path is None:
        return [f"  ! {name}   missing   {_COST[found.kind, found.split]}"]
    size = f"{human_bytes(found.bytes):>9}"
    if found.problem:
        return [f"  ✗ {name} {size}   {found.problem}"] + ([f"      → {found.hint}"] if found.hint else [])
    if found.kind == "boxes":
        return [f"  ✓ {name} {size}   bounding boxes"]
    survey = facts.surveys[found.split]
    official = IMAGES[found.split]
    told = f"{survey.images:,} images of {survey.classes:,} classes"
    if survey.official:
        when = when_verified(found.path, official.md5, cache_folder())
        return [f"  ✓ {name} {size}   {told} · {f'MD5 verified {when}' if when else 'MD5 not checked yet'}"]
    if (survey.images, survey.classes) == (official.images, CLASSES):
        return [f"  ✓ {name} {size}   {told}"]
    return [f"  ! {name} {size}   {told}; a subset of {official.images:,}"]
