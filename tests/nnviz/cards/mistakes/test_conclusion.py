"""Tests of the conclusions of the mistakes card on stored figures."""

from __future__ import annotations

import numpy as np
from pytestqt.qtbot import QtBot

from engine.basics.validation import Array
from nnviz.cards.mistakes.conclusion import class_sentences, number_sentences, output_sentences
from nnviz.formatting.conclusion import Conclusion
from tests.nnviz.cards.card_window import MakeCards
from tests.nnviz.cards.mistakes.mistakes_helpers import panel, settle
from tests.nnviz.helpers import train_epochs

PENGUINS = ("Adelie", "Chinstrap", "Gentoo")


def digits(*mistakes: tuple[int, int, int]) -> Array:
    """100 examples of each digit, with mistakes as true digit, predicted digit and their number."""
    matrix = 100 * np.eye(10, dtype=np.int64)
    for true, predicted, count in mistakes:
        matrix[true, predicted] += count
        matrix[true, true] -= count
    return matrix


def about_digits(*mistakes: tuple[int, int, int]) -> str:
    """The sentences about images of digits with these mistakes, with plain spaces."""
    found = class_sentences(digits(*mistakes), "0123456789", is_image=True)
    assert found is not None
    return found.text.replace("\u202f", " ")


def about_penguins(*rows: tuple[int, int, int]) -> Conclusion | None:
    """The sentences about a table with three classes."""
    return class_sentences(np.array(rows), PENGUINS, is_image=False)


def test_the_most_frequent_mistake_and_the_next() -> None:
    assert about_digits((4, 9, 23), (5, 3, 10)) == ("Most often: 4 read as 9 (23 times). Next: 5 read as 3 (10 times).")


def test_of_equally_frequent_mistakes_the_larger_share_comes_first() -> None:
    found = about_penguins((90, 10, 0), (2, 28, 0), (0, 2, 10))
    assert found is not None
    assert found.rest == "Next: Gentoo as Chinstrap (twice)."


def test_the_next_is_close_behind() -> None:
    assert about_digits((4, 9, 13), (5, 3, 12)) == (
        "Most often: 4 read as 9 (13 times). Close behind: 5 read as 3 (12 times)."
    )


def test_two_frequent_mistakes_between_long_names() -> None:
    found = about_penguins((21, 9, 0), (8, 22, 0), (0, 0, 24))
    assert found == Conclusion("Most often: Adelie and Chinstrap, both ways (9 and 8).", "")
    found = about_penguins((21, 9, 0), (0, 22, 8), (0, 0, 24))
    assert found == Conclusion("Most often: Adelie as Chinstrap and Chinstrap as Gentoo (9 and 8).", "")


def test_few_mistakes_could_be_chance() -> None:
    found = about_penguins((28, 2, 0), (1, 12, 0), (0, 0, 24))
    assert found == Conclusion(
        "Most often, perhaps by chance: Adelie as Chinstrap (twice).",
        "The next mistake comes once.",
    )


def test_the_only_kind_of_mistake() -> None:
    found = about_penguins((28, 2, 0), (0, 13, 0), (0, 0, 24))
    assert found == Conclusion("Most often: Adelie predicted as Chinstrap (twice).", "There are no other mistakes.")
    found = about_penguins((30, 0, 0), (1, 12, 0), (0, 0, 24))
    assert found == Conclusion("One mistake: Chinstrap predicted as Adelie.", "")


def test_mistakes_that_are_equally_frequent() -> None:
    assert about_digits((4, 9, 3), (9, 4, 3), (1, 2, 1)) == "Most often: 4 and 9, both ways, 3 times each."
    assert about_digits((4, 9, 3), (5, 3, 3), (1, 2, 1)) == "Most often: 4 read as 9 and 5 read as 3, 3 times each."
    assert about_digits((4, 9, 2), (9, 4, 2), (3, 5, 2)) == "No mistake stands out. 6 mistakes, none more than twice."
    assert about_digits((4, 9, 1), (9, 4, 1), (3, 5, 1)) == "No mistake stands out. 3 mistakes, each once."


def test_no_mistakes() -> None:
    assert about_digits() == "No mistakes: 1 000 of 1 000 are correct."
    assert about_penguins((0, 0, 0), (0, 0, 0), (0, 0, 0)) is None


