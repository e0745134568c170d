"""The window as a whole: names and tips for all that can be acted on, shortcuts, sizes, what is remembered."""

from __future__ import annotations

from PyQt5.QtCore import QCoreApplication, QSize, Qt
from PyQt5.QtWidgets import (
    QAbstractButton,
    QAbstractScrollArea,
    QAction,
    QApplication,
    QComboBox,
    QDialog,
    QLabel,
    QLineEdit,
    QMenu,
    QMenuBar,
    QMessageBox,
    QPushButton,
    QSlider,
    QStyle,
    QWidget,
)
from pytestqt.qtbot import QtBot

from nnviz.cards.stage.draw.canvas import Canvas
from nnviz.session.status import Status
from nnviz.ui import theme
from nnviz.ui.neuron_facts import signed
from nnviz.window.main_window import MainWindow
from tests.conftest import MakeWindow
from tests.nnviz.cards.card_window import MakeCards
from tests.nnviz.helpers import (
    action,
    click_tab,
    close_more,
    drag,
    find,
    hover,
    leave,
    open_more,
    press,
    seven,
    store_settings,
    train_for_a_while,
    wait_for,
)
from tests.nnviz.window.test_session_restore import DAMAGED_SETTINGS

ACTED_ON = (QAbstractButton, QLineEdit, QComboBox, QSlider, Canvas)


def acted_on(window: MainWindow) -> list[QWidget]:
    """All visible controls that a person can act on."""
    widgets = [widget for kind in ACTED_ON for widget in window.findChildren(kind)]
    return [widget for widget in widgets if widget.isVisible() and widget.focusPolicy() != Qt.FocusPolicy.NoFocus]


def name_of(widget: QWidget) -> str:
    """For messages."""
    return f"{type(widget).__name__} {widget.objectName()!r}"


AGREED = [
    *((QPushButton, f"{name}Button") for name in ("train", "stepBatch", "stepEpoch", "reset", "addLayer")),
    *((QAbstractButton, f"{name}Button") for name in ("clear", "undoStroke")),
    *((QComboBox, name) for name in ("datasetCombo", "activation1Combo")),
    *((QLineEdit, f"{name}Edit") for name in ("shape", "learningRate", "batchSize", "epochs", "seed", "layer1")),
    (Canvas, "drawCanvas"),
    (QSlider, "penWidthSlider"),
    *((QAction, f"action{name}") for name in ("OpenNetwork", "SaveNetwork", "SaveNetworkAs", "Quit", "Train")),
]


def test_everything_has_a_name_for_scripts_for_screen_readers_and_a_tip_and_room(
    ready_window: MainWindow, qtbot: QtBot
) -> None:
    widgets = acted_on(ready_window)
    assert len(widgets) > 15
    for widget in widgets:
        assert widget.objectName(), name_of(widget)
        assert widget.objectName()[0].islower(), name_of(widget)
        assert " " not in widget.objectName()
        assert widget.accessibleName(), name_of(widget)
        assert len(widget.toolTip()) > 15, name_of(widget)
        assert widget.toolTip().endswith((".", ")")), name_of(widget)
    names = [widget.objectName() for widget in widgets]
    assert sorted(names) == sorted(set(names)), "no name is given twice"
    open_more(qtbot, ready_window)
    close_more(qtbot, ready_window)
    missing = [name for kind, name in AGREED if ready_window.findChild(kind, name) is None]
    assert not missing

    # Everything in a menu has a shortcut and a name.
    entries = menu_actions(ready_window)
    assert len(entries) > 15
    for entry in entries:
        assert entry.objectName().startswith("action"), entry.text()
        assert not entry.shortcut().isEmpty(), entry.text()
    for values in ([entry.objectName() for entry in entries], [entry.shortcut().toString() for entry in entries]):
        assert len(values) == len(set(values)), "each its own"

    # Menu letters do not clash.
    window = ready_window
    for menu in [window.menuBar(), *window.menuBar().findChildren(QMenu)]:
        texts = [entry.text() for entry in menu.actions() if "&" in entry.text()]
        letters = [text[text.index("&") + 1].lower() for text in texts]
        assert len(letters) == len(set(letters)), texts

    # Tab goes through all in a sensible order.
    find(window, QPushButton, "trainButton").setFocus()
    order = [QApplication.focusWidget()]
    while len(order) < 100:
        qtbot.keyClick(QApplication.focusWidget(), Qt.Key.Key_Tab)
        if QApplication.focusWidget() is order[0]:
            break
        order.append(QApplication.focusWidget())
    names = [widget.objectName() for widget in order if widget.objectName()]
    expected = [
        *("trainButton", "stepBatchButton", "stepEpochButton", "resetButton", "randomDigitButton"),
        *("datasetCombo", "networkTitle", "layer1Edit", "activation1Combo", "removeLayer1Button", "layer2Edit"),
        *("addLayerButton", "presetCombo", "learningRateEdit", "epochsEdit", "optimizerCombo", "moreButton"),
    ]
    assert [name for name in names if name in expected] == expected

    # Nothing is squeezed out.
    shown = (
        *("trainButton", "resetButton", "moreButton", "addLayerButton"),
        *("errorPlot", "networkDiagram", "answerView", "drawCanvas"),
    )
    for width, height in ((1280, 720), (1440, 900), (1920, 1080)):
        window.resize(width, height)
        QCoreApplication.processEvents()
        assert window.size() == QSize(width, height), "it fits"
        for name in shown:
            widget = find(window, QWidget, name)
            assert widget.isVisible(), name
            seen = widget.viewport() if isinstance(widget, QAbstractScrollArea) else widget
            assert seen.visibleRegion().boundingRect() == seen.rect(), f"{name} is cut off at {width}"
        assert window.canvas.width() >= 200, width
        assert window.canvas.height() >= (120 if height < 900 else 160), "it leaves room for what is below it"


