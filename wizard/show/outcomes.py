"""What became of the images of a build, as text: kept, re-encoded or converted, each counted as what it is."""

from collections.abc import Mapping, Sequence

from wizard.commit_record import Outcomes
from wizard.engine.build_result import SplitSummary
from wizard.show.at_a_glance import BETWEEN
from wizard.sources.image_formats import added, in_words


def outcome_lines(splits: Sequence[SplitSummary]) -> list[str]:
    """One line, or one for each split where their images were treated differently."""
    if len({_kinds(split) for split in splits}) == 1:
        return [f"  Images: {_outcomes(splits)}"]
    return [f"  {split.split}: {_outcomes([split])}" for split in splits]


def outcome_facts(outcomes: Mapping[str, Outcomes]) -> dict[str, str]:
    """The same of a finished dataset, a fact for each kind with the counts of all splits."""
    facts = {}
    # Unless a version that did not count them built it.
    if all(each.kept is not None for each in outcomes.values()):
        if any(each.kept for each in outcomes.values()):
            facts["bytes kept"] = BETWEEN.join(f"{split} {each.kept:,}" for split, each in outcomes.items())
        facts["re-encoded"] = BETWEEN.join(f"{split} {each.reencoded:,}" for split, each in outcomes.items())
    converted = [f"{split} {in_words(each.converted)}" for split, each in outcomes.items() if each.converted]
    facts["converted"] = BETWEEN.join(converted) or "0"
    return facts


def _kinds(split: SplitSummary) -> tuple[bool, ...]:
    return split.kept is None, bool(split.kept), bool(split.reencoded), bool(split.converted)


def _outcomes(splits: Sequence[SplitSummary]) -> str:
    stored = sum(split.images_out for split in splits)
    kept = sum(split.kept or 0 for split in splits)
    reencoded = sum(split.reencoded or 0 for split in splits)
    converted = added(split.converted for split in splits)
    skipped = sum(split.images_in - split.images_out for split in splits)
    parts = []
    if kept:
        parts.append(f"{_of(kept, stored)} kept their bytes")
    if reencoded:
        parts.append(f"{_of(reencoded, stored)} re-encoded as JPEG")
    if converted:
        parts.append(f"{_of(sum(converted.values()), stored)} converted to RGB JPEG ({in_words(converted)})")
    if smaller := sum(split.smaller or 0 for split in splits):
        parts.append(f"{_of(smaller, stored)} smaller than asked for, size kept")
    if unboxed := sum(split.unboxed or 0 for split in splits):
        parts.append(f"{_of(unboxed, stored)} without boxes after the crop")
    return BETWEEN.join([*parts, f"{skipped:,} skipped"])


def _of(count: int, stored: int) -> str:
    return f"all {count:,}" if count == stored else f"{count:,}"
