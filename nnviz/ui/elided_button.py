"""A button whose text gets shorter in little space."""

from __future__ import annotations

from collections.abc import Sequence

from PyQt5.QtCore import QSize
from PyQt5.QtGui import QResizeEvent
from PyQt5.QtWidgets import QSizePolicy, QToolButton


class ElidedButton(QToolButton):
    """Shows the longest version of its text that fits."""

    def __init__(self) -> None:
        super().__init__()
        self._versions: Sequence[str] = [""]
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)

    def show_versions(self, *versions: str) -> None:
        """Shows a text that is given in several versions, the longest first."""
        self._versions = versions
        self._fit()
        self.updateGeometry()

    def _size(self, version: int) -> QSize:
        """Returns the size that the button needs for a version."""
        size, measure = super().sizeHint(), self.fontMetrics().horizontalAdvance
        size.setWidth(size.width() + measure(self._versions[version]) - measure(self.text()))
        return size

    def sizeHint(self) -> QSize:
        return self._size(0)

    def minimumSizeHint(self) -> QSize:
        return self._size(-1)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        fitting = (words for number, words in enumerate(self._versions) if self._size(number).width() <= self.width())
        self.setText(next(fitting, self._versions[-1]))
