"""Every control that can be seen has a name for scripts, a name for screen readers and a tip; so have the views."""

from __future__ import annotations

from PyQt5.QtCore import Qt
from PyQt5.QtWidgets import (
    QAbstractButton,
    QAbstractSlider,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QGraphicsView,
    QLineEdit,
    QProgressBar,
    QScrollBar,
    QTextBrowser,
    QWidget,
)
from pytestqt.qtbot import QtBot

from nnviz.cards.stage.draw.canvas import Canvas
from nnviz.cards.stage.prediction.answer_view import AnswerView
from nnviz.ui.pages import PagedCard
from nnviz.ui.picture import Picture
from nnviz.ui.weights.heat_map import HeatMap
from nnviz.window.main_window import MainWindow
from tests.nnviz.helpers import close_more, find, open_more, press, retype, train_epochs

ACTED_ON = (QAbstractButton, QLineEdit, QComboBox, QAbstractSlider, QAbstractSpinBox, QTextBrowser, Canvas)
LOOKED_AT = (QGraphicsView, AnswerView, Picture, HeatMap, QProgressBar)


def is_of_qt(widget: QWidget) -> bool:
    """A part that Qt made for a control of ours: a field within a box, a scroll bar, the arrow of a bar."""
    return isinstance(widget, QScrollBar) or widget.objectName().startswith(("qt_", "Scroll"))


def lacks(widget: QWidget) -> list[str]:
    """What a control does not have and should."""
    missing = []
    if not widget.accessibleName():
        missing.append("accessible name")
    # Where a read-out follows the mouse, a tooltip would lie upon it: F1 tells there.
    if len(widget.toolTip() or (widget.whatsThis() if isinstance(widget, LOOKED_AT) else "")) < 15:
        missing.append("tooltip")
    name = widget.objectName()
    if isinstance(widget, ACTED_ON) and not (name and name[0].islower() and name.isalnum()):
        missing.append("object name")
    return missing


def complaints(of: QWidget) -> list[str]:
    """Of all in the window, or a part of it, that can be seen now."""
    controls = [widget for kind in (*ACTED_ON, *LOOKED_AT) for widget in of.findChildren(kind)]
    found = []
    for widget in controls:
        if widget.isVisible() and not is_of_qt(widget) and (missing := lacks(widget)):
            parent = widget.parentWidget().objectName() or type(widget.parentWidget()).__name__
            found.append(f"{type(widget).__name__} {widget.objectName()!r} in {parent}: no {', '.join(missing)}")
    return sorted(set(found))


def test_on_every_page_and_in_the_order_of_tab(ready_window: MainWindow, qtbot: QtBot) -> None:
    assert not complaints(ready_window)

    # On the page of the further settings.
    assert not complaints(open_more(qtbot, ready_window))
    close_more(qtbot, ready_window)

    # With a message.
    ready_window.session.messages.show("Something to know")
    assert not complaints(ready_window)

    # What a control lacks would be found.
    button = find(ready_window, QAbstractButton, "trainButton")
    for what, get, put in (
        ("tooltip", button.toolTip, button.setToolTip),
        ("accessible name", button.accessibleName, button.setAccessibleName),
        ("object name", button.objectName, button.setObjectName),
    ):
        before = get()
        put("")
        (only,) = complaints(ready_window.run_block)
        assert only.endswith(f"no {what}")
        put(before)

    # Tab goes through the column, then what you watch and what you ask; the timeline has no snapshots yet.
    window = ready_window
    window.session.messages.clear()
    window._tab_order()[0].setFocus()
    visited: list[str] = []
    first = QApplication.focusWidget()
    for _ in range(120):
        place = _place_of(window, QApplication.focusWidget())
        if place and (not visited or visited[-1] != place):
            visited.append(place)
        qtbot.keyClick(QApplication.focusWidget(), Qt.Key.Key_Tab)
        if QApplication.focusWidget() is first:
            break
    settings, *cards = [each.objectName() for each in window.panels if each.isVisible()]
    assert visited == [settings, "runBlock", *cards]

    # A card that is hidden by an enlarged one is left out.
    window.cards.toggle(window.stage)
    reached = {widget.objectName() for widget in window._tab_order()}
    assert "randomDigitButton" in reached
    assert "curvesDockMenuButton" not in reached
    window.cards.put_back()

    # On every page of every card.
    press(qtbot, window, Qt.Key.Key_0, Qt.KeyboardModifier.ControlModifier)
    train_epochs(qtbot, ready_window, 1)
    for workspace in ("train", "inside", "runs"):
        ready_window.show_workspace(workspace)
        cards = [dock for dock in ready_window.panels if isinstance(dock, PagedCard) and dock.isVisible()]
        assert cards
        QApplication.processEvents()
        assert not complaints(ready_window), workspace
        for card in cards:
            for page in card.pages:
                card.turn_to(page)
                QApplication.processEvents()
                assert not complaints(card), card.page.title


def test_after_enter_the_keys_of_the_window_act_and_tab_continues(ready_window: MainWindow, qtbot: QtBot) -> None:
    window, run = ready_window, ready_window.session.runs.current
    field = retype(qtbot, window, "batchSizeEdit", "1000")
    press(qtbot, window, Qt.Key.Key_B)
    qtbot.waitUntil(lambda: run.progress.batch == 1)
    press(qtbot, window, Qt.Key.Key_E)
    qtbot.waitUntil(lambda: run.epochs == 1, timeout=20_000)
    assert field.text() == "1000"
    press(qtbot, window, Qt.Key.Key_Tab, Qt.KeyboardModifier.ShiftModifier)
    press(qtbot, window, Qt.Key.Key_Tab)
    assert window.focusWidget() is field


def _place_of(window: MainWindow, widget: QWidget) -> str:
    places = [*window.panels, window.run_block]
    return next((each.objectName() for each in places if each.isAncestorOf(widget)), "")
