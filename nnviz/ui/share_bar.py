"""A progress bar for a share of work."""

from __future__ import annotations

from PyQt5.QtWidgets import QProgressBar

_STEPS = 1000


class ShareBar(QProgressBar):
    """A bar without words, of a fixed width in pixels; it is seen while the work is going on."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.setRange(0, _STEPS)
        self.setTextVisible(False)
        self.setFixedWidth(width)

    def show_share(self, share: float, is_running: bool) -> None:
        """Shows the share 0…1 that is done."""
        self.setValue(round(_STEPS * share))
        self.setVisible(is_running)
