"""Looking back without comparing: the displayed epoch is written once in the whole window."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from PyQt5.QtGui import QPainter
from PyQt5.QtWidgets import QAbstractButton, QComboBox, QGraphicsView, QLabel, QLineEdit, QTabBar, QWidget
from pytestqt.qtbot import QtBot

from nnviz.session.status import Status
from nnviz.window.main_window import MainWindow
from tests.nnviz.cards.stage.plane.plane_helpers import load
from tests.nnviz.helpers import find, wait_for

_TAG = re.compile(r"<[^>]*>")


@pytest.fixture
def painted(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The texts that views paint from now on, by our code or by pyqtgraph."""
    texts: list[str] = []
    draw = QPainter.drawText

    def noted(self: QPainter, *arguments: Any) -> Any:
        texts.extend(each for each in arguments if isinstance(each, str))
        return draw(self, *arguments)

    monkeypatch.setattr(QPainter, "drawText", noted)
    return texts


def texts_of(widget: QWidget) -> Iterator[str]:
    """The texts that a widget of Qt shows."""
    if isinstance(widget, QLabel | QAbstractButton | QLineEdit):
        yield _TAG.sub("", widget.text())
    elif isinstance(widget, QComboBox):
        yield widget.currentText()
    elif isinstance(widget, QTabBar):
        yield from (widget.tabText(number) for number in range(widget.count()) if widget.isTabVisible(number))
    elif isinstance(widget, QGraphicsView):
        yield from (each.toPlainText() for each in widget.items() if each.isVisible() and hasattr(each, "toPlainText"))


def shown_texts(window: MainWindow, painted: list[str]) -> list[str]:
    painted.clear()
    window.grab()
    visible = [each for each in window.findChildren(QWidget) if each.isVisible()]
    return [*painted, *(words for each in visible for words in texts_of(each))]


@pytest.mark.parametrize("data", ["mnist", "penguins"])
def test_while_looking_back_the_epoch_is_written_once(
    ready_window: MainWindow, qtbot: QtBot, painted: list[str], data: str
) -> None:
    window, session = ready_window, ready_window.session
    window.resize(1440, 900)
    if data != "mnist":
        load(qtbot, window, data)
    session.settings.change("epochs", epochs=4)
    for _ in range(4):  # one by one, so that the end of each is kept
        session.step_epoch()
        wait_for(qtbot, window, Status.PAUSED, Status.FINISHED)
    status = find(window, QLabel, "runStatus")
    assert status.text() == "epoch 4 of 4"
    session.timeline.go_to(3)
    assert status.text() == ""
    for workspace in ("train", "inside"):
        window.show_workspace(workspace)
        qtbot.waitUntil(lambda: all(query.is_up_to_date for query in session.queries if query.is_wanted))
        assert find(window, QLabel, "figuresEpoch").text() == "epoch 3"
        named = [words for words in shown_texts(window, painted) if re.search(r"\bepoch 3\b", words)]
        assert named == ["epoch 3"], workspace
    session.timeline.go_live()
    assert status.text() == "epoch 4 of 4"
