"""Colour key of the connections in one line, which is shortened if there is little room."""

from __future__ import annotations

from PyQt5.QtCore import QRect, QSize, Qt
from PyQt5.QtGui import QFontMetrics, QPainter, QPaintEvent
from PyQt5.QtWidgets import QSizePolicy, QWidget

from nnviz.ui import alignment, theme

_WIDTH, _LEAST = 310, 120
_GAP = 8  # pixels between the subject and the colours
_SLASH = " / "
_FEWEST = 4  # Letters of an elided word. A shorter one is left out.


class ColourKey(QWidget):
    """Colour key, aligned to the right; plain text.

    Attributes:
        what: quantity that the connections show, and shorter texts for it.
        less, more: meaning of the negative and of the positive colour.
    """

    def __init__(self) -> None:
        super().__init__()
        self.what: tuple[str, ...] = ()
        self.less = self.more = ""
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        theme.changed.connect(self.update)

    def show_words(self, what: tuple[str, ...], less: str, more: str) -> None:
        """Sets the texts."""
        if (what, less, more) != (self.what, self.less, self.more):
            self.what, self.less, self.more = what, less, more
            self.setAccessibleDescription(f"{what[0]}: {less}{_SLASH}{more}")
            self.update()

    def sizeHint(self) -> QSize:
        """Returns the preferred size, independent of the texts, so that nothing moves."""
        return QSize(theme.px(_WIDTH), theme.px(20))

    def minimumSizeHint(self) -> QSize:
        """Returns the smallest size, with room for the two colours."""
        return QSize(theme.px(_LEAST), theme.px(20))

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paints from the right. The quantity is shortened, or left out, if there is little room."""
        painter = QPainter(self)
        painter.setFont(theme.font(theme.SMALL))
        right = self.width()
        for said, ink, gap in (
            (self.more, "positive", 0),
            (_SLASH, "muted", 0),
            (self.less, "negative", _GAP),
            (self._quantity(painter.fontMetrics()), "muted", 0),
        ):
            right -= self._paint_words(painter, said, ink, right) + gap

    def _quantity(self, metrics: QFontMetrics) -> str:
        """Returns the quantity, or a shorter text for it, that fits; empty if none does."""
        room = self.width() - metrics.horizontalAdvance(f"{self.less}{_SLASH}{self.more}") - _GAP
        versions = [f"{words}:" for words in self.what]
        return next((words for words in versions if metrics.horizontalAdvance(words) <= room), "")

    def _paint_words(self, painter: QPainter, said: str, ink: str, right: int) -> int:
        metrics: QFontMetrics = painter.fontMetrics()
        shown = metrics.elidedText(said, Qt.TextElideMode.ElideRight, max(right, 0))
        said = shown if shown == said or len(shown) >= _FEWEST else ""
        width = metrics.horizontalAdvance(said)
        painter.setPen(theme.colour(ink))
        painter.drawText(
            QRect(right - width, 0, width, self.height()),
            alignment.RIGHT,
            said,
        )
        return width
