"""Bars, the predicted class, the second guess, and the confidence threshold."""

from __future__ import annotations

import numpy as np
import pytest
from PyQt5.QtCore import Qt
from PyQt5.QtGui import QColor, QImage
from PyQt5.QtWidgets import QApplication, QLabel, QLineEdit, QWidget
from pytestqt.qtbot import QtBot

from nnviz.cards.stage.draw.predicted_class_view import PredictedClassView
from nnviz.cards.stage.prediction.probability_bars import ProbabilityBars
from nnviz.session.predicted_class import predicted_class_of
from nnviz.ui import theme
from tests.nnviz.cards.card_window import CardWindow, MakeCards
from tests.nnviz.conftest import Model
from tests.nnviz.helpers import drag, find, retype, seven, train_epochs, wait_for_answer

DIGITS = tuple("0123456789")


WITH_ALL = pytest.mark.parametrize("cards", [("predictionDock", "curvesDock")], ids=["all"])


@pytest.fixture
def cards() -> tuple[str, ...]:
    """The cards of the window, unless a test names others."""
    return ("predictionDock",)


@pytest.fixture
def ready_window(make_cards: MakeCards, cards: tuple[str, ...]) -> CardWindow:
    return make_cards(*cards)


def shares(**of_digits: float) -> np.ndarray:
    values = np.zeros(10, np.float32)
    for name, share in of_digits.items():
        values[int(name[1:])] = share
    return values


def has_ink(image: QImage, colour: QColor, top: int = 0, bottom: int = 0) -> bool:
    rows = range(top, bottom or image.height())
    return any(image.pixelColor(x, y) == colour for x in range(image.width()) for y in rows)


@pytest.fixture
def bars(qtbot: QtBot) -> ProbabilityBars:
    made = ProbabilityBars()
    qtbot.addWidget(made)
    made.resize(240, 200)
    made.set_names(DIGITS)
    return made


# ---- bars


def test_the_largest_is_in_ink_and_the_others_are_grey(bars: ProbabilityBars) -> None:
    bars.set_values(shares(d7=0.6, d1=0.3, d4=0.1))
    image = bars.grab().toImage()
    fills = [image.pixelColor(24, 20 * row + 10).name() for row in range(10)]
    assert fills[7] == theme.colour("ink").name()
    assert fills[1] == fills[4] == theme.colour("faint").name()


def test_a_second_guess_of_nearly_nothing_does_not_stand_out(bars: ProbabilityBars) -> None:
    bars.set_values(shares(d7=0.999, d1=0.001))
    assert not has_ink(bars.grab().toImage(), theme.colour("ink"), 20, 39)


def test_the_line_is_at_the_confidence_threshold(bars: ProbabilityBars) -> None:
    bars.set_values(shares(d7=0.6))

    def marked() -> list[int]:
        image = bars.grab().toImage()
        between = [2, 19, 20, 39, 40]  # rows without a groove
        return [x for x in range(30, 190) if any(image.pixelColor(x, y) != theme.colour("card") for y in between)]

    assert marked() == []
    places = []
    for share in (0.25, 0.5, 0.75):
        bars.set_mark(share)
        places += marked()
    assert len(places) == 3
    assert places[1] - places[0] == pytest.approx(places[2] - places[1], abs=1)


def test_long_names_get_room(bars: ProbabilityBars) -> None:
    def groove() -> int:
        """Returns where the bars begin."""
        image = bars.grab().toImage()
        return next(x for x in range(bars.width()) if image.pixelColor(x, 10) == theme.colour("field"))

    bars.set_values(shares(d7=1))
    narrow = groove()
    bars.set_names([*DIGITS[:9], "aeroplane"])
    assert narrow < groove() < 100


