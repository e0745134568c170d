"""Words beside the mouse, over a view; the mouse goes through them."""

from __future__ import annotations

from PyQt5.QtCore import Qt
from PyQt5.QtWidgets import QLabel, QWidget


def read_out(over: QWidget) -> QLabel:
    """Hidden; whoever shows it says what stands in it, and where."""
    made = QLabel(over)
    made.setObjectName("readOut")
    made.setAttribute(Qt.WA_TransparentForMouseEvents)
    made.hide()
    return made
