"""A session with its dialogs about networks, which ask before something is lost: made quicker than a whole window."""

from __future__ import annotations

from PyQt5 import sip
from PyQt5.QtGui import QCloseEvent
from PyQt5.QtWidgets import QMessageBox, QWidget

from nnviz.session.session import Session
from nnviz.window.main_window import MainWindow
from nnviz.window.network_dialogs import NetworkDialogs
from nnviz.window.preferences import Preferences


class AskingWindow(QWidget):
    """Asks before it closes, as the whole window does, and contains nothing."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session = session
        self._preferences = Preferences(None)
        self.dialogs = NetworkDialogs(self, session, self._preferences)

    def end(self) -> None:
        """Deletes the window; the session is left."""
        self.hide()
        self._preferences.close()
        sip.delete(self)

    def closeEvent(self, event: QCloseEvent) -> None:
        if self.dialogs.unsaved:
            event.ignore()
            self.dialogs.ask_before_quitting(self.hide)


def question(window: AskingWindow | MainWindow) -> QMessageBox | None:
    """The one question about unsaved work, if it is asked."""
    boxes = [box for box in window.findChildren(QMessageBox, "unsavedBox") if box.isVisible()]
    assert len(boxes) <= 1, "one question at a time"
    return boxes[0] if boxes else None


def asked(window: AskingWindow | MainWindow) -> QMessageBox:
    """The question, which must be there."""
    box = question(window)
    assert box is not None, "nothing is asked"
    return box
