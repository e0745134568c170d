"""The band under the curves: the present prediction for the current input over the whole run."""

from __future__ import annotations

import numpy as np
import pytest
from PyQt5.QtCore import QPoint, Qt, QTimer
from PyQt5.QtGui import QContextMenuEvent
from PyQt5.QtTest import QTest
from PyQt5.QtWidgets import QApplication, QMenu
from pytestqt.qtbot import QtBot

from nnviz.cards.curves.band import Band, class_line
from nnviz.cards.curves.prediction_over_time import PAST_PREDICTIONS, PastPredictions
from nnviz.formatting import text
from nnviz.ui import theme
from tests.nnviz.cards.card_window import CardWindow, MakeCards
from tests.nnviz.helpers import drag, hover, leave, seven, train_epochs
from tests.nnviz.ui.helpers import place_of, read_out

NAMES = ("0", "1", "2")


@pytest.fixture
def ready_window(make_cards: MakeCards) -> CardWindow:
    return make_cards("curvesDock")


@pytest.fixture
def band(ready_window: CardWindow) -> Band:
    return ready_window.curves.band


def wait_until_known(qtbot: QtBot, window: CardWindow) -> None:
    qtbot.waitUntil(lambda: window.session.queries[PAST_PREDICTIONS].is_up_to_date)


def history(*best: int) -> PastPredictions:
    """Predictions that are 90 % confident in these classes, one at each epoch."""
    outputs = [np.where(np.arange(3) == each, 0.9, 0.05) for each in best]
    return PastPredictions([float(epoch) for epoch in range(len(best))], outputs)


def x_of(window: CardWindow, epoch: float) -> int:
    plot = window.curves.plot
    return round(window.curves.span[0] + place_of(plot, epoch)[0] - plot.plot_area().left())


def test_the_note_names_the_epoch_since_which_all_snapshots_predict_this_class() -> None:
    known = history(0, 1, 2, 2, 2)
    assert class_line(known, 4, NAMES, True, None).note == "2 since epoch 2"
    assert class_line(known, 4, NAMES, False, 2).note == "right since epoch 2"
    assert class_line(known, 4, NAMES, False, 1).note == "2 since epoch 2"
    assert class_line(known, 1, NAMES, True, None).note == "", "later ones predict another class"
    assert class_line(history(0, 1), 1, NAMES, True, None).note == "", "one prediction lasts no time"

    # The line is that of the class predicted at the snapshot, over the whole run.
    past = class_line(known, 1, NAMES, True, None)
    assert (past.name, past.figures[1]) == ("your 1", "90 % sure")
    assert list(past.shares) == [0.05, 0.9, 0.05, 0.05, 0.05]


def test_it_shows_what_each_snapshot_predicts_and_is_empty_without_an_input(
    ready_window: CardWindow, band: Band, qtbot: QtBot
) -> None:
    window, session = ready_window, ready_window.session
    height = band.height()
    train_epochs(qtbot, window, 2)
    assert band.line is None
    assert band.table() is None
    drag(window.canvas, seven(window.canvas))
    wait_until_known(qtbot, window)
    run, best = session.runs.current, session.question.verdict.best
    assert band.line.name == f"your {best}"
    for epoch, share in zip(band.line.epochs, band.line.shares, strict=True):
        snapshot = min(run.snapshots, key=lambda each: abs(each.epochs - epoch))
        network = run.network.with_parameters(snapshot.parameters)
        assert share == pytest.approx(network.predict(session.question.example[None])[0, best], abs=1e-4)

    # The values are copied as a table.
    band.copy.trigger()
    head, *rows = [line.split("\t") for line in QApplication.clipboard().text().split("\n")]
    assert head == ["epoch", *session.class_names]
    assert [float(row[0]) for row in rows] == pytest.approx(band.line.epochs, rel=1e-4)
    window.canvas.set_strokes([])
    qtbot.waitUntil(lambda: band.line is None)
    assert band.isVisible()
    assert band.height() == height


