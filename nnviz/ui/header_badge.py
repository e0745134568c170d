"""The badge in a card's header while the card shows an earlier epoch or an assumption."""

from __future__ import annotations

from PyQt5.QtCore import QRect, QRectF, QSize, Qt
from PyQt5.QtGui import QFontMetrics, QPainter, QPaintEvent, QPen
from PyQt5.QtWidgets import QAbstractButton, QWidget

from nnviz.ui import alignment, theme
from nnviz.ui.parts import named

_PADDING, _HEIGHT = 6, 18
_END = "  ×"
_USUAL = "epoch 88.8"  # as wide as most moments, so that nothing moves from one to the next


class HeaderBadge(QAbstractButton):
    """Lies over free space of the header, and shows the longest text that fits. A click returns to the present state.

    Attributes:
        what: the what-if; "" for none.
        moment: the displayed earlier epoch ("epoch 3.4"); "" for now.
        beside: the two networks that the card shows side by side ("epoch 3", "now"); None for one.
    """

    def __init__(self, head: QWidget) -> None:
        super().__init__(head)
        named(self, "headMark")
        self.what = self.moment = self._epoch = ""
        self.beside: tuple[str, str] | None = None
        self._short: tuple[str, str] = "", ""
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.show_what("")

    @property
    def is_wanted(self) -> bool:
        """Whether there is a text to show."""
        return bool(self.what or self.moment or self.beside)

    def show_what(
        self, what: str, epoch: str = "", beside: tuple[str, str] | None = None, short: tuple[str, str] = ("", "")
    ) -> None:
        """Shows a what-if and an epoch ("3.4"), or two networks; without any of them the badge is hidden.

        ``short``: shorter names for both networks ("3", "now").
        """
        moment = f"epoch {epoch}" if epoch else ""
        self.what, self.moment, self.beside, self._epoch, self._short = what, moment, beside, epoch, short
        if beside is not None:
            tip = f"This card shows two networks side by side: {' and '.join(beside)}. Click to end the comparison."
        elif moment:
            tip = (
                f"Looking back: every card shows the network at {moment}, and training continues. Click to return to "
                "the present."
            )
        else:
            tip = (
                f"What if: {what}. Every card shows the network with this change, and the network itself stays as it "
                "is. Click to end it."
            )
        self.setAccessibleName("Comparison" if beside else "Looking back" if moment else "What if")
        self.setToolTip(tip if self.is_wanted else "")
        self.setAccessibleDescription(tip if self.is_wanted else "")
        self.setVisible(self.is_wanted)
        self.update()

    @property
    def least_width(self) -> int:
        """The width of the shortest text in a complete pill."""
        is_past = self.moment and self.beside is None
        metrics, texts = _metrics(), [self.moment, _USUAL] if is_past else self._texts[-1:]
        return max(map(metrics.horizontalAdvance, texts)) + 2 * theme.px(_PADDING)

    def sizeHint(self) -> QSize:
        """Returns the size of the longest text in a complete pill."""
        widest = max(map(_metrics().horizontalAdvance, self._texts))
        return QSize(widest + 2 * theme.px(_PADDING), theme.px(_HEIGHT))

    @property
    def _texts(self) -> tuple[str, ...]:
        """Versions of the text, the longest first."""
        if self.beside is not None:
            names, short = (" | ".join(pair) for pair in (self.beside, self._short))
            return f"{names}{_END}", names, *([short] if short != names else []), "both"
        if not self.moment:
            return f"what if: {self.what}{_END}", f"what if{_END}", "what if", "if"
        if not self.what:
            return f"{self.moment} · looking back", self.moment, self._epoch
        return f"{self.moment} · what if: {self.what}", f"{self.moment} · what if", self.moment, self._epoch

    @property
    def shown(self) -> str:
        """The longest text that fits; "" for none."""
        metrics, room, texts = _metrics(), self.width() - 2 * theme.px(_PADDING), self._texts
        fitting = (words for words in texts if metrics.horizontalAdvance(words) <= room)
        return next(fitting, texts[-1]) if self.is_wanted else ""

    def paintEvent(self, event: QPaintEvent) -> None:
        words = self.shown
        if not words:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(theme.font(theme.SMALL, bold=True))
        wide = painter.fontMetrics().horizontalAdvance(words) + 2 * theme.px(_PADDING)
        place = QRect(0, (self.height() - theme.px(_HEIGHT)) // 2, wide, theme.px(_HEIGHT))
        # Orange and blue have meanings of their own; violet is the past.
        is_past = bool(self.moment or self.beside)
        ink = "looking_back" if is_past else "ink"
        is_filled = not (is_past or self.hasFocus())
        painter.setPen(QPen(theme.colour("ink"), 2) if self.hasFocus() else theme.colour(ink))
        painter.setBrush(theme.colour(ink if is_filled else "card"))
        painter.drawRoundedRect(QRectF(place).adjusted(1, 1, -1, -1), theme.px(_HEIGHT) / 2, theme.px(_HEIGHT) / 2)
        painter.setPen(theme.colour("card" if is_filled else ink))
        painter.drawText(place, alignment.CENTER, words)


def _metrics() -> QFontMetrics:
    return QFontMetrics(theme.font(theme.SMALL, bold=True))
