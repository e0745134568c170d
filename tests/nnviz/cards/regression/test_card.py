"""Tests of a regression in the window: RMSE, predictions over targets, residuals."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PyQt5.QtCore import Qt
from PyQt5.QtGui import QKeyEvent
from PyQt5.QtTest import QTest
from PyQt5.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from engine.datasets import DATASETS, Dataset, DataSource
from engine.datasets.dataset import regression_split
from engine.datasets.scaling import Scaling
from engine.training.metrics import Evaluator
from nnviz.cards.curves.curve_plot import CurvePlot
from nnviz.cards.regression.card import PointsPage
from nnviz.cards.regression.model import MOST, PREDICTED, PredictedNumbers
from nnviz.formatting import text
from nnviz.session.selection import Example
from nnviz.ui.choice_button import ChoiceButton
from nnviz.ui.conclusion_label import ConclusionLabel
from nnviz.ui.elided_label import ElidedLabel
from nnviz.ui.plots.legend import Key
from nnviz.ui.plots.painted_axes import ends_of
from nnviz.window.main_window import MainWindow
from tests.engine.helpers import restored_later
from tests.nnviz.cards.card_window import AnyWindow, CardWindow, MakeCards
from tests.nnviz.cards.importing.import_helpers import look_at, use
from tests.nnviz.cards.stage.plane.plane_helpers import load
from tests.nnviz.conftest import Model
from tests.nnviz.helpers import click, find, hover, leave, show_view, train_epochs


@pytest.fixture
def ready_window(make_cards: MakeCards) -> CardWindow:
    window = make_cards("curvesDock")
    window.add_bars()
    return window


def titles(window: AnyWindow) -> list[str]:
    """The titles of the pages that are offered."""
    return [page.title for page in window.curves.pages if page.is_offered]


def page_of(window: AnyWindow, title: str) -> PointsPage:
    page = next(page for page in window.curves.pages if page.title == title)
    assert isinstance(page, PointsPage)
    return page


def known(qtbot: QtBot, window: AnyWindow) -> PredictedNumbers:
    """What is predicted by the network as it is now."""
    probe = window.session.queries[PREDICTED]
    qtbot.waitUntil(lambda: probe.is_up_to_date and probe.result is not None)
    result: PredictedNumbers = probe.result
    return result


def turn_to(qtbot: QtBot, window: AnyWindow, title: str) -> PointsPage:
    show_view(qtbot, window, f"{title.lower()}View")
    known(qtbot, window)
    return page_of(window, title)


def reported(page: PointsPage) -> str:
    """The read-out."""
    read_out = find(page.plot, QLabel, "readOut")
    return "" if read_out.isHidden() else read_out.text()


@pytest.fixture
def put_numbers(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Registers a regression of a given number of examples and outputs."""
    restored_later(monkeypatch, DATASETS)

    def put(examples: int, outputs: int = 1) -> None:
        rng = np.random.default_rng(3)
        inputs, targets = rng.normal(size=(examples, 3)), rng.normal(size=(examples, outputs))
        train, test = (regression_split(name, inputs, targets, 3, outputs) for name in ("train", "test"))
        names = ("height m", "mass kg", "age")[:outputs]
        scaling = Scaling(np.arange(outputs) + 10.0, np.arange(outputs) + 2.0)
        data = Dataset("numbers", train, test, columns=("a", "b", "<i>c</i>"), targets=names, target_scaling=scaling)
        DATASETS.register("numbers")(DataSource("numbers", lambda: data))

    return put


# ---- pages


def test_pages_come_and_go_with_the_task_and_the_one_that_was_chosen_comes_back(
    ready_window: CardWindow, qtbot: QtBot
) -> None:
    window = ready_window
    assert titles(window) == ["Error", "Loss", "Distributions"]
    load(qtbot, window, "mpg")
    assert titles(window) == ["RMSE", "Loss", "Predicted", "Residuals", "Distributions"]
    assert window.curves.page.title == "RMSE"

    # Out of view they ask nothing.
    assert not window.session.queries[PREDICTED].is_wanted
    turn_to(qtbot, window, "Predicted")
    assert window.session.queries[PREDICTED].is_wanted

    # They come and go with the task, and the one that was chosen comes back.
    turn_to(qtbot, window, "Residuals")
    load(qtbot, window, "penguins")
    assert titles(window) == ["Error", "Loss", "Distributions"]
    assert window.curves.page.title == "Error"
    load(qtbot, window, "mpg")
    assert window.curves.page.title == "Residuals"
    load(qtbot, window, "sine")
    assert titles(window) == ["RMSE", "Loss", "Predicted", "Residuals", "Distributions"]


