"""The steps of a lesson as a row of short lines: done, present, still to come."""

from __future__ import annotations

from PyQt5.QtCore import QRectF, Qt
from PyQt5.QtGui import QPainter, QPaintEvent
from PyQt5.QtWidgets import QWidget

from nnviz.lessons import texts
from nnviz.ui import theme
from nnviz.ui.parts import named

_HEIGHT, _APART = 4, 4


class StepBar(QWidget):
    """Shows which step of how many is the present one, and which steps were skipped."""

    def __init__(self) -> None:
        super().__init__()
        named(self, "lessonStepBar")
        self._step, self._steps, self._skipped = 0, 1, frozenset[int]()
        self.setFixedHeight(_HEIGHT)
        theme.changed.connect(self.update)

    def show_step(self, step: int, steps: int, skipped: frozenset[int]) -> None:
        """Shows the step of that number, from 0, how many there are, and which of them were skipped."""
        self._step, self._steps, self._skipped = step, steps, skipped
        name = texts.STEP_BAR_NAME.format(number=step + 1, steps=steps)
        numbers = ", ".join(str(each + 1) for each in sorted(skipped))
        self.setAccessibleName(texts.STEP_BAR_SKIPPED.format(bar=name, numbers=numbers) if skipped else name)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        apart = _APART if self.width() > 3 * _APART * self._steps else 1
        width = (self.width() + apart) / self._steps - apart
        for step in range(self._steps):
            is_skipped = step in self._skipped
            colour = "muted" if is_skipped else "ink" if step <= self._step else "border"
            painter.setBrush(theme.colour(colour))
            painter.setOpacity(0.6 if step == self._step else 1)
            height = _HEIGHT / 2 if is_skipped else _HEIGHT  # thin: not only another colour
            painter.drawRoundedRect(QRectF(step * (width + apart), (_HEIGHT - height) / 2, width, height), 2, 2)
