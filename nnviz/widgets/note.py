"""Words about a control that move nothing: a sheet beside the column, and a line whose place is kept free."""

from __future__ import annotations

from PyQt5 import sip
from PyQt5.QtCore import QEvent, QObject, QPoint, QRect, QSize, Qt
from PyQt5.QtGui import QFocusEvent, QMouseEvent, QPainter, QPaintEvent, QResizeEvent
from PyQt5.QtWidgets import QAbstractScrollArea, QLabel, QSizePolicy, QWidget

from nnviz.look import theme

_WIDEST = 340
_NARROWEST = 160  # where less is free at the right, the sheet lies under the control
_APART = 4
_MOVED = (QEvent.Move, QEvent.Resize, QEvent.Show, QEvent.Hide, QEvent.ParentChange)


class Note(QLabel):
    """What is wrong with a control, on a sheet at the right of the column that the control is in.

    It covers no control of the column, follows where the column is scrolled, and stands at its upper or lower end
    where the control is out of sight. A click on it goes to the control.
    """

    def __init__(self, control: QWidget, name: str = "", role: str = "error") -> None:
        super().__init__(control)
        self.setObjectName(name)
        self.setProperty("role", role)
        self.setProperty("note", True)
        self.setWordWrap(True)
        self._control = control
        self._watched: list[QWidget] = []
        self.hide()

    def tell(self, text: str, control: QWidget | None = None) -> None:
        """Shows the words, beside another control if one is given; without words it goes at once."""
        if text == self.text() and (control is None or control is self._control):
            return
        self._forget()
        self._control = control or self._control
        self.setText(text)
        self.setAccessibleName(text)
        self._control.setAccessibleDescription(text)
        if text:
            self._follow()
        self.place()

    def _forget(self) -> None:
        for widget in self._watched:
            if not sip.isdeleted(widget):  # as when the window goes
                widget.removeEventFilter(self)
        if self._watched and not sip.isdeleted(self._control):
            self._control.setAccessibleDescription("")
        self._watched = []

    def _follow(self) -> None:
        """Whatever moves the control tells of it."""
        widget: QWidget | None = self._control
        while widget is not None:
            widget.installEventFilter(self)
            self._watched.append(widget)
            widget = None if widget.isWindow() else widget.parentWidget()
        window = self._control.window()
        if self.parentWidget() is not window:
            self.setParent(window)

    # ---- where it stands

    def place(self) -> None:
        """Beside the control, where that can be seen."""
        if self.text() and self._control.window() is not self.window():
            self._forget()  # the control was taken out of the window, and may be gone soon
            self.setText("")
        told = bool(self.text()) and self._control.isVisibleTo(self.window())
        self.setVisible(told)
        if told:
            self.raise_()
            self._arrange()

    def _arrange(self) -> None:
        """All sheets of the window, from the top, so that none lies on another."""
        window = self.window()
        shown = (note for note in window.findChildren(Note) if not note.isHidden())
        notes = [note for note in shown if note._control.window() is window]
        taken = QRect()
        for wanted, note in sorted(((note._wanted(), note) for note in notes), key=lambda pair: pair[0].top()):
            if wanted.intersects(taken.adjusted(0, -_APART, 0, _APART)):
                wanted.moveTop(taken.bottom() + _APART)
            note.setGeometry(wanted)
            taken = wanted

    def _wanted(self) -> QRect:
        window, control = self.window(), self._control
        at = QRect(control.mapTo(window, QPoint(0, 0)), control.size())
        column = self._column(window) or at
        left = column.right() + 3
        room = window.width() - left - theme.GAP
        beside = room >= _NARROWEST
        size = self._size_in(min(_WIDEST, room) if beside else column.width())
        if not beside:
            return QRect(QPoint(column.left(), at.bottom() + 2), size)
        top = max(column.top(), min(at.top(), column.bottom() - size.height()))
        return QRect(QPoint(left, top), size)

    def _column(self, window: QWidget) -> QRect | None:
        """What the control is scrolled in."""
        for widget in self._watched:
            if isinstance(widget, QAbstractScrollArea):
                return QRect(widget.mapTo(window, QPoint(0, 0)), widget.size())
        return None

    def _size_in(self, width: int) -> QSize:
        self.ensurePolished()
        natural = self.fontMetrics().horizontalAdvance(self.text()) + 28  # the sheet's padding and border
        width = min(width, natural)
        return QSize(width, max(self.heightForWidth(width), theme.ROW))

    # ---- events

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """The control or what it stands in has moved."""
        if event.type() in _MOVED:
            self.place()
        return False

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """To the control."""
        self._control.setFocus(Qt.MouseFocusReason)


class Notice(QLabel):
    """A slim line whose place is kept free while there is nothing to say.

    ``text()`` is all of it, what is read is as much as fits. Where that is not all, the Tab key stops here and a sheet
    tells it whole.
    """

    def __init__(self, name: str) -> None:
        super().__init__()
        self.setObjectName(name)
        self.setProperty("role", "notice")
        self._short = ""
        self._whole: Note | None = None
        kept = QSizePolicy(QSizePolicy.Ignored, QSizePolicy.Fixed)
        kept.setRetainSizeWhenHidden(True)
        self.setSizePolicy(kept)
        self.setFixedHeight(16)
        self.hide()

    def tell(self, text: str, short: str = "") -> None:
        """Shows the words, ``short`` where there is no room for ``text``; without words it is empty."""
        self._short = short
        if text != self.text():
            self.setText(text)
            self.setToolTip(text)
            self.setAccessibleName(text)
            if self._whole is not None:
                self._whole.tell(text if self.hasFocus() else "")
        self.setVisible(bool(text))
        self._show_reach()

    @property
    def read(self) -> str:
        """The words that can be seen."""
        room, metrics = self.width() - 10, self.fontMetrics()
        fitting = next((words for words in (self.text(), self._short) if metrics.horizontalAdvance(words) <= room), "")
        return fitting or metrics.elidedText(self._short or self.text(), Qt.ElideRight, room)

    def _show_reach(self) -> None:
        self.setFocusPolicy(Qt.NoFocus if self.read == self.text() else Qt.TabFocus)

    def paintEvent(self, event: QPaintEvent) -> None:
        """A bar at the left, then the words; underlined where the Tab key has come to them."""
        painter = QPainter(self)
        painter.fillRect(0, 1, 3, self.height() - 2, theme.colour("test"))
        painter.setPen(theme.colour("text"))
        font = painter.font()
        font.setUnderline(self.hasFocus())
        painter.setFont(font)
        painter.drawText(self.rect().adjusted(10, 0, 0, 0), int(Qt.AlignLeft | Qt.AlignVCenter), self.read)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Another width may have room for all."""
        self._show_reach()

    def focusInEvent(self, event: QFocusEvent) -> None:
        """All of it, on a sheet."""
        super().focusInEvent(event)
        if self._whole is None:
            self._whole = Note(self, role="notice")
        self._whole.tell(self.text())

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """The sheet goes."""
        super().focusOutEvent(event)
        if self._whole is not None and not sip.isdeleted(self._whole):
            self._whole.tell("")
