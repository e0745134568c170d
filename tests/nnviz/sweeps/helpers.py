"""Executors without processes and with them, and plans that are done in a moment."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path

import numpy as np

from engine.datasets import Dataset
from engine.experiment import Experiment
from engine.storage import read_checkpoint
from engine.sweeps.plan import SWEEP, Plan
from engine.sweeps.results import STOPPED, RunResult
from engine.sweeps.run_execution import Report, RunOutcome, RunSpec, RunStarted, train_one
from engine.sweeps.search_space import parse_dimension
from nnviz.library import Library
from nnviz.sweeps.conductor import Conductor
from nnviz.sweeps.executor import Executor, Message
from nnviz.sweeps.sweep_writer import SweepWriter
from tests.engine.sweeps.deadly import Deadly
from tests.nnviz.library.helpers import DATA, an_experiment, trained_on

RATES = "learning-rate=0.001,0.003,0.01,0.03,0.1,0.3,1"
SECONDS = 30.0  # after which a test gives up


def a_plan(*typed: str, **more: object) -> Plan:
    """A sweep on a grid, with a tenth held out."""
    how = {"sampler": "grid", **more}
    return Plan(SWEEP, (an_experiment(),), vary=tuple(map(parse_dimension, typed or (RATES,))), **how).with_held_out(
        DATA
    )


def deadly() -> Experiment:
    """An experiment whose training kills the process that it is in."""
    base = an_experiment()
    return Deadly(**{each.name: getattr(base, each.name) for each in fields(Experiment)})


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
    def capacity(self) -> int:
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
            return [RunOutcome(spec.number, self.wishes[None])]
        reported: list[Message] = [RunStarted(spec.number)]
        heard = iter(range(self.steps))
        reported.append(
            train_one(
                spec,
                self._dataset,
                reported.append,
                lambda: "" if next(heard, None) is not None else self.wishes.get(spec.number, ""),
            )
        )
        self.done.append(spec)
        return reported

    def stop(self, number: int | None = None, how: str = STOPPED) -> None:
        self.wishes[number] = how

    def close(self) -> None:
        self._waiting.clear()


def worked(conductor: Conductor, most: int = 10_000) -> list[RunResult]:
    """Works until all is done, or a given number of steps long; returns what came of the runs."""
    ended = []
    for _ in range(most):
        if conductor.is_over:
            break
        ended += conductor.step(0.05)
    return ended


def swept(library: Library, plan: Plan, executor: Here | None = None) -> Conductor:
    """Does a plan to its end, recorded in the library."""
    store = SweepWriter.of_new(library, plan, DATA.title, "", lambda text: None)
    conductor = Conductor(plan, DATA, executor or Here(), store)
    worked(conductor)
    assert conductor.close(True)
    return conductor


# ---- executors with processes


def is_there(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().split(")")[-1].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def heard(executor: Executor, until: Callable[[list[Message]], bool]) -> list[Message]:
    """What is reported until it is enough."""
    reported: list[Message] = []
    end = time.monotonic() + SECONDS
    while not until(reported):
        assert time.monotonic() < end, [type(each).__name__ for each in reported]
        reported += executor.next(0.1)
    return reported


def has_learned(message: Message) -> bool:
    """Whether it tells of a run's first epoch, or a later one."""
    return isinstance(message, Report) and any(each.epoch > 0 for each in message.epochs)


def outcomes(reported: list[Message]) -> dict[int, RunOutcome]:
    """By number; each at most once."""
    found = [each for each in reported if isinstance(each, RunOutcome)]
    assert len({each.number for each in found}) == len(found), "none comes twice"
    return {each.number: each for each in found}


def all_over(executor: Executor) -> list[Message]:
    return heard(executor, lambda reported: not executor.busy)


def is_as_alone(outcome: RunOutcome, made: Experiment, data: Dataset = DATA) -> bool:
    network, _ = read_checkpoint(outcome.state.content, "state")
    return np.array_equal(network.parameters, trained_on(made.trainer(data)))
