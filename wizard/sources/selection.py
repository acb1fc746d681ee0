"""Selection: which classes and images of a source are used, and which of train's become validation."""

from dataclasses import dataclass

from wizard.sources.holdout import Holdout, HoldoutOrder, parse_holdout


@dataclass(frozen=True, kw_only=True)
class Selection:
    """What is taken of a source.

    Attributes:
        min_images: classes of which train has fewer images are left out; 0 for none.
        holdout: which of train's remaining images become validation; None for none.
    """

    min_images: int = 0
    holdout: Holdout | None = None

    def __bool__(self) -> bool:
        return bool(self.min_images or self.holdout)

    @property
    def setting(self) -> str:
        """The key that needs train's images, with its value, for a person."""
        return f"source.holdout = {self.holdout.text}" if self.holdout else f"source.min_images = {self.min_images}"


EVERYTHING = Selection()


def parse_selection(min_images: int | None, holdout: int | str | None, order: HoldoutOrder) -> Selection:
    """The selection of a profile's values, which are valid."""
    rule = None if holdout is None else parse_holdout(holdout, order)
    return Selection(min_images=min_images or 0, holdout=rule)
