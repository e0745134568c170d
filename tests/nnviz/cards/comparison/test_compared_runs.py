"""What the other cards of Runs show of the runs that are compared."""

from __future__ import annotations

import numpy as np
import pytest
from PyQt5.QtCore import Qt
from PyQt5.QtGui import QFontMetrics
from PyQt5.QtWidgets import QAbstractButton, QApplication, QLabel
from pytestqt.qtbot import QtBot

from engine.datasets import Dataset
from nnviz.cards.comparison.agreement_table import AgreementTable
from nnviz.cards.comparison.conclusion import mistakes_conclusion
from nnviz.cards.comparison.differences_table import DifferenceTable
from nnviz.cards.comparison.model import COMPARED_PREDICTIONS, DISAGREEMENT
from nnviz.cards.comparison.prediction_rows import PredictionRows
from nnviz.cards.comparison.runs_plot import RunsPlot, spaced_heights
from nnviz.cards.runs.run_table import RunTable
from nnviz.commands.screenshot import wait_until
from nnviz.library import Library
from nnviz.ui import theme
from nnviz.ui.conclusion_label import ConclusionLabel
from nnviz.ui.picture_list import PictureList
from nnviz.ui.row_list import RowList
from tests.nnviz.cards.card_window import AnyWindow, CardWindow, MakeCards
from tests.nnviz.cards.runs.helpers import click_row, compare, show_runs
from tests.nnviz.helpers import click, click_tab, drag, find, hover, is_shown, seven, tab_of
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


def settle(window: AnyWindow, qtbot: QtBot, name: str) -> None:
    probe = window.session.queries[name]
    qtbot.waitUntil(lambda: probe.is_wanted and probe.is_up_to_date)


# ---- curves


@CURVES
def test_each_compared_run_has_its_curve_and_a_name_of_at_most_a_quarter_of_the_plot(
    table: RunTable, ready_window: CardWindow, qtbot: QtBot
) -> None:
    compare(ready_window, qtbot, table, 0, 1)
    plot, runs = find(ready_window, RunsPlot, "theirErrorPlot"), ready_window.session.comparison.runs
    assert [(run.title, run.colour) for run in plot.runs] == [(run.title, run.colour) for run in runs]
    for line, run in zip(plot.lines, runs, strict=True):
        assert line.y.tolist() == pytest.approx([100 * value for value in run.members[0].history.error.test.values])
    click_row(qtbot, table, 0)
    assert [run.title for run in plot.runs] == ["narrow"]

    # The axis becomes linear.
    click(qtbot, ready_window, QAbstractButton, "theirErrorLogButton")
    assert not plot.is_log
    assert plot.view[1][0] == 0

    # The mouse reads the values of an epoch.
    ready_window.session.comparison.clear()
    compare(ready_window, qtbot, table, 0, 1)
    area = plot.plot_area()
    hover(plot.viewport(), (area.center().x(), area.center().y()))
    read_out = find(plot, QLabel, "readOut")
    value = ready_window.session.comparison.runs[1].members[0].history.error.test.at(1)
    assert value is not None
    assert "epoch 1" in read_out.text()
    assert f"narrow {100 * value:.2f} %" in read_out.text()

    # A value beside a curve is whole: its name is shortened, or left out where there is room for the value only.
    measure = QFontMetrics(theme.font(theme.SMALL)).horizontalAdvance
    for shown in plot._shown:
        value = plot.quantity.text(shown.line.values[-1])
        for width in range(measure(value), measure(f"narrow · {value}") + 20, 3):
            label = plot._label(shown, width)
            assert label.endswith(value)
            assert measure(label) <= width
    width = plot.width()
    plot.resize(260, plot.height())
    widest = max(measure(plot.quantity.text(shown.line.values[-1])) for shown in plot._shown)
    qtbot.waitUntil(lambda: plot.width() - plot.plot_area().right() > widest)

    # Names take at most a quarter of the plot.
    ready_window.session.comparison.clear()
    plot.resize(width, plot.height())
    QApplication.processEvents()
    compare(ready_window, qtbot, table, 0, 1)
    comparison = ready_window.session.comparison
    quarter = plot.width() / 4 + 1

    def rename(name: str) -> None:
        for run in comparison.runs:
            ready_window.session.library.annotate([run.record.id], name=f"{name} {run.chosen}")
        qtbot.waitUntil(lambda: all(run.title.startswith(name) for run in comparison.runs))

    rename("short")
    qtbot.waitUntil(lambda: plot.width() - plot.plot_area().right() < 0.8 * quarter)
    rename("the same long name for each of them,")
    qtbot.waitUntil(lambda: plot.width() - plot.plot_area().right() > 0.9 * quarter)
    assert plot.width() - plot.plot_area().right() <= quarter

    # Runs of the same name have a column each.
    ready_window.session.library.annotate([run.record.id for run in comparison.runs], name="narrow")
    qtbot.waitUntil(lambda: [run.title for run in comparison.runs] == ["narrow", "narrow"])
    head, rows = ready_window.card("theirCurvesDock").table()
    assert head == ["epoch", "narrow", "narrow"]
    assert [row[1] for row in rows] == comparison.runs[0].members[0].history.error.test.values
    assert [row[2] for row in rows] == comparison.runs[1].members[0].history.error.test.values


