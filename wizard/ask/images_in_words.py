"""What becomes of the images, in a line."""

from typing import TYPE_CHECKING

from wizard.engine.recipe_words import readable
from wizard.engine.transform import LOSSLESS_ENOUGH
from wizard.sources.image_formats import added, become_jpeg

if TYPE_CHECKING:
    from wizard.planning import Job

_SPLITS = {2: "both splits", 3: "all splits"}


def what_images_become(job: "Job") -> str:
    """What becomes of the images of each split."""
    kinds = {split: readable(str(recipe), job.kept(split)) for split, recipe in job.recipes.items()}
    text = " · ".join(f"{split}: {kind}" for split, kind in kinds.items())
    if len(set(kinds.values())) == 1:
        text = next(iter(kinds.values())) + (f" · {_SPLITS[len(kinds)]}" if len(kinds) > 1 else "")
    return text + _converted(job)


def _converted(job: "Job") -> str:
    """What becomes of images that are not JPEGs where JPEGs keep their bytes."""
    converted = {split: job.conversions(split) for split in job.recipes}
    converted = {split: kinds for split, kinds in converted.items() if kinds}
    if not converted:
        return ""
    quality = {job.recipes[split].quality or LOSSLESS_ENOUGH for split in converted}
    tables = [job.surveys[split].table for split in converted]
    about = "about " if any(table.formats.is_sample for table in tables if table is not None) else ""
    # "quality 100" alone is taken for a copy.
    lossy = " (lossy)" if all(job.kept(split) == "none" for split in job.recipes) else ""
    qualities = " and ".join(map(str, sorted(quality)))
    return f" · {about}{become_jpeg(added(converted.values()))}, quality {qualities}{lossy}"
