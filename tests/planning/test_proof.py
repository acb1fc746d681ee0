import os
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.helpers import TRAIN, VALIDATION, build_dataset, contents, job, make_official, shards
from tests.test_build import TENCH_1, Listener, cut_short, damage_image
from wizard.build import Options
from wizard.engine import manifest
from wizard.errors import BadImage, Interrupted
from wizard.events import Note, Preparing
from wizard.folders import cache_folder
from wizard.ilsvrc2012.archives import IMAGES
from wizard.planning import checking_speed, foresee_checks, proof
from wizard.preflight.estimate import Estimator
from wizard.sources import parallel_md5
from wizard.sources.checksums import md5, remember_md5, when_verified
from wizard.sources.source import Progress

TRAIN_TAR, VALIDATION_TAR = IMAGES["train"].name, IMAGES["validation"].name
NOT_DECODED = "has its official MD5 (verified"


def checks(out: Path) -> dict[str, tuple[str, ...]]:
    return manifest.read(out).checks


def hashed(listener: Listener) -> bool:
    return any(isinstance(event, Preparing) and event.step.startswith("MD5") for event in listener.events)


def verify(raw: Path) -> None:
    """Verifies the sums, as `download` does."""
    for split in ("train", "validation"):
        remember_md5(raw / IMAGES[split].name, IMAGES[split].md5s[IMAGES[split].name], cache_folder())


