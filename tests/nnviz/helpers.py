"""What the tests of the window do again and again: find a widget, type into it, draw, wait for a state."""

from __future__ import annotations

import itertools
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from PyQt5 import sip
from PyQt5.QtCore import QEvent, QMimeData, QObject, QPoint, QPointF, Qt, QUrl
from PyQt5.QtGui import QDragEnterEvent, QDropEvent, QMouseEvent
from PyQt5.QtTest import QTest
from PyQt5.QtWidgets import (
    QAction,
    QApplication,
    QComboBox,
    QFileDialog,
    QLineEdit,
    QMenu,
    QPushButton,
    QSplitter,
    QTabBar,
    QWidget,
)
from pytestqt.qtbot import QtBot

from nnviz.cards.registry import CARDS
from nnviz.cards.settings.more_button import MoreButton
from nnviz.cards.settings.more_page import MorePage
from nnviz.cards.settings.network_section import NetworkTitle
from nnviz.cards.settings.settings_card import SettingsCard
from nnviz.commands.screenshot import wait_until
from nnviz.digits.strokes import Ink
from nnviz.session.data import Data
from nnviz.session.session import Session
from nnviz.session.shared_queries import ANSWER
from nnviz.session.status import Status
from nnviz.ui.fields import FieldEdit, NumberEdit
from nnviz.window.main_window import MainWindow
from nnviz.window.user_files import settings_file

W = TypeVar("W", bound=QWidget)

MANY_EPOCHS = 100_000  # a run that does not end by itself


def store_settings(**values: Any) -> None:
    """Writes the settings file of this test's person."""
    settings_file().parent.mkdir(parents=True, exist_ok=True)
    settings_file().write_text(json.dumps(values))


def stored_settings() -> dict[str, Any]:
    """What the settings file of this test's person holds."""
    stored: dict[str, Any] = json.loads(settings_file().read_text()) if settings_file().exists() else {}
    return stored


def find(window: QWidget, kind: type[W], name: str) -> W:
    """The widget with that object name, which must be there."""
    widgets = window.findChildren(kind, name)
    assert widgets, f"there is no {kind.__name__} called {name}"
    return widgets[-1]  # the youngest: one that was replaced goes a little later


def action(window: MainWindow, name: str) -> QAction:
    """The menu's action with that object name."""
    found = window.findChild(QAction, name)
    assert found is not None, f"there is no action called {name}"
    return found


def find_field(window: QWidget, name: str) -> NumberEdit | FieldEdit:
    """The field with that object name; of a number the box, whose line edit is called so too."""
    box = window.findChildren(NumberEdit, name)
    return box[-1] if box else find(window, FieldEdit, name)