def test_names_at_the_ends_of_lines_lie_apart() -> None:
    heights = spaced_heights([10.0, 11.0, 95.0, 99.0], 0.0, 100.0)
    assert np.diff(heights).min() >= 17
    assert max(heights) <= 100


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
    # Without a drawing it says what to do.
    answers = find(ready_window, PredictionRows, "theirAnswers")
    assert answers.note == "Click runs in the list to compare their predictions."
    compare(ready_window, qtbot, table, 0)
    assert answers.note == "Draw a digit to see the prediction of each run."

    # Each answers to the drawing.
    ready_window.session.comparison.clear()
    compare(ready_window, qtbot, table, 0, 1)
    drag(ready_window.canvas, seven(ready_window.canvas))
    settle(ready_window, qtbot, COMPARED_PREDICTIONS)
    example = ready_window.session.question.example
    assert example is not None
    for row, run in zip(
        find(ready_window, PredictionRows, "theirAnswers").rows, ready_window.session.comparison.runs, strict=True
    ):
        assert run.network is not None
        outputs = run.network.predict(example[None])[0]
        assert (row.title, row.colour, row.answer) == (run.title, run.colour, str(outputs.argmax()))
        assert row.share == pytest.approx(float(outputs.max()))
    answers = [row.answer for row in find(ready_window, PredictionRows, "theirAnswers").rows]
    found = find(ready_window, ConclusionLabel, "theirAnswersConclusion").conclusion
    assert found is not None
    assert found.lead == (f"Both predict {answers[0]}." if len(set(answers)) == 1 else "They disagree.")

    # Networks of other data say why they do not answer.
    ready_window.session.data.load("penguins")
    wait_until(ready_window, lambda: is_shown(ready_window.session.data))
    settle(ready_window, qtbot, COMPARED_PREDICTIONS)
    rows = find(ready_window, PredictionRows, "theirAnswers").rows
    assert [row.reason for row in rows] == ["needs 784 inputs"] * 2


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
    compare(window, qtbot, table, 0, 1)
    settle(window, qtbot, COMPARED_PREDICTIONS)
    rows = find(window, PredictionRows, "theirAnswers").rows
    assert all(row.answer and not row.reason for row in rows)
    bar, error = tab_of(window, "theirErrorTab")
    assert bar.isTabVisible(error) == data.is_classification
    assert bar.isTabVisible(tab_of(window, "theirRmseTab")[1]) != data.is_classification
    click_tab(qtbot, window, "disagreeTab")
    agreement = find(window, ConclusionLabel, "theirAnswersConclusion").conclusion
    assert (agreement is not None) == data.is_classification
    if data.is_classification:
        settle(window, qtbot, DISAGREEMENT)
        matrix = find(window, AgreementTable, "disagreeMatrix")
        assert matrix.counts is not None
        qtbot.mouseClick(matrix, Qt.MouseButton.LeftButton, pos=matrix.place_of((0, 0)).center())
        assert find(window, RowList, "disagreeRows").count == matrix.counts[0, 0]
    else:
        words = [label.text() for label in window.card("whatDiffersDock").findChildren(QLabel) if label.isVisible()]
        assert any(each.startswith("Disagreements need classes") for each in words)
