"""Ingredients of a plan: all that decides a byte of its result, typed for the program and labelled for people."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Self

from wizard.engine.recipe_words import label_in_words, readable


@dataclass(frozen=True, kw_only=True)
class SplitIngredients:
    """Ingredients of a split; those of its images are None or empty as long as they have not been read.

    Attributes:
        recipe: how its images are stored, in words.
        boxes: how many the images have together.
        contents: digest of names, sizes, labels and boxes.
        order: digest of the order of the source; empty where the images are shuffled by the seed.
    """

    shards: int
    recipe: str
    images: int | None = None
    boxes: int | None = None
    contents: str = ""
    order: str = ""

    def labelled(self, split: str) -> Iterator[tuple[str, str]]:
        """What is known of the images, by label."""
        if self.images is not None:
            yield f"{split} images", f"{self.images:,}"
        if self.boxes is not None:
            yield f"{split} boxes", f"{self.boxes:,}"
        if self.contents:
            yield f"{split} contents", self.contents
        if self.order:
            yield f"{split} order", f"that of the source, {self.order}"


@dataclass(frozen=True, kw_only=True)
class Ingredients:
    """Ingredients of a plan.

    Attributes:
        target: the output format's own, by label; "format" is among them.
        codecs: what encodes and decodes images, with versions.
        label_base: stored label of rank 0; None where no labels are stored.
        classes: number and digest of the source's own classes; empty for ImageNet's, and as long as they are unknown.
    """

    target: Mapping[str, str]
    codecs: str
    seed: int
    label_base: int | None
    splits: Mapping[str, SplitIngredients]
    classes: str = ""

    @classmethod
    def from_json(cls, fields: dict[str, Any]) -> Self:
        """The inverse of `dataclasses.asdict`."""
        splits = {split: SplitIngredients(**each) for split, each in fields["splits"].items()}
        return cls(**{**fields, "splits": splits})

    @cached_property
    def labelled(self) -> dict[str, str]:
        """Everything by label, in the order in which a person reads it. The plan id is a hash of this."""
        found = {"format": self.target["format"], "codecs": self.codecs, "seed": str(self.seed)}
        if self.label_base is not None:
            found["label base"] = str(self.label_base)
        found |= self.target
        for split, each in self.splits.items():
            found |= {f"{split} shards": str(each.shards), f"{split} recipe": each.recipe}
        if self.classes:
            found["classes"] = self.classes
        for split, each in self.splits.items():
            found |= each.labelled(split)
        return found

    @cached_property
    def plan_id(self) -> str:
        """A short name for the plan: 16 hex digits."""
        return hashlib.sha256(json.dumps(self.labelled, sort_keys=True).encode()).hexdigest()[:16]

    @property
    def shards(self) -> int:
        """How many shards all splits have together."""
        return sum(each.shards for each in self.splits.values())

    def comparable(self, foreseen: "Ingredients") -> "Ingredients":
        """These without what `foreseen`, of a source whose images have not been read, cannot know."""
        splits = {}
        for name, split in self.splits.items():
            other = foreseen.splits.get(name)
            images = None if other is None or other.images is None else split.images
            splits[name] = SplitIngredients(shards=split.shards, recipe=split.recipe, images=images)
        return replace(self, classes="", splits=splits)

    def differences(self, asked: "Ingredients") -> list[str]:
        """How these differ from those asked for, in words."""
        theirs, ours = self.labelled, asked.labelled
        found = []
        for label in sorted({*theirs, *ours}):
            there, here = theirs.get(label, "none"), ours.get(label, "none")
            if there != here:
                found.append(f"{label_in_words(label)}: there {readable(there)} · asked for {readable(here)}")
        return found