def test_classes_that_are_never_predicted() -> None:
    assert about_digits((5, 3, 100), (8, 3, 60), (8, 1, 40)) == (
        "Never predicted: 5 and 8. Most often: 5 read as 3 (100 times)."
    )
    everything = about_digits(*((digit, 7, 100) for digit in range(10) if digit != 7))
    assert everything == "Everything is read as 7. Correct: 100 of 1 000."
    most = about_digits(*((digit, digit % 2, 100) for digit in range(2, 10)))
    assert most.startswith("Never predicted: 8 of the 10 classes.")


def test_a_class_of_few_examples_may_be_never_predicted() -> None:
    found = about_penguins((30, 9, 0), (0, 20, 0), (0, 2, 0))
    assert found is not None
    assert found.lead == "Most often: Adelie predicted as Chinstrap (9 times)."


def test_long_names_are_shortened() -> None:
    names = ("Adelie penguin (Pygoscelis adeliae)", "Chinstrap penguin (Pygoscelis antarcticus)")
    found = class_sentences(np.array([[30, 9], [2, 20]]), names, is_image=False)
    assert found is not None
    assert found.lead == "Most often: Adelie …iae) predicted as Chinstr…cus) (9 times)."


# ---- regression


def about_numbers(errors: Array, explained: float = 0.9, unit: str = "mpg") -> Conclusion | None:
    """The sentences about predictions that are off by these errors."""
    targets = np.linspace(10, 40, len(errors))
    return number_sentences(targets, targets + errors, explained, unit)


EVEN = np.array([-1.0, 1.0, -2.0, 2.0, -1.0, 1.0, -3.0, 3.0, -1.0, 1.0])


def test_half_of_the_errors_and_the_largest() -> None:
    errors = EVEN.copy()
    errors[-1] = -9.5
    errors[:2] += 4
    assert about_numbers(errors) == Conclusion("Half are within 2.5 mpg.", "Largest error: 40 predicted as 30.5 mpg.")
    assert about_numbers(EVEN, unit="") == Conclusion("Half are within 1.", "Largest error: 30 predicted as 27.")


def test_predictions_with_a_bias() -> None:
    largest = "Largest error: 33.3 predicted as 39.3 mpg."
    assert about_numbers(EVEN + 3) == Conclusion("Predicted too high on average, by 3 mpg.", largest)
    slight = about_numbers(np.tile(EVEN, 10) - 0.7)
    assert slight is not None
    assert slight.lead == "Predicted a little too low on average, by 0.7 mpg."


def test_a_bias_of_few_predictions_is_not_certain() -> None:
    found = about_numbers((EVEN + 0.7)[:9])
    assert found is not None
    assert found.lead.startswith("Half are within")


def test_predictions_that_explain_nothing() -> None:
    found = about_numbers(EVEN, explained=-0.2)
    assert found == Conclusion("No better than always predicting the mean.", "Largest error: 30 predicted as 27 mpg.")


def test_exact_and_not_finite_predictions() -> None:
    assert about_numbers(np.zeros(4)) == Conclusion("No errors: 4 of 4 are exact.", "")
    assert about_numbers(np.array([np.nan, 1.0])) is None
    assert about_numbers(np.empty(0)) is None


def test_several_outputs() -> None:
    names = ("width", "height", "depth")
    assert output_sentences(names, [0.98, -0.41, 0.7]) == Conclusion(
        "Predicted worst: height (R² −0.41).", "Best: width (0.98)."
    )
    assert output_sentences(names, [0.981, 0.979, np.nan]) == Conclusion(
        "Each output is predicted equally well: R² 0.98.", ""
    )
    assert output_sentences(names, [0.98, np.nan, np.nan]) is None


# ---- the card


def test_the_card_shows_the_conclusion_of_the_displayed_network(make_cards: MakeCards, qtbot: QtBot) -> None:
    window = make_cards("mistakesDock")
    train_epochs(qtbot, window, 2)
    window.show_workspace("inside")
    answers = settle(window, qtbot)
    shown = panel(window).conclusion
    assert shown.conclusion == class_sentences(answers.confusion, "0123456789", is_image=True)
    window.session.timeline.go_to(0)
    before = settle(window, qtbot)
    assert not np.array_equal(before.confusion, answers.confusion)
    assert shown.conclusion == class_sentences(before.confusion, "0123456789", is_image=True)