def menu_actions(window: MainWindow) -> list[QAction]:
    """All entries of all menus, but for separators, menus within menus, the recent files, cards of other workspaces."""
    made_when_shown = ("menuRecent", "menuShipped")
    menus = [menu for menu in window.menuBar().findChildren(QMenu) if menu.objectName() not in made_when_shown]
    entries = [entry for menu in menus for entry in menu.actions()]
    in_use = [entry for entry in entries if entry.isVisible()]  # cards of other workspaces are not
    return [entry for entry in in_use if not entry.isSeparator() and entry.menu() is None]


def test_menus_have_no_underlined_letters_and_dialogs_no_icons(qapp: QApplication, qtbot: QtBot) -> None:
    bar = QMenuBar()
    qtbot.addWidget(bar)
    theme.hide_underlines(bar)
    menu = bar.addMenu("&File")
    box = QMessageBox()
    qtbot.addWidget(box)
    box.setStandardButtons(QMessageBox.StandardButton.Save | QMessageBox.StandardButton.Cancel)
    for look in ("dark", "light"):
        theme.apply(qapp, look)
        for each in (bar, menu):
            assert not each.style().styleHint(QStyle.StyleHint.SH_UnderlineShortcut, None, each), look
    box.show()
    assert all(button.icon().isNull() for button in box.buttons())


def test_a_training_is_in_the_title_and_shortcuts_do_what_the_menu_says(ready_window: MainWindow, qtbot: QtBot) -> None:
    window = ready_window
    assert window.windowTitle() == "untitled[*] – nnviz"
    assert not window.isWindowModified()
    find(window, QPushButton, "resetButton").setFocus()
    train_for_a_while(qtbot, window)
    run = window.session.runs.current
    qtbot.waitUntil(lambda: window.windowTitle().startswith("untitled[*] – epoch "))
    assert window.windowTitle().endswith(" of 100\u202f000 – nnviz")
    assert window.isWindowModified()

    # The current data set can be chosen again: training pauses, and goes on.
    combo = find(window, QComboBox, "datasetCombo")
    combo.activated.emit(combo.currentIndex())
    wait_for(qtbot, window, Status.TRAINING)

    press(qtbot, window, Qt.Key.Key_Space)
    wait_for(qtbot, window, Status.PAUSED)
    assert window.session.runs.current is run, "it was not the button that was pressed"
    assert window.windowTitle() == "untitled[*] – nnviz"
    window.session.step_batch()
    wait_for(qtbot, window, Status.PAUSED)

    # Shortcuts do what the menu says.
    window.session.reset()
    window.setFocus()
    window.session.settings.change("epochs", epochs=100_000)
    press(qtbot, window, Qt.Key.Key_B)
    wait_for(qtbot, window, Status.PAUSED)
    assert window.session.training.progress.batch == 1
    press(qtbot, window, Qt.Key.Key_E)
    wait_for(qtbot, window, Status.TRAINING)
    wait_for(qtbot, window, Status.PAUSED)
    assert window.session.runs.current.history.completed == 1
    press(qtbot, window, Qt.Key.Key_Space)
    assert window.session.state is Status.TRAINING
    press(qtbot, window, Qt.Key.Key_Space)
    wait_for(qtbot, window, Status.PAUSED)
    press(qtbot, window, Qt.Key.Key_R, Qt.KeyboardModifier.ControlModifier)
    assert window.session.state is Status.READY
    drag(window.canvas, seven(window.canvas))
    press(qtbot, window, Qt.Key.Key_Backspace, Qt.KeyboardModifier.ControlModifier)
    assert window.canvas.is_empty
    press(qtbot, window, Qt.Key.Key_F1, Qt.KeyboardModifier.ShiftModifier)
    about = find(window, QDialog, "aboutWindow")
    assert about.isVisible()
    qtbot.keyClick(about, Qt.Key.Key_Escape)
    assert not [box for box in window.findChildren(QDialog, "aboutWindow") if box.isVisible()]

    # The letters of the menus are not underlined, and work all the same.
    menus = window.menuBar().findChildren(QMenu)
    assert not [menu for menu in menus if menu.style().styleHint(QStyle.StyleHint.SH_UnderlineShortcut, None, menu)]
    press(qtbot, window, Qt.Key.Key_F, Qt.KeyboardModifier.AltModifier)
    file = next(menu for menu in menus if menu.title() == "&File")
    assert file.isVisible()
    qtbot.keyClick(file, Qt.Key.Key_Escape)


