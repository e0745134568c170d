"""Timing of batches, and limits for the share of time that views may take."""

from __future__ import annotations

import time

# An estimate within an epoch takes about four milliseconds for the default network, and much more for a huge one.
_SECONDS_BETWEEN_ESTIMATES = 0.5
_TIMES_ITS_COST = 49  # so estimates take 1 of 50 parts of the time
_LONG_MEASUREMENT = 0.5  # seconds
_ENOUGH_BATCHES, _ENOUGH_SECONDS = 50, 0.3  # either is enough to measure how long a batch takes


class TimeBudget:
    """Limits repeated work to a share of the time: the longer the work takes, the later it is due again."""

    def __init__(self, least: float, times_its_cost: float = _TIMES_ITS_COST) -> None:
        """Sets the shortest pause between two pieces of work.

        Args:
            least: in seconds.
            times_its_cost: in multiples of the time that the work took.
        """
        self._least = least
        self._times = times_its_cost
        self._start = self._due = 0.0
        self._is_overruled = False  # whether the due time was set while the work ran

    @property
    def seconds_left(self) -> float:
        """Seconds until the work is due; 0 or less if it is due."""
        return self._due - time.perf_counter()

    @property
    def is_due(self) -> bool:
        return time.perf_counter() >= self._due

    def spend(self, seconds: float) -> None:
        """Notes that the work just ended and took that many seconds."""
        self._due = time.perf_counter() + max(self._least, self._times * seconds)

    def reset(self) -> None:
        """Makes the work due at once, even if it is running."""
        self.due_in(0)

    def due_in(self, seconds: float) -> None:
        """Makes the work due after that many seconds, whatever it cost before."""
        self._is_overruled = True
        self._due = time.perf_counter() + seconds

    def __enter__(self) -> None:
        self._is_overruled = False
        self._start = time.perf_counter()

    def __exit__(self, *_: object) -> None:
        if not self._is_overruled:
            self.spend(time.perf_counter() - self._start)


class BatchTimer:
    """Measures the seconds that a batch and an evaluation take, without pauses.

    Attributes:
        seconds_measuring: time of the evaluation at the end of the last epoch.
        views, estimates: when the next copy for the views and the next estimate are due.
    """

    def __init__(self) -> None:
        self.seconds_measuring = 0.0
        self.views = TimeBudget(0)
        self.estimates = TimeBudget(_SECONDS_BETWEEN_ESTIMATES)
        self._batches = 0
        self._known = 0.0  # seconds that a batch took before ``_start``
        self._start = self._last_batch = self._left = time.perf_counter()
        self._is_reported = False  # whether the current evaluation was reported as long

    @property
    def seconds_per_batch(self) -> float:
        """Seconds per batch in the current epoch; 0 while that is not known."""
        elapsed = self._last_batch - self._start
        is_enough = self._batches >= _ENOUGH_BATCHES or (self._batches > 0 and elapsed > _ENOUGH_SECONDS)
        return elapsed / self._batches if is_enough else self._known

    def batch_done(self) -> None:
        self._batches += 1
        self._last_batch = time.perf_counter()
        self._is_reported = False

    @property
    def is_measuring_long(self) -> bool:
        """Whether the current evaluation has already taken long."""
        return time.perf_counter() - self._last_batch > _LONG_MEASUREMENT

    def measures_long(self) -> bool:
        """Returns True once per evaluation: in the first call after the evaluation has taken long."""
        if self._is_reported or not self.is_measuring_long:
            return False
        self._is_reported = True
        return True

    def epoch_done(self) -> None:
        """Notes that the evaluation at the end of an epoch is done."""
        now, batches = time.perf_counter(), self._batches
        if batches:
            self._known = (self._last_batch - self._start) / batches
        self.seconds_measuring = now - (self._last_batch if batches else self._start)
        self._start, self._batches = now, 0

    def resume(self) -> None:
        """Starts to measure again after a pause."""
        self._known, self._batches = self.seconds_per_batch, 0
        self._start = self._left = time.perf_counter()

    def leave(self) -> None:
        """Notes that the training does not continue at once: orders may come first, or a slow pace waits."""
        self._left = time.perf_counter()

    def come_back(self) -> None:
        """Leaves out the time since :meth:`leave`."""
        away = time.perf_counter() - self._left
        self._start += away
        self._last_batch += away

    def move(self) -> None:
        """Starts to measure again in another process, where a view is due at once."""
        self.resume()
        self.views.reset()
