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
    """Shows which step of how many is the present one."""

    def __init__(self) -> None:
        super().__init__()
        named(self, "lessonStepBar")
        self._step, self._steps = 0, 1
        self.setFixedHeight(_HEIGHT)
        theme.changed.connect(self.update)

    def show_step(self, step: int, steps: int) -> None:
        """Shows the step of that number, from 0, and how many there are."""
        self._step, self._steps = step, steps
        self.setAccessibleName(texts.STEP_BAR_NAME.format(number=step + 1, steps=steps))
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        apart = _APART if self.width() > 3 * _APART * self._steps else 1
        width = (self.width() + apart) / self._steps - apart
        for step in range(self._steps):
            painter.setBrush(theme.colour("accent" if step <= self._step else "border"))
            painter.setOpacity(0.6 if step == self._step else 1)
            painter.drawRoundedRect(QRectF(step * (width + apart), 0, width, _HEIGHT), 2, 2)
