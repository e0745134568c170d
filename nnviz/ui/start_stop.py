"""``StartStop``: for a button that starts something and then stops it."""

from __future__ import annotations

import math
import time
from collections.abc import Callable

from PyQt5.QtWidgets import QAbstractButton

REST = 1.0  # seconds


class StartStop:
    """Passes clicks on. For a second after the end it does not: one that was to stop must not start it anew."""

    def __init__(self, button: QAbstractButton, act: Callable[[], None]) -> None:
        """``act`` starts or stops."""
        self._button, self._act = button, act
        self._is_going, self._ended = False, -math.inf
        button.clicked.connect(self._clicked)

    def show(self, is_going: bool, can_start: bool) -> None:
        """Enables the button where it can stop or start something."""
        self.note(is_going)
        self._button.setEnabled(is_going or can_start)

    def note(self, is_going: bool) -> None:
        """The same for a button that nobody sees."""
        if self._is_going and not is_going:
            self._ended = time.monotonic()
        self._is_going = is_going

    def _clicked(self) -> None:
        if self._is_going or time.monotonic() - self._ended >= REST:
            self._act()