# ---- figures


def test_figures_and_the_page_of_the_rmse_are_in_the_unit_of_what_is_predicted(
    ready_window: CardWindow, qtbot: QtBot
) -> None:
    window = ready_window
    load(qtbot, window, "mpg")
    train_epochs(qtbot, window, 3)
    figure = find(window, QLabel, "testFigure")
    session = window.session
    data = session.data.dataset
    assert data is not None
    assert data.test is not None
    exact = Evaluator(session.displayed.network, data.test, data.target_scaling).evaluate()
    assert exact.rmse is not None
    assert exact.r2 is not None
    assert figure.text() == f"{exact.rmse:.2f} mpg"
    assert f"R² is {exact.r2:#.3g}".replace("-", "−") in figure.toolTip()
    assert "RMSE of mpg" in figure.toolTip()

    # The headline says how far off half of the test rows are at most.
    label = find(window, ConclusionLabel, "curvesConclusion")
    off = data.raw_targets(session.displayed.network.predict(data.test.inputs)) - data.raw_targets(data.test.targets)
    half = text.figure(float(np.median(np.abs(off))), 2)
    lead = f"Half of the {len(data.test)} new rows are within {half} mpg."
    qtbot.waitUntil(lambda: label.conclusion is not None and label.conclusion.lead == lead)

    # The page of the RMSE has its unit and tells R².
    history = window.session.runs.current.history
    plot = find(window, CurvePlot, "rmsePlot")
    x, y = plot.line("test").getData()
    np.testing.assert_allclose(plot.axes.across(np.array([0, 1, 2, 3])), x)
    np.testing.assert_allclose(10**y, history.rmse.test.values)
    area = plot.plot_area()
    hover(plot.viewport(), (area.left() + area.width() * math.sqrt(2 / 3), area.center().y()))
    words = find(plot, QLabel, "readOut").text()
    assert f"test {history.rmse.test.values[2]:#.3g} mpg" in words
    assert "R²" in words
    table = window.curves.rmse.table()
    assert table[0][:3] == ["epoch", "train RMSE", "test RMSE"]
    assert table[0][4:6] == ["train R2", "test R2"]
    rows = [list(row) for row in table[1]]
    assert rows[3][2] == history.rmse.test.values[3]
    assert rows[3][5] == history.r2.test.values[3]

    # Other data, other figures.
    load(qtbot, window, "penguins")
    train_epochs(qtbot, window, 1)
    assert "misclassified" in find(window, QLabel, "testFigure").toolTip()


def test_only_runs_of_the_same_kind_are_compared(ready_model: Model, qtbot: QtBot) -> None:
    model, session = ready_model, ready_model.session
    train_epochs(qtbot, model, 2)
    digits = session.runs.current
    load(qtbot, model, "mpg")
    train_epochs(qtbot, model, 2)
    cars = session.runs.current
    assert cars is not digits
    assert session.runs.compared == [], "shares of digits have no place among miles per gallon"
    session.reset()
    assert session.runs.compared == [cars]
    load(qtbot, model, "sine")
    assert session.runs.compared == [], "y is not mpg"
    load(qtbot, model, "mnist")
    assert session.runs.compared == [digits]


# ---- predicted against true


