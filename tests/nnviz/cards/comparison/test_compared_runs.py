"""What the other cards of Runs show of the runs that are compared."""

from __future__ import annotations

import numpy as np
import pytest
from PyQt5.QtCore import Qt
from PyQt5.QtGui import QFontMetrics
from PyQt5.QtWidgets import QLabel, QMenu
from pytestqt.qtbot import QtBot

from engine.datasets import Dataset
from nnviz.cards.comparison.agreement_table import AgreementTable
from nnviz.cards.comparison.conclusion import mistakes_conclusion
from nnviz.cards.comparison.differences_table import DifferenceTable
from nnviz.cards.comparison.model import COMPARED_PREDICTIONS, DISAGREEMENT
from nnviz.cards.comparison.prediction_rows import PredictionRows
from nnviz.cards.comparison.runs_plot import RunsPlot
from nnviz.cards.runs.run_table import RunTable
from nnviz.commands.screenshot import wait_until
from nnviz.formatting import text
from nnviz.formatting.run_name import short_names
from nnviz.library import Library
from nnviz.ui import theme
from nnviz.ui.choice_button import ChoiceButton
from nnviz.ui.conclusion_label import ConclusionLabel
from nnviz.ui.elided_label import ElidedLabel
from nnviz.ui.picture_list import PictureList
from nnviz.ui.row_list import RowList
from tests.nnviz.cards.card_window import AnyWindow, CardWindow, MakeCards
from tests.nnviz.cards.runs.helpers import click_row, compare, show_runs
from tests.nnviz.helpers import click, click_tab, drag, find, hover, is_shown, seven
from tests.nnviz.library.helpers import record

CURVES, DIFFERENCES, ANSWERS = (
    pytest.mark.parametrize("cards", [("runsDock", name)], ids=[name])
    for name in ("theirCurvesDock", "whatDiffersDock", "theirAnswersDock")
)


@pytest.fixture
def cards() -> tuple[str, ...]:
    """The cards of the window, unless a test names some of them."""
    return "runsDock", "theirCurvesDock", "whatDiffersDock", "theirAnswersDock"


@pytest.fixture
def ready_window(make_cards: MakeCards, cards: tuple[str, ...]) -> CardWindow:
    return make_cards(*cards)


@pytest.fixture
def table(ready_window: CardWindow, three_runs: list[int], qtbot: QtBot) -> RunTable:
    """Of the three runs, none is compared yet."""
    return show_runs(ready_window, qtbot)


def compare_too(window: AnyWindow, qtbot: QtBot, table: RunTable, row: int) -> None:
    """Clicks a row, and waits until its run is compared with those before."""
    before = len(window.session.comparison.runs)
    click_row(qtbot, table, row)
    qtbot.waitUntil(lambda: len(window.session.comparison.runs) == before + 1)


def choose_view(qtbot: QtBot, window: AnyWindow, name: str) -> None:
    """Clicks the entry of that name in the menu of the chart."""
    button = click(qtbot, window, ChoiceButton, "theirView")
    menu = find(button, QMenu, "theirViewMenu")
    action = next(each for each in menu.actions() if each.objectName() == name)
    qtbot.mouseClick(menu, Qt.MouseButton.LeftButton, pos=menu.actionGeometry(action).center())


def settle(window: AnyWindow, qtbot: QtBot, name: str) -> None:
    probe = window.session.queries[name]
    qtbot.waitUntil(lambda: probe.is_wanted and probe.is_up_to_date)


# ---- curves


