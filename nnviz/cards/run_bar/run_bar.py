"""The bar at the top: the buttons of the run block in a row, and the progress."""

from __future__ import annotations

from PyQt5.QtCore import QSize
from PyQt5.QtWidgets import QHBoxLayout, QWidget

from nnviz.cards.run_bar.run_block import RunBlock
from nnviz.cards.run_bar.run_progress import RunProgress
from nnviz.session.session import Session
from nnviz.ui import theme
from nnviz.ui.parts import arranged

_LEAST = 400  # pixels


class RunBar(QWidget):
    """The buttons call the session; the rest shows its state."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        block = self.block = RunBlock(session)
        block.setParent(self)
        block.hide()
        theme.sized(block.train.setMinimumWidth, 190)
        self.progress = RunProgress(session, block.train)
        parts = (block.train, block.batch, block.epoch, block.reset, block.speed)
        arranged(QHBoxLayout(self), *parts, (self.progress, 1), spacing=10, margins=(14, 0, 0, 0))

    def minimumSizeHint(self) -> QSize:
        """Returns a size that does not widen the window."""
        return QSize(_LEAST, super().minimumSizeHint().height())
