"""What lies in the output folder already, and whether this build could go on with it."""

from collections.abc import Mapping

from wizard.engine.commit_records import counted, differing, read_records
from wizard.engine.plan import settings
from wizard.engine.transform import Recipe
from wizard.events import Checked
from wizard.ilsvrc2012.archives import Split
from wizard.planning import all_shards, goal, recipe, stored_base
from wizard.profile import Profile
from wizard.sources.source import Survey
from wizard.targets import registry

_ELSEWHERE = "Choose another folder: --set output.path=FOLDER"


def occupied(profile: Profile, surveys: Mapping[Split, Survey]) -> Checked:
    """Whether shards of another plan are there, as far as that can be told before the images are read."""
    output = profile.output_path
    try:
        records = read_records(output)
        target = goal(profile, surveys)
        present = target.foreign_files(output) if records.plan is None else registry.anything(output)
    except OSError as error:
        seen = f"{output} cannot be looked into: {error.strerror}"
        return Checked(name="output", status="warn", looked_at=str(output), seen=seen, mend="Mend its rights")
    if not present:
        return Checked(name="output", status="pass", looked_at=str(output), seen=f"no shards are in {output} yet")
    if records.plan is None:
        seen = f"{output} holds {counted(present, target)}, of unknown origin"
        return Checked(name="output", status="fail", looked_at=str(output), seen=seen, mend=_ELSEWHERE)
    ours = foreseen(profile, surveys)
    theirs = {name: value for name, value in records.plan.ingredients.items() if _comparable(name, ours)}
    told = differing(theirs, ours)
    if told:
        seen = f"{output} holds {len(present):,} shards of another plan: {'; '.join(told)}"
        return Checked(name="output", status="fail", looked_at=str(output), seen=seen, mend=_ELSEWHERE)
    shards = sum(all_shards(profile, surveys).values())
    seen = f"{len(records.done):,} of {shards:,} shards of this build are in {output}"
    return Checked(name="output", status="pass", looked_at=str(output), seen=seen)


def foreseen(profile: Profile, surveys: Mapping[Split, Survey]) -> dict[str, str]:
    """The ingredients of the profile's plan that are known before its images are read."""
    shards = all_shards(profile, surveys)
    splits: dict[str, tuple[int, Recipe]] = {split: (shards[split], recipe(profile, split)) for split in shards}
    base = stored_base(profile, surveys)
    named = settings(base, profile.output.seed, splits, goal(profile, surveys))
    if profile.source.classes is None:
        named |= {f"{split} images": f"{survey.images:,}" for split, survey in surveys.items() if split in splits}
    return named


def _comparable(name: str, ours: Mapping[str, str]) -> bool:
    """What is not known yet cannot differ; a split that is not asked for does."""
    return name in ours or name.endswith((" shards", " recipe"))
