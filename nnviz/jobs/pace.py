"""How long a batch takes, and how much of the time watching may take."""

from __future__ import annotations

import time

# A moving error curve costs four milliseconds each time for the default network, and much more for a huge one.
_SECONDS_BETWEEN_ESTIMATES = 0.25
_TIMES_ITS_COST = 49
_LONG_MEASUREMENT = 0.5
_ENOUGH_BATCHES, _ENOUGH_SECONDS = 50, 0.3  # either, to tell how long a batch takes


class Budget:
    """Something that may take a share of the time: the longer it takes, the longer until it is due again."""

    def __init__(self, least: float, times_its_cost: float = _TIMES_ITS_COST) -> None:
        """``least``: seconds from the end of one to the start of the next, at least."""
        self._least = least
        self._times = times_its_cost
        self._start = self._due = 0.0

    @property
    def seconds_left(self) -> float:
        """Until it is due; 0 or less when it is."""
        return self._due - time.perf_counter()

    @property
    def is_due(self) -> bool:
        """Whether it may be done again."""
        return self.seconds_left <= 0

    def spend(self, seconds: float) -> None:
        """It was just done, and took so long."""
        self._due = time.perf_counter() + max(self._least, self._times * seconds)

    def reset(self) -> None:
        """It is due at once."""
        self._due = 0.0

    def __enter__(self) -> None:
        self._start = time.perf_counter()

    def __exit__(self, *_: object) -> None:
        self.spend(time.perf_counter() - self._start)


class Pace:
    """Seconds a batch and a measurement take, pauses left out.

    Attributes:
        seconds_per_batch: of the epoch under way; 0 while it is not known.
        seconds_measuring: what the errors at the last epoch's end took.
        views, estimates: when the next copy for the views, and the next figures on a sample, are due.
    """

    def __init__(self) -> None:
        self.seconds_per_batch = self.seconds_measuring = 0.0
        self.views = Budget(0)
        self.estimates = Budget(_SECONDS_BETWEEN_ESTIMATES)
        self._batches = 0
        self._start = self._last_batch = time.perf_counter()
        self._told = False

    def batch_done(self) -> None:
        """A step was taken."""
        self._batches += 1
        self._last_batch = time.perf_counter()
        self._told = False
        elapsed = self._last_batch - self._start
        if self._batches >= _ENOUGH_BATCHES or elapsed > _ENOUGH_SECONDS:
            self.seconds_per_batch = elapsed / self._batches

    @property
    def is_measuring_long(self) -> bool:
        """Whether the measurement under way takes long."""
        return time.perf_counter() - self._last_batch > _LONG_MEASUREMENT

    def measures_long(self) -> bool:
        """True once in an evaluation, when it has gone on for a while."""
        was_told, self._told = self._told, self.is_measuring_long
        return self._told and not was_told

    def epoch_done(self) -> None:
        """The figures of an epoch are there."""
        if self._batches:
            self.seconds_per_batch = (self._last_batch - self._start) / self._batches
        self.seconds_measuring = time.perf_counter() - (self._last_batch if self._batches else self._start)
        self.resume()

    def resume(self) -> None:
        """Time counts from now."""
        self._batches = 0
        self._start = time.perf_counter()
