"""Tests of the conclusions of the curves on stored figures, most of them of real runs."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

from hypothesis import given, settings
from hypothesis import strategies as st
from pytestqt.qtbot import QtBot

from engine.experiment import Experiment
from engine.training.history import Curve, Curves, History
from nnviz.cards.curves.conclusion import as_of, curve_sentences
from nnviz.formatting.conclusion import Conclusion
from nnviz.formatting.text import percent
from nnviz.hints.learning_curves import find_in_curves
from nnviz.hints.rules import hints_for
from nnviz.hints.state import RunState, all_findings
from nnviz.session.status import Status
from nnviz.ui.conclusion_label import ConclusionLabel
from tests.nnviz.cards.card_window import MakeCards
from tests.nnviz.helpers import find, wait_for

# Errors in percent from epoch 0, of MNIST with 784-64-32-10 and SGD with a learning rate of 0.2.
TRAIN = (94.5, 4.65, 3.49, 2.64, 2.14, 2.12, 1.63, 1.29, 1.86, 0.89, 1.04, 1.04, 0.74, 0.64, 0.43, 0.59, 0.38, 0.37)
TEST = (94.7, 4.61, 4.03, 3.23, 3.06, 3.27, 2.65, 2.69, 3.27, 2.46, 2.70, 2.71, 2.76, 2.64, 2.40, 2.63, 2.63, 2.53)
SLOW = (94.5, 13.3, 10.3, 8.95, 8.22, 7.59, 7.16, 6.74, 6.35, 5.98, 5.80)  # a learning rate of 0.01
SLOW_TEST = (94.7, 12.7, 9.7, 8.42, 7.75, 7.21, 6.86, 6.63, 6.38, 6.04, 5.95)
WITH_DROPOUT = (94.5, 6.35, 4.69, 4.14, 3.64, 3.51, 3.20, 3.00, 2.81, 2.60, 2.48, 2.45, 2.34, 2.13, 2.13, 2.16)
WITH_DROPOUT_TEST = (94.7, 6.47, 5.16, 4.4, 4.42, 3.84, 3.91, 3.64, 3.71, 3.36, 3.35, 3.46, 3.24, 3.32, 3.1, 3.31)
LARGE_RATE = (94.5, 90.2, 90.1, 90.3, 90.3, 90.1, 88.8)  # 3
# Penguins with a learning rate of 0.1 of Adam.
JUMPING = (96.4, 7.6, 1.5, 7.6, 1.5, 10.6, 0.4, 2.6, 0.7, 3.3, 0.4, 0.7, 1.5, 4.4)


def sentences(
    train: Sequence[float], held_out: Sequence[float] = (), part: str = "test", first: int = 0, examples: int = 10_000
) -> Conclusion | None:
    """The sentences about errors in percent after each epoch from ``first``."""
    curves = [
        Curve([first + number for number in range(len(values))], [value / 100 for value in values])
        for values in (train, held_out)
    ]
    history = History(error=Curves(**{"train": curves[0], part: curves[1]}))
    found = find_in_curves(history, "error", {"train": 60_000, part: examples})
    return None if found is None else curve_sentences("error", found, percent)


def test_overfitting() -> None:
    assert sentences(TRAIN, TEST) == Conclusion(
        "The training error falls, the test error has hardly improved since epoch 6: overfitting.",
        "0.37 % in training, 2.53 % on the test set.",
    )
    found = sentences(TRAIN, (*TEST[:15], 2.63, 2.8, 2.7), "validation")
    assert found is not None
    assert found.lead.startswith("The training error falls, the validation error has not improved since epoch 6")


def test_no_improvement_at_all_since_an_epoch() -> None:
    train, test = (90, 50, 40, 30, 20, 10, 5, 4, 3, 2.5, 2), (90, 50, 40, 30, 20, 10, 6, 6, 6, 6, 6)
    found = sentences(train, test)
    assert found is not None
    assert found.lead == "The training error falls, the test error has not improved since epoch 6: overfitting."


def test_a_single_low_value_is_no_improvement() -> None:
    """What counts is the error now."""
    train = (90, 50, 40, 30, 20, 10, 5, 4, 3, 2.5, 2)
    found = sentences(train, (90, 50, 40, 30, 20, 10, 8, 4, 8, 8, 8), examples=100)
    assert found is not None
    assert "the test error has not improved since epoch 6" in found.lead


def test_an_improvement_by_one_example() -> None:
    train = (90, 50, 40, 30, 20, 10, 5, 4, 3, 2.5, 2)
    found = sentences(train, (90, 50, 40, 30, 20, 10, 8, 8, 8, 8, 4), examples=24)
    assert found is not None
    assert "the test error has improved by only one example since epoch 6" in found.lead


def test_a_test_error_that_rises() -> None:
    rising = (94.7, 4.6, 4.0, 3.4, 3.2, 3.1, 3.2, 3.3, 3.4, 3.5, 3.6, 3.7, 3.8, 3.9, 4.0, 4.1, 4.2, 4.3)
    found = sentences(TRAIN, rising)
    assert found is not None
    assert found.lead == "The training error falls, the test error has risen since epoch 5: overfitting."


def test_a_rise_since_a_short_time() -> None:
    falling = tuple(50 / (1 + number) for number in range(30))
    assert sentences(falling, (*falling[:26], 2.8, 2.8, 2.9, 2.9)) == Conclusion(
        "The training error fell, the test error has risen since epoch 25.",
        "It is too early to call this overfitting.",
    )


def test_a_spike_between_low_errors_is_not_where_the_improvement_ended() -> None:
    train = (90, 40, 30, 25, 20, 15, 12, 10, 8, 7, 6, 5.5, 5, 4.5, 4)
    test = (90, 45, 30, 22, 18, 16, 10.4, 17.68, 10.4, 10.5, 10.3, 10.4, 10.28, 10.54, 10.29)
    found = sentences(train, test)
    assert found is not None
    assert found.lead == "The training error falls, the test error has hardly improved since epoch 6: overfitting."


def test_a_fall_that_ended_a_short_time_ago() -> None:
    train = (90, 40, 30, 25, 20, 15, 12, 11, 10.5, 10.2)
    test = (90, 45, 30, 24, 20, 16, 14, 10.28, 10.54, 10.29)
    assert sentences(train, test) == Conclusion(
        "The test error was lowest at epoch 7: 10.28 %.", "It is too early to tell whether it still falls."
    )


def test_errors_that_jump_up_have_not_hardly_improved() -> None:
    """As after a rate that is too large. Three such errors in turn have risen, or what was learned is lost."""
    train, test = (94.5, 4.65, 3.49, 2.64), (94.7, 4.61, 4.03, 3.28)
    for above in ((88.7,), (88.7, 90.2), (15.0,), (15.0, 14.8)):
        assert sentences((*train, *above), (*test, *above)) == Conclusion(
            f"The test error rose from 3.28 % at epoch 3 to {above[-1]:.2f} %.",
            "It is too early to tell whether that lasts.",
        )
    found = sentences((*train, 15, 15, 15), (*test, 15, 15, 15))
    assert found is not None
    assert found.lead == "The test error has risen since epoch 3."


def test_errors_that_both_rise() -> None:
    found = sentences((90, 10, 8, 8, 8, 9, 9, 9, 9), (90, 12, 9, 9, 9, 11, 11, 11, 12))
    assert found == Conclusion(
        "The test error has risen since epoch 4.", "9.00 % in training, 12.00 % on the test set."
    )


def test_the_error_decides_whether_a_loss_that_rises_is_overfitting() -> None:
    """If the error still falls, the network is only too confident in its mistakes."""
    epochs = list(range(9))
    train, rising = (
        [2.3, 0.2, 0.1, 0.05, 0.03, 0.01, 0.005, 0.002, 0.001],
        [2.3, 0.3, 0.2, 0.14, 0.15, 0.16, 0.17, 0.18, 0.19],
    )
    falling, flat = [0.9, 0.09, 0.08, 0.07, 0.06, 0.05, 0.04, 0.03, 0.02], [0.9, *[0.02] * 8]
    found = []
    for test in (falling, flat):
        error = Curves(Curve(epochs, falling), Curve(epochs, test))
        history = History(error=error, loss=Curves(Curve(epochs, train), Curve(epochs, rising)))
        finding = find_in_curves(history, "loss", {"train": 500, "test": 500})
        assert finding is not None
        conclusion = curve_sentences("loss", finding, str)
        assert conclusion is not None
        found.append(conclusion.lead)
    lead = "The training loss falls, the test loss has risen since epoch 3"
    assert found == [f"{lead}.", f"{lead}: overfitting."]


def test_a_little_overfitting() -> None:
    assert sentences(WITH_DROPOUT, WITH_DROPOUT_TEST) == Conclusion(
        "The training error fell, the test error has hardly improved since epoch 9.",
        "A little overfitting.",
    )


def test_curves_that_still_fall() -> None:
    assert sentences(SLOW, SLOW_TEST) == Conclusion(
        "The training and the test error still fall.", "More epochs may help."
    )
    held = (*SLOW[:5], *[8.2 - 0.01 * number for number in range(6)])
    found = sentences(held, SLOW_TEST)
    assert found == Conclusion("The test error still falls.", "More epochs may help.")


def test_a_fall_whose_last_epoch_rose_is_not_said_to_last() -> None:
    train, test = (90.0, 5.1, 3.1, 2.6, 2.15, 2.25), (90.0, 5.3, 4.0, 3.5, 3.0, 3.42)
    assert sentences(train, test) == Conclusion(
        "The test error fell from 4.00 % at epoch 2 to 3.42 %, but rose at the end.", "More epochs may help."
    )
    assert sentences(train, (*test[:5], 2.9)) == Conclusion("The test error still falls.", "More epochs may help.")
    assert sentences(train) == Conclusion(
        "The training error fell from 3.10 % at epoch 2 to 2.25 %, but rose at the end.",
        "There is no test set that shows overfitting.",
    )


def test_no_epoch_of_a_long_run_is_overlooked() -> None:
    falling = [5 + 80 * 0.995**epoch for epoch in range(420)]
    found = sentences(falling, [*falling[:-1], falling[-2] + 0.001])
    assert found is not None
    assert "rose at the end" in found.lead
    for epoch in (300, 301, 302):
        test = [*[1.0] * epoch, 0.5, *[0.0] * (420 - epoch)]
        found = sentences(falling, test)
        assert found is not None
        assert found.lead == f"The test error has been 0 since epoch {epoch + 1}."
        lost = [90 - 88 * number / epoch for number in range(epoch)] + [1.5, *[85.0] * (419 - epoch)]
        found = sentences(lost)
        assert found is not None
        assert found.lead == f"The training error has risen from 1.50 % at epoch {epoch} to 85.00 %."


def test_a_last_value_far_below_all_others_is_an_improvement() -> None:
    assert sentences(TRAIN[:7], TEST[:7]) == Conclusion(
        "The training and the test error still fall.", "More epochs may help."
    )


def test_flat_curves() -> None:
    train, test = (90, 5.3, 5.2, 5.1, 5.1, 5.2, 5.1, 5.1, 5.1), (90, 6.0, 5.9, 5.8, 5.9, 5.8, 5.8, 5.9, 5.8)
    assert sentences(train, test) == Conclusion(
        "The training and the test error have hardly improved since epoch 2.",
        "5.10 % in training, 5.80 % on the test set.",
    )
    found = sentences((90, *[0.2] * 8), test)
    assert found is not None
    assert found.rest == "0.20 % in training, 5.80 % on the test set: overfitting."


def test_curves_that_jump() -> None:
    assert sentences(JUMPING, JUMPING, examples=69) == Conclusion(
        "The training and the test error have hardly improved since epoch 2.",
        "Since then, the training error has jumped between 0.40 % and 10.60 %.",
    )


def test_a_test_error_of_0() -> None:
    found = sentences((96.4, 55, 9.8, 2.5, 1.1, 1.1), (98, 57, 8.7, 0, 0, 0))
    assert found == Conclusion("The test error has been 0 since epoch 3.", "The training error is 1.10 %.")


def test_a_network_that_has_hardly_learned() -> None:
    assert sentences(LARGE_RATE, LARGE_RATE) == Conclusion(
        "The network has hardly learned: the training error is 88.80 %.",
        "Untrained it was 94.50 %.",
    )


def test_a_network_that_never_learned_has_lost_nothing() -> None:
    errors = (86.5, 90, 90, 90.1, 90)
    assert sentences(errors, errors) == Conclusion(
        "The network has hardly learned: the training error is 90.00 %.", "Untrained it was 86.50 %."
    )


def test_of_a_regression_the_loss_is_called_overfitting_only_with_the_rmse() -> None:
    """Because the loss is the square, its quotient is."""
    epochs = list(range(9))
    said = []
    for factor in (1.5, 2.5):
        train, test = [9.0, 3.0, 2.5, *[2.0] * 6], [9.0, 4.0, 3.0, *[2.0 * factor] * 6]
        rmse = Curves(Curve(epochs, train), Curve(epochs, test))
        loss = Curves(*(Curve(epochs, [value**2 for value in values]) for values in (train, test)))
        finding = find_in_curves(History(rmse=rmse, loss=loss), "loss", {"train": 300, "test": 80})
        assert finding is not None
        conclusion = curve_sentences("loss", finding, str)
        assert conclusion is not None
        said.append("overfitting" in conclusion.text)
    assert said == [False, True]


def test_a_network_that_lost_what_it_had_learned() -> None:
    errors = (94.5, 12.1, 8.4, 60, 90.2, 90.1, 90.2)
    assert sentences(errors, errors) == Conclusion(
        "The training error has risen from 8.40 % at epoch 2 to 90.20 %.",
        "The network has lost much of what it had learned.",
    )
    assert sentences((*errors[:3], 9, 60), errors[:5]) != sentences(errors, errors), "one bad epoch proves nothing"


def test_too_few_epochs() -> None:
    assert sentences(TRAIN[:2], TEST[:2]) == Conclusion(
        "The test error fell from 94.70 % to 4.61 %.",
        "One epoch is too few to say more.",
    )
    assert sentences((90, 91, 92), (90, 90, 90.5)) == Conclusion(
        "The test error rose from 90.00 % to 90.50 %.",
        "Two epochs are too few to say more.",
    )
    same = sentences((90, 90), (90, 90))
    assert same is not None
    assert same.lead == "The test error is still 90.00 %."


def test_nothing_to_say() -> None:
    assert sentences((), ()) is None
    assert sentences(TRAIN[:1], TEST[:1]) is None
    assert sentences(TRAIN[5:6], TEST[5:6], first=20) is None, "an opened network"


def test_without_a_test_set() -> None:
    assert sentences(SLOW) == Conclusion(
        "The training error still falls.", "There is no test set that shows overfitting."
    )
    flat = sentences((90, 5.3, 5.2, 5.1, 5.1, 5.2, 5.1, 5.1, 5.1))
    assert flat == Conclusion("The training error has hardly improved since epoch 2.", "")


def test_a_loss_that_is_not_finite() -> None:
    assert sentences(TRAIN[:4], (*TEST[:3], math.inf)) == Conclusion("The test error is no longer finite.", "")
    assert sentences((*TRAIN[:3], math.nan), TEST[:4]) == Conclusion("The training error is no longer finite.", "")
    assert sentences(TRAIN, (*TEST[:9], math.nan, *TEST[10:])) is None, (
        "of later values it is not known what they follow"
    )


def test_what_an_opened_network_had_gained_is_not_known() -> None:
    found = sentences((2.0, 2.4, 2.5, 2.5), (3.0, 3.4, 3.5, 3.5), first=20)
    assert found == Conclusion(
        "The test error has risen since epoch 20.", "2.50 % in training, 3.50 % on the test set."
    )


# ---- what a sentence claims holds in its figures, and the hints agree with it

EXAMPLES = {"train": 400, "test": 100}


@st.composite
def errors(draw: st.DrawFn, of: int) -> list[float]:
    """Errors of a set of examples that fall, stay, rise or jump, with spikes up and down."""
    length, rates = draw(st.integers(2, 30)), st.sampled_from([0.6, 0.85, 0.95, 1.0, 1.0, 1.05, 1.2])
    value, values = draw(st.floats(0.3, 1)), []
    for _ in range(length):
        spike = draw(st.sampled_from([1.0] * 8 + [0.4, 1.7]))
        values.append(round(min(value * spike * draw(st.floats(0.97, 1.03)), 1) * of) / of)
        value = min(value * draw(rates), 1)
    return values


@given(train=errors(of=EXAMPLES["train"]), test=errors(of=EXAMPLES["test"]))
@settings(max_examples=100, deadline=None, derandomize=True)
def test_every_claim_holds_in_the_figures(train: list[float], test: list[float]) -> None:
    length = min(len(train), len(test))
    train, test, epochs = train[:length], test[:length], list(range(length))
    history = History(error=Curves(Curve(epochs, train), Curve(epochs, test)))
    finding = find_in_curves(history, "error", EXAMPLES)
    assert finding is not None
    found = curve_sentences("error", finding, percent)
    assert found is not None
    said = f"{found.lead} {found.rest}"
    assert said.count("still fall") + said.count("improved since") + said.count("risen") <= 1

    def alike(curve: list[float], one: float, count: int) -> float:
        """The value up to which ``one`` is about as low as the end of the curve."""
        return curve[-1] + 0.1 * max(curve[-3:]) + 1.01 / count

    if match := re.search(r"since epoch (\d+)", said):
        at = int(match[1])
        if "test error has been 0" in said:
            assert not any(test[at:])
        elif "risen" in said:
            assert test[at] < test[-1]
        else:
            assert test[at] <= alike(test, test[at], EXAMPLES["test"])
        if "training and" in said:
            assert train[at] <= alike(train, train[at], EXAMPLES["train"])
        if "training error fell" in said or "training error falls" in said:
            assert train[at] > train[-1]
            assert "training error falls" not in said or train[-1] <= train[-2]
    if match := re.search(r"risen from (\S+ %) at epoch (\d+)", said):
        assert percent(train[int(match[2])]) == match[1] == percent(min(train))
        assert train[-1] > min(train)
    if match := re.search(r"fell from (\S+ %) at epoch (\d+) to (\S+ %), but rose at the end", said):
        at = int(match[2])
        assert (percent(test[at]), percent(test[-1])) == (match[1], match[3])
        assert test[at] > test[-1] > test[-2]
    if match := re.search(r"lowest at epoch (\d+)", said):
        assert test[int(match[1])] == min(test)
    if re.search(r"error still falls?\.", said):
        for curve in (train, test) if "training and the test error still fall" in said else (test,):
            recent = max(3, math.ceil(0.2 * (length - 1)))
            before = max(length - 1 - recent, 0)
            assert curve[-1] <= curve[-2]
            assert curve[-1] < max(curve[max(before - 1, 0) : before + 1])
            assert min(curve[before + 1 :]) < min(curve[: before + 1])
            assert min(curve[-2:]) <= min(curve) or recent > 3
    if "overfitting." in said and "too early" not in said:
        assert test[-1] >= 1.25 * train[-1]
        assert test[-1] - train[-1] > math.sqrt(test[-1] * (1 - test[-1]) / EXAMPLES["test"])

    names = {hint.name for hint in hints_for(_state(history))}
    assert ("overfitting" in names) == (": overfitting" in said)
    assert "too-few-epochs" not in names or "More epochs may help" in said
    assert "underfitting" not in names or not re.search("still fall|overfitting", said)


def _state(history: History) -> RunState:
    figures = {
        f"{part}_{name}": tuple(getattr(history.error, part).values)
        for part in ("train", "test")
        for name in ("error", "loss")
    }
    epochs = tuple(history.error.train.epochs)
    return RunState(Experiment(), epochs, figures, EXAMPLES, all_findings(history, EXAMPLES), is_over=True)


def test_as_of_another_epoch() -> None:
    reported = Conclusion("The training error falls.", "More.")
    assert as_of(reported, None, None) == reported
    assert as_of(reported, 3.5, None) == Conclusion("The training error falls.", "Up to epoch 3.5.")
    assert as_of(reported, None, 12) == Conclusion("The training error falls.", "Early stopping restored epoch 12.")


def test_the_card_shows_the_conclusion_up_to_the_displayed_epoch(make_cards: MakeCards, qtbot: QtBot) -> None:
    window = make_cards("curvesDock")
    label = find(window, ConclusionLabel, "curvesConclusion")
    assert label.conclusion == Conclusion("It has learned nothing yet.")
    window.session.settings.change("epochs", epochs=4)
    for _ in range(5):  # the first estimate
        window.session.step_batch()
        wait_for(qtbot, window, Status.PAUSED)
    (share,) = window.session.runs.current.history.error.early_test.values
    qtbot.waitUntil(lambda: label.conclusion == Conclusion(f"It reads {500 - round(500 * share)} of 500 new digits."))
    window.session.reset()
    for _ in range(4):  # one by one, so that the end of each is kept
        window.session.step_epoch()
        wait_for(qtbot, window, Status.PAUSED, Status.FINISHED)
    whole = label.conclusion
    assert whole is not None
    epoch = next(each for each in window.session.timeline.epochs if 1 <= each < 3)
    window.session.timeline.go_to(epoch)
    past = label.conclusion
    assert past is not None
    data, test = window.session.dataset, window.session.runs.current.history.error.test
    assert data is not None
    wrong = round(test.values[test.epochs.index(int(epoch))] * len(data.test))
    assert past.lead == f"It reads {len(data.test) - wrong} of {len(data.test)} new digits."
    assert past.rest.startswith("The test error fell from ")
    assert past.last == f"Up to epoch {int(epoch)}."
    window.session.timeline.go_to(0)
    assert label.conclusion is not None
    assert label.conclusion.rest == ""
    window.session.timeline.go_live()
    assert label.conclusion == whole
