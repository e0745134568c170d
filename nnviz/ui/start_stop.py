"""A button that starts and stops a task."""

from __future__ import annotations

import math
import time
from collections.abc import Callable

from PyQt5.QtWidgets import QAbstractButton

REST = 1.0  # seconds


class StartStop:
    """Passes clicks on, except for a second after the end, when a click meant to stop would start again."""

    def __init__(self, button: QAbstractButton, act: Callable[[], None]) -> None:
        """``act`` starts or stops."""
        self._button, self._act = button, act
        self._is_going, self._ended = False, -math.inf
        button.clicked.connect(self._clicked)

    def show(self, is_going: bool, can_start: bool) -> None:
        """Enables the button if it can stop or start something."""
        self.note(is_going)
        self._button.setEnabled(is_going or can_start)

    def note(self, is_going: bool) -> None:
        """Notes the state of a button that is not visible."""
        if self._is_going and not is_going:
            self._ended = time.monotonic()
        self._is_going = is_going

    def _clicked(self) -> None:
        if self._is_going or time.monotonic() - self._ended >= REST:
            self._act()