# ---- looks


def test_the_mouse_reads_the_weights(make_cards: MakeCards, qtbot: QtBot) -> None:
    window = make_cards("weightsDock")
    heat_map = window.card("weightsDock").map
    place = heat_map.picture_rect()
    seen = []
    read_out = find(heat_map, QLabel, "readOut")
    heat_map.hovered.connect(lambda neuron, number: seen.append(read_out.text() if read_out.isVisible() else ""))
    hover(heat_map, (place.x() + 1, place.y() + 1))
    first = window.session.runs.current.network.weights[0]
    assert seen[-1] == f"pixel row 1, column 1 → neuron 1: {signed(float(first[0, 0]))}"
    tile = heat_map.tile_rect(1)
    hover(heat_map, (tile.x() - 1, tile.y() + 2))
    assert seen[-1] == "", "between two tiles"
    cell = tile.width() / 28
    hover(heat_map, (tile.x() + 0.5 * cell, tile.y() + 1.6 * cell))
    assert seen[-1] == f"pixel row 2, column 1 → neuron 2: {signed(float(first[1, 28]))}"

    click_tab(qtbot, window, "layer2Tab")
    second = window.session.runs.current.network.weights[1]
    place = heat_map.picture_rect()
    hover(heat_map, (place.x() + place.width() - 2, place.y() + place.height() - 2))
    assert seen[-1] == f"neuron 64 of layer 1 → neuron 32: {signed(float(second[31, 63]))}"
    assert "neuron, column: input" in window.card("weightsDock").detail.toolTip()
    leave(heat_map)
    qtbot.waitUntil(lambda: not [widget for widget in QApplication.topLevelWidgets() if widget.isVisible()][1:])

    # The displayed layer is gone after the network shrank.
    settings = window.session.settings
    click_tab(qtbot, window, "layer3Tab")
    settings.change("shape", shape=(784, 10))
    assert not window.stage.is_layer_open
    window.stage.open_layer(1)
    hover(heat_map, (3, 3))
    leave(heat_map)
    settings.change("shape", shape=(784, 500, 10))
    window.stage.open_layer(1)
    assert heat_map.shown == range(500)
    settings.change("shape", shape=(784, 5, 10))
    window.grab()
    qtbot.waitUntil(lambda: not [widget for widget in QApplication.topLevelWidgets() if widget.isVisible()][1:])


# ---- damage


def test_damaged_settings_do_not_keep_the_window_shut(make_window: MakeWindow, qtbot: QtBot) -> None:
    odd = {"theme": "purple", "place": "[1, 2]", "layout": "5", "recent": "7", "folder": "3"}
    store_settings(configuration="[" * 5000, **odd, **DAMAGED_SETTINGS)
    window = make_window()
    wait_for(qtbot, window, Status.READY)
    assert window.session.data.name == "mnist"
    assert window.isVisible()
    find(window, QMenu, "menuRecent").aboutToShow.emit()
    action(window, "actionOpenNetwork").trigger()
    window.findChild(QWidget, "openNetworkDialog").close()
