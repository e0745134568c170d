"""Playback of a run: the window goes through the run's epochs as a film."""

from __future__ import annotations

import math
import time

from PyQt5.QtCore import QObject, QTimer, pyqtSignal

from nnviz.session.session import Session

SECONDS = (5, 10, 20, 60)  # durations to choose from
_BETWEEN = 33  # milliseconds between two frames; a slow frame takes longer


class Player(QObject):
    """Plays the run at an even pace, from the displayed epoch of the past or from the start to the live network.

    Signals:
        changed: ``is_playing`` or ``seconds`` has changed.

    Attributes:
        seconds: the duration of the whole run.
    """

    changed = pyqtSignal()

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._timeline = session.timeline
        self.seconds: float = SECONDS[1]
        self._last = 0.0  # time of the last frame
        self._epoch = 0.0  # the current place, also between two snapshots
        self._timer = QTimer(self)
        self._timer.setInterval(_BETWEEN)
        self._timer.timeout.connect(self._go_on)
        self._timeline.changed.connect(self._moved)

    @property
    def is_playing(self) -> bool:
        return self._timer.isActive()

    def toggle(self) -> None:
        """Starts playing, or stops at the displayed epoch."""
        if self.is_playing:
            self.stop()
        elif self._timeline.has_past:
            self._epoch = self._timeline.epoch or 0.0
            self._last = time.perf_counter()
            self._timer.start()
            self._timeline.go_to(self._epoch)
            self.changed.emit()

    def stop(self) -> None:
        """Stops at the displayed epoch."""
        if self.is_playing:
            self._timer.stop()
            self.changed.emit()

    def close(self, _: int) -> bool:
        """Stops the timer. Returns True."""
        self._timer.stop()
        return True

    def set_seconds(self, seconds: float) -> None:
        """Sets the duration of the whole run. Raises ValueError unless it is more than 0."""
        if not 0 < seconds < math.inf:
            raise ValueError(
                f"length of the playback: {seconds} s is too short, it must be more than 0, for example 10"
            )
        if seconds != self.seconds:
            self.seconds = seconds
            self.changed.emit()

    def _go_on(self) -> None:
        now, end = time.perf_counter(), self._timeline.live_epoch
        self._epoch += (now - self._last) * end / self.seconds
        self._last = now
        if self._epoch >= end:
            self.stop()
            self._timeline.go_live()
        else:
            self._timeline.go_to(self._epoch)

    def _moved(self) -> None:
        """Stops if the timeline moves to another epoch than that of the player."""
        now = self._timeline.epoch
        if self.is_playing and (now is None or now != self._timeline.nearest(self._epoch)):
            self.stop()