def test_proven_archives_give_the_same_plan_and_bytes_as_decoded_ones(
    raw: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_official(raw, monkeypatch)
    decoded = build_dataset(raw, tmp_path / "decoded", image={"check": "decode"})
    proven = build_dataset(raw, tmp_path / "proven")
    assert proven.plan_id == decoded.plan_id
    assert contents(tmp_path / "proven") == contents(tmp_path / "decoded")
    assert checks(tmp_path / "decoded") == {"train": ("decode",), "validation": ("decode",)}
    assert checks(tmp_path / "proven") == {"train": ("md5",), "validation": ("md5",)}
    assert proven.converted == decoded.converted == {"CMYK": 1, "PNG": 2}
    assert [split.checks for split in proven.splits] == [("md5",), ("md5",)]


def test_archives_of_the_official_size_are_hashed_before_the_first_shard_and_remembered(
    raw: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_official(raw, monkeypatch)
    first, second = Listener(), Listener()
    build_dataset(raw, tmp_path / "one", report=first)
    assert [note for note in first.notes if NOT_DECODED in note] == [
        f"{name} has its official MD5 (verified now), so images that keep their bytes need not be decoded"
        for name in (TRAIN_TAR, VALIDATION_TAR)
    ]
    build_dataset(raw, tmp_path / "two", report=second)
    assert len([note for note in second.notes if NOT_DECODED in note]) == 2
    assert not hashed(second)


def test_md5_proves_the_images_too(raw: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make_official(raw, monkeypatch)
    monkeypatch.setattr("wizard.sources.checksums.remember_md5", lambda *_: None)  # as if the cache were read-only
    listener = Listener()
    build_dataset(raw, tmp_path / "out", source={"boxes": "none"}, options=Options(md5=True), report=listener)
    assert checks(tmp_path / "out") == {"train": ("md5",), "validation": ("md5",)}
    proven = f"{TRAIN_TAR} has its official MD5 (verified now), so images that keep their bytes need not be decoded"
    assert proven in listener.notes


def test_only_archives_of_the_official_size_are_hashed(raw: Path, tmp_path: Path) -> None:
    listener = Listener()
    build_dataset(raw, tmp_path / "out", report=listener)
    assert not hashed(listener)
    assert checks(tmp_path / "out") == {"train": ("decode",), "validation": ("decode",)}


@pytest.mark.parametrize("image", [{"check": "decode"}, {"check": "structure"}, {"quality": 90}])
def test_nothing_is_hashed_where_no_image_could_be_spared(
    raw: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, image: dict[str, object]
) -> None:
    make_official(raw, monkeypatch)
    listener = Listener()
    build_dataset(raw, tmp_path / "out", image=image, report=listener)
    assert not hashed(listener)
    assert set(checks(tmp_path / "out").values()) == {(image.get("check", "decode"),)}


def test_a_verified_sum_spares_no_decoding_of_images_that_are_encoded_again(
    raw: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_official(raw, monkeypatch)
    verify(raw)
    listener = Listener()
    build_dataset(raw, tmp_path / "out", image={"quality": 90, "splits": ["train"]}, report=listener)
    assert checks(tmp_path / "out") == {"train": ("decode",), "validation": ("md5",)}
    assert [note[: len(VALIDATION_TAR)] for note in listener.notes if NOT_DECODED in note] == [VALIDATION_TAR]


def test_an_archive_with_another_sum_is_decoded_so_that_the_damaged_image_is_named(
    raw_copy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_official(raw_copy, monkeypatch)
    damage_image(raw_copy, TENCH_1, cut_short)
    listener = Listener()
    with pytest.raises(BadImage, match=TENCH_1):
        build_dataset(raw_copy, tmp_path / "out", report=listener)
    (warning,) = [event.text for event in listener.events if isinstance(event, Note) and "official one" in event.text]
    assert warning.startswith(f"{TRAIN_TAR} has the official name and size, but its MD5 is ")
    assert not when_verified(raw_copy / TRAIN_TAR, IMAGES["train"].md5s[TRAIN_TAR], cache_folder())
    skipped = build_dataset(raw_copy, tmp_path / "out", output={"on_bad_image": "skip"}).skipped
    assert [image.name for image in skipped] == [TENCH_1]
    assert checks(tmp_path / "out") == {"train": ("decode",), "validation": ("md5",)}


def test_an_archive_that_changed_after_it_was_verified_is_not_proven(
    raw_copy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_official(raw_copy, monkeypatch)
    verify(raw_copy)
    damage_image(raw_copy, TENCH_1, cut_short)
    with pytest.raises(BadImage, match=TENCH_1):
        build_dataset(raw_copy, tmp_path / "out")


def test_an_archive_that_changes_while_it_is_hashed_is_decoded(
    raw_copy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_official(raw_copy, monkeypatch)

    def touched_meanwhile(*rest: Any) -> dict[Path, str] | None:
        found = parallel_md5.hash_while_it_pays(*rest)
        os.utime(raw_copy / TRAIN_TAR, ns=(1, 1))
        return found

    monkeypatch.setattr(proof, "hash_while_it_pays", touched_meanwhile)
    listener = Listener()
    build_dataset(raw_copy, tmp_path / "out", report=listener)
    assert f"{TRAIN_TAR} changed while it was hashed, so each image is decoded" in listener.notes
    assert checks(tmp_path / "out") == {"train": ("decode",), "validation": ("md5",)}


@pytest.mark.parametrize("verified", [False, True])
def test_nothing_is_hashed_or_said_of_it_when_every_shard_is_done(
    raw: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, verified: bool
) -> None:
    build_dataset(raw, tmp_path / "out")
    make_official(raw, monkeypatch)
    if verified:
        verify(raw)
    listener = Listener()
    assert build_dataset(raw, tmp_path / "out", report=listener).images_built == 0
    assert not hashed(listener)
    assert not any(NOT_DECODED in note for note in listener.notes)
    assert checks(tmp_path / "out") == {"train": ("decode",), "validation": ("decode",)}


def test_a_resumed_build_hashes_the_archive_of_the_unfinished_split_alone(
    raw: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out"
    build_dataset(raw, out)
    before = contents(out)
    make_official(raw, monkeypatch)
    next(path for path in shards(out) if path.name.startswith("validation")).unlink()
    listener = Listener()
    resumed = build_dataset(raw, out, report=listener)
    assert 0 < resumed.images_built < VALIDATION
    assert {event.step for event in listener.events if isinstance(event, Preparing) and "MD5" in event.step} <= {
        f"MD5 of {VALIDATION_TAR}"
    }
    assert [split.checks for split in resumed.splits] == [("decode",), ("decode", "md5")]
    assert contents(out) == before


def test_hashing_is_not_begun_where_decoding_is_faster_than_any_hash(
    raw: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_official(raw, monkeypatch)
    monkeypatch.setattr(checking_speed, "USUAL", 1e10)
    listener = Listener()
    build_dataset(raw, tmp_path / "out", report=listener)
    assert not hashed(listener)
    assert checks(tmp_path / "out") == {"train": ("decode",), "validation": ("decode",)}


def md5_of_a_slow_disk(path: Path, progress: Progress) -> str:
    for _ in range(200):
        time.sleep(0.01)
        progress(1, path.stat().st_size)
    return md5(path, progress)


def test_hashing_that_turns_out_slower_than_decoding_is_given_up(
    raw: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_official(raw, monkeypatch)
    monkeypatch.setattr(parallel_md5, "md5", md5_of_a_slow_disk)
    monkeypatch.setattr(parallel_md5, "_TRIAL", 0.2)
    listener = Listener()
    build_dataset(raw, tmp_path / "out", report=listener)
    assert any("decoding the images takes less time here than an MD5" in note for note in listener.notes)
    assert checks(tmp_path / "out") == {"train": ("decode",), "validation": ("decode",)}


def test_hashing_can_be_stopped_and_leaves_nothing(raw: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make_official(raw, monkeypatch)
    monkeypatch.setattr(parallel_md5, "md5", md5_of_a_slow_disk)
    listener = Listener()

    def stopping() -> bool:
        return hashed(listener)

    with pytest.raises(Interrupted):
        build_dataset(raw, tmp_path / "out", options=Options(stopping=stopping), report=listener)
    assert not shards(tmp_path / "out")
    assert build_dataset(raw, tmp_path / "out").images_built == TRAIN + VALIDATION


def foreseen(raw: Path, out: Path, remaining: float = 1.0, **image: object) -> tuple[set[str], float]:
    """The checks that are foreseen, and the seconds of hashing."""
    foreseen_job, hashing = foresee_checks(job(raw, out, image=image), remaining)
    return {recipe.check for recipe in foreseen_job.recipes.values()}, hashing


def test_the_estimate_foresees_that_archives_are_hashed_and_not_decoded(
    raw: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_official(raw, monkeypatch)
    monkeypatch.setattr(proof, "_hash_speed", lambda: 1e9)
    checks, hashing = foreseen(raw, tmp_path)
    assert checks == {"md5"}
    assert hashing == pytest.approx((raw / TRAIN_TAR).stat().st_size / 1e9)


def test_the_estimate_foresees_nothing_to_hash_for_proven_archives(
    raw: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_official(raw, monkeypatch)
    verify(raw)
    assert foreseen(raw, tmp_path) == ({"md5"}, 0.0)


@pytest.mark.parametrize(
    ("image", "remaining", "speed"),
    [
        ({"check": "decode"}, 1.0, 1e9),
        ({"check": "structure"}, 1.0, 1e9),
        ({"quality": 90}, 1.0, 1e9),
        ({}, 0.0, 1e9),
        ({}, 1.0, 1e6),
    ],
)
def test_the_estimate_foresees_hashing_only_where_it_pays(
    raw: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    image: dict[str, object],
    remaining: float,
    speed: float,
) -> None:
    make_official(raw, monkeypatch)
    monkeypatch.setattr(proof, "_hash_speed", lambda: speed)
    assert foreseen(raw, tmp_path, remaining, **image) == ({image.get("check", "decode")}, 0.0)


def test_the_estimated_time_includes_hashing(raw: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make_official(raw, monkeypatch)
    size = (raw / TRAIN_TAR).stat().st_size
    monkeypatch.setattr(checking_speed, "USUAL", 1.0)
    monkeypatch.setattr(proof, "_hash_speed", lambda: size / 5000)
    asked = job(raw, tmp_path / "out")
    with closing(Estimator(asked.surveys, 1, cache_folder())) as estimator:
        assert estimator.estimate(asked).seconds.low > 5000


def test_the_structure_lets_through_what_decoding_refuses_under_another_plan(raw_copy: Path, tmp_path: Path) -> None:
    def stain(image: bytearray) -> None:
        at = len(image) // 2
        image[at : at + 64] = bytes(64)

    damage_image(raw_copy, TENCH_1, stain)
    finished = build_dataset(raw_copy, tmp_path / "structure", image={"check": "structure"})
    assert finished.skipped == ()
    assert checks(tmp_path / "structure") == {"train": ("structure",), "validation": ("structure",)}
    decoded = build_dataset(raw_copy, tmp_path / "decoded", output={"on_bad_image": "skip"})
    assert decoded.plan_id != finished.plan_id


def test_the_structure_finds_an_image_that_was_cut_short(raw_copy: Path, tmp_path: Path) -> None:
    damage_image(raw_copy, TENCH_1, cut_short)
    with pytest.raises(BadImage, match=rf"{TENCH_1} .* it is truncated"):
        build_dataset(raw_copy, tmp_path / "out", image={"check": "structure"})


def test_images_held_out_of_an_archive_are_proven_with_it(
    raw_copy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_official(raw_copy, monkeypatch)
    (raw_copy / VALIDATION_TAR).unlink()
    for out in (tmp_path / "hashed", tmp_path / "remembered"):
        listener = Listener()
        build_dataset(raw_copy, out, source={"holdout": 2, "boxes": "none"}, report=listener)
        assert checks(out) == {"train": ("md5",), "validation": ("md5",)}
        assert len([note for note in listener.notes if NOT_DECODED in note]) == 1
