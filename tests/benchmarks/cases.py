"""What is measured: the builds, each a profile for the command line."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import tomlkit

Section = Mapping[str, str | int]

_Q85: Section = {"resize": "shortest", "size": 480, "quality": 85}


@dataclass(frozen=True, kw_only=True, eq=False)
class Case:
    """A build whose speed is measured.

    Attributes:
        image: the profile's section of this name; the codec loop follows it too.
        output: keys of the profile's section of this name, beside path and shards.
        source: the form of the raw data.
        md5: official archives: an earlier run has verified their MD5 ("known"), this one has to ("made"), or nobody
            says so, and it decides what is faster ("unknown"). Empty: they are not the official ones.
        needs: a profile's key that this takes; a checkout without it builds `KEPT` instead.
        joined: whether other tools do the same job beside it.
    """

    name: str
    about: str
    image: Section = field(default_factory=dict)
    output: Section = field(default_factory=dict)
    source: Literal["archives", "records"] = "archives"
    md5: Literal["", "known", "made", "unknown"] = ""
    needs: str = ""
    joined: bool = False

    @property
    def recipe(self) -> str:
        """What the images become, in words."""
        return " ".join(map(str, self.image.values())) or "bytes kept"

    @property
    def recodes(self) -> bool:
        """Whether every image is encoded again."""
        return "quality" in self.image

    @property
    def decodes(self) -> bool:
        """Whether every image is decoded, so that a loop over the codecs does the same work."""
        return not self.md5 and self.image.get("check", "decode") == "decode"

    def profile(self, source: Path, output: Path, *, splits: Sequence[str], workers: int) -> str:
        """The profile as TOML."""
        # A full ImageNet has some 1,250 images a shard; few shards keep a small input close to that.
        shards = {"train_shards": 32, "validation_shards": 4}
        sections: dict[str, dict[str, Any]] = {
            "source": {"path": str(source), "splits": list(splits)},
            "image": dict(self.image),
            "output": {"path": str(output), **shards, **self.output},
            "run": {"workers": workers},
        }
        return tomlkit.dumps(sections)


def _every_target() -> list[Case]:
    return [
        Case(name=f"{target}-{name}", about=f"{what}, as {target}", image=image, output={"format": target})
        for target in ("webdataset", "folders", "flat")
        for name, what, image in (("480-q85", "shortest side 480, Q85", _Q85), ("kept", "bytes kept", {}))
    ]


KEPT = Case(name="kept", about="bytes kept, every image decoded as a check", joined=True)

CASES = (
    Case(name="480-q85", about="shortest side 480, Q85", image=_Q85, joined=True),
    Case(
        name="256-q90",
        about="shortest side 256, Q90",
        image={"resize": "shortest", "size": 256, "quality": 90},
    ),
    Case(
        name="352x352-q90",
        about="exactly 352 x 352, Q90",
        image={"resize": "exact", "height": 352, "width": 352, "quality": 90},
    ),
    KEPT,
    Case(
        name="kept-structure",
        about="bytes kept, the structure of each JPEG checked",
        image={"check": "structure"},
        needs="image.check",
    ),
    Case(
        name="kept-proven",
        about="bytes kept, official archives whose MD5 an earlier run has verified",
        md5="known",
        needs="image.check",
    ),
    Case(
        name="kept-md5",
        about="bytes kept, official archives whose MD5 is verified in the same run (--md5)",
        md5="made",
        needs="image.check",
    ),
    Case(
        name="kept-official",
        about="bytes kept, official archives, nothing verified before: hashed first where that is faster",
        md5="unknown",
        needs="image.check",
    ),
    Case(name="records-480-q85", about="TFRecords to TFRecords, shortest side 480, Q85", image=_Q85, source="records"),
    Case(name="records-kept", about="TFRecords to TFRecords, bytes kept", source="records"),
    *_every_target(),
)
"""From archives to TFRecords, unless the name says otherwise."""


def selected(pattern: str) -> list[Case]:
    """The cases whose whole name matches a regular expression.

    >>> [case.name for case in selected("kept|.*-q90")]
    ['256-q90', '352x352-q90', 'kept']
    """
    return [case for case in CASES if re.fullmatch(pattern, case.name)]
