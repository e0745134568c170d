"""The curves in the window: pages, legend, scale, earlier runs."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PyQt5.QtCore import QCoreApplication, QPoint, Qt, QTimer
from PyQt5.QtGui import QContextMenuEvent
from PyQt5.QtWidgets import QAbstractButton, QApplication, QLabel, QMenu, QToolButton
from pytestqt.qtbot import QtBot

from engine.datasets import Dataset, Split
from nnviz.cards.curves.curve_plot import CurvePlot
from nnviz.session.selection import Neuron
from nnviz.session.session import Session
from nnviz.session.status import Status
from nnviz.ui import theme
from nnviz.ui.pages import Page
from nnviz.ui.plots.legend import Key
from tests.nnviz.cards.card_window import AnyWindow, CardWindow, MakeCards
from tests.nnviz.cards.plane.plane_helpers import load
from tests.nnviz.conftest import Model
from tests.nnviz.helpers import (
    MANY_EPOCHS,
    click,
    click_tab,
    find,
    hover,
    is_shown,
    make_all_pages,
    pause,
    tab_of,
    train_epochs,
    train_for_a_while,
    wait_for,
)
from tests.nnviz.ui.helpers import pixel, place_of

SHOWN = ("curvesDock",)  # cards


@pytest.fixture
def ready_window(make_cards: MakeCards) -> CardWindow:
    return make_cards(*SHOWN)


def turn_to(qtbot: QtBot, window: AnyWindow, name: str) -> None:
    """Clicks on a tab."""
    click_tab(qtbot, window, name)
    QCoreApplication.processEvents()


def plot_of(window: AnyWindow, name: str) -> CurvePlot:
    """errorPlot or lossPlot."""
    return find(window, CurvePlot, name)


EARLY = [0.25, 0.5]  # the estimates in a first epoch of 20 batches


def drawn(plot: CurvePlot, name: str) -> tuple[list[float], list[float]]:
    """Epochs and heights of a line."""
    x, y = plot.line(name).getData()
    return ([], []) if x is None else ([round(plot.axes.epoch(at), 9) for at in x], list(y))


def key(window: AnyWindow, name: str) -> Key:
    """A key of the legend."""
    return find(window, Key, name)


def another_network(session: Session, *neurons: int) -> None:
    """One of another shape, not trained, in the place of the one that is there."""
    session.settings.change("layers", hidden=neurons)
    session.reset()


# ---- pages


def test_error_and_loss_each_have_a_page(ready_window: CardWindow, qtbot: QtBot) -> None:
    window = ready_window
    assert window.curves.windowTitle() == "Curves"
    train_epochs(qtbot, window, 2)
    history = window.session.runs.current.history
    assert drawn(plot_of(window, "errorPlot"), "test")[0] == [0, *EARLY, 1, 2]
    assert window.findChild(CurvePlot, "lossPlot") is None, "out of view nothing is made"
    turn_to(qtbot, window, "lossTab")
    assert plot_of(window, "lossPlot").isVisible()
    assert not plot_of(window, "errorPlot").isVisible()
    for name, curve in ((name, history.loss.joined(name)) for name in ("train", "test")):
        epochs, heights = drawn(plot_of(window, "lossPlot"), name)
        assert epochs == curve.epochs
        np.testing.assert_allclose(10 ** np.array(heights), curve.values)
    assert window.curves.plot is plot_of(window, "lossPlot")

    # The scale is switched for each page.
    turn_to(qtbot, window, "errorTab")
    button = find(window, QToolButton, "scaleButton")
    assert button.text() == "error %, log"
    with qtbot.waitSignal(window.curves.error.scale_changed):
        click(qtbot, window, QToolButton, "scaleButton")
    assert button.text() == "error %, linear"
    np.testing.assert_allclose(
        drawn(plot_of(window, "errorPlot"), "test")[1],
        100 * np.array(window.session.runs.current.history.error.joined("test").values),
    )
    assert not window.curves.error.is_log
    assert window.curves.loss.is_log
    turn_to(qtbot, window, "lossTab")
    assert find(window, QToolButton, "lossScaleButton").text() == "loss, log"
    window.curves.loss.set_scales(False, True)
    assert find(window, QToolButton, "lossScaleButton").text() == "loss, linear"

    # Another run begins with the whole view.
    turn_to(qtbot, window, "errorTab")
    plot = plot_of(window, "errorPlot")
    plot.setFocus()
    qtbot.keyClick(plot, Qt.Key.Key_Plus)
    assert plot.is_zoomed
    window.session.step_batch()
    qtbot.waitUntil(lambda: window.session.state is Status.PAUSED)
    assert plot.is_zoomed
    window.session.reset()
    assert not plot.is_zoomed


def test_fine_lines_move_within_an_epoch(
    make_cards: MakeCards, load_with: Callable[..., None], mnist: Dataset, few_digits: Dataset, qtbot: QtBot
) -> None:
    digits = replace(few_digits, train=mnist.train.head(20_000))  # epochs that last a while
    load_with(lambda: digits)
    window = make_cards(*SHOWN)
    qtbot.waitUntil(lambda: window.session.state is Status.READY)
    window.session.settings.change("batch size", batch_size=1, epochs=MANY_EPOCHS)
    window.session.start()
    for tab, plot in (("errorTab", "errorPlot"), ("lossTab", "lossPlot")):
        turn_to(qtbot, window, tab)
        qtbot.waitUntil(lambda plot=plot: len(drawn(plot_of(window, plot), "live_test")[0]) >= 2, timeout=20_000)
    pause(qtbot, window)


def test_nobody_estimates_for_a_page_that_is_not_in_view(ready_window: CardWindow, qtbot: QtBot) -> None:
    window, session = ready_window, ready_window.session
    other = Page("Other", "otherTab", "")
    window.curves.add_page(other)

    def estimates() -> int:
        """Returns the number of estimates that a single batch brings."""
        live = session.runs.current.history.error.live_test.epochs
        before = len(live)
        session.step_batch()
        wait_for(qtbot, window, Status.TRAINING)
        wait_for(qtbot, window, Status.PAUSED)
        return len(live) - before

    for tab, expected in (("lossTab", 1), ("otherTab", 0), ("errorTab", 1), ("otherTab", 0)):
        turn_to(qtbot, window, tab)
        assert estimates() == expected, tab
    turn_to(qtbot, window, "lossTab")
    window.curves.close()
    assert estimates() == 0
    window.curves.show()
    assert estimates() == 1


def test_without_classes_there_is_no_page_of_errors(
    make_cards: MakeCards, load_with: Callable[..., None], few_digits: Dataset, qtbot: QtBot
) -> None:
    def without_labels(split: Split | None) -> Split:
        assert split is not None
        return Split(split.inputs, split.targets, None, split.scale)

    regression = Dataset("Numbers", without_labels(few_digits.train), without_labels(few_digits.test))
    load_with(lambda: regression)
    window = make_cards(*SHOWN)
    qtbot.waitUntil(lambda: is_shown(window.session.data))
    bar, error = tab_of(window, "errorTab")
    assert not bar.isTabVisible(error)
    assert bar.tabData(bar.currentIndex()) == "rmseTab"
    train_epochs(qtbot, window, 2)
    assert drawn(plot_of(window, "rmsePlot"), "test")[0] == [0, *EARLY, 1, 2]
    assert window.session.runs.current.history.error.test.epochs == []
    window.session.data.load("penguins")
    qtbot.waitUntil(lambda: is_shown(window.session.data))
    assert bar.isTabVisible(error)


# ---- before the first epoch ends


def test_batch_by_batch_something_is_seen_from_the_first_on(ready_window: CardWindow, qtbot: QtBot) -> None:
    window, session, plot = ready_window, ready_window.session, plot_of(ready_window, "errorPlot")
    session.settings.change("batch size", batch_size=10)  # 200 of them
    for steps in (1, 2, 3):
        session.step_batch()
        wait_for(qtbot, window, Status.PAUSED)
        qtbot.waitUntil(lambda steps=steps: len(drawn(plot, "live_test")[0]) == steps)
        assert drawn(plot, "live_test")[0] == [pytest.approx(step / 200) for step in range(1, steps + 1)]
    left, right = (place_of(plot, epoch)[0] for epoch in (0, 3 / 200))
    assert right - left > 0.02 * plot.plot_area().width(), "wide enough to see them"
    assert "epoch 0.01 (batch 2), estimate" in read_at(plot, 2 / 200)
    session.step_epoch()
    wait_for(qtbot, window, Status.PAUSED)
    qtbot.waitUntil(lambda: drawn(plot, "test")[0] == [0, *(step / 200 for step in (5, 10, 20, 40, 80, 120, 160)), 1])
    assert "epoch 1" in read_at(plot, 1)


# ---- where settings changed


def test_a_change_of_settings_is_marked_in_the_middle_of_a_run(ready_window: CardWindow, qtbot: QtBot) -> None:
    window, session = ready_window, ready_window.session
    session.settings.change("epochs", epochs=4)
    session.step_epoch()
    wait_for(qtbot, window, Status.PAUSED)
    assert plot_of(window, "errorPlot").changes == ()
    session.settings.change("learning rate", learning_rate=0.05)
    session.start()
    wait_for(qtbot, window, Status.FINISHED)
    assert plot_of(window, "errorPlot").changes == ((1, "learning rate 0.05"),)
    assert "from epoch 1: learning rate 0.05" in read_at(plot_of(window, "errorPlot"), 1)
    assert "from epoch" not in read_at(plot_of(window, "errorPlot"), 3)
    turn_to(qtbot, window, "lossTab")
    assert plot_of(window, "lossPlot").changes == ((1, "learning rate 0.05"),)

    # Of many differences two are named, one from its epoch on.
    turn_to(qtbot, window, "errorTab")
    another_network(session, 30)
    session.settings.change("momentum", optimizer="momentum", learning_rate=0.1)
    train_epochs(qtbot, window, 1)
    (name,) = [session.runs.difference(run) for run in session.runs.compared]
    assert name == "784-64-32-10, learning rate 0.05 from epoch 1 and 1 more"
    assert name + " " in read_at(plot_of(window, "errorPlot"), 1)


def test_a_run_that_is_trained_on_stays_one_with_marks_and_follows_edits(
    ready_window: CardWindow, qtbot: QtBot
) -> None:
    train_epochs(qtbot, ready_window, 1)
    train_epochs(qtbot, ready_window, 1)
    assert ready_window.session.runs.compared == []
    assert drawn(plot_of(ready_window, "errorPlot"), "test")[0] == [0, *EARLY, 1, 2]

    # More epochs behind the end are marked.
    window = ready_window
    window.session.settings.change("learning rate", learning_rate=0.1)
    train_epochs(qtbot, window, 3)
    assert drawn(plot_of(window, "errorPlot"), "test")[0] == [0, *EARLY, 1, 2, 3, 4, 5]
    _, (epoch, words) = plot_of(window, "errorPlot").changes
    assert epoch == 2
    assert words.startswith("3 more epochs")
    assert "learning rate 0.1" in words

    # The end of a curve follows edits and their undo.
    session = window.session
    run, plot = session.runs.current, plot_of(ready_window, "errorPlot")

    def is_drawn() -> bool:
        error = run.figures().get("test_error")
        return error is not None and plot.line("test").y[-1] == pytest.approx(plot.quantity.factor * error)

    session.edits.set_bias(Neuron(3, 0), 50.0)
    qtbot.waitUntil(is_drawn)
    session.edits.set_bias(Neuron(3, 1), 60.0)
    qtbot.waitUntil(is_drawn)
    session.undo.undo()
    qtbot.waitUntil(is_drawn)

    # Of few test examples, the axis ends at 1 %, and what is below lies on one line.
    load(qtbot, ready_window, "moons", points=200)
    train_epochs(qtbot, ready_window, 1)
    plot, curves = plot_of(ready_window, "errorPlot"), ready_window.session.runs.current.history.error
    curves.train.add(2, 0.0)
    plot.show_curves(vars(curves), 2, None)
    assert plot.axes.floor == pytest.approx(1)
    assert drawn(plot, "train")[1][-1] == pytest.approx(plot.axes.below)


# ---- legend


def colours_of(window: CardWindow, name: str) -> set[str]:
    """Those that a key is painted in."""
    image = key(window, name).grab().toImage()
    return {image.pixelColor(x, y).name() for x in range(image.width()) for y in range(image.height())}


def test_a_key_hides_its_curve_and_a_right_click_offers_to_forget(ready_window: CardWindow, qtbot: QtBot) -> None:
    window = ready_window
    train_epochs(qtbot, window, 2)
    line = plot_of(window, "errorPlot").line("train")
    for shown in (False, True):
        click(qtbot, window, Key, "trainKey")
        assert line.isVisible() is shown
        assert key(window, "trainKey").isChecked() is shown
    assert plot_of(window, "errorPlot").line("test").isVisible()

    # Its square is full while the curve is shown.
    for name in ("dark", "light"):
        theme.apply(QApplication.instance(), name)
        QCoreApplication.processEvents()
        test = key(window, "testKey")
        middle = QPoint(11, test.height() // 2)
        assert test.grab().toImage().pixelColor(middle).name() == theme.current().test
        assert theme.current().train in colours_of(window, "trainKey")
        click(qtbot, window, Key, "testKey")
        assert test.grab().toImage().pixelColor(middle).name() != theme.current().test
        click(qtbot, window, Key, "testKey")

    # A right click offers to forget.
    chosen: list[str] = []

    def choose() -> None:
        menu = QApplication.activePopupWidget()
        assert isinstance(menu, QMenu)
        chosen[:] = [each.text() for each in menu.actions()]
        menu.setActiveAction(menu.actions()[-1])
        qtbot.keyClick(menu, Qt.Key.Key_Return)

    for name in ("earlierKey", "errorPlot"):
        train_epochs(qtbot, window, 1)
        window.session.reset()
        QCoreApplication.processEvents()
        assert len(window.session.runs.compared) == 1
        widget = key(window, name) if name == "earlierKey" else plot_of(window, name).viewport()
        QTimer.singleShot(0, choose)
        centre = widget.rect().center()
        QApplication.sendEvent(
            widget, QContextMenuEvent(QContextMenuEvent.Reason.Mouse, centre, widget.mapToGlobal(centre))
        )
        qtbot.waitUntil(lambda: window.session.runs.compared == [])
        assert chosen == [
            *(["Reset zoom", "Logarithmic", "Wide first epoch (√ axis)"] if name == "errorPlot" else []),
            "Forget earlier runs",
        ]


def test_everything_has_a_name_of_its_own(ready_window: CardWindow) -> None:
    """And says what it does."""
    make_all_pages(ready_window)
    for page in ready_window.curves.curves:
        page.fill()
    buttons = [button for button in window_buttons(ready_window) if button.objectName()]
    names = [button.objectName() for button in buttons]
    assert len(set(names)) == len(names)
    for name in ("trainKey", "testKey", "validationKey", "earlierKey", "scaleButton", "resetZoomButton"):
        assert name in names
        for page in ("rmse", "loss"):
            assert f"{page}{name[0].upper()}{name[1:]}" in names
    assert all(button.toolTip() and button.accessibleName() for button in buttons)


def window_buttons(window: CardWindow) -> list[QAbstractButton]:
    """All that the card has of its own."""
    return [each for page in window.curves.curves for each in page_buttons(page)]


def page_buttons(page: Page) -> list[QAbstractButton]:
    """In the page and in its part of the head."""
    return page.findChildren(QAbstractButton) + page.aside.findChildren(QAbstractButton)


# ---- scale


# ---- earlier runs


def shapes_of_compared(session: Session) -> list[tuple[int, ...]]:
    """The hidden layers of the earlier runs."""
    return [run.experiment.hidden for run in session.runs.compared]


def read_at(plot: CurvePlot, epoch: float) -> str:
    """Returns the text of the read-out at a place."""
    hover(plot.viewport(), pixel(plot, epoch, 1.2))
    return re.sub("<[^>]*>", "", find(plot, QLabel, "readOut").text())


def test_earlier_runs_are_distinguished_by_what_differs_from_this_one(ready_window: CardWindow, qtbot: QtBot) -> None:
    window, session = ready_window, ready_window.session
    plot = plot_of(window, "errorPlot")
    for changed in ({}, {"learning_rate": 0.05}, {"learning_rate": 0.2, "seed": 2}, {"seed": 1}):
        if changed:
            session.settings.change("settings", **changed)
            session.reset()
        train_epochs(qtbot, window, 1)
    reported = read_at(plot, 1)
    for words in ("same settings ", "learning rate 0.05 ", "seed 2 "):
        assert reported.count(words) == 1, words
    for words in ("same settings", "learning rate 0.05", "seed 2"):
        assert words in key(window, "earlierKey").toolTip()
    session.reset()
    session.settings.change("seed", seed=2)
    reported = read_at(plot, 1)
    assert "same settings " in reported, "as this network is now"
    assert "learning rate 0.05, seed 1 " in reported
    assert "untitled" not in reported


def test_a_network_that_is_replaced_stays_behind_in_grey(ready_window: CardWindow, qtbot: QtBot) -> None:
    window, session = ready_window, ready_window.session
    assert not key(window, "earlierKey").isVisible()
    train_epochs(qtbot, window, 2)
    first, width_before = session.runs.current, window.curves.minimumSizeHint().width()
    session.reset()
    assert key(window, "earlierKey").isVisible()
    earlier = key(window, "earlierKey")
    assert earlier.text() == "same settings, earlier run"
    whole = earlier.sizeHint().width()
    for width, shown in ((whole, "same settings, earlier run"), (whole - 20, "earlier run")):
        earlier.resize(width, earlier.height())
        assert earlier.shown == shown

    # A long name in the legend widens nothing.
    QCoreApplication.processEvents()
    assert earlier.sizeHint().width() > 100
    assert window.curves.minimumSizeHint().width() <= width_before + 40

    # Its key shows that train is dashed.
    image, ink = earlier.grab().toImage(), theme.current().faint
    rows = ["".join("#" if image.pixelColor(x, y).name() == ink else " " for x in range(26)) for y in range(24)]
    lengths = [[len(part) for part in row.split()] for row in rows]
    assert [18] in lengths, "test: solid"
    assert any(len(parts) > 1 for parts in lengths), "train: dashed"

    grey_train, grey_test = plot_of(window, "errorPlot").earlier_lines[0]
    np.testing.assert_allclose(10 ** grey_test.getData()[1] / 100, first.history.error.joined("test").values)
    np.testing.assert_allclose(10 ** grey_train.getData()[1] / 100, first.history.error.joined("train").values)
    window.session.undo.undo()
    assert session.runs.compared == []
    assert not key(window, "earlierKey").isVisible()
    window.session.undo.redo()
    assert session.runs.compared == [first]
    another_network(session, 30)
    train_epochs(qtbot, window, 1)
    another_network(session, 20)
    train_epochs(qtbot, window, 1)
    assert shapes_of_compared(session) == [(64, 32), (30,)]
    assert key(window, "earlierKey").text() == "earlier runs"
    reported = read_at(plot_of(window, "errorPlot"), 1)
    assert "784-30-10 " in reported
    assert "784-64-32-10 " in reported


def test_runs_of_other_data_are_not_compared(ready_model: Model, qtbot: QtBot) -> None:
    # A run stopped in its middle is kept too.
    train_for_a_while(qtbot, ready_model)
    ready_model.session.reset()
    assert len(ready_model.session.runs.compared) == 1

    # Runs of other data are not compared.
    session = ready_model.session
    load(qtbot, ready_model, "moons", points=200)
    train_epochs(qtbot, ready_model, 2)
    moons = session.runs.current
    session.reset()
    load(qtbot, ready_model, "spirals", points=200)
    train_epochs(qtbot, ready_model, 2)
    session.reset()
    assert [run.experiment.data for run in session.runs.compared] == ["spirals"]
    load(qtbot, ready_model, "moons", points=200, noise=0.2)
    session.reset()
    assert session.runs.compared == [moons], "with other noise they are the same data"


def test_opening_a_file_makes_the_present_network_an_earlier_one(
    ready_window: CardWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    window, session = ready_window, ready_window.session
    another_network(session, 30)
    train_epochs(qtbot, window, 2)
    path = tmp_path / "net.json"
    with qtbot.waitSignal(session.runs.file_changed):
        session.files.save(path)
    qtbot.waitUntil(lambda: session.runs.current.storage.path == path)
    saved = session.runs.current.history
    another_network(session, 20)
    train_epochs(qtbot, window, 1)
    session.files.open(path)
    qtbot.waitUntil(lambda: session.runs.current.storage.path == path)
    assert shapes_of_compared(session) == [(20,)], "the run that the file holds is the one that is there now"
    assert session.runs.current.history.loss.test.values == pytest.approx(saved.loss.test.values)
    turn_to(qtbot, window, "lossTab")
    assert drawn(plot_of(window, "lossPlot"), "test")[0] == [0, *EARLY, 1, 2]


def test_the_table_gives_the_figures_and_tabs_and_legend_stay_in_sight(ready_window: CardWindow, qtbot: QtBot) -> None:
    window = ready_window
    train_epochs(qtbot, window, 1)
    window.session.settings.change("validation share", validation_share=0.1)
    window.session.training.fine_tune()
    wait_for(qtbot, window, Status.FINISHED)
    history = window.session.runs.current.history
    names, rows = window.curves.table()
    estimates = ["train error estimate", "test error estimate"]
    assert names == ["epoch", "train error", "test error", "validation error", *estimates]
    assert [row[0] for row in rows] == [0, *EARLY, 1, 2]
    assert [row[2] for row in rows if row[2] != ""] == history.error.test.values
    assert [row[5] for row in rows] == ["", *history.error.early_test.values, "", ""]
    assert rows[0][3] == ""
    assert rows[-1][3] == history.error.validation.values[-1]
    turn_to(qtbot, window, "lossTab")
    names, rows = window.curves.table()
    assert names[:4] == ["epoch", "train loss", "test loss", "validation loss"]
    assert [row[1] for row in rows if row[1] != ""] == history.loss.train.values

    # Tabs and legend stay in sight.
    if len(window.curves.pages) < 3:
        window.curves.add_page(Page("Distributions", "distributionsTab", ""))
    turn_to(qtbot, window, "errorTab")
    window.session.reset()
    train_epochs(qtbot, window, 1)
    for size in ((1280, 720), (1440, 900)):
        window.resize(*size)
        QCoreApplication.processEvents()
        for name in ("errorTab", "lossTab"):
            bar, tab = tab_of(window, name)
            assert bar.rect().contains(bar.tabRect(tab)), (size, name)
        for name in ("trainKey", "testKey", "validationKey", "earlierKey", "scaleButton"):
            widget = find(window, QAbstractButton, name)
            assert widget.visibleRegion().boundingRect() == widget.rect(), (size, name)
            if name in ("trainKey", "testKey", "validationKey"):
                assert widget.width() == widget.sizeHint().width(), f"{size}: the name of {name} is cut off"


# ---- looks
