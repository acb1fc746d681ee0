"""What each key of a profile means, for saved files, `--help` and docs/profile.md."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from wizard.profile import Profile


@dataclass(frozen=True, kw_only=True)
class ProfileKey:
    """A key of a profile; its section is empty at the top."""

    section: str
    name: str
    field: FieldInfo

    @property
    def comment(self) -> str:
        """What it may be and what it means, in a line."""
        kind = self.field.annotation
        choices = " | ".join(get_args(kind)) if get_origin(kind) is Literal else ""
        return ": ".join(part for part in (choices, self.field.description) if part)


def profile_keys(model: type[BaseModel] = Profile, section: str = "") -> Iterator[ProfileKey]:
    """Every key, in the order of a file."""
    for name, field in model.model_fields.items():
        kind: Any = field.annotation
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            yield from profile_keys(kind, name)
        else:
            yield ProfileKey(section=section, name=name, field=field)


def set_help() -> str:
    """Help of `--set`, with every key that it takes."""
    dotted = (f"{key.section}.{key.name}" for key in profile_keys() if key.section)
    return f"section.key=value, for example image.quality=90. Keys: {', '.join(dotted)}."


def flat(table: Mapping[str, Any]) -> dict[str, Any]:
    """A profile's values by their dotted keys."""
    values: dict[str, Any] = {}
    for section, value in table.items():
        if isinstance(value, dict):
            values |= {f"{section}.{key}": part for key, part in value.items()}
        else:
            values[section] = value
    return values
