"""``LiveFigures``: what was measured of the runs of a plan, epoch by epoch, until somebody takes it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from engine.sweeps.plan import SWEEP, Plan
from engine.sweeps.results import Results
from engine.sweeps.run_execution import MOST_REPORTED, thinning_step
from engine.training.events import Epoch
from nnviz.library.curves import figures_of_epoch

BEGUN, GOING, ENDED, WRITTEN, GONE = "begun", "going", "ended", "written", "gone"
_Figures = dict[str, float]


@dataclass
class RunNews:
    """What was heard of a run since the last time.

    Attributes:
        trial, seed: which run of the plan it is.
        step: of which number the epochs are multiples that stay in its curves; the last one stays until another comes.
        is_anew: whether it was begun, perhaps again: nothing that was told of it before is so any more.
        stage: "going", "ended" (it waits to be written), "written", or "gone" (it failed, and nothing is written).
        epochs: epochs and the figures that were measured then, by their names ("test_error").
    """

    trial: int
    seed: int
    step: int
    is_anew: bool = False
    stage: str = GOING
    epochs: list[tuple[int, _Figures]] = field(default_factory=list)


@dataclass(frozen=True, eq=False)
class PlanNews:
    """What was heard of a plan since the last time.

    Attributes:
        over: how many runs of each trial are over.
        runs: those of which something was heard.
    """

    over: tuple[int, ...]
    runs: tuple[RunNews, ...]


class LiveFigures:
    """Hears of the runs of seeds and races. Not of those of a sweep, of which there may be very many."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._is_told = False  # how many were over when it began
        self._news: dict[tuple[int, int], RunNews] = {}
        self._reached: dict[tuple[int, int], int] = {}  # the last epoch that was heard of

    def hear(self, trial: int, seed: int, stage: str, epochs: Sequence[Epoch] = ()) -> None:
        """Takes notice of how a run stands, and of epochs that are over; of those that were told before only once."""
        if self._plan.kind == SWEEP:
            return
        if stage == BEGUN:
            self._reached.pop((trial, seed), None)
            self._news[trial, seed] = RunNews(trial, seed, self._step(trial), is_anew=True)
            return
        news = self._news.setdefault((trial, seed), RunNews(trial, seed, self._step(trial)))
        news.stage = stage
        self._add(news, epochs)

    def _step(self, trial: int) -> int:
        return thinning_step(self._plan.experiments[trial].training.epochs, MOST_REPORTED)

    def _add(self, news: RunNews, epochs: Sequence[Epoch]) -> None:
        reached = self._reached.get((news.trial, news.seed), -1)
        for event in epochs:
            if event.epoch > reached and (event.epoch % news.step == 0 or event is epochs[-1]):
                news.epochs.append((event.epoch, figures_of_epoch(event)))
                self._reached[news.trial, news.seed] = event.epoch

    def taken(self, results: Results) -> PlanNews | None:
        """Returns what was heard since the last time, or at first how many runs are over already; None for nothing."""
        if self._plan.kind == SWEEP or (self._is_told and not self._news):
            return None
        self._is_told = True
        runs, self._news = tuple(self._news.values()), {}
        over = tuple(trial.over for trial in results.trials)
        return PlanNews(over, runs)
