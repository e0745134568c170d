"""F1 explains what is under the mouse or has the focus; one window lists all keys."""

from __future__ import annotations

import fnmatch
import html
import re

import pytest
from PyQt5.QtCore import QPoint, QRect, QSize, Qt, QUrl
from PyQt5.QtGui import QCursor, QDesktopServices
from PyQt5.QtWidgets import (
    QAbstractButton,
    QApplication,
    QComboBox,
    QDialog,
    QLabel,
    QLineEdit,
    QPushButton,
    QScrollBar,
    QSlider,
    QTabBar,
    QTextBrowser,
    QWidget,
)
from pytestqt.qtbot import QtBot

from engine.datasets import DATASETS
from engine.datasets.preview import ArraysPreview, FolderPreview, TablePreview
from engine.datasets.table.table_format import TableFormat
from engine.network.activations import ACTIVATIONS
from engine.network.initializers import INITIALIZERS
from engine.network.losses import LOSSES
from engine.training.optimizers import OPTIMIZERS
from engine.training.schedules import SCHEDULES
from nnviz import __version__
from nnviz.cards.registry import CARDS
from nnviz.cards.stage.draw.value_form import FormRow
from nnviz.cards.stage.plane.surface_input import SurfaceInput
from nnviz.cards.stage.weights.layer_tabs import layer_tabs
from nnviz.ui.card import Panel
from nnviz.ui.group import CollapsibleGroup
from nnviz.ui.pages import Page
from nnviz.window.help import described, place_beside
from nnviz.window.help_texts import FILE, HelpText, texts, texts_of
from nnviz.window.main_window import MainWindow
from nnviz.window.user_files import settings_file
from tests.nnviz.helpers import action, find, make_all_cards, make_all_pages, press
from tests.nnviz.window.test_window import acted_on, menu_actions


def words(window: MainWindow, name: str) -> str:
    """The text of a help window."""
    dialog = find(window, QDialog, name)
    assert dialog.isVisible()
    assert not dialog.isModal()
    return find(dialog, QTextBrowser, f"{name}Text").toPlainText()


def point_at(qtbot: QtBot, widget: QWidget) -> None:
    """Rests the mouse in the middle of the widget."""
    place = widget.mapToGlobal(widget.rect().center())
    QCursor.setPos(place)
    qtbot.waitUntil(lambda: QCursor.pos() == place)


def text_of(name: str) -> HelpText:
    """The first text of a name, which must be there."""
    return texts_of(name)[0]


