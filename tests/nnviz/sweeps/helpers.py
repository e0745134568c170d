"""An executor without processes, and plans that are done in a moment."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from dataclasses import dataclass

from engine.datasets import Dataset
from engine.experiment import Experiment
from engine.many.one_run import Outcome, RunSpec, Started, train_one
from engine.many.plan import SWEEP, Plan
from engine.many.results import STOPPED, RunResult
from engine.many.vary import parsed
from engine.network import Network
from engine.training import Trainer
from nnviz.library import Library
from nnviz.sweeps.conductor import Conductor
from nnviz.sweeps.executor import Message
from nnviz.sweeps.store import Store
from tests.nnviz.library.helpers import DATA, an_experiment

RATES = "learning-rate=0.001,0.003,0.01,0.03,0.1,0.3,1"


def a_plan(*typed: str, **more: object) -> Plan:
    """A sweep on a grid, with a tenth held aside."""
    how = {"sampler": "grid", **more}
    return Plan(SWEEP, (an_experiment(),), vary=tuple(map(parsed, typed or (RATES,))), **how).held_aside(DATA)


@dataclass(frozen=True)
class Deadly(Experiment):
    """An experiment whose training kills the process that it is in."""

    def trainer(self, dataset: Dataset, network: Network | None = None) -> Trainer:
        os.kill(os.getpid(), signal.SIGKILL)
        raise AssertionError


class Poison:
    """Ends the process in which it is unpickled."""

    def __reduce__(self) -> tuple:
        return os._exit, (3,)


class Here:
    """Does one run whenever it is listened to, in this thread.

    Attributes:
        done: the runs that were done, in order.
        wishes: how runs were asked to end, by number; None for all.
        groups: the numbers that were submitted together.
        steps: how many events of a training pass before its wish is heard.
    """

    def __init__(self, dataset: Dataset = DATA, workers: int = 1) -> None:
        self.workers, self.done = workers, []
        self.wishes: dict[int | None, str] = {}
        self.steps = 0
        self.groups: list[list[int]] = []
        self.before: Callable[[RunSpec], None] = lambda spec: None
        self._dataset, self._waiting = dataset, []

    @property
    def wanted(self) -> int:
        return 2 * self.workers

    @property
    def busy(self) -> int:
        return len(self._waiting)

    def submit(self, *specs: RunSpec) -> None:
        self._waiting += specs
        self.groups.append([spec.number for spec in specs])

    def next(self, timeout: float) -> list[Message]:
        if not self._waiting:
            return []
        spec = self._waiting.pop(0)
        self.before(spec)
        if None in self.wishes:
            return [Outcome(spec.number, self.wishes[None])]
        told: list[Message] = [Started(spec.number)]
        heard = iter(range(self.steps))
        told.append(
            train_one(
                spec,
                self._dataset,
                told.append,
                lambda: "" if next(heard, None) is not None else self.wishes.get(spec.number, ""),
            )
        )
        self.done.append(spec)
        return told

    def stop(self, number: int | None = None, how: str = STOPPED) -> None:
        self.wishes[number] = how

    def close(self) -> None:
        self._waiting.clear()


def worked(conductor: Conductor, most: int = 10_000) -> list[RunResult]:
    """Works until all is done, or so many steps long; returns what came of the runs."""
    ended = []
    for _ in range(most):
        if conductor.is_over:
            break
        ended += conductor.step(0.05)
    return ended


def swept(library: Library, plan: Plan, executor: Here | None = None) -> Conductor:
    """Does a plan to its end, recorded in the library."""
    store = Store.of_new(library, plan, DATA.title, "", lambda text: None)
    conductor = Conductor(plan, DATA, executor or Here(), store)
    worked(conductor)
    assert conductor.close(True)
    return conductor