def retype(qtbot: QtBot, window: QWidget, name: str, text: str) -> NumberEdit | FieldEdit:
    """Clicks into a field, replaces its text by key events, and presses Enter."""
    show_setting(qtbot, window, name)
    line = find(window, QLineEdit, name)
    qtbot.mouseClick(line, Qt.MouseButton.LeftButton, pos=QPoint(8, line.height() // 2))
    typed_into = find_field(window, name)
    qtbot.keyClick(typed_into, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    qtbot.keyClick(typed_into, Qt.Key.Key_Delete)
    qtbot.keyClicks(typed_into, text)
    qtbot.keyClick(typed_into, Qt.Key.Key_Return)
    return typed_into


def click(qtbot: QtBot, window: QWidget, kind: type[W], name: str) -> W:
    """Clicks in the middle of a widget that can be seen and clicked."""
    widget = find(window, kind, name)
    assert widget.isVisible(), name
    assert widget.isEnabled(), name
    qtbot.mouseClick(widget, Qt.MouseButton.LeftButton)
    return widget


def make_all_cards(window: MainWindow) -> None:
    """A workspace's cards are made when it is first shown. Ends where it began."""
    before = window.workspace
    for name in (*window.workspaces, before):
        window.show_workspace(name)


def make_all_pages(window: MainWindow) -> None:
    """Some pages are made when data come that they suit. Ends with points of the plane."""
    for name in ("sine", "spirals"):
        window.session.data.load(name)
        wait_until(window, lambda: is_shown(window.session.data))


def tab_of(window: QWidget, name: str) -> tuple[QTabBar, int]:
    """The bar and the place in it of the tab with that name, which must be there; it may be hidden."""
    places = [(bar, index) for bar in window.findChildren(QTabBar) for index in range(bar.count())]
    found = [(bar, index) for bar, index in places if bar.tabData(index) == name]
    assert found, f"there is no tab called {name}"
    return found[-1]


def click_tab(qtbot: QtBot, window: QWidget, name: str) -> None:
    """Clicks in the middle of a tab that can be seen."""
    bar, index = tab_of(window, name)
    place = bar.tabRect(index).center()
    assert bar.isTabVisible(index), name
    assert not bar.visibleRegion().isEmpty(), name
    assert bar.rect().contains(place), f"{name} is scrolled out of sight"
    qtbot.mouseClick(bar, Qt.MouseButton.LeftButton, pos=place)


def show_page(window: Any, name: str) -> Any:
    """Brings a page of a card in view to the front, and returns it."""
    page = window.card(name)
    window.card(CARDS[name].page_of).turn_to(page)
    return page


def show_view(qtbot: QtBot, window: QWidget, name: str) -> None:
    """Chooses a view of the time in its menu, or another entry."""
    click(qtbot, window, QPushButton, "timeView")
    menu, entry = find(window, QMenu, "timeViewMenu"), window.findChild(QAction, name)
    assert entry is not None, f"there is no view called {name}"
    qtbot.mouseClick(menu, Qt.MouseButton.LeftButton, pos=menu.actionGeometry(entry).center())


def views(qtbot: QtBot, window: QWidget) -> list[str]:
    """The names of the views that the menu of the time offers."""
    click(qtbot, window, QPushButton, "timeView")
    menu = find(window, QMenu, "timeViewMenu")
    menu.close()
    return [entry.objectName() for entry in menu.actions() if entry.isVisible() and entry.objectName().endswith("View")]


def drag_line(window: MainWindow, name: str, by: int) -> None:
    """Drags the first line of a splitter to the right or downwards."""
    splitter = find(window, QSplitter, name)
    line = splitter.handle(1)
    start, is_wide = line.rect().center(), splitter.orientation() == Qt.Orientation.Horizontal
    end = start + (QPoint(by, 0) if is_wide else QPoint(0, by))
    QTest.mousePress(line, Qt.MouseButton.LeftButton, pos=start)
    drag_on(line, (end.x(), end.y()))
    QTest.mouseRelease(line, Qt.MouseButton.LeftButton)
    QTest.qWait(10)


def open_more(qtbot: QtBot, window: QWidget) -> MorePage:
    """Opens the page of the further settings with the mouse, unless it is open."""
    card = find(window, SettingsCard, "settingsCard")
    if not card.shows_more:
        click(qtbot, window, MoreButton, "moreButton")
    assert card.shows_more
    return card.more


def close_more(qtbot: QtBot, window: QWidget) -> None:
    """Goes back from the page of the further settings with the mouse, if it is open."""
    card = window.findChild(SettingsCard, "settingsCard")
    if card is not None and card.shows_more:
        click(qtbot, window, QPushButton, "moreBackButton")


def show_setting(qtbot: QtBot, window: QWidget, name: str) -> None:
    """Brings a control of the settings into view, on the page that has it; another control stays as it is."""
    card = window.findChild(SettingsCard, "settingsCard")
    if card is None or any(each.isVisible() for each in window.findChildren(QWidget, name)):
        return
    if name == "shapeEdit" or card.network.findChild(QWidget, name) or card.training.form.findChild(QWidget, name):
        close_more(qtbot, window)
        if name == "shapeEdit":
            title = find(card, NetworkTitle, "networkTitle")
            qtbot.mouseDClick(title, Qt.MouseButton.LeftButton)
    elif card.data.findChild(QWidget, name) or name == "presetCombo":
        close_more(qtbot, window)
    elif card.more.findChild(QWidget, name):
        open_more(qtbot, window)


def pick(qtbot: QtBot, window: MainWindow, name: str, entry: str) -> QComboBox:
    """Opens the list of a combo box and chooses an entry by its text."""
    show_setting(qtbot, window, name)
    combo = find(window, QComboBox, name)
    index = combo.findText(entry)
    assert index >= 0, f"{name} does not offer {entry}"
    combo.showPopup()
    combo.view().setCurrentIndex(combo.model().index(index, 0))
    qtbot.keyClick(combo.view(), Qt.Key.Key_Return)
    assert not combo.view().isVisible()
    return combo


def bring_to_front(qtbot: QtBot, window: QWidget) -> None:
    """Until the window is the active one. Asks again while something that closes only now still is."""

    def is_in_front() -> bool:
        window.activateWindow()
        return window.isActiveWindow()

    qtbot.waitUntil(is_in_front)


def press(qtbot: QtBot, window: MainWindow, key: int, modifiers: Any = Qt.KeyboardModifier.NoModifier) -> None:
    """A key for whatever has the focus. Brings the window to the front first, as a desktop would."""
    bring_to_front(qtbot, window)
    qtbot.keyClick(QApplication.focusWidget() or window, Qt.Key(key), modifiers)


def choose_file(qtbot: QtBot, window: MainWindow, dialog_name: str, path: Path) -> None:
    """Goes to its folder, types the name into the file dialog and presses Enter.

    The folders of a typed path would be looked for meanwhile, and the dialog would write what it found into the field.
    """
    dialog = find(window, QFileDialog, dialog_name)
    dialog.setDirectory(str(path.parent))
    name = find(dialog, QLineEdit, "fileNameEdit")
    qtbot.keyClick(name, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    qtbot.keyClicks(name, path.name)
    name.completer().popup().hide()  # else Enter would be for that, if it is there already
    qtbot.keyClick(name, Qt.Key.Key_Return)


def is_shown(data: Data) -> bool:
    """Whether no data are loading, and the window shows those that are there."""
    return not data.loading and not data.views.is_in_progress


def wait_for(qtbot: QtBot, window: MainWindow, *states: Status) -> None:
    """Until the session is in one of these states, and the window shows its data."""
    qtbot.waitUntil(
        lambda: window.session.state in states and not window.session.data.views.is_in_progress, timeout=20_000
    )


def announced(session: Session) -> str:
    """The announcement of what was just done; empty for none."""
    message = session.messages.announcement
    return "" if message is None else message.text


def quit_unasked(window: MainWindow) -> None:
    """Closes the window; whatever was learned is given up."""
    window.close_unasked()


def ends_whole(window: MainWindow) -> bool:
    """Closes the window likewise; whether all its threads end. A person waits briefly, a busy machine takes longer."""
    window.close_unasked()
    for _ in range(50):
        if window.ended_whole or sip.isdeleted(window):  # closed before, and gone
            break
        window.end()  # waits again
    return window.ended_whole


def train_for_a_while(qtbot: QtBot, window: MainWindow) -> None:
    """Starts a run that does not end, and waits until an epoch is over and has been seen."""
    session = window.session
    session.settings.change("epochs", epochs=MANY_EPOCHS)
    session.start()
    qtbot.waitUntil(lambda: session.runs.current.epochs >= 1 and session.runs.current.history.completed >= 1)


def pause(qtbot: QtBot, window: MainWindow) -> None:
    """Pauses, and waits until it is so."""
    window.session.pause()
    wait_for(qtbot, window, Status.PAUSED)


def train_epochs(qtbot: QtBot, window: MainWindow, epochs: int) -> None:
    """A run of a given number of epochs, to its end."""
    window.session.settings.change("epochs", epochs=epochs)
    window.session.start()
    wait_for(qtbot, window, Status.FINISHED)


def wait_for_answer(qtbot: QtBot, window: MainWindow) -> None:
    """Until the answer is that of the network and the drawing of now."""
    qtbot.waitUntil(lambda: window.session.queries[ANSWER].is_up_to_date)


class Watch(QObject):
    """Notes what happens to a widget."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[int] = []

    def eventFilter(self, _: QObject, event: QEvent) -> bool:
        self.seen.append(event.type())
        return False


def draw_grey(session: Session, value: float = 0.5) -> None:
    """Covers the canvas with an image of one grey."""
    session.sketch.draw((Ink(np.full((28, 28), value, np.float32), 1.0),))


def drag(
    widget: QWidget,
    points: Sequence[tuple[float, float]],
    release: bool = True,
    button: int = Qt.MouseButton.LeftButton,
) -> None:
    """A stroke with a button, as the system would report it."""
    for number, point in enumerate(points):
        kind = QEvent.Type.MouseButtonPress if number == 0 else QEvent.Type.MouseMove
        _send(widget, kind, point, button if number == 0 else Qt.MouseButton.NoButton, button)
    if release:
        _send(widget, QEvent.Type.MouseButtonRelease, points[-1], button, Qt.MouseButton.NoButton)


def hover(widget: QWidget, point: tuple[float, float]) -> None:
    """The mouse moves there, no button down."""
    _send(widget, QEvent.Type.MouseMove, point, Qt.MouseButton.NoButton, Qt.MouseButton.NoButton)


def drag_on(widget: QWidget, point: tuple[float, float]) -> None:
    """The mouse moves there with the left button down, wherever it was pressed."""
    _send(widget, QEvent.Type.MouseMove, point, Qt.MouseButton.NoButton, Qt.MouseButton.LeftButton)


def leave(widget: QWidget) -> None:
    """The mouse leaves the widget."""
    QApplication.sendEvent(widget, QEvent(QEvent.Type.Leave))


def _send(widget: QWidget, kind: QEvent.Type, at: tuple[float, float], button: Any, buttons: Any) -> None:
    place = QPointF(*at)
    event = QMouseEvent(
        kind,
        place,
        QPointF(widget.mapTo(widget.window(), QPoint(0, 0))) + place,
        QPointF(widget.mapToGlobal(QPoint(0, 0))) + place,
        button,
        buttons,
        Qt.KeyboardModifier.NoModifier,
    )
    QApplication.sendEvent(widget, event)


def drop(target: QWidget, path: Path) -> bool:
    """Drops a file as the system would; returns whether the target takes it."""
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path))])
    at = target.rect().center()
    enter = QDragEnterEvent(
        at, Qt.DropAction.CopyAction, data, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    )
    enter.ignore()
    QApplication.sendEvent(target, enter)
    is_canvas = target.objectName() == "drawCanvas"
    if enter.isAccepted() and (not is_canvas or target._is_target):  # type: ignore[attr-defined]
        QApplication.sendEvent(
            target,
            QDropEvent(at, Qt.DropAction.CopyAction, data, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier),
        )
    return enter.isAccepted()


def seven(widget: QWidget) -> list[tuple[float, float]]:
    """A seven in one stroke, for a canvas of that widget's size."""
    side = min(widget.width(), widget.height())
    corners = [(0.25, 0.2), (0.5, 0.19), (0.72, 0.2), (0.62, 0.45), (0.5, 0.65), (0.42, 0.85)]
    points = []
    for (x0, y0), (x1, y1) in itertools.pairwise(corners):
        points += [(x0 + (x1 - x0) * part / 5, y0 + (y1 - y0) * part / 5) for part in range(5)]
    return [(side * x, side * y) for x, y in [*points, corners[-1]]]