@CURVES
def test_each_compared_run_has_its_curve_its_last_value_and_its_name(
    table: RunTable, ready_window: CardWindow, qtbot: QtBot
) -> None:
    window = ready_window
    headline = find(window, ConclusionLabel, "comparisonConclusion")
    assert find(window, QLabel, "theirHint").text() == "Click a run in the list to see its curve."
    compare(window, qtbot, table, 0, 1)
    plot, runs = find(window, RunsPlot, "theirPlot"), window.session.comparison.runs
    assert [(run.title, run.colour) for run in plot.runs] == [(run.title, run.colour) for run in runs]
    for line, run in zip(plot.lines, runs, strict=True):
        joined = run.members[0].history.error.joined("test")
        assert line.x.tolist() == joined.epochs, "with the estimates of the first epoch"
        assert line.y.tolist() == pytest.approx([100 * value for value in joined.values])
    last = [run.members[0].history.error.test.values[-1] for run in runs]
    names = short_names([run.title for run in runs])
    assert plot.labels == [f"{100 * error:.2f} % {name}" for error, name in zip(last, names, strict=True)]
    best = min(range(2), key=last.__getitem__)
    assert headline.conclusion is not None
    assert headline.conclusion.lead == (
        f"{runs[best].title.forms[-1]} has the lowest test error: {100 * last[best]:.2f} %."
    )
    assert "train each with 5 seeds" in find(window, ElidedLabel, "comparisonMethod").toolTip()

    # One run alone says what it achieved.
    click_row(qtbot, table, 0)
    assert [run.title for run in plot.runs] == ["narrow"]
    assert headline.conclusion.lead == f"Test error {100 * last[1]:.2f} % after 2 epochs."

    # The menu chooses the figure and the axes.
    choose_view(qtbot, window, "theirViewTrain_ErrorAction")
    error = window.session.comparison.runs[0].members[0].history.error
    assert plot.lines[0].y.tolist() == pytest.approx([100 * value for value in error.joined("train").values])
    choose_view(qtbot, window, "actionTheirLogarithmic")
    choose_view(qtbot, window, "actionTheirRootEpochs")
    assert not plot.is_log
    assert plot.view == ((0, 2), (0, plot.view[1][1]))
    choose_view(qtbot, window, "theirViewTest_ErrorAction")

    # The mouse reads the values of an epoch.
    window.session.comparison.clear()
    compare(window, qtbot, table, 0, 1)
    area = plot.plot_area()
    hover(plot.viewport(), (area.center().x(), area.center().y()))
    read_out = find(plot, QLabel, "readOut")
    value = window.session.comparison.runs[1].members[0].history.error.test.at(1)
    assert value is not None
    assert "epoch 1" in read_out.text()
    assert f"narrow {100 * value:.2f} %" in read_out.text()

    # A value beside a curve is whole; a longer name takes room from the chart up to a share of it.
    measure = QFontMetrics(theme.font(theme.LARGE, bold=True)).horizontalAdvance
    before = plot.plot_area().width()
    for run in window.session.comparison.runs:
        name = f"the same long name for each of them, {run.chosen}"
        window.session.library.annotate([run.record.id], name=name)
    qtbot.waitUntil(lambda: all(run.title.startswith("the same") for run in window.session.comparison.runs))
    qtbot.waitUntil(lambda: plot.plot_area().width() < before)
    assert plot.plot_area().width() > plot.width() / 2
    plot.resize(200, plot.height())
    widest = max(measure(label.partition(" %")[0]) for label in plot.labels)
    qtbot.waitUntil(lambda: plot.width() - plot.plot_area().right() > widest)

    # Runs of the same name have a column each.
    runs = window.session.comparison.runs
    window.session.library.annotate([run.record.id for run in runs], name="narrow")
    qtbot.waitUntil(lambda: [run.title for run in window.session.comparison.runs] == ["narrow", "narrow"])
    head, rows = window.card("theirCurvesDock").table()
    assert head == ["epoch", "narrow", "narrow"]
    for column, run in enumerate(window.session.comparison.runs, 1):
        assert [row[column] for row in rows] == run.members[0].history.error.test.values


# ---- what differs


@DIFFERENCES
def test_only_what_differs_is_reported_with_deltas_to_the_baseline(
    table: RunTable, ready_window: CardWindow, qtbot: QtBot
) -> None:
    compare(ready_window, qtbot, table, 1, 0)
    rows = {row.name: row.cells for row in find(ready_window, DifferenceTable, "differTable").rows}
    assert [cell.text for cell in rows["optimizer"]] == ["Adam", "SGD"]
    assert [cell.text for cell in rows["layers"]] == ["784-16-10", "784-32-10"]
    assert not {"batch size", "epochs", "data"} & set(rows), "in these they are the same"
    one, other = (run.record.figures["test_error"] for run in ready_window.session.comparison.runs)
    assert rows["test error"][1].delta == f"{100 * (other - one):+.2f}".replace("-", "−")
    assert not rows["test error"][0].delta

    # Another baseline is measured by.
    qtbot.keyClick(table, Qt.Key.Key_Equal)
    rows = {row.name: row.cells for row in find(ready_window, DifferenceTable, "differTable").rows}
    assert rows["training loss"][0].delta
    assert not rows["training loss"][1].delta


# ---- where they disagree


@DIFFERENCES
def test_a_cell_has_the_examples_that_one_gets_right_and_the_other_wrong(
    table: RunTable, ready_window: CardWindow, qtbot: QtBot, few_digits: Dataset
) -> None:
    # Of one run there is nothing to disagree.
    compare(ready_window, qtbot, table, 1)
    click_tab(qtbot, ready_window, "disagreeTab")
    assert not find(ready_window, AgreementTable, "disagreeMatrix").isVisible()

    # A cell has the examples that one gets right and the other wrong.
    ready_window.session.comparison.clear()
    compare(ready_window, qtbot, table, 1, 0)
    click_tab(qtbot, ready_window, "disagreeTab")
    settle(ready_window, qtbot, DISAGREEMENT)
    test = few_digits.test
    assert test is not None
    assert test.labels is not None
    networks = [run.network for run in ready_window.session.comparison.runs]
    inputs = np.stack([test.example(number) for number in range(len(test))])
    one, other = (n.predict(inputs).argmax(axis=1) != test.labels for n in networks if n is not None)
    matrix = find(ready_window, AgreementTable, "disagreeMatrix")
    assert matrix.counts is not None
    assert matrix.counts.tolist() == [
        [int((~one & ~other).sum()), int((~one & other).sum())],
        [int((one & ~other).sum()), int((one & other).sum())],
    ]
    pictures = find(ready_window, PictureList, "disagreePictures")
    assert pictures.count == int((~one & other).sum())
    qtbot.mouseClick(matrix, Qt.MouseButton.LeftButton, pos=matrix.place_of((1, 0)).center())
    assert pictures.count == int((one & ~other).sum())
    names = [run.title.forms[-1] for run in ready_window.session.comparison.runs]
    found = find(ready_window, ConclusionLabel, "disagreeConclusion").conclusion
    assert found == mistakes_conclusion(names[0], names[1], matrix.counts)
    assert found is not None

    # The runs of the matrix change places.
    before, comparison = matrix.counts, ready_window.session.comparison
    comparison.choose_for_pair(0, comparison.runs[1].chosen)
    settle(ready_window, qtbot, DISAGREEMENT)
    assert matrix.counts.tolist() == before.T.tolist()

    # Enter asks all about the chosen example.
    qtbot.keyClick(matrix, Qt.Key.Key_Left)
    qtbot.keyClick(pictures, Qt.Key.Key_Right)
    assert ready_window.session.question.example is None
    qtbot.keyClick(pictures, Qt.Key.Key_Return)
    assert ready_window.session.question.example is not None


