"""A button that switches between texts and elides them in little space."""

from __future__ import annotations

from collections.abc import Sequence

from PyQt5.QtCore import QSize
from PyQt5.QtGui import QResizeEvent
from PyQt5.QtWidgets import QSizePolicy, QToolButton


class ElidedButton(QToolButton):
    """Shows the longest version of its text that fits. Switching to another text moves nothing next to it."""

    def __init__(self) -> None:
        super().__init__()
        self._texts: Sequence[Sequence[str]] = [[""]]
        self._shown = 0
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)

    def show_text(self, texts: Sequence[Sequence[str]], shown: int) -> None:
        """Shows one of the texts; each is given in equally many versions, the longest first."""
        self._texts, self._shown = texts, shown
        self._fit()
        self.updateGeometry()

    def _size(self, version: int) -> QSize:
        """Returns the size that the button needs for a version of each text."""
        size, metrics = super().sizeHint(), self.fontMetrics()
        widest = max(metrics.horizontalAdvance(versions[version]) for versions in self._texts)
        size.setWidth(size.width() + widest - metrics.horizontalAdvance(self.text()))
        return size

    def sizeHint(self) -> QSize:
        return self._size(0)

    def minimumSizeHint(self) -> QSize:
        return self._size(-1)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        versions = self._texts[self._shown]
        fitting = (words for number, words in enumerate(versions) if self._size(number).width() <= self.width())
        self.setText(next(fitting, versions[-1]))
