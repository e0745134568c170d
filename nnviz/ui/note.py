"""Texts about a control that do not move the layout: a note next to the column, and a line of fixed height."""

from __future__ import annotations

import re

from PyQt5 import sip
from PyQt5.QtCore import QEvent, QObject, QPoint, QRect, QSize, Qt
from PyQt5.QtGui import QFocusEvent, QMouseEvent, QPainter, QPaintEvent, QResizeEvent
from PyQt5.QtWidgets import QAbstractScrollArea, QLabel, QSizePolicy, QWidget

from nnviz.formatting.text import plain, regrouped
from nnviz.ui import alignment, theme
from nnviz.ui.card import ancestry, holder
from nnviz.ui.parts import set_look

_WIDEST = 340
_NARROWEST = 160  # pixels; with less room at the right the note lies below the control
_APART = 4
_MOVED = (QEvent.Type.Move, QEvent.Type.Resize, QEvent.Type.Show, QEvent.Type.Hide, QEvent.Type.ParentChange)


class Note(QLabel):
    """A note about a control, usually what is wrong with it, at the right of the control's column.

    It covers no control of the column and follows scrolling; if the control is scrolled out of sight, it stays at the
    column's upper or lower end. A click on it focuses the control.
    """

    def __init__(self, control: QWidget, name: str = "", role: str = "error") -> None:
        super().__init__(control)
        self.setObjectName(name)
        self.setProperty("role", role)
        self.setProperty("note", True)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setWordWrap(True)
        self._control = control
        self._watched: list[QWidget] = []
        self.hide()

    def show_text(self, text: str, control: QWidget | None = None) -> None:
        """Shows the text, next to another control if one is given. An empty text hides the note."""
        text = regrouped(plain(text))
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
            if not sip.isdeleted(widget):  # as when the window is closed
                widget.removeEventFilter(self)
        if self._watched and not sip.isdeleted(self._control):
            self._control.setAccessibleDescription("")
        self._watched = []

    def _follow(self) -> None:
        """Watches the control and its ancestors for moves."""
        self._watched = list(ancestry(self._control))
        for widget in self._watched:
            widget.installEventFilter(self)
        if self.parentWidget() is not self._control.window():
            self.setParent(self._control.window())

    # ---- placing

    def place(self) -> None:
        """Places the note next to the control; hides it if the control is hidden or no longer in the window."""
        if self.text() and self._control.window() is not self.window():
            self._forget()  # the control was removed and may be deleted soon
            self.setText("")
        is_shown = bool(self.text()) and self._control.isVisibleTo(self.window())
        self.setVisible(is_shown)
        if is_shown:
            self.raise_()
            self._arrange()

    def _arrange(self) -> None:
        """Places all notes of the window from top to bottom, so that they do not overlap."""
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
        scrolled = holder(control, QAbstractScrollArea) or control
        at, column = (QRect(part.mapTo(window, QPoint(0, 0)), part.size()) for part in (control, scrolled))
        left = column.right() + 3
        room = window.width() - left - theme.GAP
        beside = room >= _NARROWEST
        size = self._size_in(min(theme.px(_WIDEST), room) if beside else column.width())
        if not beside:
            return QRect(QPoint(column.left(), at.bottom() + 2), size)
        top = max(column.top(), min(at.top(), column.bottom() - size.height()))
        return QRect(QPoint(left, top), size)

    def _size_in(self, width: int) -> QSize:
        self.ensurePolished()
        natural = self.fontMetrics().horizontalAdvance(self.text()) + 28  # padding and border of the note
        width = min(width, natural)
        return QSize(width, max(self.heightForWidth(width), theme.ROW))

    # ---- events

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() in _MOVED:
            self.place()
        return False

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._control.setFocus(Qt.FocusReason.MouseFocusReason)


class FieldError(Note):
    """The error of a form field: a note next to the field, which gets the look of a wrong value."""

    def __init__(self, field: QWidget, name: str = "") -> None:
        """``name``: object name; by default that of the field with the ending "Error"."""
        super().__init__(field, name or re.sub("(Edit|Combo)$", "Error", field.objectName()))
        self._field = field

    def show_error(self, text: str) -> None:
        """Shows the error of the field; hides the note if the text is empty."""
        set_look(self._field, "wrong", bool(text))
        self.show_text(text)


class NoticeLine(QLabel):
    """A slim line of text, which is hidden while it is empty.

    ``text()`` is the full text. If it does not fit, a shorter one is shown and the Tab key can focus the line:
    a note then shows the full text.
    """

    def __init__(self, name: str) -> None:
        super().__init__()
        self.setObjectName(name)
        self.setProperty("role", "notice")
        self.setTextFormat(Qt.TextFormat.PlainText)
        self._short = ""
        self._whole = Note(self, role="notice")
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        theme.sized(self.setFixedHeight, 16)
        self.hide()

    def show_text(self, text: str, short: str = "") -> None:
        """Shows ``text``, or ``short`` if there is no room for it. An empty text clears the line."""
        text, self._short = plain(text), plain(short)
        if text != self.text():
            self.setText(text)
            self.setToolTip(text)
            self.setAccessibleName(text)
            self._whole.show_text(text if self.hasFocus() else "")
        self.setVisible(bool(text))
        self._update_focus_policy()

    @property
    def read(self) -> str:
        """The text that is visible."""
        room, metrics = self.width() - 10, self.fontMetrics()
        fitting = next((words for words in (self.text(), self._short) if metrics.horizontalAdvance(words) <= room), "")
        return fitting or metrics.elidedText(self._short or self.text(), Qt.TextElideMode.ElideRight, room)

    def _update_focus_policy(self) -> None:
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus if self.read == self.text() else Qt.FocusPolicy.TabFocus)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paints a bar at the left and the text, underlined while it has the focus."""
        painter = QPainter(self)
        painter.fillRect(0, 1, 3, self.height() - 2, theme.colour("ink"))
        painter.setPen(theme.colour("ink"))
        font = painter.font()
        font.setUnderline(self.hasFocus())
        painter.setFont(font)
        painter.drawText(
            self.rect().adjusted(10, 0, 0, 0),
            alignment.LEFT,
            self.read,
        )

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._update_focus_policy()

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self._whole.show_text(self.text())

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        if not sip.isdeleted(self._whole):
            self._whole.show_text("")
