"""The answer in large letters: a class with its confidence, or a number; two of them while networks are compared."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from PyQt5.QtCore import QPointF, QRectF, QSize, Qt, QTimer
from PyQt5.QtGui import QFont, QFontMetricsF, QHideEvent, QPainter, QPainterPath, QPaintEvent, QResizeEvent
from PyQt5.QtWidgets import QAbstractButton, QWidget

from nnviz.cards.stage.prediction.number_bars import NumberRow, paint_range, write
from nnviz.ui import alignment, theme
from nnviz.ui.painted_view import paint_focus
from nnviz.ui.parts import describe, named

SHORT = 2  # letters at most of class names that are numerals or letters
# Pixels of the largest letters. A numeral takes its share of the height between the first two, and more in a high view.
_LEAST_NUMERAL, _NUMERAL, _NAME, _LEAST_NAME, _NUMBER = 120, 170, 64, 26, 120
_SHARE, _SHARE_OF_HIGH, _SHARE_PRESENTED, _SHARE_OF_NUMBER = 0.49, 1 / 3, 0.55, 0.6
_LINE, _NAME_LINE = 1.3, 1.12  # heights of a line, in sizes of its letters
_SHARE_OF_LINE = 0.65  # of the width of a caption is that of its lines, if it has two, so that they are about as long
_GAP, _COLUMN_GAP = 10, 8  # pixels, below the name and between two answers
_RANGE, _ENDS, _DOTS = 34, 16, 14  # pixels: the line of the training range, its ends and the dots on it
_BAR = 48, 4  # pixels of the bar in the place of the answer without an input
_MOST_MEASURED = 200  # class names whose lines are counted; with more of them a name has room for two
_SAMPLE = 100  # pixels of letters whose widths are measured
_MORE = "▾"
_BETWEEN_DESCRIPTIONS = 1000  # milliseconds


@dataclass(frozen=True)
class Answer:
    """An answer and what is written below it.

    Attributes:
        name: the predicted class, or the number as text.
        caption: below it, "100 % sure".
        note: below that in small letters, "or 9 (2 %)"; without one, the caption may have two lines.
        is_muted: whether it is no answer to rely on.
        heading: of its network while two are compared; else empty.
        short_heading: in its place if it has no room.
        ink: the theme's name of its colour, and of that of the heading.
        row: the number and its range in training; None for a class.
        has_line: whether the line of the range is painted below.
    """

    name: str
    caption: str
    note: str = ""
    is_muted: bool = False
    heading: str = ""
    short_heading: str = ""
    ink: str = "ink"
    row: NumberRow | None = None
    has_line: bool = False

    @property
    def description(self) -> str:
        words = ", ".join(filter(None, (self.name, self.caption, self.note)))
        return f"{self.heading}: {words}" if self.heading else words


@dataclass(frozen=True)
class _Slots:
    """Places in the view, in pixels from its top. They are the same for all answers of the same classes.

    Attributes:
        size: of the letters of numerals and numbers.
        base: from the top of their slot to their base line.
        lines: lines below the answer, 1 or 2.
    """

    size: float = 0.0
    base: float = 0.0
    lines: int = 2
    heading: float = 0.0
    name: float = 0.0
    caption: float = 0.0
    range: float = 0.0


class AnswerView(QWidget):
    """Paints the answer. Nothing is laid out when its words change.

    Attributes:
        answers: one, two while networks are compared, or none.
        reason: why there is none, displayed in its place; empty if there is one, without an input, and while it is
            being computed.
        sure_button: invisible over the caption; clicked to set the confidence threshold.
        is_presented: whether numerals have their largest size, for an audience.
    """

    def __init__(self, tip: str) -> None:
        super().__init__()
        named(self, "answerView", "Answer", tip)
        self.answers: Sequence[Answer] = ()
        self.reason, self.is_presented = "", False
        self._names: tuple[str, ...] = ()
        self._letters = (1.0, -1.0, 0.0)  # of the names
        self._slots = _Slots()
        self.sure_button = _SureButton(self)
        self._pause = QTimer(self)  # between two descriptions
        self._pause.setSingleShot(True)
        self._pause.setInterval(_BETWEEN_DESCRIPTIONS)
        self._pause.timeout.connect(self._describe)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)  # paintEvent covers the whole widget
        self._describe()
        theme.changed.connect(self._measure)

    def set_names(self, names: Sequence[str]) -> None:
        """Sets the names of all classes, for which there is room; none for numbers."""
        if tuple(names) != self._names:
            self._names = tuple(names)
            self._letters = letters_of(self._names)
            self._measure()

    @property
    def are_short(self) -> bool:
        """Whether the classes are numerals or letters."""
        return bool(self._names) and max(map(len, self._names)) <= SHORT

    @property
    def width_of_names(self) -> int:
        """Pixels of the widest class name in its largest letters."""
        return round(self._letters[0] * theme.px(_NAME))

    def show_answers(self, answers: Sequence[Answer], reason: str = "", can_choose: bool = False) -> None:
        """Shows the answers, or the reason why there is none.

        ``can_choose``: whether the caption is a button for the confidence threshold.
        """
        if self.sure_button.isHidden() == can_choose:
            self.sure_button.setVisible(can_choose)
            self.update()
        if (answers, reason) == (self.answers, self.reason):
            return
        self.answers, self.reason = answers, reason
        self._measure()
        if not self._pause.isActive():
            self._describe()

    def _describe(self) -> None:
        """Sets the description for screen readers, and keeps it for a while."""
        words = "; ".join(answer.description for answer in self.answers) or self.reason or "no answer"
        if words != self.accessibleDescription():
            describe(self, words)
            if self.isVisible():
                self._pause.start()

    def hideEvent(self, event: QHideEvent) -> None:
        self._pause.stop()
        self._describe()

    # ---- places

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._measure()

    @property
    def _column(self) -> float:
        """Pixels of the width of an answer."""
        count = max(1, len(self.answers))
        return (self.width() - (count - 1) * _COLUMN_GAP) / count

    def _measure(self) -> None:
        """Finds the size of the letters and the places of all lines, in the middle of the height."""
        line = _LINE * theme.px(theme.LARGE)
        heading = theme.px(_LINE * theme.SMALL) + _GAP if any(answer.heading for answer in self.answers) else 0
        line_of_range = theme.px(_RANGE) if any(answer.has_line for answer in self.answers) else 0
        room = max(self.height() - heading - line_of_range - _GAP - line, 1.0)  # of the name and a second line
        size, base, height, lines = self._letters_in(room, line)
        top = max(0.0, (self.height() - heading - height - _GAP - lines * line - line_of_range) / 2)
        name = top + heading
        caption = name + height + _GAP
        self._slots = _Slots(size, base, lines, top, name, caption, caption + lines * line)
        width = min(self.width(), theme.px(150))
        self.sure_button.setGeometry((self.width() - width) // 2, round(caption), width, round(line))
        self.update()

    def _letters_in(self, room: float, line: float) -> tuple[float, float, float, int]:
        """Returns size and base of numerals, the height of the name, and the number of lines below it."""
        numbers = [answer.row for answer in self.answers if answer.row is not None]
        if not numbers and not self.are_short:
            height = self._height_of_names(max(room - line, 0.0))
            return 0.0, 0.0, height, 2 if room - line >= height else 1
        if numbers:
            texts = [text for row in numbers for text in (row.value, row.low, row.high)]
            widest, top, bottom = letters_of(tuple(texts))
            wanted = min(float(theme.px(_NUMBER)), _SHARE_OF_NUMBER * self.height())
        else:
            widest, top, bottom = self._letters
            wanted = max(_LEAST_NUMERAL, min(_SHARE * self.height(), max(_NUMERAL, _SHARE_OF_HIGH * self.height())))
            wanted = _SHARE_PRESENTED * self.height() if self.is_presented else wanted
        wanted = min(wanted, (self._column - 2) / widest)
        share = bottom - top
        lines = 2 if wanted * share + line <= room else 1
        size = max(1.0, min(wanted, (room - (lines - 1) * line) / share))
        return size, -top * size, size * share, lines

    def _height_of_names(self, room: float) -> float:
        """Returns the height of the class names: of two lines if one of them needs two."""
        if len(self._names) > _MOST_MEASURED:
            return min(room, _NAME_LINE * theme.px(_NAME))
        fits = (fitted(name, int(self._column), int(room), theme.px(_NAME)) for name in self._names)
        return max((_NAME_LINE * size * len(lines) for lines, size in fits), default=0.0)

    # ---- painting

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(event.rect(), theme.colour("card"))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for number, answer in enumerate(self.answers):
            self._paint(painter, answer, number * (self._column + _COLUMN_GAP))
        if not self.answers:
            self._paint_none(painter)

    def _paint_none(self, painter: QPainter) -> None:
        """Paints the reason, or a short bar where the answer will be."""
        if self.reason:
            painter.setFont(theme.font(theme.TEXT))
            painter.setPen(theme.colour("muted"))
            painter.drawText(QRectF(self.rect()), alignment.CENTER | Qt.TextFlag.TextWordWrap, self.reason)
            return
        width, height = _BAR
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.colour("faint"))
        bar = QRectF((self.width() - width) / 2, (self.height() - height) / 2, width, height)
        painter.drawRoundedRect(bar, height / 2, height / 2)

    def _paint(self, painter: QPainter, answer: Answer, x: float) -> None:
        slots, width = self._slots, self._column
        if answer.heading:
            painter.setFont(theme.font(theme.SMALL, bold=True))
            place = QRectF(x, slots.heading, width, theme.px(_LINE * theme.SMALL))
            fits = painter.fontMetrics().horizontalAdvance(answer.heading) <= width
            write(painter, place, answer.heading if fits else answer.short_heading, answer.ink, alignment.CENTER)
        painter.setPen(theme.colour("muted" if answer.is_muted else answer.ink))
        if slots.size:
            share = slots.size / _SAMPLE
            outline, advance = _outline(answer.name)
            painter.save()
            painter.translate(x + (width - share * advance) / 2, slots.name + slots.base)
            painter.scale(share, share)
            painter.fillPath(outline, painter.pen().color())
            painter.restore()
        else:
            self._paint_name(painter, answer.name, QRectF(x, slots.name, width, slots.caption - _GAP - slots.name))
        self._paint_caption(painter, answer, x)
        if answer.has_line and answer.row is not None:
            self._paint_range(painter, answer.row, x)

    def _paint_name(self, painter: QPainter, name: str, place: QRectF) -> None:
        """Paints a class name of one or two lines at the foot of its place."""
        lines, size = fitted(name, int(place.width()), int(place.height()), theme.px(_NAME))
        painter.setFont(_pixels(size))
        height = _NAME_LINE * size
        for number, words in enumerate(reversed(lines)):
            line = QRectF(place.x(), place.bottom() - (number + 1) * height, place.width(), height)
            shown = painter.fontMetrics().elidedText(words, Qt.TextElideMode.ElideRight, int(place.width()))
            painter.drawText(line, alignment.CENTER | Qt.TextFlag.TextDontClip, shown)

    def _paint_caption(self, painter: QPainter, answer: Answer, x: float) -> None:
        """Paints the lines below the answer: in two lines, or smaller, if the caption is too long."""
        slots, height = self._slots, _LINE * theme.px(theme.LARGE)
        ink = "muted" if answer.is_muted or answer.row is not None else answer.ink
        place = QRectF(x, slots.caption, self._column, height)
        more = 0 if self.sure_button.isHidden() else theme.px(theme.SMALL)
        painter.setFont(theme.font(theme.LARGE))
        words = painter.fontMetrics().horizontalAdvance(answer.caption)
        if words > place.width() - more:
            if slots.lines > 1 and not answer.note:
                inset = max(0.0, (place.width() - _SHARE_OF_LINE * words) / 2)
                painter.setPen(theme.colour(ink))
                flags = alignment.TOP | Qt.TextFlag.TextWordWrap | Qt.TextFlag.TextDontClip
                painter.drawText(place.adjusted(inset, 0, -inset, height), flags, answer.caption)
                return
            painter.setFont(_narrow(answer.caption, place.width() - more))
            words = painter.fontMetrics().horizontalAdvance(answer.caption)
        left = max(0.0, min((place.width() - words) / 2, place.width() - words - more))
        write(painter, place.adjusted(left, 0, -more, 0), answer.caption, ink, alignment.LEFT)
        if more:
            painter.setFont(theme.font(theme.SMALL))
            write(painter, place.adjusted(left + words + 3, 0, 0, 0), _MORE, "muted", alignment.LEFT)
        if answer.note and slots.lines > 1:
            painter.setFont(theme.font(theme.SMALL))
            write(painter, place.translated(0, height), answer.note, "muted", alignment.TOP)

    def _paint_range(self, painter: QPainter, row: NumberRow, x: float) -> None:
        """Paints the number on the line of its range in training, and the ends of the line."""
        line = QRectF(x, self._slots.range, self._column, theme.px(_DOTS))
        paint_range(painter, line, [(row.place, "ink")], row.true_place)
        painter.setFont(theme.font(theme.SMALL))
        ends = QRectF(x, line.bottom(), self._column, theme.px(_ENDS))
        write(painter, ends, row.low, "muted", alignment.LEFT)
        write(painter, ends, f"{row.high} {row.unit}".strip(), "muted", alignment.RIGHT)


class _SureButton(QAbstractButton):
    """Lies over the caption, which stays visible, and paints an edge when the mouse is over it."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        named(self, "sureButton", "Confidence threshold", "Sets the confidence from which the answer counts as sure.")
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.hide()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if self.hasFocus():
            paint_focus(painter, QRectF(self.rect()), 4)
        elif self.underMouse():
            painter.setPen(theme.colour("edge"))
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 4, 4)

    def sizeHint(self) -> QSize:
        return QSize(theme.px(150), theme.px(_LINE * theme.LARGE))


