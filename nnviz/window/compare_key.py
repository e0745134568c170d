"""The key C: a press switches the comparison side by side on or off; held, it shows it until the key is released."""

from __future__ import annotations

import time

from PyQt5.QtCore import Qt
from PyQt5.QtGui import QKeyEvent

from nnviz.session.side_by_side import SideBySide

_HELD = 0.4  # seconds from which a press counts as held


class CompareKey:
    """Switches the comparison at the press of its key, and off again at the release of a key that was held."""

    def __init__(self, compared: SideBySide) -> None:
        self._compared = compared
        self._pressed = 0.0  # time of the press that switched the comparison on; 0 for none

    def press(self) -> None:
        """Switches the comparison on or off, as the entry of the menu does."""
        self._compared.toggle()
        self._pressed = time.monotonic() if self._compared.is_on else 0.0

    def release(self, event: QKeyEvent) -> bool:
        """Ends the comparison if its key was held. Returns whether it was that key."""
        if event.key() != Qt.Key_C or event.isAutoRepeat():
            return False
        was_held = self._pressed > 0 and time.monotonic() - self._pressed >= _HELD
        self._pressed = 0.0
        if was_held and self._compared.is_on:
            self._compared.toggle()
        return True