# ---- their answers


@ANSWERS
def test_each_answers_to_the_drawing(table: RunTable, ready_window: CardWindow, qtbot: QtBot) -> None:
    # Without a run or a drawing it says what to do.
    window, more = ready_window, find(ready_window, QLabel, "theirAnswersMore")
    rows, headline = find(window, PredictionRows, "theirAnswers"), find(window, QLabel, "theirAnswersConclusion")
    assert more.text() == "Click a run in the list to see its prediction."
    compare(window, qtbot, table, 0)
    assert more.text() == "Draw a digit to see its prediction."
    assert not rows.rows

    # One run answers, then each.
    drag(window.canvas, seven(window.canvas))
    settle(window, qtbot, COMPARED_PREDICTIONS)
    assert headline.text() == f"It reads {rows.rows[0].answer}."
    compare_too(window, qtbot, table, 1)
    settle(window, qtbot, COMPARED_PREDICTIONS)
    example = window.session.question.example
    assert example is not None
    for row, run in zip(rows.rows, window.session.comparison.runs, strict=True):
        assert run.network is not None
        outputs = run.network.predict(example[None])[0]
        assert (row.title, row.colour) == (run.title.forms[-1], run.colour)
        assert row.answer == str(outputs.argmax())
        assert row.share == pytest.approx(float(outputs.max()))
        assert row.caption == f"{text.certainty(outputs.max())} sure"
    answers = [row.answer for row in rows.rows]
    assert headline.text() == (f"Both read {answers[0]}." if len(set(answers)) == 1 else "They disagree.")

    # Networks of other data say why they do not answer.
    window.session.data.load("penguins")
    wait_until(window, lambda: is_shown(window.session.data))
    settle(window, qtbot, COMPARED_PREDICTIONS)
    assert [row.reason for row in rows.rows] == ["needs 784 inputs"] * 2


# ---- other data


def test_runs_of_other_data(ready_window: CardWindow, qtbot: QtBot) -> None:
    for name in ("penguins", "mpg", "spirals"):
        expect_compared_runs_of(ready_window, qtbot, name)


def expect_compared_runs_of(window: CardWindow, qtbot: QtBot, name: str) -> None:
    """Two runs of those data, the latest of the library, are compared on all cards."""
    window.session.comparison.clear()
    window.session.data.load(name)
    wait_until(window, lambda: is_shown(window.session.data))
    data = window.session.data.dataset
    assert data is not None
    table = show_runs(window, qtbot)
    made = window.session.settings.experiment.changed(epochs=3)
    with Library() as library:
        for rate in (0.01, 0.002):
            record(library, made.changed(learning_rate=rate), data)
    with qtbot.waitSignal(window.session.library.listed):
        window.session.library.refresh()
    window.session.comparison.clear()
    compare(window, qtbot, table, 0, 1)
    settle(window, qtbot, COMPARED_PREDICTIONS)
    rows = find(window, PredictionRows, "theirAnswers").rows
    assert all(row.answer and not row.reason for row in rows)
    views = find(window, ChoiceButton, "theirView").entries
    assert ("test_error" in views) == data.is_classification
    assert ("test_rmse" in views) != data.is_classification
    assert "test_loss" in views
    click_tab(qtbot, window, "disagreeTab")
    predicted = find(window, QLabel, "theirAnswersConclusion").text()
    assert (predicted.startswith("They predict ") and predicted.endswith(" mpg.")) != data.is_classification
    if data.is_classification:
        settle(window, qtbot, DISAGREEMENT)
        matrix = find(window, AgreementTable, "disagreeMatrix")
        assert matrix.counts is not None
        qtbot.mouseClick(matrix, Qt.MouseButton.LeftButton, pos=matrix.place_of((0, 0)).center())
        assert find(window, RowList, "disagreeRows").count == matrix.counts[0, 0]
    else:
        words = [label.text() for label in window.card("whatDiffersDock").findChildren(QLabel) if label.isVisible()]
        assert any(each.startswith("Disagreements need classes") for each in words)