def letters_of(words: tuple[str, ...]) -> tuple[float, float, float]:
    """Returns the largest width of words in semibold letters, and their top and bottom from the base line.

    All are in sizes of the letters; what is above the base line is negative.
    """
    metrics = QFontMetricsF(_pixels(_SAMPLE))
    places = [metrics.tightBoundingRect(each) for each in words if each.strip()]
    widest = max((metrics.horizontalAdvance(each) for each in words), default=0.0)
    top, bottom = min((at.top() for at in places), default=-1.0), max((at.bottom() for at in places), default=0.0)
    return max(widest, 1.0) / _SAMPLE, min(top, -1.0) / _SAMPLE, bottom / _SAMPLE


@lru_cache(maxsize=1024)
def fitted(name: str, width: int, height: int, most: int) -> tuple[tuple[str, ...], int]:
    """Returns the lines of a name, one or two, and the pixels of its letters, with which it fits into a place.

    It has two lines if its letters are then much larger. ``most``: pixels of the largest letters. The smallest have 26
    pixels, and do not always fit.
    """
    ends = [found.end() for found in re.finditer(r"[ \-/_]+", name) if found.end() < len(name)]
    metrics = QFontMetricsF(_pixels(_SAMPLE))

    def size(lines: tuple[str, ...]) -> float:
        widest = max(metrics.horizontalAdvance(each) for each in lines) / _SAMPLE
        return min(most, (width - 2) / max(widest, 0.01), height / (_NAME_LINE * len(lines)))

    one = (name,)
    two = max(((name[:end].rstrip(" _"), name[end:]) for end in ends), key=size, default=one)
    lines = two if size(two) > 1.2 * size(one) else one
    return lines, max(int(size(lines)), _LEAST_NAME)


@lru_cache(maxsize=64)
def _outline(words: str) -> tuple[QPainterPath, float]:
    """Returns the outline of words in the sample's letters, from their base line, and their width.

    Large letters that Qt writes itself depend a little on the sizes that were written before.
    """
    font, outline = _pixels(_SAMPLE), QPainterPath()
    outline.addText(QPointF(0, 0), font, words)
    return outline, QFontMetricsF(font).horizontalAdvance(words)


def _pixels(size: float) -> QFont:
    """Returns the font of answers in a size that does not follow that of the texts."""
    made = theme.font(theme.TEXT, bold=True)
    made.setPixelSize(max(1, int(size)))
    return made


def _narrow(words: str, width: float) -> QFont:
    """Returns the font of a caption in smaller letters, not smaller than those of notes."""
    for size in range(theme.LARGE, theme.SMALL, -1):
        font = theme.font(size)
        if QFontMetricsF(font).horizontalAdvance(words) <= width:
            return font
    return theme.font(theme.SMALL)