def test_a_drag_looks_back_and_the_playhead_crosses_the_band(
    ready_window: CardWindow, band: Band, qtbot: QtBot
) -> None:
    window, session = ready_window, ready_window.session
    train_epochs(qtbot, window, 3)
    drag(window.canvas, seven(window.canvas))
    wait_until_known(qtbot, window)
    place = QPoint(x_of(window, 0.5), band.height() // 2)
    hover(band, (place.x(), place.y()))
    assert band.accessibleDescription().startswith("epoch 0.5, ")
    QTest.mouseClick(band, Qt.MouseButton.LeftButton, pos=place)
    qtbot.waitUntil(lambda: session.timeline.epoch == 0.5)
    wait_until_known(qtbot, window)
    assert band.line.name == f"your {np.argmax(session.prediction)}"
    leave(band)  # ends the read-out, which may cover the line
    image = band.grab().toImage()
    assert theme.colour("looking_back").rgb() in {image.pixel(place.x() + by, 2) for by in (-1, 0, 1)}


@pytest.mark.parametrize("is_chart", [False, True])
def test_the_read_out_leaves_when_the_context_menu_opens(
    ready_window: CardWindow, band: Band, qtbot: QtBot, is_chart: bool
) -> None:
    train_epochs(qtbot, ready_window, 2)
    drag(ready_window.canvas, seven(ready_window.canvas))
    wait_until_known(qtbot, ready_window)
    view = ready_window.curves.plot if is_chart else band
    widget = ready_window.curves.plot.viewport() if is_chart else band
    place = widget.rect().center()
    hover(widget, (place.x(), place.y()))
    assert read_out(view).isVisible()
    shown = []

    def see_and_close() -> None:
        shown.append(read_out(view).isVisible())
        menu = QApplication.activePopupWidget()
        assert isinstance(menu, QMenu)
        menu.close()

    QTimer.singleShot(0, see_and_close)
    reason = QContextMenuEvent.Reason.Mouse
    QApplication.sendEvent(widget, QContextMenuEvent(reason, place, widget.mapToGlobal(place)))
    assert shown == [False]
    ready_window.session.timeline.go_to(1)  # the band looks again what the mouse points at
    assert not read_out(view).isVisible()


def test_the_compared_epoch_has_a_line_and_its_value_beside_it(
    ready_window: CardWindow, band: Band, qtbot: QtBot
) -> None:
    window, session = ready_window, ready_window.session
    train_epochs(qtbot, window, 3)
    drag(window.canvas, seven(window.canvas))
    session.timeline.go_to(1)
    example, best = session.question.example[None], int(np.argmax(session.prediction))
    both = session.displayed.network, session.runs.current.network
    here, now = (f"{text.certainty(network.predict(example)[0, best])} sure" for network in both)
    qtbot.waitUntil(lambda: band.figures == (here, ""))
    plain = band.grab().toImage()
    session.side_by_side.toggle()
    qtbot.waitUntil(lambda: band.figures == (here, now))
    image, x = band.grab().toImage(), x_of(window, 3)
    muted = theme.colour("muted").rgb()
    assert any(image.pixel(x + by, y) == muted for by in (-1, 0, 1) for y in range(band.height()))
    session.side_by_side.toggle()
    assert band.figures[1] == ""
    assert band.grab().toImage() == plain


def test_the_input_is_yours_only_if_you_made_it(ready_window: CardWindow, band: Band, qtbot: QtBot) -> None:
    window, session = ready_window, ready_window.session
    train_epochs(qtbot, window, 1)
    window.draw.show_random_digit()
    qtbot.waitUntil(lambda: band.line is not None)
    assert band.line.name == session.class_names[session.question.verdict.best]
    drag(window.canvas, seven(window.canvas))
    qtbot.waitUntil(lambda: band.line.name.startswith("your "))


def test_it_leaves_where_the_card_is_low_and_on_pages_without_a_chart(
    ready_window: CardWindow, band: Band, qtbot: QtBot
) -> None:
    window, query = ready_window, ready_window.session.queries[PAST_PREDICTIONS]
    assert query.is_wanted
    pages = [page.name for page in window.curves.pages]
    window.curves.turn_to(window.curves.pages[pages.index("distributionsView")])
    assert not band.isVisible()
    assert not query.is_wanted
    window.curves.turn_to(window.curves.pages[0])
    assert band.isVisible()
    window.curves.resize(window.curves.width(), 229)
    assert not band.isVisible()
    assert not query.is_wanted
