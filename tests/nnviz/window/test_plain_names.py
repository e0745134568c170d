"""Names from outside are plain text wherever they are shown: they hide nothing, load nothing and widen nothing."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PyQt5.QtCore import Qt
from PyQt5.QtWidgets import (
    QAbstractButton,
    QAction,
    QApplication,
    QComboBox,
    QLabel,
    QMenu,
    QMessageBox,
    QTabBar,
    QTextBrowser,
    QWidget,
)
from pytestqt.qtbot import QtBot

from engine.datasets import DATASETS, Dataset, DataSource
from engine.network.network import Network
from engine.storage import save_network
from nnviz.session.status import Status
from nnviz.ui import theme
from nnviz.window.help import described
from nnviz.window.main_window import MainWindow
from nnviz.window.message_bar import MessageBar
from tests.conftest import MakeWindow
from tests.nnviz.helpers import drag, find, is_shown, seven, show_view, wait_for, wait_for_answer

HEAD = "<h1>ALL WELL<!--"
NAMES = [
    HEAD,
    '<img src="picture.png">',
    "a & b",
    "x\0y",
    "\u202e7 eb ot smees",
    "two\nlines",
    "long " * 1000,
    "[*]",
    "<b>bold</b>",
    "\ud800",
]
UNSAFE = re.compile("[\0-\x09\x0b-\x1f\u202a-\u202e\ud800-\udfff]")


@pytest.fixture
def odd_window(
    few_digits: Dataset, load_with: Callable[..., None], make_window: MakeWindow, qtbot: QtBot
) -> MainWindow:
    """A window whose data has such a title and such classes."""
    odd = replace(few_digits, title=HEAD, class_names=tuple(NAMES))
    load_with(lambda: odd)
    DATASETS.register("mnist")(DataSource(NAMES[1] + NAMES[6], lambda: odd))  # load_with puts the real one back
    window = make_window()
    qtbot.waitUntil(lambda: is_shown(window.session.data))
    return window


def texts(window: MainWindow) -> Iterator[tuple[QWidget | QAction, str]]:
    """Every text that a widget or action of any window shows or could show."""
    tops = [top for top in QApplication.topLevelWidgets() if top.parent() is None]  # menus are found below others
    for widget in [widget for top in tops for widget in (top, *top.findChildren(QWidget))]:
        yield widget, widget.windowTitle().replace("[*]", "")
        if isinstance(widget, QLabel | QAbstractButton):
            yield widget, widget.text()
        if isinstance(widget, QComboBox | QTabBar):
            text_of = widget.itemText if isinstance(widget, QComboBox) else widget.tabText
            yield from ((widget, text_of(index)) for index in range(widget.count()))
        yield from ((action, action.text()) for action in widget.actions() if not action.isSeparator())


def about(widget: QWidget | QAction, text: str) -> str:
    return f"{type(widget).__name__} {widget.objectName()}: {text[:80]!r}"


def check(window: MainWindow) -> None:
    """No label guesses, none has a foreign tag, no text has signs that hide others, and none is endless."""
    for widget, text in texts(window):
        assert not UNSAFE.search(text.replace("\t", "", 1)), about(
            widget, text
        )  # a menu's entry has a tab before its key
        assert len(text) < 2000, about(widget, text)
        if isinstance(widget, QLabel):
            assert widget.textFormat() != Qt.TextFormat.AutoText or not Qt.mightBeRichText(text), about(widget, text)
            if widget.textFormat() == Qt.TextFormat.RichText:
                assert not re.search("<(h1|img|b>bold|!--)", text), about(widget, text)


def broken_file(folder: Path, name: str) -> Path:
    path = folder / name
    path.write_text("{")
    return path


def open_file(window: MainWindow, qtbot: QtBot, path: Path) -> None:
    files = window.session.files
    with qtbot.waitSignals([files.activity_changed, files.activity_changed]):
        files.open(path)


def saved(folder: Path, name: str) -> Path:
    path = folder / name
    save_network(Network([784, 10], ["softmax"], "cross-entropy", rng=np.random.default_rng(0)), path)
    return path


def test_classes_and_titles(odd_window: MainWindow, qtbot: QtBot) -> None:
    window, weights = odd_window, odd_window.card("weightsDock")
    before = {card: window.card(card).minimumSizeHint().width() for card in ("predictionDock", "curvesDock")}
    window.canvas.set_strokes([np.array(seven(window.canvas))])
    wait_for_answer(qtbot, window)
    window.session.settings.change("epochs", epochs=2)
    window.session.start()
    wait_for(qtbot, window, Status.FINISHED)
    drag(window.canvas, seven(window.canvas))
    wait_for_answer(qtbot, window)
    check(window)
    weights.show_layer(2)
    for view in ("distributionsView", "lossView"):
        show_view(qtbot, window, view)
    check(window)

    # A class widens nothing.
    data, dataset = window.session.data, window.session.data.dataset
    for name in ("long " * 1000, "two\nlines", HEAD):
        data.dataset = replace(dataset, class_names=(name,) * 10)
        data.changed.emit()
        window.canvas.set_strokes([np.array(seven(window.canvas))])
        wait_for_answer(qtbot, window)
        weights.show_layer(2)
        assert window.width() == 1440, name
        assert {card: window.card(card).minimumSizeHint().width() for card in before} == before, name
        weights.show_neuron(0)
        QApplication.processEvents()
        assert window.width() == 1440, name
        check(window)
        weights.show_all()

    data.dataset = dataset
    data.changed.emit()
    window.show_workspace("inside")
    qtbot.waitUntil(lambda: window.session.mistakes.found is not None)
    check(window)


def test_a_file_and_the_past_in_it(ready_window: MainWindow, qtbot: QtBot, tmp_path: Path) -> None:
    window, session = ready_window, ready_window.session
    recent = find(window, QMenu, "menuRecent")
    for name in (HEAD, "a & b", "\u202e7 eb ot smees", "two\nlines", "[*]", "\ud800"):
        name = name.replace("/", "_").replace("\ud800", "\udcff")  # what is no text in a file's name
        session.messages.dismiss()
        open_file(window, qtbot, broken_file(tmp_path, f"{name}.json"))
        assert session.messages.current is not None, name
        assert "cut off" in find(window, MessageBar, "messageBar").text.text(), name
        check(window)
        open_file(window, qtbot, saved(tmp_path, f"{name} 2.json"))
        window.dialogs.fill_recent(recent)
        check(window)
        assert "&&" in recent.actions()[0].text() or "&" not in name
        session.step_batch()
        wait_for(qtbot, window, Status.PAUSED)
        session.reset()
        session.step_batch()
        wait_for(qtbot, window, Status.PAUSED)
        window.dialogs.ask_before_quitting(lambda: None)
        box = find(window, QMessageBox, "unsavedBox")
        assert all(
            label.textFormat() == Qt.TextFormat.PlainText for label in box.findChildren(QLabel) if label.text()
        ), name
        check(window)
        box.close()
        session.files.save(tmp_path / f"{name} 3.json")
        qtbot.waitUntil(lambda: not session.files.activity)
        check(window)
        session.undo.undo()
        check(window)

    # The past in a file.
    path = saved(tmp_path, "past.json")
    content = json.loads(path.read_text())
    for name in NAMES[:-1]:
        content[name] = name
    content["provenance"] = {name: name for name in NAMES[:-1]} | {"title": HEAD, "data": NAMES[6]}
    path.write_text(json.dumps(content))
    open_file(window, qtbot, path)
    check(window)
    window.card("curvesDock").error.plot.set_changes([(0.5, name) for name in NAMES])
    check(window)

    # A message and its choices.
    bar = find(window, MessageBar, "messageBar")
    for name in NAMES:
        bar.show_message(name, True, [name])
        bar.show()
        check(window)
    assert bar.width() <= window.width()


def test_qts_own_boxes(qapp: QApplication, qtbot: QtBot) -> None:
    theme.apply(qapp, "dark")
    window = QWidget()
    qtbot.addWidget(window)
    for name in NAMES:
        box = QMessageBox(QMessageBox.Icon.Warning, "nnviz", f"{name} exists", QMessageBox.StandardButton.Ok, window)
        box.setInformativeText(name)
        box.open()
        shown = [label for label in box.findChildren(QLabel) if label.text()]
        assert len(shown) == 2
        assert all(label.textFormat() == Qt.TextFormat.PlainText for label in shown), name
        box.close()
        box.deleteLater()


def test_help_shows_a_tooltip_as_it_is(qtbot: QtBot) -> None:
    label = QLabel("x")
    page = QTextBrowser()
    for widget in (label, page):
        qtbot.addWidget(widget)
    label.setToolTip(NAMES[1])
    page.setHtml(described(label))
    assert NAMES[1] in page.toPlainText()
    assert "\ufffc" not in page.toPlainText(), "a picture"
