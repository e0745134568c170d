"""The button of the further settings, which names the most important of them."""

from __future__ import annotations

from collections.abc import Sequence

from PyQt5.QtCore import QPointF, QRect, QRectF, QSize, Qt
from PyQt5.QtGui import QFont, QFontMetrics, QPainter, QPaintEvent, QPen, QPolygonF
from PyQt5.QtWidgets import QAbstractButton, QSizePolicy

from nnviz.ui import alignment, theme
from nnviz.ui.parts import describe, named

_HEIGHT = 26
_CHEVRON = 10  # pixels from the right edge to its middle
_TIP = "Opens the other settings of data, network and training."
_WRONG = "A value under More needs correction. Click to go to it."
_Phrase = tuple[str, bool]  # words, and whether they are of a changed value


class MoreButton(QAbstractButton):
    """Shows "More: batch 100, constant rate, He", with changed values in semibold, or only "More" if it is short.

    A wrong value behind it gives it the edge of a wrong field.
    """

    def __init__(self) -> None:
        super().__init__()
        named(self, "moreButton", "More settings", _TIP)
        self._phrases: Sequence[_Phrase] = ()
        self._is_wrong = self._is_short = False
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        theme.sized(self.setFixedHeight, _HEIGHT)
        self._fit()

    @property
    def phrases(self) -> Sequence[tuple[str, bool]]:
        """What it names: words, and whether each is of a changed value."""
        return self._phrases

    @property
    def is_wrong(self) -> bool:
        """Whether a value behind it is wrong."""
        return self._is_wrong

    def show_phrases(self, phrases: Sequence[tuple[str, bool]], is_wrong: bool) -> None:
        """Sets what it names, and whether a value behind it is wrong."""
        if (phrases, is_wrong) != (self._phrases, self._is_wrong):
            self._phrases, self._is_wrong = phrases, is_wrong
            words = ", ".join(words for words, _ in phrases)
            self.setToolTip(f"Now: {words}. {_WRONG if is_wrong else _TIP}")
            describe(self, f"{words}. {_WRONG}" if is_wrong else words)
            self.update()

    def set_short(self, is_short: bool) -> None:
        """Shows only "More", as in a heading, or the whole line."""
        self._is_short = is_short
        self._fit()
        self.update()

    def _fit(self) -> None:
        horizontal = QSizePolicy.Policy.Fixed if self._is_short else QSizePolicy.Policy.Ignored
        self.setSizePolicy(horizontal, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        width = QFontMetrics(theme.font()).horizontalAdvance("More") + 2 * theme.px(_CHEVRON) + 8
        return QSize(width, theme.px(_HEIGHT))

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paints the words, the chevron, and an edge if a value is wrong or it has the focus."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if self._is_wrong or self.hasFocus():
            painter.setBrush(theme.colour("error_ground") if self._is_wrong else Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(theme.colour("error" if self._is_wrong else "ink"), 2 if self.hasFocus() else 1))
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), 5, 5)
        inset = 4 if self._is_wrong or self.hasFocus() or self._is_short else 0
        self._paint_words(painter, self.rect().adjusted(inset, 0, -2 * theme.px(_CHEVRON), 0))
        self._paint_chevron(painter)

    def _paint_words(self, painter: QPainter, area: QRect) -> None:
        is_lit = self.underMouse() or self.hasFocus() or self._is_short
        size = theme.TEXT if self._is_short else theme.SMALL
        parts: list[tuple[str, QFont, str]] = [("More", theme.font(size), "ink" if is_lit else "muted")]
        if not self._is_short:
            for number, (words, is_changed) in enumerate(self._phrases):
                colour = "ink" if is_changed or is_lit else "muted"
                parts.append((", " if number else ": ", theme.font(size), "muted"))
                parts.append((words, theme.font(size, bold=is_changed), colour))
        left = area.left()
        for words, font, colour in parts:
            metrics, room = QFontMetrics(font), area.right() - left
            painter.setFont(font)
            painter.setPen(theme.colour(colour))
            painter.drawText(
                QRect(left, area.top(), room, area.height()),
                alignment.LEFT,
                metrics.elidedText(words, Qt.TextElideMode.ElideRight, room),
            )
            left += metrics.horizontalAdvance(words)
            if left >= area.right():
                return

    def _paint_chevron(self, painter: QPainter) -> None:
        pen = QPen(theme.colour("muted"), 1.3)
        pen.setCapStyle(Qt.PenCapStyle.RoundCap)
        painter.setPen(pen)
        x, y = self.width() - theme.px(_CHEVRON), self.height() / 2
        painter.drawPolyline(QPolygonF([QPointF(x - 2, y - 4), QPointF(x + 2, y), QPointF(x - 2, y + 4)]))
