"""Tools for painting points next to the plane or the curve: a brush for each class, the eraser, clear, done."""

from __future__ import annotations

from functools import partial

from PyQt5.QtCore import QSize, Qt
from PyQt5.QtGui import QIcon, QKeyEvent, QPainter, QPixmap
from PyQt5.QtWidgets import QButtonGroup, QToolButton, QVBoxLayout, QWidget

from engine.datasets.plane import MOST_CLASSES
from nnviz.cards.stage.plane.points_view import PointsView
from nnviz.formatting import text
from nnviz.session.painting import REACH
from nnviz.session.session import Session
from nnviz.ui import theme
from nnviz.ui.parts import arranged, tool

_WIDTH = 78  # pixels
_DOT = 10
_BRUSH_TIP = "Adds points of this class: click for one, drag for more. The right button erases."
_POINT_TIP = "Adds points: click for one, drag for more. The right button erases."
_MORE_TIP = "Adds a class, at most six. The network gets one more output, and starts again untrained."
_ERASER_TIP = "Erases points under the mouse, so that the network no longer learns from them."
_CLEAR_TIP = "Erases all points. Undo restores them."
_DONE_TIP = "Ends painting (Esc). The points stay, and a click sets the input again."


class PaintTools(QWidget):
    """A column of tools, visible while points are painted. The keys 1 to 6 choose a class, 0 chooses the eraser."""

    def __init__(self, session: Session, view: PointsView, where: str, parent: QWidget) -> None:
        """``where``: "plane" or "curve", for the names of the tools."""
        super().__init__(parent)
        self._session, self._view, self._where = session, view, where
        self._group = QButtonGroup(self)
        self.brushes = [self._brush(number) for number in range(MOST_CLASSES)]
        self.more = self._tool("MoreButton", "+ class", "Add a class", _MORE_TIP)
        self.eraser = self._tool("EraseButton", "erase", "Eraser", _ERASER_TIP)
        self.eraser.setCheckable(True)
        self._group.addButton(self.eraser)
        self.clear = self._tool("ClearButton", "clear", "Erase all points", _CLEAR_TIP)
        self.done = self._tool("DoneButton", "done", "Done painting", _DONE_TIP)
        theme.sized(self.setFixedWidth, _WIDTH)
        arranged(QVBoxLayout(self), *self.brushes, self.more, self.eraser, self.clear, 1, self.done, spacing=4)
        painting = session.painting
        self.more.clicked.connect(painting.add_class)
        self.eraser.clicked.connect(lambda: painting.choose(None))
        self.clear.clicked.connect(painting.clear)
        self.done.clicked.connect(painting.end)
        view.touched.connect(painting.touch)
        view.lifted.connect(painting.lift)
        view.chosen.connect(lambda number: painting.choose(number - 1 if number else None))
        view.left.connect(painting.end)
        for signal in (painting.changed, session.data.changed, theme.changed):
            signal.connect(self._show)
        self._show()

    def _brush(self, number: int) -> QToolButton:
        brush = self._tool(f"Brush{number + 1}", "", "", _BRUSH_TIP)
        brush.setCheckable(True)
        brush.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        brush.setIconSize(QSize(_DOT, _DOT))
        brush.clicked.connect(partial(self._session.painting.choose, number))
        self._group.addButton(brush)
        return brush

    def _tool(self, name: str, words: str, accessible: str, tip: str) -> QToolButton:
        made = tool(words, f"{self._where}{name}", accessible, tip)
        made.setProperty("role", "word")
        theme.sized(made.setFixedWidth, _WIDTH)
        made.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        made.clicked.connect(lambda: made.hasFocus() or self._view.setFocus())  # whose keys are for painting
        return made

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Passes digits and Escape to the view; other keys are for the focused tool."""
        if event.key() == Qt.Key.Key_Escape or event.text().isdecimal():
            self._view.keyPressEvent(event)
        else:
            super().keyPressEvent(event)

    def _show(self) -> None:
        painting, data = self._session.painting, self._session.data.dataset
        self.setVisible(painting.is_on)
        erases = painting.brush is None
        self._view.set_painted(painting.is_on, REACH if erases else 0.0)
        if not painting.is_on or data is None:
            return
        inks = ["train"] if painting.is_curve else theme.plane_classes(painting.classes)
        for number, brush in enumerate(self.brushes):
            brush.setVisible(number < len(inks))
            if number < len(inks):
                name = "point" if painting.is_curve else text.name(data.class_name(number))
                self._dress(brush, name, inks[number])
        self.more.setVisible(not painting.is_curve and painting.classes < MOST_CLASSES)
        (self.eraser if erases else self.brushes[painting.brush or 0]).setChecked(True)
        self.clear.setEnabled(bool(len(painting.points)))

    def _dress(self, brush: QToolButton, name: str, ink: str) -> None:
        brush.setText(name)
        brush.setAccessibleName(f"Paint {name}")
        brush.setToolTip(_POINT_TIP if self._session.painting.is_curve else _BRUSH_TIP)
        brush.setIcon(_dot(ink))


def _dot(ink: str) -> QIcon:
    """Returns a disc in a colour of the theme."""
    ratio = 2  # sharp on every screen
    sheet = QPixmap(ratio * _DOT, ratio * _DOT)
    sheet.fill(Qt.GlobalColor.transparent)
    painter = QPainter(sheet)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(theme.colour(ink))
    painter.drawEllipse(0, 0, ratio * _DOT - 1, ratio * _DOT - 1)
    painter.end()
    return QIcon(sheet)
