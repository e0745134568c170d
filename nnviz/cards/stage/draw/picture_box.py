"""An image of the data, onto which another one can be dropped."""

from __future__ import annotations

from PyQt5.QtCore import QSize, pyqtSignal
from PyQt5.QtGui import QDragEnterEvent, QDropEvent
from PyQt5.QtWidgets import QWIDGETSIZE_MAX, QSizePolicy

from nnviz.ui.picture import Picture


class PictureBox(Picture):
    """An image view. ``dropped(QMimeData)``: a possible image was dropped; valid until the slot returns."""

    dropped = pyqtSignal(object)

    def __init__(self) -> None:
        super().__init__(QSize(0, 0))
        self.setMinimumHeight(0)
        self.setMaximumHeight(QWIDGETSIZE_MAX)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAcceptDrops(True)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if event.mimeData().hasUrls() or event.mimeData().hasImage():
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        event.acceptProposedAction()
        self.dropped.emit(event.mimeData())
