"""Tests of what all painted views do: mouse, read-out, focus by Tab, and painting again."""

from __future__ import annotations

import numpy as np
import pytest
from PyQt5.QtCore import QEvent, QPoint, QRectF, QSize, Qt
from PyQt5.QtGui import QFocusEvent, QPainter, QPaintEvent
from PyQt5.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from nnviz.ui import theme
from nnviz.ui.named_bars import NamedBars
from nnviz.ui.painted_view import PaintedView
from tests.nnviz.helpers import hover, leave
from tests.nnviz.ui.helpers import read_out


class View(PaintedView):
    """A view that notes where the mouse is, and how often it must be painted again."""

    def __init__(self) -> None:
        super().__init__()
        self.places: list[QPoint | None] = []
        self.redrawn = 0

    def _update_hovered(self) -> None:
        self.places.append(self._mouse)
        self.show_text("here")

    def _redraw(self) -> None:
        self.redrawn += 1

    def paintEvent(self, event: QPaintEvent) -> None: ...


class RingView(View):
    """A view with nothing but the ring of the focus."""

    def paintEvent(self, event: QPaintEvent) -> None:
        self._paint_focus(QPainter(self), QRectF(self.rect()))


@pytest.fixture
def view(qtbot: QtBot) -> View:
    made = View()
    qtbot.addWidget(made)
    made.resize(200, 100)
    made.show()
    return made


@pytest.fixture
def bars(qtbot: QtBot) -> NamedBars:
    made = NamedBars()
    qtbot.addWidget(made)
    made.resize(200, 57)
    made.describe = "row {}".format
    made.show_rows(["a", "b", "c"], np.array([1.0, 2, 3]))
    made.show()
    return made


def test_the_ring_of_the_focus_is_shown_to_those_who_use_keys(qtbot: QtBot) -> None:
    view = RingView()
    qtbot.addWidget(view)
    view.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    view.resize(60, 60)
    view.show()
    qtbot.waitExposed(view)

    def has_ring() -> bool:
        return view.grab().toImage().pixelColor(30, 1) == theme.colour("ink")

    view.setFocus(Qt.FocusReason.MouseFocusReason)
    qtbot.waitUntil(view.hasFocus)
    assert not has_ring()
    qtbot.keyClick(view, Qt.Key.Key_Right)
    assert has_ring()
    view.clearFocus()
    assert not has_ring()
    view.setFocus(Qt.FocusReason.TabFocusReason)
    assert has_ring()


def test_the_read_out_is_shown_while_the_mouse_is_over_the_view(view: View) -> None:
    hover(view, (50, 60))
    assert view.places == [QPoint(50, 60)]
    assert read_out(view).isVisible()
    leave(view)
    assert view.places[-1] is None
    assert not read_out(view).isVisible()


def test_another_theme_and_another_size_are_painted(view: View, qapp: QApplication) -> None:
    theme.apply(qapp, "dark")
    before = view.redrawn
    theme.apply(qapp, "light")
    assert view.redrawn == before + 1
    view.resize(220, 100)
    assert view.redrawn == before + 2
    theme.apply(qapp, "dark")


def test_an_image_is_as_sharp_as_the_screen(view: View) -> None:
    made = view._new_pixmap(QSize(30, 0))
    assert made.size() == QSize(30, 1) * view.devicePixelRatioF()
    assert made.toImage().pixelColor(0, 0) == theme.colour("card")


@pytest.mark.parametrize(
    ("reason", "marked"), [(Qt.FocusReason.TabFocusReason, 0), (Qt.FocusReason.MouseFocusReason, None)]
)
def test_the_focus_by_tab_marks_where_the_arrow_keys_start(
    bars: NamedBars, reason: Qt.FocusReason, marked: int | None
) -> None:
    QApplication.sendEvent(bars, QFocusEvent(QEvent.Type.FocusIn, reason))
    assert bars.marked == marked
    assert read_out(bars).isVisible() == (marked is not None)


def test_a_key_takes_the_read_out_from_the_mouse(bars: NamedBars, qtbot: QtBot) -> None:
    hover(bars, (50, 50))
    beside_mouse = read_out(bars).pos()
    qtbot.keyClick(bars, Qt.Key.Key_Home)
    beside_item = read_out(bars).pos()
    assert beside_item != beside_mouse
    bars.show_rows(["a", "b", "c"], np.array([3.0, 2, 1]))
    assert read_out(bars).pos() == beside_item, "also when new values come"
    hover(bars, (50, 50))
    assert bars.marked == 2
    assert read_out(bars).pos() == beside_mouse
