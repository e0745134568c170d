"""A read-out: text, perhaps below an image, next to the mouse over a view. Mouse events pass through it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from html import escape

from PyQt5.QtCore import QEvent, QObject, QPoint, QRect, QSize, Qt
from PyQt5.QtGui import QColor, QImage, QPainter, QPaintEvent
from PyQt5.QtWidgets import QAbstractScrollArea, QLabel, QWidget

from nnviz.formatting.text import plain
from nnviz.ui import theme
from nnviz.ui.parts import describe

Piece = tuple[str, "str | QColor"]  # text with its colour or the colour's name in the theme
Text = str | Sequence[Sequence[Piece]]  # plain text, or lines of coloured pieces

_ASIDE = 14  # pixels between the mouse and the read-out beside it
_ABOVE = 4
_BELOW_PICTURE = 4  # pixels between an image and the text
_LONGEST = 120  # characters of a piece
_IN_THE_WAY = 10_000  # cost of covering the mouse; larger than any cost from the view


class ReadOut(QLabel):
    """A small label over one widget. It stays within the widget, next to the mouse.

    Its text is also the accessible description of the view, for screen readers.
    """

    def __init__(self, over: QWidget) -> None:
        super().__init__(over)
        area = over.parentWidget()
        is_viewport = isinstance(area, QAbstractScrollArea) and area.viewport() is over
        self._view = area if is_viewport else over
        self._spoken = self._summary = ""
        self._corner = 0  # index of the corner of the mouse where it was last
        self._fitted: QSize | None = None  # the size of the widget for which this one's is right
        self._picture, self._pictured = QImage(), QSize()  # the image above the text, and its size there
        self.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignBottom)
        self.setObjectName("readOut")
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        over.installEventFilter(self)
        self.hide()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Suppresses the widget's tooltip while the read-out has a text, which it would cover."""
        return event.type() == QEvent.Type.ToolTip and self.isVisible()

    def show_text(
        self,
        text: Text,
        at: QPoint | None,
        cost: Callable[[QRect], float] | None = None,
        below: tuple[int, int] | None = None,
        picture: QImage | None = None,
    ) -> None:
        """Shows ``text`` next to the point ``at`` of the widget, and makes it the description of the view.

        See :meth:`place`.
        """
        self.describe(text)
        self.place(text, at, cost, below, picture)

    def place(
        self,
        text: Text,
        at: QPoint | None,
        cost: Callable[[QRect], float] | None = None,
        below: tuple[int, int] | None = None,
        picture: QImage | None = None,
    ) -> None:
        """Shows ``text`` next to the point ``at`` of the widget; an empty text or None hides the read-out.

        ``cost`` returns how bad it would be to cover a rectangle; of equally good places the present one is kept.
        With ``below``, top and bottom of a part of the widget, it is shown below that part, or above it where there is
        no room. ``picture`` is shown above the text, smaller if the widget is low.
        The text is never interpreted as markup.
        """
        if not text or at is None:
            self.hide()
            return
        said = plain(text) if isinstance(text, str) else "<br>".join(map(_line, text))
        if said != self.text():
            self.setTextFormat(Qt.TextFormat.PlainText if isinstance(text, str) else Qt.TextFormat.RichText)
            self.setText(said)
            self._fitted = None
        self._show_picture(QImage() if picture is None else picture)
        self._fit()
        self.move(self._best(at, cost) if below is None else self._below(at.x(), *below))
        if self.isHidden():
            self.raise_()
            self.show()

    def _show_picture(self, picture: QImage) -> None:
        if picture.size() != self._picture.size():
            self._fitted = None
        if not picture.isNull() or not self._picture.isNull():
            self.update()
        self._picture = picture

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paints the text, and the image above it."""
        super().paintEvent(event)
        if not self._picture.isNull():
            QPainter(self).drawImage(QRect(self.contentsRect().topLeft(), self._pictured), self._picture)

    def describe(self, text: Text) -> None:
        """Makes a text the description of the view, without showing it."""
        self._spoken = spoken(text)
        self._describe()

    def set_summary(self, words: str) -> None:
        """Sets what a screen reader says of the view while nothing in it is pointed at."""
        self._summary = words
        self._describe()

    def _describe(self) -> None:
        describe(self._view, self._spoken or self._summary)

    def _fit(self) -> None:
        """Resizes the read-out to its text, within the widget; not at each move of the mouse, to save time."""
        room = self.parentWidget().size()
        if self._fitted != room:
            self.adjustSize()
            size = self.size()
            if not self._picture.isNull():
                high = min(self._picture.height(), max(0, room.height() - size.height() - _BELOW_PICTURE))
                self._pictured = self._picture.size().scaled(
                    self._picture.width(), high, Qt.AspectRatioMode.KeepAspectRatio
                )
                edges = size.width() - self.contentsRect().width()
                size.setWidth(max(size.width(), self._pictured.width() + edges))
                size.setHeight(size.height() + self._pictured.height() + _BELOW_PICTURE)
            self.resize(size.boundedTo(room))
            self._fitted = room

    def changeEvent(self, event: QEvent) -> None:
        """Fits the read-out to another theme or font."""
        super().changeEvent(event)
        self._fitted = None

    def _below(self, x: int, top: int, bottom: int) -> QPoint:
        room = self.parentWidget().size() - self.size()
        y = bottom if bottom <= room.height() else top - self.height()
        return QPoint(max(0, min(x - self.width() // 2, room.width())), max(0, y))

    def _best(self, at: QPoint, cost: Callable[[QRect], float] | None) -> QPoint:
        """Returns the best of the places right above the mouse, left above, right below and left below it."""
        beside = (at.x() + _ASIDE, at.x() - _ASIDE - self.width())
        over = (at.y() - _ABOVE - self.height(), at.y() + _ASIDE + _ABOVE)
        room = self.parentWidget().size() - self.size()
        corners, costs = [], []
        for x, y in ((x, y) for y in over for x in beside):
            corner = QPoint(max(0, min(x, room.width())), max(0, min(y, room.height())))
            place = QRect(corner, self.size())
            corners.append(corner)
            costs.append(
                _IN_THE_WAY * place.contains(at) + (cost(place) if cost else 0) + 0.5 * (corner != QPoint(x, y))
            )
        self._corner = min(range(4), key=lambda index: (costs[index], index != self._corner))
        return corners[self._corner]


def spoken(text: Text) -> str:
    """Returns a text as a screen reader says it: with commas, and without signs that only show a colour."""
    if isinstance(text, str):
        return plain(text)
    lines = ([plain(words, _LONGEST) for words, _ in line if any(map(str.isalnum, words))] for line in text)
    return "\n".join(map(", ".join, lines))


def _line(pieces: Sequence[Piece]) -> str:
    return "&nbsp;&nbsp; ".join(map(_inked, pieces))


def _inked(piece: Piece) -> str:
    words, ink = piece
    colour = theme.colour(ink) if isinstance(ink, str) else ink
    return f'<span style="color:{colour.name()}">{escape(plain(words, _LONGEST))}</span>'
