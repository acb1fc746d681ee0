"""Keeps a build that is changed in the review apart from the one that it was: another folder, another name."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from itertools import chain, count
from pathlib import Path
from typing import Any

from wizard import profile_files, profile_store
from wizard.ask.context import Context
from wizard.ask.questions import BY_KEY
from wizard.ask.setup_draft import SetupDraft, draft_of, profile_of
from wizard.errors import SetupError
from wizard.folders import as_typed
from wizard.profile import Profile
from wizard.targets.names import MANIFEST, PLAN

OUTPUT, NAME = "output.path", "name"


def apart(before: SetupDraft, after: SetupDraft) -> SetupDraft:
    """The draft after a change, with a folder and a name of its own where they are another build's.

    The folder is another's if something was built there, or the saved profile of that name writes there; the name is if
    its saved profile says something else. A folder or a name that told what was in it tells it again. Whichever of the
    two was answered is left as it is.
    """
    try:
        old, new = profile_of(before), profile_of(after)
    except SetupError:  # the review says what does not fit
        return after
    if _same(old, new) and old.name == new.name:
        return after
    saved, told = _saved(new.name, after.context), _telling(before)
    folder, name = new.output_path, new.name
    if old.output_path == folder and not _same(old, new) and (folder.name == told or _is_in_use(folder, saved)):
        after = _with(after, OUTPUT, as_typed(_beside(folder, after)))
        new = profile_of(after)
    is_another = saved is not None and not _same(saved, new)
    if old.name == name and (is_another or (name == told and not _same(old, new))):
        after = _with(after, NAME, _telling(after))
    return after


def in_another_folder(draft: SetupDraft) -> SetupDraft:
    """The draft with a new folder beside the one that was answered."""
    return _with(draft, OUTPUT, as_typed(_beside(profile_of(draft).output_path, draft)))


def differs_from_saved(profile: Profile, context: Context) -> bool:
    """Whether another profile is saved under the same name."""
    saved = _saved(profile.name, context)
    return saved is not None and saved.with_absolute_paths() != profile.with_absolute_paths()


def _beside(output: Path, draft: SetupDraft) -> Path:
    """A new folder beside another; its name tells what is in it."""
    return output.with_name(_free(_telling(draft), lambda name: output.with_name(name).exists()))


def _telling(draft: SetupDraft) -> str:
    """A name that no profile has, and that tells what is built."""
    return str(BY_KEY[NAME].default(draft.answers))


def _with(draft: SetupDraft, key: str, value: str) -> SetupDraft:
    return replace(draft, chosen={**draft.chosen, key: value})


def _saved(name: str, context: Context) -> Profile | None:
    """The saved profile of a name, with every answer as its replay would have it; None if none can be read."""
    path = profile_files.path_of(name)
    with suppress(SetupError):
        if path.is_file():
            draft = draft_of(profile_store.load(str(path)).model_copy(update={"name": name}))
            return profile_of(replace(draft, context=context))
    return None


def _is_in_use(folder: Path, saved: Profile | None) -> bool:
    begun = any((folder / name).is_file() for name in (PLAN, MANIFEST))
    return begun or (saved is not None and saved.output_path == folder)


def _same(one: Profile, other: Profile) -> bool:
    """Whether two profiles make the same dataset in the same folder, whatever they are called and however they run."""
    return _made(one) == _made(other)


def _made(profile: Profile) -> dict[str, Any]:
    return profile.with_absolute_paths().model_dump(exclude={"name": True, "run": True, "source": {"read"}})


def _free(name: str, is_taken: Callable[[str], bool]) -> str:
    names = chain([name], (f"{name}-{number}" for number in count(2)))
    return next(each for each in names if not is_taken(each))
