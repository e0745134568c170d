"""Which learning rate? Sweeps upward for a few hundred batches on a copy of the network and watches the loss.

Smith 2017, arXiv:1506.01186, section 3.3 ("LR range test"), with a geometric sweep.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterator
from dataclasses import dataclass, replace

from engine.datasets import Dataset
from engine.errors import DivergenceError, SettingError
from engine.events import Batch
from engine.network import Network
from engine.settings import TrainingSettings
from engine.training import Trainer
from engine.validation import positive_number, whole_number

# The loss is smoothed over some twenty batches. The sweep ends where it is so many times its best; both count only when
# the mean is of that many, or one easy batch would make all others look bad.
_SMOOTHING, _SETTLED, _WORSE = 0.95, 20, 4.0
_A_FALL = 0.8  # the best loss must be below so much of the first
_LEAST_SPAN = 1.1  # the highest rate must be so many times the lowest
_TOO_SMALL = 8  # the part of the sweep, from its start, that teaches nothing yet: an eighth


@dataclass(frozen=True)
class RatePoint:
    """A learning rate that was tried, and the smoothed loss with it."""

    rate: float
    loss: float


class RateFinder:
    """Sweeps the learning rate upward on a copy; the network itself stays as it is.

    Attributes:
        points: what was found so far.
        batches: how many steps the sweep takes at most.
    """

    def __init__(
        self,
        network: Network,
        dataset: Dataset,
        settings: TrainingSettings,
        lowest: float = 1e-5,
        highest: float = 10.0,
        batches: int = 300,
    ) -> None:
        """Raises SettingError or DataError as :class:`~engine.training.Trainer` does, or for an empty range."""
        lowest = positive_number("lowest", lowest, "1e-5")
        self._lowest, self._highest = lowest, positive_number("highest", highest, "10")
        if self._highest < _LEAST_SPAN * lowest:
            rule = f"must be at least {_LEAST_SPAN:g} times the lowest rate, {lowest:g}"
            raise SettingError("highest", highest, rule, "Try 10.")
        self.batches = whole_number("batches", batches, 2, "300")
        # Patience and the schedule are about whole runs.
        sweep = replace(
            settings, learning_rate=lowest, schedule="constant", warmup=0.0, patience=0, evaluate=False, epochs=10**6
        )
        self._trainer = Trainer(network.copy(), dataset, sweep)
        self.points: list[RatePoint] = []
        self._losses: list[float] = []  # of each batch, not smoothed

    def run(self) -> Iterator[RatePoint]:
        """One point a step, until the highest rate, or until the loss has grown out of hand."""
        average, best = 0.0, math.inf
        try:
            for event in self._trainer.run():
                if not isinstance(event, Batch):
                    continue
                self._losses.append(event.loss)
                average = _SMOOTHING * average + (1 - _SMOOTHING) * event.loss
                smoothed = average / (1 - _SMOOTHING ** (len(self.points) + 1))
                self.points.append(RatePoint(self._trainer.learning_rate, smoothed))
                if len(self.points) >= _SETTLED:
                    best = min(best, smoothed)
                yield self.points[-1]
                if len(self.points) == self.batches or smoothed > _WORSE * best:
                    return
                way = len(self.points) / (self.batches - 1)
                # Not by the quotient of the ends: it may be too large for a float.
                self._trainer.learning_rate = self._lowest ** (1 - way) * self._highest**way
        except DivergenceError:
            return  # that rate is too high, which is what was asked

    @property
    def suggestion(self) -> float | None:
        """Where the loss falls steepest against the logarithm of the rate; None where it does not fall clearly.

        Clearly is by a fifth, and by more than batches differ from each other. The first part of the sweep, whose rates
        are too small to teach anything, shows how much that is, and is otherwise left out.

        Gugger 2018, "How do you find a good learning rate": near there the network learns fastest.
        """
        steepest, found = 0.0, None
        start = len(self.points) // _TOO_SMALL
        telling, before = self.points[start:], self._losses[:start]
        if not telling:
            return None
        first, low = telling[0].loss, min(point.loss for point in telling)
        chance = statistics.pstdev(before) if before else 0.0
        if low > _A_FALL * first or first - low < chance:
            return None  # a network that has learned already: what moves the loss is chance
        lowest = math.inf
        for one, after in zip(telling, telling[10:], strict=False):
            if after.loss > lowest:
                continue  # it falls back from where a rate too high had thrown it
            lowest = after.loss
            slope = (after.loss - one.loss) / math.log(after.rate / one.rate)
            if slope < steepest:
                steepest, found = slope, math.sqrt(one.rate * after.rate)
        return found