def test_bars_paint_nothing_twice(bars: ProbabilityBars, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = []
    monkeypatch.setattr(bars, "update", lambda: calls.append(1))
    bars.set_values(shares(d7=0.6))
    bars.set_values(shares(d7=0.60001))
    bars.set_mark(0.5)
    bars.set_mark(0.5)
    assert len(calls) == 2


# ---- the large answer


def answer(view: PredictedClassView, values: np.ndarray, names: tuple[str, ...] = DIGITS) -> None:
    """Shows what the outputs say."""
    verdict = predicted_class_of(values)
    best, second = names[verdict.best], names[verdict.second]
    view.show_answer(best, verdict.confidence, second, verdict.second_confidence, verdict.is_sure)


@pytest.fixture
def view(qtbot: QtBot) -> PredictedClassView:
    made = PredictedClassView()
    made.set_names(DIGITS)
    qtbot.addWidget(made)
    return made


def said(view: PredictedClassView) -> list[str]:
    return [line.text() for line in (view.name, view.sureness, view.second)]


def test_the_answer_with_its_share_and_the_second_guess(view: PredictedClassView) -> None:
    answer(view, shares(d7=0.85, d1=0.12))
    assert said(view) == ["7", "85 %", "or 1 (12 %)"]


@pytest.mark.parametrize(
    ("share", "reported"),
    [(0.987, "99 %"), (0.99, "99.0 %"), (0.996, "99.6 %"), (0.9994, "99.9 %"), (0.9996, "100 %"), (1.0, "100 %")],
)
def test_it_says_what_the_bars_say(view: PredictedClassView, share: float, reported: str) -> None:
    answer(view, shares(d7=share))
    assert said(view)[1] == reported


def test_an_answer_that_is_not_sure(view: PredictedClassView) -> None:
    answer(view, shares(d7=0.45, d1=0.4))
    assert said(view) == ["7", "not sure", "or 1 (40 %)"]
    assert not has_ink(view.name.grab().toImage(), theme.colour("ink"))


def test_it_is_in_ink_again_when_it_is_sure_again(view: PredictedClassView, qapp: QApplication) -> None:
    theme.apply(qapp, "dark")
    for share, is_ink in ((0.9, True), (0.4, False), (0.9, True)):
        answer(view, shares(d7=share))
        assert has_ink(view.name.grab().toImage(), theme.colour("ink")) is is_ink


def test_a_second_guess_of_nearly_nothing_is_left_out(view: PredictedClassView) -> None:
    answer(view, shares(d7=0.999, d1=0.001))
    assert said(view) == ["7", "99.9 %", ""]


def test_nothing_moves_whatever_it_says(view: PredictedClassView) -> None:
    view.clear()
    places = []
    view.show()
    for values in (None, shares(d7=1), shares(d7=0.4, d8=0.35), shares(d1=0.001)):
        view.clear()
        if values is not None:
            answer(view, values)
        places.append((view.size(), view.name.geometry(), view.sureness.geometry(), view.second.geometry()))
    assert all(place == places[0] for place in places)


def test_long_class_names_fit(view: PredictedClassView) -> None:
    names = ("a", "a very long name of a class that nobody can read")
    view.set_names(names)
    answer(view, np.array([0.1, 0.9]), names)
    assert view.width() <= 120
    assert view.name.text().endswith("…")


def test_the_letters_are_smaller_where_class_names_are_long(view: PredictedClassView, qapp: QApplication) -> None:
    theme.apply(qapp, "dark")
    answer(view, shares(d7=0.9))
    view.name.ensurePolished()
    large = view.name.font().pixelSize()
    view.set_names(("trousers", "ankle boot"))
    assert view.name.font().pixelSize() < large
    view.set_names(DIGITS)
    assert view.name.font().pixelSize() == large


@pytest.mark.parametrize(("names", "is_large"), [(("blue", "orange"), True), (("blue", "a very long name"), False)])
def test_long_names_are_large_too_where_there_is_room(
    view: PredictedClassView, qapp: QApplication, names: tuple[str, str], is_large: bool
) -> None:
    theme.apply(qapp, "dark")
    view.set_names(DIGITS)
    view.name.ensurePolished()
    digits = view.name.font().pixelSize(), view.sizeHint()
    view.set_names(names, is_free=True)
    answer(view, np.array([0.1, 0.9]), names)
    view.show()
    assert (view.name.font().pixelSize() == digits[0]) == is_large
    assert view.sizeHint().height() > digits[1].height()
    metrics = view.name.fontMetrics()
    assert metrics.boundingRect(view.name.text()).width() <= view.width() <= 160
    assert metrics.tightBoundingRect("gÜ").height() <= view.name.height()
    assert view.second.fontMetrics().horizontalAdvance(view.second.text()) <= view.width()
    view.set_names(DIGITS)
    assert (view.name.font().pixelSize(), view.sizeHint()) == digits


# ---- in the window


@WITH_ALL
def test_while_the_answer_is_on_its_way_nobody_says_that_there_is_none(ready_window: CardWindow, qtbot: QtBot) -> None:
    window = ready_window
    drag(window.canvas, seven(window.canvas))
    window.card("predictionDock").refresh()  # the answer has not arrived yet: its signal waits for the event loop
    assert window.card("predictionDock").bars.reason == ""
    run = window.session.runs.current
    run.parameters = np.full_like(run.parameters, np.nan)
    window.session.displayed.show(run)
    qtbot.waitUntil(lambda: window.card("predictionDock").bars.reason == "the outputs are not finite")


def test_the_large_answer_is_the_sessions_verdict(ready_window: CardWindow, qtbot: QtBot) -> None:
    window = ready_window
    train_epochs(qtbot, window, 3)
    drag(window.canvas, seven(window.canvas))
    wait_for_answer(qtbot, window)
    verdict = window.session.question.verdict
    order = window.session.prediction.argsort()
    assert (verdict.best, verdict.second) == (order[-1], order[-2])
    assert find(window, QLabel, "answerLabel").text() == str(verdict.best)
    second = find(window, QLabel, "secondGuessLabel").text()
    assert second == (f"or {verdict.second} ({100 * verdict.second_confidence:.0f} %)" if second else "")
    assert bool(second) is (verdict.second_confidence >= 0.005)


def test_a_person_sets_from_where_the_answer_is_sure(ready_window: CardWindow, qtbot: QtBot) -> None:
    window = ready_window
    drag(window.canvas, seven(window.canvas))
    wait_for_answer(qtbot, window)
    field = find(window, QLineEdit, "sureThresholdSpin")
    assert field.text() == "50 %"
    for typed, share in (("100", 1.0), ("0", 0.0), ("25 %", 0.25), ("999", 1.0)):
        with qtbot.waitSignal(window.session.question.threshold_changed):
            retype(qtbot, window, "sureThresholdSpin", typed)
        assert window.session.question.threshold == share
        assert field.text() == f"{100 * share:.0f} %"
        assert (
            find(window, QLabel, "surenessLabel").text() == "not sure"
        ) is not window.session.question.verdict.is_sure


def test_keys_step_the_threshold_and_what_is_no_share_changes_nothing(ready_window: CardWindow, qtbot: QtBot) -> None:
    for typed in ("", "abc", "%"):
        field = retype(qtbot, ready_window, "sureThresholdSpin", typed)
        assert ready_window.session.question.threshold == 0.5, typed
        assert field.text() == "50 %", typed

    # The arrow keys step it.
    field = find(ready_window, QLineEdit, "sureThresholdSpin")
    field.setFocus()
    qtbot.keyClick(field, Qt.Key.Key_Up)
    assert ready_window.session.question.threshold == 0.55
    for _ in range(30):
        qtbot.keyClick(field, Qt.Key.Key_Down)
    assert ready_window.session.question.threshold == 0
    assert field.text() == "0 %"


def test_the_network_is_left_as_it_is(ready_model: Model) -> None:
    session = ready_model.session
    before, run = session.runs.current.network.parameters.copy(), session.runs.current
    session.question.set_threshold(0.9)
    assert session.runs.current is run
    assert not run.unsaved
    np.testing.assert_array_equal(run.network.parameters, before)


def test_before_anything_is_drawn_the_card_is_empty_and_has_no_table(ready_window: CardWindow, qtbot: QtBot) -> None:
    assert ready_window.card("predictionDock").table() is None
    bars = ready_window.card("predictionDock").bars
    assert bars.reason == "", "the canvas says what to do"
    drag(ready_window.canvas, seven(ready_window.canvas))
    wait_for_answer(qtbot, ready_window)
    columns, rows = ready_window.card("predictionDock").table()
    assert columns == ["class", "output"]
    assert [row[0] for row in rows] == list(DIGITS)
    np.testing.assert_allclose([row[1] for row in rows], ready_window.session.prediction)
    assert bars.reason == ""
    ready_window.draw.clear()
    wait_for_answer(qtbot, ready_window)
    assert bars.reason == "", "the canvas says what to do"


@WITH_ALL
def test_the_card_keeps_its_place_at_any_answer(ready_window: CardWindow, qtbot: QtBot) -> None:
    """The layout does not jump when an answer comes, goes, or is unsure."""

    def places() -> list[object]:
        names = ("drawDock", "predictionDock", "curvesDock")
        cards: list[QWidget] = [ready_window.card(name) for name in names]
        return [*(card.geometry() for card in cards), ready_window.canvas.geometry()]

    before = places()
    drag(ready_window.canvas, seven(ready_window.canvas))
    wait_for_answer(qtbot, ready_window)
    ready_window.session.question.set_threshold(1)
    ready_window.grab()
    assert places() == before
