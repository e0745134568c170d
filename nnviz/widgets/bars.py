"""Ten bars, one for each class: how sure the network is of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from PyQt5.QtCore import QRectF, QSize, Qt
from PyQt5.QtGui import QPainter, QPaintEvent
from PyQt5.QtWidgets import QSizePolicy, QWidget

from nnviz import theme

_ROW, _HIGHEST_ROW = 19, 28
_THICKNESS = 9
_NAME, _VALUE = 18, 46


class ProbabilityBars(QWidget):
    """One row a class: name, bar, percent. The largest stands out."""

    def __init__(self) -> None:
        super().__init__()
        self._names: Sequence[str] = ()
        self._values: npt.NDArray[Any] | None = None
        self.setSizePolicy(QSizePolicy.Preferred, QSizePolicy.Expanding)
        self.setAttribute(Qt.WA_OpaquePaintEvent)  # nothing behind it is painted first
        self._describe()

    def set_names(self, names: Sequence[str]) -> None:
        """The classes, from the top."""
        self._names = names
        self.updateGeometry()
        self.update()

    def set_values(self, values: npt.NDArray[Any] | None) -> None:
        """Shares 0…1, one for each class; None for no answer."""
        if _as_shown(values) == _as_shown(self._values):
            return
        self._values = values
        self._describe()
        self.update()

    def sizeHint(self) -> QSize:
        """A row for each class."""
        return QSize(220, _ROW * max(1, len(self._names)))

    minimumSizeHint = sizeHint

    def _describe(self) -> None:
        if self._values is None:
            self.setAccessibleDescription("no answer")
            return
        shares = zip(self._names, self._values, strict=False)
        self.setAccessibleDescription(", ".join(f"{name}: {share:.1%}" for name, share in shares))

    def paintEvent(self, event: QPaintEvent) -> None:
        """Names and figures in the text colours, the winner in the accent."""
        painter = QPainter(self)
        painter.fillRect(event.rect(), theme.colour("card"))
        painter.setRenderHint(QPainter.Antialiasing)
        best = -1 if self._values is None else int(np.argmax(self._values))
        for row, name in enumerate(self._names):
            self._paint_row(painter, row, name, row == best)

    def _paint_row(self, painter: QPainter, row: int, name: str, is_best: bool) -> None:
        height = min(self.height() / max(1, len(self._names)), _HIGHEST_ROW)
        top = row * height
        painter.setFont(theme.font(theme.SMALL, bold=is_best))
        painter.setPen(theme.colour("accent" if is_best else "muted"))
        painter.drawText(QRectF(0, top, _NAME, height), int(Qt.AlignLeft | Qt.AlignVCenter), name)
        groove = QRectF(_NAME, top + (height - _THICKNESS) / 2, self.width() - _NAME - _VALUE, _THICKNESS)
        painter.setPen(Qt.NoPen)
        painter.setBrush(theme.colour("field"))
        painter.drawRoundedRect(groove, 3, 3)
        if self._values is None or row >= len(self._values):
            return
        share = float(np.clip(self._values[row], 0, 1))
        filled = QRectF(groove)
        filled.setWidth(max(1.5, groove.width() * share))
        painter.setBrush(theme.colour("accent" if is_best else "past"))
        painter.drawRoundedRect(filled, min(3, filled.width() / 2), min(3, filled.width() / 2))
        painter.setPen(theme.colour("text" if is_best else "muted"))
        figure = QRectF(self.width() - _VALUE, top, _VALUE, height)
        painter.drawText(figure, int(Qt.AlignRight | Qt.AlignVCenter), f"{100 * float(self._values[row]):.1f}")


def _as_shown(values: npt.NDArray[Any] | None) -> list[float] | None:
    """To the last digit that is drawn: what does not show need not be painted."""
    return None if values is None else np.round(values, 3).tolist()
