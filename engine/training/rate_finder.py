"""Finds a learning rate: increases it for a few hundred batches on a copy of the network and records the loss.

Smith 2017, arXiv:1506.01186, section 3.3 ("LR range test"), with geometric steps.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterator
from dataclasses import dataclass, replace

from engine.basics.errors import DivergenceError, SettingError
from engine.basics.validation import positive_number, whole_number
from engine.datasets import Dataset
from engine.network.network import Network
from engine.training.events import Batch
from engine.training.settings import TrainingSettings
from engine.training.trainer import Trainer

# The loss is smoothed over about twenty batches. The sweep ends when it exceeds its best by this factor; the best
# counts only after this many batches, because otherwise one easy batch would make all others look bad.
_SMOOTHING, _SETTLED, _WORSE = 0.95, 20, 4.0
_CLEAR_FALL = 0.8  # the best loss must be below this share of the first
_LEAST_SPAN = 1.1  # least ratio of the highest to the lowest rate
_IDLE_PART = 8  # an eighth of the sweep, at its start, has rates too small to learn


@dataclass(frozen=True)
class RatePoint:
    """A learning rate and the smoothed loss with it."""

    rate: float
    loss: float


class RateFinder:
    """Increases the learning rate on a copy of the network.

    Attributes:
        points: the results so far.
        batches: the largest number of steps of the sweep.
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
        """Raises SettingError or DataError like :class:`~engine.training.trainer.Trainer`, and for an empty range."""
        lowest = positive_number("lowest", lowest, "1e-5")
        self._lowest, self._highest = lowest, positive_number("highest", highest, "10")
        if self._highest < _LEAST_SPAN * lowest:
            rule = f"must be at least {_LEAST_SPAN:g} times the lowest rate, {lowest:g}"
            raise SettingError("highest", highest, rule, "Try 10.")
        self.batches = whole_number("batches", batches, 2, "300")
        # Patience and schedule only make sense for whole runs.
        sweep = replace(
            settings, learning_rate=lowest, schedule="constant", warmup=0.0, patience=0, evaluate=False, epochs=10**6
        )
        self._trainer = Trainer(network.copy(), dataset, sweep)
        self.points: list[RatePoint] = []
        self._losses: list[float] = []  # loss of each batch, not smoothed

    def run(self) -> Iterator[RatePoint]:
        """Yields a point per step until the highest rate is reached or the loss becomes too large."""
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
                # The quotient of highest and lowest might be too large for a float.
                self._trainer.learning_rate = self._lowest ** (1 - way) * self._highest**way
        except DivergenceError:
            return  # the last rate was too high, which ends the sweep

    @property
    def suggestion(self) -> float | None:
        """The rate at which the loss falls steepest over the logarithm of the rate; None if it does not fall clearly.

        "Clearly" means by a fifth, and by more than the losses of single batches vary. That variation is measured in
        the first part of the sweep, whose rates are too small to learn, and which is otherwise ignored.

        Gugger 2018, "How do you find a good learning rate": the network learns fastest near that rate.
        """
        steepest, found = 0.0, None
        start = len(self.points) // _IDLE_PART
        telling, before = self.points[start:], self._losses[:start]
        if not telling:
            return None
        first, low = telling[0].loss, min(point.loss for point in telling)
        chance = statistics.pstdev(before) if before else 0.0
        if low > _CLEAR_FALL * first or first - low < chance:
            return None  # a network that was trained before: only chance moves the loss
        lowest = math.inf
        for one, after in zip(telling, telling[10:], strict=False):
            if after.loss > lowest:
                continue  # the loss recovers after a rate that was too high
            lowest = after.loss
            slope = (after.loss - one.loss) / math.log(after.rate / one.rate)
            if slope < steepest:
                steepest, found = slope, math.sqrt(one.rate * after.rate)
        return found
