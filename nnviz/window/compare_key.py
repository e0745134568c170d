"""The key C: a press switches the comparison side by side on or off; held, it shows it until the key is released."""

from __future__ import annotations

import time

from PyQt5.QtCore import QObject, Qt, QTimer
from PyQt5.QtGui import QKeyEvent

from nnviz.session.side_by_side import SideBySide

_HELD = 0.4  # seconds from which a press counts as held
_REPEAT = 120  # milliseconds within which a press after a release is the repetition of a held key


class CompareKey(QObject):
    """Switches the comparison at the press of its key, and off again at the release of a key that was held.

    A held key is repeated by the system as releases and presses, which Qt does not always recognise as such.
    """

    def __init__(self, compared: SideBySide) -> None:
        super().__init__()
        self._compared = compared
        self._pressed = 0.0  # time of the press that switched the comparison on; 0 for none
        self._release = QTimer(self)
        self._release.setSingleShot(True)
        self._release.setInterval(_REPEAT)
        self._release.timeout.connect(self._released)

    def press(self) -> None:
        """Switches the comparison on or off, as the entry of the menu does."""
        if self._release.isActive():
            self._release.stop()  # the key is still held
            return
        self._compared.toggle()
        self._pressed = time.monotonic() if self._compared.is_on else 0.0

    def release(self, event: QKeyEvent) -> bool:
        """Ends the comparison soon if its key was held. Returns whether it was that key."""
        if event.key() != Qt.Key.Key_C or event.isAutoRepeat():
            return False
        if self._pressed and time.monotonic() - self._pressed >= _HELD:
            self._release.start()
        return True

    def _released(self) -> None:
        self._pressed = 0.0
        if self._compared.is_on:
            self._compared.toggle()
