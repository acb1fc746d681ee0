"""How a finished dataset is checked and loaded, as lines of text."""

import shlex

from wizard.engine.build_result import BuildResult
from wizard.targets.dataset import Loadable


def loading(result: BuildResult) -> list[str]:
    """What to type to check it, and code that loads one of its splits: train, where it has that."""
    present = [split.split for split in result.splits]
    split = next((name for name in ("train", "validation") if name in present), present[0])
    dataset = Loadable(output=result.output, split=split, labels=_labels(result), imagenet=result.imagenet)
    return [f"Check it   imagenet-setup verify {shlex.quote(result.output)}", *result.target.loading(dataset)]


def _labels(result: BuildResult) -> str:
    last = result.label_base + result.classes - 1
    unused = ", 0 is unused" if result.label_base else ""
    unknown = ", -1 in test" if any(split.unlabelled for split in result.splits) else ""
    return f"labels are {result.label_base} to {last}{unused}{unknown}"
