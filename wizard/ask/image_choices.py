"""What images may become, with what the raw data's own formats make of each choice."""

from wizard.ask import defaults
from wizard.ask.prompt import Choice
from wizard.formats.encoders import LOSSLESS_ENOUGH
from wizard.sources.image_formats import added, become_jpeg


def resize_choices(known: defaults.Known) -> tuple[Choice, ...]:
    """What images may become; keeping them names those that are not JPEGs, which no trainer's reader expects."""
    return (
        Choice("shortest", "Shrink to a shortest side", "aspect ratio kept; usual for training"),
        Choice("original", "Keep the originals", _kept(known)),
        Choice("exact", "Exact height × width", "all of one size, aspect ratio not kept"),
        Choice("crop", "Scale and center-crop", "all of one size, aspect ratio kept, edges cut"),
    )


def _kept(known: defaults.Known) -> str:
    """What is kept, and what becomes of other formats, in few words; the report on the raw data has all."""
    chosen = defaults.splits_of(known)
    tables = [survey.table for split, survey in known.context.surveys.items() if split in chosen]
    formats = [table.formats for table in tables if table is not None]
    converted = added(each.converted for each in formats)
    if not converted:
        return "JPEGs untouched; largest; MLPerf's rule"
    others = converted if len(converted) == 1 else {"others": sum(converted.values())}
    about = "about " if any(each.is_sample for each in formats) else ""
    text = f"{about}{become_jpeg(others)}, Q{LOSSLESS_ENOUGH}"
    images = sum(survey.images for split, survey in known.context.surveys.items() if split in chosen)
    return f"{text} (lossy)" if sum(converted.values()) >= images else f"JPEGs untouched; {text}"
