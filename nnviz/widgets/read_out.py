"""A read-out: text beside the mouse over a view. Mouse events pass through it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from html import escape

from PyQt5.QtCore import QPoint, QRect, Qt
from PyQt5.QtGui import QColor
from PyQt5.QtWidgets import QLabel, QWidget

from nnviz.look import theme

Piece = tuple[str, "str | QColor"]  # text with its colour or the colour's name in the theme
Text = str | Sequence[Sequence[Piece]]  # plain text, or lines of coloured pieces

_ASIDE = 14  # pixels between the mouse and the read-out beside it
_ABOVE = 4
_IN_THE_WAY = 10_000  # cost of covering the mouse; larger than any cost from the view


class ReadOut(QLabel):
    """A small label over one widget. It stays within the widget, beside the mouse."""

    def __init__(self, over: QWidget) -> None:
        super().__init__(over)
        self._over = over
        self._corner = 0  # index of the corner of the mouse where it was last
        self.setObjectName("readOut")
        self.setAttribute(Qt.WA_TransparentForMouseEvents)
        self.hide()

    def show_text(self, text: Text, at: QPoint | None, cost: Callable[[QRect], float] | None = None) -> None:
        """Shows ``text`` beside the point ``at`` of the widget; an empty text or None hides the read-out.

        ``cost`` returns how bad it would be to cover a rectangle; of equally good places the present one is kept.
        The text is never interpreted as markup.
        """
        if not text or at is None:
            self.hide()
            return
        self._say(text)
        self.move(self._best(at, cost).topLeft())
        self.show()

    def _say(self, text: Text) -> None:
        said = text if isinstance(text, str) else "<br>".join("&nbsp;&nbsp; ".join(map(_inked, line)) for line in text)
        if said != self.text():
            self.setTextFormat(Qt.PlainText if isinstance(text, str) else Qt.RichText)
            self.setText(said)
        self.adjustSize()
        self.resize(self.size().boundedTo(self._over.size()))

    def _best(self, at: QPoint, cost: Callable[[QRect], float] | None) -> QRect:
        wanted = self._corners(at)
        places = [self._inside(place) for place in wanted]
        costs = [
            _IN_THE_WAY * place.contains(at) + (cost(place) if cost else 0) + 0.5 * (place != free)
            for place, free in zip(places, wanted, strict=True)
        ]
        self._corner = min(range(len(places)), key=lambda index: (costs[index], index != self._corner))
        return places[self._corner]

    def _corners(self, at: QPoint) -> list[QRect]:
        """Returns the places right above the mouse, left above, right below and left below it."""
        width, height = self.width(), self.height()
        beside = (at.x() + _ASIDE, at.x() - _ASIDE - width)
        over = (at.y() - _ABOVE - height, at.y() + _ASIDE + _ABOVE)
        return [QRect(x, y, width, height) for y in over for x in beside]

    def _inside(self, place: QRect) -> QRect:
        x = max(0, min(place.x(), self._over.width() - place.width()))
        y = max(0, min(place.y(), self._over.height() - place.height()))
        return QRect(x, y, place.width(), place.height())


def _inked(piece: Piece) -> str:
    words, ink = piece
    colour = theme.colour(ink) if isinstance(ink, str) else ink
    return f'<span style="color:{colour.name()}">{escape(words)}</span>'
