"""The pace of a slow training, at which its first epochs can be watched. It changes when steps are taken, not what
they compute."""

from __future__ import annotations

import math
from dataclasses import dataclass

_WHOLE_RUN = 120.0  # seconds that a run takes at most
_FEWEST_STEPS = 20  # a second, on average in the first epoch


@dataclass(frozen=True)
class Pace:
    """A pace at which a training moves at constant speed along the square root of the epoch, as the curves are drawn.

    Attributes:
        longest_epoch: seconds that an epoch takes at most; the first one takes longest.
    """

    longest_epoch: float

    def seconds_at(self, epochs: float, last: float, batches: int) -> float:
        """Returns the seconds from the untrained network to a place in the run.

        Args:
            epochs: the place.
            last: the last planned epoch.
            batches: number of batches in an epoch.
        """
        return self._first_epoch(last, batches) * math.sqrt(epochs)

    def steps_a_second(self, epochs: float, last: float, batches: int) -> float:
        """Returns the steps that are taken in a second at a place in the run; arguments as in :meth:`seconds_at`."""
        return 2 * batches * math.sqrt(epochs) / self._first_epoch(last, batches)

    def _first_epoch(self, last: float, batches: int) -> float:
        return min(self.longest_epoch, _WHOLE_RUN / math.sqrt(max(last, 1)), batches / _FEWEST_STEPS)


SLOW = Pace(30.0)
SLOW_START = Pace(10.0)  # of the first epoch of a new user
