"""What is said about numbers that are accepted, and that most people would not have meant."""

from wizard.ask.context import Context
from wizard.ask.defaults import IMAGES_A_SHARD
from wizard.ask.prompt import Value
from wizard.ask.question import Answers
from wizard.ilsvrc2012.archives import Split

_POOR = 50
"""JPEG quality below which blocks show in most photos."""


def small_shards(split: Split, value: Value, known: Answers[Context]) -> str:
    """A sentence on shards with few images each; empty for one shard, and for shards that are large enough."""
    survey = known.context.surveys.get(split)
    if survey is None or not isinstance(value, int) or value < 2:
        return ""
    images, usual = survey.images // value, max(1, survey.images // IMAGES_A_SHARD)
    if images >= IMAGES_A_SHARD:
        return ""
    each = f"Each would hold about {images:,} of {split}'s {survey.images:,} images"
    fewer = f"with {usual:,}, it would be a hundred or more" if usual > 1 else "one shard can hold them all"
    return f"{each}; {fewer}."


def poor_quality(value: Value, _known: Answers[Context]) -> str:
    """A sentence on a JPEG quality that damages images visibly; empty for others."""
    if not isinstance(value, int) or value >= _POOR:
        return ""
    return f"At quality {value}, images lose visible detail; the shipped recipes use 85 to 95."
