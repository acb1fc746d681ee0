"""Hold-out: which images become validation depends on their names and their class alone."""

from fractions import Fraction
from random import Random

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from wizard.sources.held_out import held_out
from wizard.sources.holdout import Holdout, HoldoutOrder, parse_holdout

Rows = list[tuple[str, int]]
ROWS = st.lists(st.tuples(st.text("abc/0189._", min_size=1, max_size=6), st.integers(-1, 3)), unique_by=lambda r: r[0])
RULES = st.one_of(st.integers(1, 9), st.sampled_from(["1%", "10%", "33.3%", "50%", "99.9999%"]))
ORDERS = st.sampled_from(["hash", "name"])


def held(rows: Rows, rule: Holdout) -> set[str]:
    """The names that are held out."""
    names = np.array([name.encode() for name, _ in rows], np.bytes_)
    mask = held_out(rule, names, np.array([label for _, label in rows], np.int16))
    return {name for (name, _), is_held in zip(rows, mask.tolist(), strict=True) if is_held}


@given(ROWS, RULES, ORDERS)
def test_every_class_keeps_an_image_and_gives_as_many_as_the_rule_says(
    rows: Rows, value: int | str, order: HoldoutOrder
) -> None:
    rule = parse_holdout(value, order)
    found = held(rows, rule)
    for label in {label for _, label in rows}:
        members = [name for name, its in rows if its == label]
        wanted = value if isinstance(value, int) else max(1, int(len(members) * rule.share + Fraction(1, 2)))
        expected = 0 if label < 0 else min(wanted, len(members) - 1)
        assert len(found & {*members}) == expected


@given(ROWS, RULES, ORDERS, st.randoms())
def test_the_order_of_the_images_does_not_matter(
    rows: Rows, value: int | str, order: HoldoutOrder, random: Random
) -> None:
    listed = [*rows]
    random.shuffle(listed)
    assert held(listed, parse_holdout(value, order)) == held(rows, parse_holdout(value, order))


@given(ROWS, RULES, ORDERS)
def test_other_classes_do_not_matter(rows: Rows, value: int | str, order: HoldoutOrder) -> None:
    rule = parse_holdout(value, order)
    alone = [row for row in rows if row[1] == 0]
    assert held(alone, rule) == held(rows, rule) & {name for name, _ in alone}


@given(ROWS, st.integers(1, 9), st.integers(1, 9), ORDERS)
def test_a_larger_number_holds_out_all_that_a_smaller_one_does(
    rows: Rows, one: int, other: int, order: HoldoutOrder
) -> None:
    less, more = sorted((one, other))
    assert held(rows, parse_holdout(less, order)) <= held(rows, parse_holdout(more, order))
    tenths = [parse_holdout(f"{number * 10}%", order) for number in (less, more)]
    assert held(rows, tenths[0]) <= held(rows, tenths[1])


def test_the_images_that_are_held_out_stay_the_same_in_later_versions() -> None:
    rows = [(f"n00004475_{number}.JPEG", 0) for number in range(12)]
    assert held(rows, parse_holdout(3)) == {"n00004475_2.JPEG", "n00004475_4.JPEG", "n00004475_6.JPEG"}


def test_by_name_the_first_ones_are_held_out_in_the_order_of_their_bytes() -> None:
    rows = [(f"n00004475_{number}.JPEG", 0) for number in (9, 10, 1, 100)]
    assert held(rows, parse_holdout(3, "name")) == {f"n00004475_{number}.JPEG" for number in (1, 10, 100)}
