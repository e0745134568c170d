"""The bars that show what happened or ask what to do. They lie over the window and move no card."""

from __future__ import annotations

import bisect
from collections.abc import Callable, Sequence

from PyQt5.QtCore import QEvent, QObject, QPoint, QRect, QSize, Qt, QTimer, pyqtSignal
from PyQt5.QtGui import QHideEvent, QKeyEvent
from PyQt5.QtWidgets import (
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QPushButton,
    QTextEdit,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from nnviz.formatting import text
from nnviz.ui import theme
from nnviz.ui.parts import arranged, named, set_look

_WIDEST, _HIGHEST = 760, 0.44  # pixels, and the share of the height of its area, which cuts a long text
_LONG_ENOUGH = 12_000  # milliseconds after which a message without choices is dismissed, unless it is an error
_MOST_CHOICES = 3
_FIELDS = (QLineEdit, QTextEdit, QPlainTextEdit, QAbstractSpinBox, QComboBox)
_ANNOUNCED, _ANNOUNCED_WITH_CHOICE = 6_000, 10_000  # milliseconds after which an announcement goes


class _ChoiceButton(QPushButton):
    """A button that Space presses, although elsewhere Space trains."""

    def event(self, event: QEvent) -> bool:
        """Accepts Space when Qt asks before it triggers a shortcut."""
        if (
            event.type() == QEvent.Type.ShortcutOverride
            and isinstance(event, QKeyEvent)
            and event.key() == Qt.Key.Key_Space
        ):
            event.accept()
            return True
        return super().event(event)


class MessageBar(QFrame):
    """Lies at the top of its area, in the parent, or at the bottom where it would cover the field that is edited.

    Its owner hides it when there is no message.

    The timer starts again if the mouse is on the bar then, or if a part of the bar has the focus.

    Signals:
        dismissed: by its ×, Esc, or the timer. Errors and messages with choices have no timer.
        chosen(index): the index of the chosen answer, from 0.
    """

    dismissed = pyqtSignal()
    chosen = pyqtSignal(int)

    kind = "message"  # in the object names of the bar and its parts

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName(f"{self.kind}Bar")
        self._is_error = False
        self._area: QRect | None = None  # None: all of the parent
        self._icon = QLabel()
        self.text = named(QLabel(), f"{self.kind}Text")
        self.text.setTextFormat(Qt.TextFormat.PlainText)
        self.text.setWordWrap(True)
        self.text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._choices = [self._choice(number) for number in range(_MOST_CHOICES)]
        name = f"dismiss{self.kind.capitalize()}Button"
        close = named(QToolButton(), name, f"Dismiss this {self.kind}", f"Dismisses this {self.kind} (Esc).")
        theme.set_icon(close, "x", "muted")
        close.clicked.connect(self.dismissed)
        self._close = close
        self._words = ""
        self._answers = QWidget(self)
        self._rows = [
            arranged(QHBoxLayout(), button, spacing=6) for button in self._choices
        ]  # as many as may be needed
        arranged(QVBoxLayout(self._answers), *self._rows, spacing=6)
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(14, 6, 10, 6)
        self._grid.setSpacing(6)
        self._grid.setColumnStretch(1, 1)
        for column, part in ((0, self._icon), (1, self.text), (3, close)):
            self._grid.addWidget(part, 0, column)
        self.time = QTimer(self)
        self.time.setSingleShot(True)
        self.time.setInterval(_LONG_ENOUGH)
        self.time.timeout.connect(self._time_is_up)
        theme.changed.connect(self._show_icon)
        application = QApplication.instance()
        assert isinstance(application, QApplication)
        application.focusChanged.connect(self._leave_field)
        parent.installEventFilter(self)

    def _time_is_up(self) -> None:
        if self.underMouse() or self.isAncestorOf(QApplication.focusWidget()):
            self.time.start()
        else:
            self.dismissed.emit()

    def _choice(self, number: int) -> QPushButton:
        """Returns the button of a choice; that of the first is the primary one."""
        button = _ChoiceButton()
        button.setObjectName(f"{self.kind}Choice{number + 1}Button")
        button.setProperty("role", "" if number else "primary")
        button.clicked.connect(lambda: self.chosen.emit(number))
        button.hide()
        return button

    def show_message(self, words: str, is_error: bool, choices: Sequence[str] = ()) -> None:
        """Shows plain text and at most three choices; an error is highlighted."""
        assert len(choices) <= _MOST_CHOICES, choices
        self._is_error = is_error
        for part in (self, self.text):
            set_look(part, "error", is_error)
        self._show_icon()
        self._words = text.plain(words)
        self._show_choices(choices)
        self._place()
        if is_error or choices:
            self.time.stop()
        else:
            self.time.start()

    def _show_choices(self, choices: Sequence[str]) -> None:
        for button, words in zip(self._choices, [*choices, "", "", ""], strict=False):
            button.setText(text.entry(words))
            button.setAccessibleName(words)
            button.setToolTip(f"Chooses “{words}”.")
            button.setVisible(bool(words))

    def _show_icon(self) -> None:
        name, colour = ("circle-alert", "error") if self._is_error else ("info", "muted")
        self._icon.setPixmap(theme.icon(name, colour).pixmap(16))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Dismisses the message on Esc, whichever of its parts has the focus."""
        if event.key() == Qt.Key.Key_Escape:
            self.dismissed.emit()
        else:
            super().keyPressEvent(event)

    def hideEvent(self, event: QHideEvent) -> None:
        self.time.stop()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize:
            self._place()
        return super().eventFilter(watched, event)

    def set_area(self, area: QRect) -> None:
        """Lies in that part of the parent from now on."""
        if area != self._area:
            self._area = area
            self._place()

    def _place(self) -> None:
        """Sets the width from the area and the height that the text needs at that width.

        Choices that would leave less than half of the width to the text are below it, in several rows if necessary.
        """
        ground = self._area or self.parentWidget().rect()
        width = min(ground.width() - 2 * theme.GAP, _WIDEST)
        self._lay_in(ground, self._lay_out(ground, width), from_top=True)

    def _lay_in(self, ground: QRect, size: QSize, from_top: bool) -> None:
        """Lies at that end of the ground, or at the other if the first would cover the field that is edited."""
        place = QRect(QPoint(ground.left() + (ground.width() - size.width()) // 2, 0), size)
        ends = [ground.top() + theme.GAP, ground.bottom() + 1 - size.height() - theme.GAP]
        place.moveTop(ends[0 if from_top else 1])
        if place.intersects(self._edited()):
            place.moveTop(ends[1 if from_top else 0])
        self.setGeometry(place)
        self.raise_()

    def _edited(self) -> QRect:
        """Returns the rectangle of the field that has the focus, in the parent; an empty one if there is none."""
        field, parent = QApplication.focusWidget(), self.parentWidget()
        if not isinstance(field, _FIELDS) or not parent.isAncestorOf(field) or self.isAncestorOf(field):
            return QRect()
        return QRect(field.mapTo(parent, QPoint(0, 0)), field.size())

    def _leave_field(self, before: QWidget | None, now: QWidget | None) -> None:
        if self.isVisible() and isinstance(now, _FIELDS) and self.geometry().intersects(self._edited()):
            self._place()

    def _lay_out(self, ground: QRect, width: int) -> QSize:
        """Puts the choices next to the text or below it, and returns the size that is needed at that width.

        A text that would need more than its share of the ground's height is cut; its tooltip has all of it.
        """
        margins = self._grid.contentsMargins()
        beside = margins.left() + self._icon.sizeHint().width() + self._grid.spacing() + margins.right()
        border = self.width() - self.contentsRect().width()
        self._fill_rows(width - beside - border)
        self._grid.removeWidget(self._answers)
        if self._answers.sizeHint().width() > width // 2:
            self._grid.addWidget(self._answers, 1, 1, 1, 3, Qt.AlignmentFlag.AlignRight)
        else:
            self._grid.addWidget(self._answers, 0, 2)
        words, most = self._words.split(" "), int(_HIGHEST * ground.height())
        height = self._show_words(len(words), width)
        if height > most:
            counts = range(1, len(words))
            fitting = bisect.bisect_left(counts, True, key=lambda count: self._show_words(count, width) > most)
            height = self._show_words(max(fitting, 1), width)
        return QSize(width, height)

    def _fill_rows(self, width: int) -> None:
        """Puts the choices into as few rows as have room at a width."""
        row, left = 0, width
        for button in self._choices:
            needed = 0 if button.isHidden() else button.sizeHint().width()
            if needed > left and left < width:
                row, left = row + 1, width
            self._rows[row].addWidget(button)
            left -= needed + self._rows[row].spacing() if needed else 0
        for part in (*self._rows, self._answers.layout()):
            part.invalidate()  # other buttons may be visible now
        self._answers.updateGeometry()

    def _show_words(self, count: int, width: int) -> int:
        """Shows that many words of the text, and returns the height that the bar needs at a width."""
        shown = " ".join(self._words.split(" ")[:count])
        is_whole = shown == self._words
        self.text.setText(shown if is_whole else f"{shown} …")
        self.text.setToolTip("" if is_whole else self._words)
        self.text.setAccessibleName(self._words)
        self._grid.invalidate()
        return int(self.heightForWidth(width))


class AnnouncementBar(MessageBar):
    """Shows for some seconds what was just done. It takes no focus.

    It lies in the first of its areas if it has room there in one line, else at the bottom of the second.
    """

    kind = "announcement"

    def __init__(self, parent: QWidget, areas: Callable[[], tuple[QRect, QRect]]) -> None:
        """``areas`` returns the two parts of the parent in which it may lie."""
        self._areas = areas
        super().__init__(parent)
        self._close.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        for button in self._choices:
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            button.setProperty("role", "pill")
        self._grid.setContentsMargins(10, 1, 4, 1)

    def announce(self, words: str, choices: Sequence[str] = ()) -> None:
        """Shows plain text and at most three things that can be done about it."""
        self.show_message(words, is_error=False, choices=choices)
        self.setAccessibleName(words)  # which a screen reader reads out
        self.time.start(_ANNOUNCED_WITH_CHOICE if choices else _ANNOUNCED)

    def _show_icon(self) -> None:
        self._icon.setPixmap(theme.icon("circle-check", "good").pixmap(16))

    def _place(self) -> None:
        area, below = self._areas()
        self.text.setWordWrap(False)
        self._grid.addWidget(self._answers, 0, 2)
        self._fill_rows(area.width())
        self._show_words(len(self._words), area.width())
        needed = self.sizeHint()
        if needed.width() <= area.width() and needed.height() <= area.height():
            left = area.left() + (area.width() - needed.width()) // 2
            top = area.top() + (area.height() - needed.height()) // 2
            self.setGeometry(QRect(QPoint(left, top), needed))
        else:
            self.text.setWordWrap(True)
            width = min(below.width() - 2 * theme.GAP, needed.width(), _WIDEST)
            self._lay_in(below, self._lay_out(below, width), from_top=False)
        self.raise_()
