"""A collapsible part of a card; its content is built when it is first opened."""

from __future__ import annotations

from collections.abc import Callable

from PyQt5.QtCore import QPointF, QRect, QRectF, QSize, Qt, pyqtSignal
from PyQt5.QtGui import QFontMetrics, QKeyEvent, QPainter, QPaintEvent, QPen, QPolygonF
from PyQt5.QtWidgets import QAbstractButton, QSizePolicy, QVBoxLayout, QWidget

from nnviz.ui import alignment, theme
from nnviz.ui.painted_view import paint_focus
from nnviz.ui.parts import arranged, named

_HEIGHT = 24
_CHEVRON = 14  # pixels from the right edge to its middle, as in a combo box


class CollapsibleGroup(QWidget):
    """A head with a title and a muted summary. ``make`` builds the content below it at the first opening.

    Signals:
        made: the content was built.
        toggled(is_open).
    """

    made = pyqtSignal()
    toggled = pyqtSignal(bool)

    def __init__(self, name: str, title: str, tip: str, make: Callable[[], QWidget]) -> None:
        super().__init__()
        self.setObjectName(name)
        self._make = make
        self._content: QWidget | None = None
        self.head = CollapsibleGroupHead(f"{name}Button", title, tip)
        self.head.toggled.connect(self._show_content)
        self._column = arranged(QVBoxLayout(self), self.head, spacing=4)

    @property
    def is_open(self) -> bool:
        return self.head.isChecked()

    def _show_content(self, is_open: bool) -> None:
        if self._content is None:
            self._content = self._make()
            self._content.setObjectName(f"{self.objectName()}Content")
            self._content.setContentsMargins(0, 0, 0, 6)
            self._column.addWidget(self._content)
            self._order_tabs(self._content)
            self.made.emit()
        self._content.setVisible(is_open)
        self.toggled.emit(is_open)

    def _order_tabs(self, content: QWidget) -> None:
        """Moves the content, which was made late, to its place in the tab order: directly after the head."""
        before: QWidget = self.head
        for widget in content.findChildren(QWidget):
            is_here = widget.window() is content.window()  # False for the pop-up list of a combo box
            if is_here and widget.focusPolicy() & Qt.FocusPolicy.TabFocus:
                QWidget.setTabOrder(before, widget)
                before = widget


class CollapsibleGroupHead(QAbstractButton):
    """The row that opens and closes the group: by mouse, Return, or the right and left arrow keys.

    Attributes:
        summary: the settings of the group in a few words.
    """

    def __init__(self, name: str, title: str, tip: str) -> None:
        super().__init__()
        named(self, name, title, tip)
        self.setText(title)
        self._tip = tip
        self.summary = ""
        self._is_wrong = False
        self.setCheckable(True)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)

    def show_summary(self, text: str, is_wrong: bool = False) -> None:
        """Shows the summary at the right and, because it may be cut off there, in the tooltip."""
        if (text, is_wrong) != (self.summary, self._is_wrong):
            self.summary, self._is_wrong = text, is_wrong
            self.setAccessibleDescription(text)
            self.setToolTip(f"Now: {text}. {self._tip}")
            self.update()

    def sizeHint(self) -> QSize:
        return QSize(80, theme.px(_HEIGHT))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Opens on Right and closes on Left, as in a tree."""
        if event.key() in (Qt.Key.Key_Right, Qt.Key.Key_Left):
            self.setChecked(event.key() == Qt.Key.Key_Right)
        else:
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paints the line above, the title, the summary, the chevron, and a frame while it has the focus."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(theme.colour("border"))
        painter.drawLine(0, 0, self.width(), 0)
        if self.hasFocus():
            paint_focus(painter, QRectF(self.rect()).adjusted(0, 2, 0, 0), 4)
        area = self.rect().adjusted(4 if self.hasFocus() else 0, 1, -_CHEVRON - 11, 0)
        self._paint_words(painter, area)
        self._paint_chevron(painter)

    def _paint_words(self, painter: QPainter, area: QRect) -> None:
        is_lit = self.underMouse() or self.isChecked()
        painter.setFont(theme.font())
        painter.setPen(theme.colour("ink" if is_lit else "muted"))
        painter.drawText(area, alignment.LEFT, self.text())
        taken = painter.fontMetrics().horizontalAdvance(self.text()) + 12
        small = theme.font(theme.SMALL)
        words = QFontMetrics(small).elidedText(self.summary, Qt.TextElideMode.ElideRight, max(area.width() - taken, 0))
        painter.setFont(small)
        painter.setPen(theme.colour("error" if self._is_wrong else "muted"))
        painter.drawText(area, alignment.RIGHT, words)

    def _paint_chevron(self, painter: QPainter) -> None:
        painter.setPen(
            QPen(theme.colour("muted"), 1.3, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap, Qt.PenJoinStyle.RoundJoin)
        )
        x, y, down = self.width() - _CHEVRON, self.height() / 2 + 0.5, -2 if self.isChecked() else 2
        painter.drawPolyline(QPolygonF([QPointF(x - 4, y - down), QPointF(x, y + down), QPointF(x + 4, y - down)]))