def test_shortcuts_and_f1_and_a_text_for_every_card_tab_and_control(ready_window: MainWindow, qtbot: QtBot) -> None:
    window = ready_window
    press(qtbot, window, Qt.Key.Key_F1, Qt.KeyboardModifier.ControlModifier)
    text = words(window, "shortcutsWindow")
    lines = text.splitlines()
    for entry in menu_actions(window):
        keys = dict.fromkeys(key.toString().replace("Return", "Enter") for key in entry.shortcuts())
        assert any(", ".join(keys) == line.strip() for line in lines), f"{list(keys)} of {entry.text()}"
        assert entry.text().replace("&", "").removesuffix(" …") in text
    assert "Ctrl+Shift+Z, Ctrl+Y" in text
    assert "Export: ONNX" in text
    assert "Double click on the head" in text
    qtbot.keyClick(find(window, QDialog, "shortcutsWindow"), Qt.Key.Key_Escape)
    assert not [box for box in window.findChildren(QDialog, "shortcutsWindow") if box.isVisible()]

    # The titles of undo and redo are fixed in the list.
    window.session.settings.change("epochs", epochs=3)
    action(window, "actionShortcuts").trigger()
    text = words(window, "shortcutsWindow")
    assert "Undo change of epochs" not in text
    assert "Undo" in text

    # The window can be used meanwhile.
    action(window, "actionStepBatch").trigger()
    qtbot.waitUntil(lambda: window.session.training.progress.batch == 1)
    find(window, QDialog, "shortcutsWindow").close()
    QApplication.processEvents()

    # F1 for what is under the mouse or has the focus.

    # The screen of the tests is 800 pixels wide: the settings lie at its left, and there is room beside them.
    size = window.size()
    window.resize(800, 560)
    point_at(qtbot, find(window, QComboBox, "datasetCombo"))
    press(qtbot, window, Qt.Key.Key_F1)
    (dialog,) = window.findChildren(QDialog, "helpWindow")
    card = window.card("dataCard")
    taken = QRect(card.mapToGlobal(QPoint(0, 0)), card.size())
    assert not dialog.frameGeometry().intersects(taken)
    assert window.screen().availableGeometry().contains(dialog.frameGeometry().center())
    dialog.close()
    window.resize(size)
    QApplication.processEvents()

    # F1 for what is under the mouse.
    window.draw.random_button.setFocus()
    button = find(window, QPushButton, "resetButton")
    window.resize(800, 540)  # so that it is on the screen of the tests
    qtbot.waitUntil(lambda: window.run_block.size() == window.run_block.parentWidget().size())  # laid out
    qtbot.waitUntil(lambda: QApplication.widgetAt(button.mapToGlobal(button.rect().center())) is button)
    point_at(qtbot, button)
    press(qtbot, window, Qt.Key.Key_F1)
    assert text_of("resetButton").text in words(window, "helpWindow")
    qtbot.keyClick(find(window, QDialog, "helpWindow"), Qt.Key.Key_Escape)
    assert not [box for box in window.findChildren(QDialog, "helpWindow") if box.isVisible()]

    # F1 for what has the focus.
    QCursor.setPos(window.mapToGlobal(QPoint(window.width() - 3, window.height() - 3)))
    field = find(window, QLineEdit, "learningRateEdit")
    field.setFocus()
    press(qtbot, window, Qt.Key.Key_F1)
    text = words(window, "helpWindow")
    assert text_of("learningRateEdit").text in text
    assert text_of("trainingCard").text in text, "the card is described below"
    find(window, QDialog, "helpWindow").close()

    # F1 on the menu of the views tells of it.
    QApplication.processEvents()
    button = find(window, QPushButton, "timeView")
    place = button.mapToGlobal(button.rect().center())
    QCursor.setPos(place)
    qtbot.waitUntil(lambda: QCursor.pos() == place)
    press(qtbot, window, Qt.Key.Key_F1)
    assert text_of("timeView").text in words(window, "helpWindow")
    window.resize(size)
    find(window, QDialog, "helpWindow").close()

    # A second F1 replaces the first, and Esc in the window closes help.
    for _ in range(2):
        window.help.help_here()
    assert len([box for box in window.findChildren(QDialog, "helpWindow") if box.isVisible()]) == 1
    window.help.shortcuts()
    window.draw.random_button.setFocus()
    press(qtbot, window, Qt.Key.Key_Escape)
    assert not [box for box in window.findChildren(QDialog) if box.isVisible()]

    # Every card tab and control has a text.
    corner = QPoint(window.width() - 3, window.height() - 3)
    QCursor.setPos(window.mapToGlobal(corner))  # a tab under the mouse would be described
    of_all = controls(window)
    unknown = {each.objectName() for each in acted_on(window) if not isinstance(each.parent(), QTabBar)}
    assert unknown <= {each.objectName() for each in [*of_all, window.canvas]}
    assert texts_of("drawCanvas")
    assert not [each.objectName() for each in of_all if not texts_of(each.objectName())]

    # A fields name is as good as the field.
    field = find(window, QLineEdit, "batchSizeEdit")
    caption = next(each for each in window.findChildren(QLabel) if each.text() == "Batch size")
    assert described(caption) == described(field)

    # A title is reported once.
    assert described(window.stage.answer.view).count("<b>Prediction</b>") == 1

    # Controls of a page in the header have the text of the page.
    for control, page in (("stepOfBatchButton", "stepThroughPage"), ("mapMethodButton", "mapPage")):
        text = described(find(window, QWidget, control))
        assert plain(text_of(control).text) in text
        assert plain(text_of(page).text) in text
        assert plain(text_of("inspector").text) not in text
    assert plain(text_of("networkDock").text) in described(find(window, QWidget, "networkColourKey"))
    assert plain(text_of("activation.softmax").text) in described(find(window, QComboBox, "outputCombo"))
    assert plain(text_of("loss.cross-entropy").text) in described(find(window, QComboBox, "lossCombo"))

    # Every name is one of a card, a control or a registry.
    assert window.lessons.catalogue  # which makes the panel of lessons
    names = {*CARDS, *(each.objectName() for each in window.findChildren(QWidget))}
    names |= {name for _, _, name in tabs(window)}
    names |= {f"{table.kind}.{name}" for table in REGISTRIES for name in table}
    names |= {f"dataset.{name}" for name in DATASETS}
    names |= {tab.name for _, tab in layer_tabs((2, 3, 2), "of a layer", "of all")}  # over the plane
    assert not [name for name in texts() if not fnmatch.filter(names, name)]

    # No text repeats a tooltip.
    tips = {each.toolTip() for each in window.findChildren(QWidget)}
    assert not [each.title for each in every_text() if each.text in tips]

    # Every card and every tab has a text.
    for card in window.panels:
        title, text, *_ = text_of(card.objectName())
        inside = card.head.detail if isinstance(card, Panel) else card.findChild(QWidget)
        assert title in described(inside)
        assert plain(text) in described(inside)
    found = tabs(window)
    assert len(found) > 4
    for bar, index, name in found:
        bar.setCurrentIndex(index)
        assert plain(text_of(name).text) in described(bar), name