def test_points_are_what_the_network_predicts(ready_window: CardWindow, qtbot: QtBot) -> None:
    window, session = ready_window, ready_window.session
    load(qtbot, window, "mpg")
    train_epochs(qtbot, window, 2)
    page = turn_to(qtbot, window, "Predicted")
    found, data = known(qtbot, window), session.data.dataset
    assert data is not None
    assert data.test is not None
    assert data.target_scaling is not None
    assert [each.part.name for each in found.parts] == ["test", "train"]
    assert not found.is_sample
    true = data.target_scaling.undo(data.test.targets)
    np.testing.assert_allclose(found.parts[0].true, true)
    answers = data.target_scaling.undo(session.displayed.network.predict(data.test.inputs))
    np.testing.assert_allclose(found.parts[0].predicted, answers, rtol=1e-5)
    assert page.plot.count == len(data.train) + len(data.test)
    assert page.plot.frame.x_name == "true mpg"
    assert page.plot.frame.line == page.plot.frame.x, "the diagonal"

    # An example is read and asked about.
    part = known(qtbot, window).parts[0]
    number = len(known(qtbot, window).parts[1].rows) + int(part.true[:, 0].argmax())
    at = page.plot.place_of(number)
    hover(page.plot, (at.x(), at.y()))
    words = reported(page)
    assert f"true {part.true.max():.2f}"[:9] in words
    assert "predicted" in words
    assert "cylinders" in words
    QTest.mouseClick(page.plot, Qt.MouseButton.LeftButton, pos=at.toPoint())
    example = session.selection.example
    assert example is not None
    assert example.part == "test"
    assert part.true[example.number, 0] == part.true.max()
    assert session.question.origin == example, "it is asked about"
    leave(page.plot)
    assert reported(page) == ""

    # Residuals lie around the line of zero.
    page = turn_to(qtbot, window, "Residuals")
    low, high = page.plot.frame.y
    assert low == -high
    assert page.plot.frame.y_name == "off by mpg, + is too high"
    assert page.plot.frame.line == (0, 0)
    part = known(qtbot, window).parts[0]
    first = len(known(qtbot, window).parts[1].rows)
    assert page.plot._points[first].tolist() == [part.predicted[0, 0], part.predicted[0, 0] - part.true[0, 0]]

    # Keys of the legend show and hide a part.
    both = page.plot.count
    click(qtbot, window, Key, "residualsTrainKey")
    assert page.plot.count == len(known(qtbot, window).parts[0].rows) < both
    table = page.table()
    assert table is not None
    rows = [list(row) for row in table[1]]
    assert {row[0] for row in rows} == {"test"}
    assert rows[0][5] == pytest.approx(rows[0][4] - rows[0][3])
    test = window.session.data.dataset.splits["test"]
    assert rows[0][1:3] == [0, test.file_row(0)]
    assert table[0] == ["part", "example", "row of the file", "true mpg", "predicted mpg", "predicted − true"]
    click(qtbot, window, Key, "residualsTestKey")
    assert page.plot.count == 0
    assert page.table() is None

    # Keys go from one example to the next.
    page = turn_to(qtbot, window, "Predicted")
    session.selection.choose_example(None)
    click(qtbot, window, Key, "predictedTrainKey")
    part = known(qtbot, window).parts[0]
    order = np.argsort(part.true[:, 0], kind="stable").tolist()
    page.plot.setFocus()
    for key, place in ((Qt.Key.Key_Right, 0), (Qt.Key.Key_Right, 1), (Qt.Key.Key_Left, 0), (Qt.Key.Key_Left, 0)):
        page.plot.keyPressEvent(QKeyEvent(QKeyEvent.Type.KeyPress, key, Qt.KeyboardModifier.NoModifier))
        assert session.selection.example == Example("test", order[place])
        assert session.question.origin == session.selection.example, "what is chosen is asked about"

    # Predictions that are not finite are not drawn.
    click(qtbot, window, Key, "predictedTrainKey")
    network = session.displayed.network
    broken = network.parameters.copy()
    broken[-1] = math.inf
    session.runs.current.parameters = broken
    session.displayed.show(session.runs.current)
    assert np.isinf(known(qtbot, window).parts[0].predicted).all()
    page.plot.grab()
    assert page.plot.count
    assert np.isnan(page.plot._places()).all()
    hover(page.plot, (300, 100))
    assert reported(page) == ""


