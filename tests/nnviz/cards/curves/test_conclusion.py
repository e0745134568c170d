"""Tests of the conclusions of the curves on stored figures, most of them of real runs."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PyQt5.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from engine.experiment import Experiment
from engine.training.history import Curve, Curves, History
from engine.training.metrics import Evaluator
from nnviz.cards.curves.conclusion import curve_words
from nnviz.formatting import text
from nnviz.formatting.conclusion import Conclusion
from nnviz.hints.learning_curves import Overfitting, find_in_curves
from nnviz.hints.rules import hints_for
from nnviz.hints.state import RunState, all_findings
from nnviz.session.selection import Neuron
from nnviz.session.status import Status
from nnviz.ui.conclusion_label import ConclusionLabel
from tests.nnviz.cards.card_window import MakeCards
from tests.nnviz.cards.stage.plane.plane_helpers import load
from tests.nnviz.helpers import find, retype, train_epochs, wait_for

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


def words(
    train: Sequence[float], held_out: Sequence[float] = (), part: str = "test", first: int = 0, examples: int = 10_000
) -> str:
    """What is said about errors in percent after each epoch from ``first``."""
    curves = [
        Curve([first + number for number in range(len(values))], [value / 100 for value in values])
        for values in (train, held_out)
    ]
    history = History(error=Curves(**{"train": curves[0], part: curves[1]}))
    found = find_in_curves(history, "error", {"train": 60_000, part: examples})
    return "" if found is None else curve_words("error", found)


def test_a_held_out_error_that_no_longer_improves() -> None:
    assert words(TRAIN, TEST) == "hardly better since epoch 6"
    assert words(TRAIN, (*TEST[:15], 2.63, 2.8, 2.7), "validation") == "not better since epoch 6"
    assert words(WITH_DROPOUT, WITH_DROPOUT_TEST) == "hardly better since epoch 9"
    train = (90, 50, 40, 30, 20, 10, 5, 4, 3, 2.5, 2)
    assert words(train, (90, 50, 40, 30, 20, 10, 6, 6, 6, 6, 6)) == "not better since epoch 6"
    single_low = (90, 50, 40, 30, 20, 10, 8, 4, 8, 8, 8)
    assert words(train, single_low, examples=100) == "not better since epoch 6"
    one_example = (90, 50, 40, 30, 20, 10, 8, 8, 8, 8, 4)
    assert words(train, one_example, examples=24) == "better by only one example since epoch 6"


def test_a_held_out_error_that_rises() -> None:
    rising = (94.7, 4.6, 4.0, 3.4, 3.2, 3.1, 3.2, 3.3, 3.4, 3.5, 3.6, 3.7, 3.8, 3.9, 4.0, 4.1, 4.2, 4.3)
    assert words(TRAIN, rising) == "worse since epoch 5"
    falling = tuple(50 / (1 + number) for number in range(30))
    assert words(falling, (*falling[:26], 2.8, 2.8, 2.9, 2.9)) == "worse since epoch 25"
    assert words((90, 10, 8, 8, 8, 9, 9, 9, 9), (90, 12, 9, 9, 9, 11, 11, 11, 12)) == "worse since epoch 4"
    opened = words((2.0, 2.4, 2.5, 2.5), (3.0, 3.4, 3.5, 3.5), first=20)
    assert opened == "worse since epoch 20", "what an opened network had gained is not known"


def test_a_spike_between_low_errors_is_not_where_the_improvement_ended() -> None:
    train = (90, 40, 30, 25, 20, 15, 12, 10, 8, 7, 6, 5.5, 5, 4.5, 4)
    test = (90, 45, 30, 22, 18, 16, 10.4, 17.68, 10.4, 10.5, 10.3, 10.4, 10.28, 10.54, 10.29)
    assert words(train, test) == "hardly better since epoch 6"


def test_a_fall_that_ended_a_short_time_ago() -> None:
    train = (90, 40, 30, 25, 20, 15, 12, 11, 10.5, 10.2)
    assert words(train, (90, 45, 30, 24, 20, 16, 14, 10.28, 10.54, 10.29)) == "best at epoch 7 so far"


def test_errors_that_jump_up_are_not_hardly_better() -> None:
    """As after a rate that is too large. Three such errors in turn have risen, or what was learned is lost."""
    train, test = (94.5, 4.65, 3.49, 2.64), (94.7, 4.61, 4.03, 3.28)
    for above in ((88.7,), (88.7, 90.2), (15.0,), (15.0, 14.8)):
        said = words((*train, *above), (*test, *above))
        assert said == "worse than at epoch 3; it is too early to tell whether that lasts"
    assert words((*train, 15, 15, 15), (*test, 15, 15, 15)) == "worse since epoch 3"


def test_curves_that_still_fall() -> None:
    assert words(SLOW, SLOW_TEST) == words(SLOW) == "still getting better"
    assert words((*SLOW[:5], *[8.2 - 0.01 * number for number in range(6)]), SLOW_TEST) == "still getting better"
    assert words(TRAIN[:7], TEST[:7]) == "still getting better", "the last value is far below all others"
    train, test = (90.0, 5.1, 3.1, 2.6, 2.15, 2.25), (90.0, 5.3, 4.0, 3.5, 3.0, 3.42)
    assert words(train, test) == words(train) == "better than at epoch 2, but the last epoch was worse"
    assert words(train, (*test[:5], 2.9)) == "still getting better"


def test_no_epoch_of_a_long_run_is_overlooked() -> None:
    falling = [5 + 80 * 0.995**epoch for epoch in range(420)]
    assert "the last epoch was worse" in words(falling, [*falling[:-1], falling[-2] + 0.001])
    for epoch in (300, 301, 302):
        assert words(falling, [*[1.0] * epoch, 0.5, *[0.0] * (420 - epoch)]) == f"no mistake since epoch {epoch + 1}"
        lost = [90 - 88 * number / epoch for number in range(epoch)] + [1.5, *[85.0] * (419 - epoch)]
        assert words(lost) == f"much worse than at epoch {epoch}"


def test_flat_curves_and_curves_that_jump() -> None:
    train, test = (90, 5.3, 5.2, 5.1, 5.1, 5.2, 5.1, 5.1, 5.1), (90, 6.0, 5.9, 5.8, 5.9, 5.8, 5.8, 5.9, 5.8)
    assert words(train, test) == words((90, *[0.2] * 8), test) == words(train) == "hardly better since epoch 2"
    assert words(JUMPING, JUMPING, examples=69) == "not better since epoch 2"


def test_a_test_error_of_0() -> None:
    assert words((96.4, 55, 9.8, 2.5, 1.1, 1.1), (98, 57, 8.7, 0, 0, 0)) == "no mistake since epoch 3"
    assert words((96.4, 55, 9.8, 2.5), (98, 57, 8.7, 0)) == "no mistake"


def test_a_network_that_has_hardly_learned_or_lost_what_it_had() -> None:
    never = (86.5, 90, 90, 90.1, 90)
    for errors in (LARGE_RATE, never):
        assert words(errors, errors) == "hardly better than before training"
    lost = (94.5, 12.1, 8.4, 60, 90.2, 90.1, 90.2)
    assert words(lost, lost) == "much worse than at epoch 2"
    assert words((*lost[:3], 9, 60), lost[:5]) != words(lost, lost), "one bad epoch proves nothing"


def test_too_few_epochs_and_none() -> None:
    assert words(TRAIN[:2], TEST[:2]) == "one epoch is too few to say more"
    assert words((90, 91, 92), (90, 90, 90.5)) == "two epochs are too few to say more"
    assert words((), ()) == words(TRAIN[:1], TEST[:1]) == ""
    assert words(TRAIN[5:6], TEST[5:6], first=20) == "", "an opened network"


def test_errors_that_are_not_finite() -> None:
    assert words(TRAIN[:4], (*TEST[:3], math.inf)) == words((*TRAIN[:3], math.nan), TEST[:4]) == "no longer finite"
    assert words(TRAIN, (*TEST[:9], math.nan, *TEST[10:])) == "", "of later values it is not known what they follow"


def test_overfitting_in_the_loss_is_a_hint_only_if_the_error_or_rmse_no_longer_improves() -> None:
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
        assert curve_words("loss", finding) == "worse since epoch 3"
        found.append(finding.overfitting)
    assert found == [Overfitting.NONE, Overfitting.CLEAR]

    # Of a regression, the loss is the square, and so is its quotient.
    found.clear()
    for factor in (1.5, 2.5):
        train, test = [9.0, 3.0, 2.5, *[2.0] * 6], [9.0, 4.0, 3.0, *[2.0 * factor] * 6]
        rmse = Curves(Curve(epochs, train), Curve(epochs, test))
        loss = Curves(*(Curve(epochs, [value**2 for value in values]) for values in (train, test)))
        finding = find_in_curves(History(rmse=rmse, loss=loss), "loss", {"train": 300, "test": 80})
        assert finding is not None
        found.append(finding.overfitting)
    assert found == [Overfitting.NONE, Overfitting.CLEAR]


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
@settings(max_examples=100, derandomize=True)
def test_every_claim_holds_in_the_figures(train: list[float], test: list[float]) -> None:
    length = min(len(train), len(test))
    train, test, epochs = train[:length], test[:length], list(range(length))
    history = History(error=Curves(Curve(epochs, train), Curve(epochs, test)))
    finding = find_in_curves(history, "error", EXAMPLES)
    assert finding is not None
    said = curve_words("error", finding)
    assert not re.search(rf"\bepoch {length - 1}\b", said), "the displayed epoch is named by its figures"

    def alike(curve: list[float], one: float, count: int) -> float:
        """The value up to which ``one`` is about as low as the end of the curve."""
        return curve[-1] + 0.1 * max(curve[-3:]) + 1.01 / count

    if match := re.search(r"(\w+)(?: \w+)* since epoch (\d+)", said):
        at = int(match[2])
        if "no mistake" in said:
            assert not any(test[at:])
        elif match[1] == "worse":
            assert test[at] < test[-1]
        else:
            assert test[at] <= alike(test, test[at], EXAMPLES["test"])
    if match := re.search(r"much worse than at epoch (\d+)", said):
        assert train[int(match[1])] == min(train) < train[-1]
    elif match := re.search(r"worse than at epoch (\d+)", said):
        assert test[int(match[1])] == min(test) < test[-1]
    if match := re.search(r"better than at epoch (\d+), but the last epoch was worse", said):
        assert test[int(match[1])] > test[-1] > test[-2]
    if match := re.search(r"best at epoch (\d+)", said):
        assert test[int(match[1])] == min(test)
    if said == "still getting better":
        recent = max(3, math.ceil(0.2 * (length - 1)))
        before = max(length - 1 - recent, 0)
        assert test[-1] <= test[-2]
        assert test[-1] < max(test[max(before - 1, 0) : before + 1])
        assert min(test[before + 1 :]) < min(test[: before + 1])
        assert min(test[-2:]) <= min(test) or recent > 3

    names = {hint.name for hint in hints_for(_state(history))}
    assert "overfitting" not in names or re.match("(worse|(hardly|not) better|better by only one) .*since", said)
    assert "too-few-epochs" not in names or said.startswith(("still getting better", "better than"))
    assert "underfitting" not in names or not said.startswith("still getting better")


def _state(history: History) -> RunState:
    figures = {
        f"{part}_{name}": tuple(getattr(history.error, part).values)
        for part in ("train", "test")
        for name in ("error", "loss")
    }
    epochs = tuple(history.error.train.epochs)
    return RunState(Experiment(), epochs, figures, EXAMPLES, all_findings(history, EXAMPLES), is_over=True)


def test_the_card_shows_the_conclusion_up_to_the_displayed_epoch(make_cards: MakeCards, qtbot: QtBot) -> None:
    window = make_cards("curvesDock")
    label = find(window, ConclusionLabel, "curvesConclusion")
    qtbot.waitUntil(lambda: label.conclusion is not None and "learned nothing yet: " in label.conclusion.lead)
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
    many = "One epoch is" if epoch < 2 else "Two epochs are"
    assert past.rest == f"{many} too few to say more."
    window.session.timeline.go_to(0)
    assert label.conclusion is not None
    assert label.conclusion.rest == ""
    window.session.timeline.go_live()
    assert label.conclusion == whole


def test_between_epochs_the_count_is_that_of_the_figure(make_cards: MakeCards, qtbot: QtBot) -> None:
    """First both are those of the last epoch, then those of the displayed snapshot."""
    window = make_cards("curvesDock")
    session, label = window.session, find(window, ConclusionLabel, "curvesConclusion")
    session.settings.change("epochs", epochs=4, learning_rate=1.0)
    for step in (session.step_epoch, session.step_epoch, session.step_batch, session.step_batch):
        step()
        wait_for(qtbot, window, Status.PAUSED)
    between, examples = session.timeline.epochs[-2], len(session.dataset.test)
    assert 2 < between < session.timeline.live_epoch
    session.timeline.go_to(between)

    def counted(error: float) -> bool:
        right = f"It reads {examples - round(error * examples)} of {examples} new digits."
        figure = find(window, QLabel, "testFigure").text()
        return label.conclusion is not None and (label.conclusion.lead, figure) == (right, text.percent(error))

    assert counted(session.runs.current.history.figures(2)["test_error"])
    qtbot.waitUntil(lambda: session.timeline.figures[0] == between)
    own = Evaluator(session.displayed.network, session.dataset.test).evaluate().error
    assert own != session.runs.current.history.figures(2)["test_error"]
    assert counted(own)


def test_while_two_networks_are_compared_the_headline_is_never_of_others(make_cards: MakeCards, qtbot: QtBot) -> None:
    """As in a replay: no sentence and no errors of an epoch that is no longer displayed."""
    window = make_cards("curvesDock")
    session, label = window.session, find(window, ConclusionLabel, "curvesConclusion")
    figures = find(window, QLabel, "comparedFigures")
    session.settings.change("epochs", epochs=5)
    for step in (*[session.step_epoch] * 3, session.step_batch, session.step_batch):
        step()
        wait_for(qtbot, window, Status.PAUSED)
    *_, between, _ = session.timeline.epochs
    session.timeline.go_to(1)
    session.side_by_side.toggle()
    opening = f"From epoch 1 to {session.runs.current.epoch_name(session.runs.current.epochs)}, "
    qtbot.waitUntil(lambda: label.conclusion is not None and label.conclusion.lead.startswith(opening))
    session.timeline.go_to(between)
    assert label.conclusion is None
    assert figures.text().endswith(">Comparing …</span>")
    qtbot.waitUntil(lambda: label.conclusion is not None)
    assert label.conclusion is not None
    assert label.conclusion.lead.startswith(f"From epoch {session.runs.current.epoch_name(between)} to ")
    assert "%" in figures.text()


def test_settings_of_another_network_are_the_headline_after_a_finished_run_too(
    make_cards: MakeCards, qtbot: QtBot
) -> None:
    window = make_cards("curvesDock")
    label, session = find(window, ConclusionLabel, "curvesConclusion"), window.session
    train_epochs(qtbot, window, 1)
    achieved = label.conclusion
    session.settings.change("shape", shape=(784, 8, 10))
    assert label.conclusion == Conclusion("The settings describe another network.")
    session.undo.undo()
    assert label.conclusion == achieved


def test_the_first_wrong_field_is_the_headline_while_nothing_trains(make_cards: MakeCards, qtbot: QtBot) -> None:
    window = make_cards("curvesDock", "settingsCard")
    window.add_bars()
    label, session = find(window, ConclusionLabel, "curvesConclusion"), window.session
    status = find(window, QLabel, "runStatus")
    for trained in (False, True):
        if trained:
            train_epochs(qtbot, window, 1)
        before = label.conclusion, status.text()
        retype(qtbot, window, "learningRateEdit", "-1")
        assert label.conclusion == Conclusion("Correct the learning rate.")
        assert "correct" not in status.text()
        retype(qtbot, window, "batchSizeEdit", "0")
        assert label.conclusion == Conclusion("Correct the learning rate.")
        retype(qtbot, window, "learningRateEdit", "0.2")
        assert label.conclusion == Conclusion("Correct the batch size.")
        session.settings.forget_problems()
        assert (label.conclusion, status.text()) == before
        for field, words in (("layer 1", "layer 1"), ("shape", "the shape"), ("data seed", "the seed")):
            session.settings.set_problem(field, "must be a number")
            assert label.conclusion == Conclusion(f"Correct {words}.")
            session.settings.set_problem(field, None)


@pytest.mark.parametrize("data", ["mnist", "mpg"])
def test_the_errors_with_and_without_a_what_if_are_the_headline(make_cards: MakeCards, qtbot: QtBot, data: str) -> None:
    window = make_cards("curvesDock")
    session = window.session
    if data != "mnist":
        load(qtbot, window, data)
    train_epochs(qtbot, window, 1)
    label = find(window, ConclusionLabel, "curvesConclusion")
    qtbot.waitUntil(lambda: label.conclusion is not None and "learned nothing" not in label.conclusion.lead)
    achieved, dataset = label.conclusion, session.dataset
    assert dataset is not None
    for number in range(8):
        session.edits.set_strength(Neuron(1, number), 0)
    measured = [
        Evaluator(network, dataset.test, dataset.target_scaling).evaluate()
        for network in (session.displayed.network, session.displayed.as_trained)
    ]
    if data == "mnist":
        with_, without = (text.percent(each.error or 0) for each in measured)
    else:
        with_, without = (f"{text.steady(each.rmse or 0)} mpg" for each in measured)
        with_ = f"RMSE {with_}"
    assert with_ != without
    qtbot.waitUntil(lambda: label.conclusion == Conclusion(f"What if: {with_} instead of {without}."))
    session.edits.end_what_if()
    qtbot.waitUntil(lambda: label.conclusion == achieved)


@pytest.mark.parametrize("data", ["mnist", "mpg"])
def test_an_untrained_network_has_learned_nothing_and_its_mistakes_are_counted(
    make_cards: MakeCards, qtbot: QtBot, data: str
) -> None:
    window = make_cards("curvesDock")
    session = window.session
    if data != "mnist":
        load(qtbot, window, data)
    label = find(window, ConclusionLabel, "curvesConclusion")
    for _ in range(2):
        dataset = session.dataset
        assert dataset is not None
        measured = Evaluator(session.displayed.network, dataset.test, dataset.target_scaling).evaluate()
        if data == "mnist":
            wrong = round((measured.error or 0) * len(dataset.test))
            expected = Conclusion(f"It has learned nothing yet: {wrong} of {len(dataset.test)} digits wrong.")
            qtbot.waitUntil(lambda expected=expected: label.conclusion == expected)
        else:
            qtbot.waitUntil(lambda: label.conclusion is not None and "within" in label.conclusion.rest)
            assert label.conclusion is not None
            assert label.conclusion.lead == "It has learned nothing yet."
        session.settings.change("seed", seed=2)
        session.reset()
    assert not session.runs.current.epochs