def test_about_tells_version_licences_and_where_files_are(
    window: MainWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[QUrl] = []
    monkeypatch.setattr(QDesktopServices, "openUrl", opened.append)
    settings_file().parent.mkdir(parents=True, exist_ok=True)
    action(window, "actionAbout").trigger()
    said = words(window, "aboutWindow")
    assert f"nnviz {__version__}" in said
    assert str(settings_file()) in said
    browser = find(window, QTextBrowser, "aboutWindowText")
    links = [QUrl(html.unescape(link)) for link in re.findall(r'<a href="([^"]+)"', browser.toHtml())]
    licences = [link for link in links if link.scheme() == "licence"]
    for licence in licences:
        browser.anchorClicked.emit(licence)
        assert len(words(window, "licenceWindow")) > 300, licence
    browser.anchorClicked.emit(licences[1])
    assert "GNU GENERAL PUBLIC LICENSE" in words(window, "licenceWindow")
    folders = [link for link in links if link.isLocalFile()]
    browser.anchorClicked.emit(folders[0])
    assert opened == [QUrl.fromLocalFile(str(settings_file().parent))]


# ---- the texts

REGISTRIES = (ACTIVATIONS, OPTIMIZERS, LOSSES, SCHEDULES, INITIALIZERS)
REPORTED = (QAbstractButton, QLineEdit, QComboBox, QSlider)
# Small things beside what is explained, whose tooltip says all there is to say.
BESIDE = {
    *("dismissMessageButton", "dismissAnnouncementButton"),
    *(f"{kind}Choice{number}Button" for kind in ("message", "announcement") for number in (1, 2, 3)),
}
OF_QT = ("qt_", "Scroll")  # parts of its controls, such as the arrows of a bar of tabs


def plain(text: str) -> str:
    """The text as HTML."""
    return html.escape(text)


def every_text() -> set[HelpText]:
    """Each once."""
    return {each for found in texts().values() for each in found}


def open_everything(window: MainWindow) -> None:
    """All settings and cards, also those that are made when they are first seen, and a form as for a table."""
    make_all_cards(window)
    make_all_pages(window)
    before = window.workspace
    window.show_sweep_form()  # its rows are made when they are first seen
    window.show_workspace(before)
    window.draw.form.set_rows([FormRow("weight"), FormRow("island", ("Dream", "Biscoe"))])
    window.settings.show_more()
    find(window, CollapsibleGroup, "roomGroup").head.setChecked(True)
    for page in window.findChildren(Page):
        page.fill()
    for surface in window.findChildren(SurfaceInput):
        surface.make_tools()
    open_import(window)


def open_import(window: MainWindow) -> None:
    """The sheet has a part for each kind of file, which is made when there is such a preview."""
    importing = window.session.data_import
    importing.open("penguins")
    for found in (TablePreview(TableFormat(), {}), FolderPreview((), {}, {}), ArraysPreview((), {})):
        importing.found = found
        importing.changed.emit()
    importing.cancel()


def controls(window: MainWindow) -> list[QWidget]:
    """All that a person acts on, whether it can be seen now or not."""
    open_everything(window)
    found = [each for kind in REPORTED for each in window.findChildren(kind) if not isinstance(each, QScrollBar)]
    named = [each for each in found if each.objectName() and not each.objectName().startswith(OF_QT)]
    return [each for each in named if each.objectName() not in BESIDE and "Hint" not in each.objectName()]


def tabs(window: MainWindow) -> list[tuple[QTabBar, int, str]]:
    """Every tab: its bar, its place in it and its name."""
    bars = [bar for bar in window.findChildren(QTabBar) if bar.count() and bar.tabData(0)]
    return [(bar, index, bar.tabData(index)) for bar in bars for index in range(bar.count())]

    # Of a combo box what is chosen is reported, too.
    session = window.session
    combo = find(window, QComboBox, "optimizerCombo")
    for name in ("adam", "sgd"):
        session.settings.choose("change of optimizer", session.settings.experiment.with_optimizer(name))
        assert plain(text_of("optimizerCombo").text) in described(combo)
        assert plain(text_of(f"optimizer.{name}").text) in described(combo)
    assert plain(text_of("activation.relu").text) in described(find(window, QComboBox, "activation1Combo"))
    assert plain(text_of("dataset.mnist").text) in described(find(window, QComboBox, "datasetCombo"))
    session.settings.choose_preset(session.settings.presets[0])
    preset = session.settings.preset_for(session.data.dataset)
    assert preset is not None
    assert plain(preset.description) in described(find(window, QComboBox, "presetCombo"))


def test_every_registered_name_has_a_text() -> None:
    missing = [f"{table.kind}.{name}" for table in REGISTRIES for name in table if not texts_of(f"{table.kind}.{name}")]
    assert not missing


def test_texts_are_short_and_each_has_its_title() -> None:
    for each in every_text():
        assert 40 < len(each.text) < 500, each.title
        assert len(re.findall(r"[.?!](?=\s|$)", each.text)) <= 6, each.title
        assert each.text.endswith("."), each.title
    titles = [each.title for each in every_text()]
    assert sorted(titles) == sorted(set(titles))
    assert len(titles) == FILE.read_text(encoding="utf-8").count("\n## "), "each heading is read"


def test_a_measure_of_how_far_numbers_vary_is_named() -> None:
    """The standard deviation, the variance or the range: "spread" could be any of them."""
    whole = FILE.read_text(encoding="utf-8")
    assert "mean 0 and standard deviation 1" in whole
    assert "share of the targets' variance" in whole
    assert not re.findall(r"\b(?:mean \d and|targets'|the|largest) spread\b", whole)


def test_a_name_without_a_text() -> None:
    assert texts_of("nothingButton") == ()


# ---- the windows


# ---- where the window of help lies


@pytest.mark.parametrize(
    ("card", "side"),
    [
        (QRect(10, 100, 290, 700), "right"),  # the settings
        (QRect(1130, 100, 298, 200), "left"),  # the drawing
        (QRect(310, 80, 812, 300), "below"),  # the curves
        (QRect(310, 420, 812, 400), "above"),  # the weights
    ],
)
def test_help_leaves_the_card_free_that_it_explains(card: QRect, side: str) -> None:
    room, size = QRect(0, 0, 1440, 900), QSize(450, 300)
    place = QRect(place_beside(card, size, room), size)
    assert room.contains(place)
    assert not place.intersects(card)
    sides = {
        "right": place.left() > card.right(),
        "left": place.right() < card.left(),
        "below": place.top() > card.bottom(),
        "above": place.bottom() < card.top(),
    }
    assert sides[side]


def test_help_of_a_card_as_large_as_the_screen_stays_on_it() -> None:
    room, size = QRect(0, 0, 800, 600), QSize(450, 300)
    assert room.contains(QRect(place_beside(QRect(0, 0, 800, 600), size, room), size))