def test_of_very_many_some_are_drawn_spread_evenly(
    ready_window: CardWindow, qtbot: QtBot, put_numbers: Callable[..., None]
) -> None:
    window = ready_window
    put_numbers(7000)
    load(qtbot, window, "numbers")
    page = turn_to(qtbot, window, "Predicted")
    found = known(qtbot, window)
    assert [len(each.rows) for each in found.parts] == [MOST // 2, MOST // 2]
    assert page.plot.count == MOST
    for part in found.parts:
        assert (part.rows[0], part.rows[-1]) == (0, part.part.count - 1)
        apart = np.diff(part.rows)
        assert apart.max() - apart.min() <= 1
    label = next(each for each in page.findChildren(QLabel) if "spread evenly" in each.text())
    assert label.isVisible()


def test_one_of_several_numbers_is_drawn(
    ready_window: CardWindow, qtbot: QtBot, put_numbers: Callable[..., None]
) -> None:
    window = ready_window
    put_numbers(40, outputs=3)
    load(qtbot, window, "numbers")
    page = turn_to(qtbot, window, "Predicted")
    button = find(window, ChoiceButton, "predictedOutputButton")
    assert button.isVisible()
    assert page.plot.frame.x_name == "true height m"
    button.chosen.emit("1")
    assert button.text() == "mass kg ▾"
    assert page.plot.frame.x_name == "true mass kg"
    np.testing.assert_array_equal(page.plot._points[:40, 0], known(qtbot, window).parts[1].true[:, 1])

    # Names of columns are no markup.
    at = page.plot.place_of(3)
    hover(page.plot, (at.x(), at.y()))
    assert "&lt;i&gt;c&lt;/i&gt;" in reported(page)


def test_the_axis_grows_in_steps_and_not_beyond_reason() -> None:
    true = np.linspace(0, 10, 11)
    (low, high), same = ends_of([(true, true)])
    assert (low, high) == same
    for far, most in ((high + 0.1, high + 5), (1e9, 2 * high + 10), (np.inf, high)):
        ends = ends_of([(true, np.append(true[:-1], far))])[1]
        assert ends[0] == low
        assert high <= ends[1] <= most
    constant = ends_of([(np.zeros(3), np.zeros(3))])
    assert constant[0][0] < 0 < constant[0][1]


# ---- in a small window


@pytest.fixture
def long_name(ready_window: CardWindow, qtbot: QtBot, tmp_path: Path) -> CardWindow:
    """A small window with numbers to predict that have a long name."""
    rows = [f"{number},{number % 7},{number % 5}" for number in range(100)]
    file = tmp_path / "power.csv"
    file.write_text("\n".join(["consumption of electric power (kWh),a,b", *rows]))
    ready_window.resize(1280, 720)
    load(qtbot, ready_window, str(file), target="consumption of electric power (kWh)")
    ready_window.session.settings.change("batch size", batch_size=10)
    return ready_window


def test_the_status_is_not_cut_by_a_long_name(long_name: CardWindow, qtbot: QtBot) -> None:
    long_name.resize(1280, 720)
    train_epochs(qtbot, long_name, 2)
    status = find(long_name, ElidedLabel, "runStatus")
    assert status.shown
    assert status.shown in (status.text(), status.text().split(" · ")[0])
    long_name.resize(1900, 900)
    qtbot.waitUntil(lambda: status.shown == status.text())


def test_the_page_of_the_rmse_is_made_at_rest_and_filled_when_it_is_needed(
    whole_window: MainWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    """The plot first; it keeps the scale that is chosen meanwhile, and has the unit once the data are used."""
    file = tmp_path / "t.csv"
    file.write_text("a,b,weight (kg)\n" + "".join(f"{n % 7},{n % 5},{n % 11}.5\n" for n in range(300)))
    curves = whole_window.curves
    qtbot.waitUntil(lambda: curves.rmse is not None)  # before there are numbers to predict
    look_at(qtbot, whole_window, file)
    assert titles(whole_window)[0] == "Error"
    assert "RMSE" not in titles(whole_window)
    assert curves.rmse is not None
    assert not curves.rmse.is_filled
    assert curves.rmse.findChild(CurvePlot) is not None
    curves.set_log("rmse", False)
    use(qtbot, whole_window)
    assert titles(whole_window)[0] == "RMSE"
    assert curves.rmse.is_filled
    assert not curves.rmse.plot.is_log
    assert len(curves.rmse.findChildren(CurvePlot)) == 1
    assert "kg" in curves.rmse.plot.quantity.unit


def test_headline_and_axis_of_time_stay_those_of_the_rmse_in_front_of_other_views(
    ready_window: CardWindow, qtbot: QtBot
) -> None:
    window = ready_window
    load(qtbot, window, "mpg")
    train_epochs(qtbot, window, 1)
    show_view(qtbot, window, "predictedView")
    train_epochs(qtbot, window, 4)
    label = find(window, ConclusionLabel, "curvesConclusion")
    qtbot.waitUntil(lambda: label.conclusion is not None and label.conclusion.lead.startswith("Half of the "))
    qtbot.waitUntil(lambda: window.curves.foot.axis.numbers[-1][0] == "epoch 5")
