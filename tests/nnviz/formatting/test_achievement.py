"""What a network achieves, in words."""

from __future__ import annotations

import pytest

from nnviz.formatting.achievement import class_achievement, number_achievement, untrained_achievement


@pytest.mark.parametrize(
    ("noun", "error", "examples", "is_held_out", "sentence"),
    [
        ("digit", 0.0263, 10_000, True, "It reads 9\u202f737 of 10\u202f000 new digits."),
        ("digit", 0.088, 1000, True, "It reads 912 of 1\u202f000 new digits."),
        ("letter", 0.1, 20_800, True, "It reads 18\u202f720 of 20\u202f800 new letters."),
        ("image", 1 / 3, 9, True, "It recognises 6 of 9 new images."),
        ("row", 0.0, 69, True, "It classifies all 69 new rows."),
        ("point", 1.0, 120, True, "It classifies none of 120 new points."),
        ("digit", 0.002, 500, False, "It reads 499 of the 500 digits that it learned from."),
        ("row", 0.0, 30, False, "It classifies all of the 30 rows that it learned from."),
        ("row", 1.0, 1, True, "It classifies none of 1 new row."),
    ],
)
def test_classes_are_counted(noun: str, error: float, examples: int, is_held_out: bool, sentence: str) -> None:
    assert class_achievement(noun, error, examples, is_held_out) == sentence


@pytest.mark.parametrize("examples", [3, 69, 1000, 10_000, 814_255])
def test_the_count_is_exact_for_every_number_of_mistakes(examples: int) -> None:
    for wrong in {1, 2, examples // 3, examples - 1}:
        words = class_achievement("row", wrong / examples, examples, True).replace("\u202f", "")
        assert f" {examples - wrong} of {examples} " in words


def test_numbers_are_within_half_of_their_errors() -> None:
    assert number_achievement("row", 1.6942, "mpg", 78) == "Half of the 78 new rows are within 1.7 mpg."
    assert number_achievement("point", 0.031, "", 1500) == "Half of the 1\u202f500 new points are within 0.031."


def test_an_untrained_network_has_learned_nothing() -> None:
    sentence = "It has learned nothing yet: 9\u202f466 of 10\u202f000 digits wrong."
    assert untrained_achievement("digit", 0.9466, 10_000) == sentence
