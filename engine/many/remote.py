"""What a worker of a cluster does for a sweep. It needs the engine alone, and speaks through what it is handed.

Who conducts the sweep has these functions called there: first :func:`hello`, then :func:`prepare`, after
:func:`receive` if the data must be sent; then :func:`work` again and again, :func:`wish` at any time, and
:func:`goodbye`. What a worker knows of a sweep is its visit. One that was started anew at the same address knows of
none, and says so.

Those with an argument ``dask_worker`` are called between two messages and must be quick; the worker itself is handed in
under that name. The others are tasks.
"""

from __future__ import annotations

import logging
import pickle
import platform
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from engine.datasets import Dataset
from engine.machine import Machine, this_machine
from engine.many.giving_way import GivingWay, Neighbour
from engine.many.one_run import Outcome, Report, RunSpec, Started, train_in_turn
from engine.many.results import FAILED, STOPPED
from engine.many.shared_data import DataOffer, SharedData
from engine.many.wishes import ALL, Wishes

_SECONDS_BETWEEN_LOOKS = 0.5  # whether anybody still wants the results
_FORGOTTEN = 600.0  # seconds without a call, after which a visit has no host any more

Place = tuple[str, str]  # of a visit: a name of the sweep that nobody else has, and the worker's address
Told = Started | Report | Outcome


@dataclass(frozen=True)
class Facts:
    """What a worker computes with.

    Attributes:
        python: its version.
        machine: numpy, BLAS, threads of a product, processor.
    """

    python: str
    machine: Machine


@dataclass(frozen=True)
class Batch:
    """Runs that are done in one task.

    Attributes:
        task: its name, by which the worker knows whether it is still wanted.
        groups: the runs, those together that are done in turn.
        seconds: after which no further group is begun.
        pause: seconds between two messages with figures, of all runs in the worker.
    """

    task: str
    groups: tuple[tuple[RunSpec, ...], ...]
    seconds: float
    pause: float


@dataclass(frozen=True, eq=False)
class Done:
    """What comes back of a batch.

    Attributes:
        outcomes: of the runs that were begun.
        seconds: that they took.
    """

    outcomes: tuple[Outcome, ...]
    seconds: float


class _Visit:
    """What a worker knows of a sweep: data, wishes, and to whom it tells figures.

    Attributes:
        dataset: None before it is there.
        sent: data that were sent and are not checked yet.
    """

    def __init__(self, worker: Any, topic: str, beside: Neighbour | None) -> None:
        self._worker, self._topic = worker, topic
        self._giving_way = GivingWay(beside)
        self.dataset: SharedData | None = None
        self.sent: Dataset | None = None
        self.wishes = Wishes()
        self.used = self._told_at = time.monotonic()

    def end(self) -> None:
        """Nobody is given way to any more."""
        self._giving_way.end()

    def may_tell(self, pause: float) -> bool:
        """Whether the last figures were told long enough ago; then it is the caller's turn."""
        now = time.monotonic()
        if now - self._told_at < pause:
            return False
        self._told_at = now
        return True

    def tell(self, task: str, messages: Sequence[Told]) -> None:
        """Tells what there is of the runs of a task."""
        self._worker.log_event(self._topic, [task, pickle.dumps(messages)])

    def is_wanted(self, task: str) -> bool:
        """Whether anybody waits for a task: not if its client or the scheduler has gone, or the worker is to end.

        A cluster cannot stop what is under way, but its worker knows.
        """
        found = self._worker.state.tasks.get(task)
        return found is not None and found.state != "cancelled" and not self._worker.status.name.startswith("clos")


_visits: dict[Place, _Visit] = {}


def hello(sweep: str, topic: str, beside: Neighbour | None, dask_worker: Any) -> Facts:
    """Begins a visit. Visits that were forgotten, because a program was killed, end now.

    Args:
        topic: under which figures are told.
        beside: a window, to which the worker gives way if it is on the same computer.
    """
    now = time.monotonic()
    for place in [place for place, visit in _visits.items() if now - visit.used > _FORGOTTEN]:
        _visits.pop(place).end()
    _visits[sweep, dask_worker.address] = _Visit(dask_worker, topic, beside)
    return Facts(platform.python_version(), this_machine())


def receive(sweep: str, key: str, dask_worker: Any) -> None:
    """Notes data that were sent: what the cluster has put into this worker under that key."""
    if visit := _visits.get((sweep, dask_worker.address)):
        visit.sent = dask_worker.data[key]


def wish(sweep: str, number: int, how: str, dask_worker: Any) -> None:
    """Notes how a run, or all (-1), are to end; those under way see it after their present step."""
    if visit := _visits.get((sweep, dask_worker.address)):
        visit.wishes.add(number, how)


def goodbye(sweep: str, dask_worker: Any) -> None:
    """Ends a visit; runs that are under way end after their present step."""
    wish(sweep, ALL, STOPPED, dask_worker)
    if visit := _visits.pop((sweep, dask_worker.address), None):
        visit.end()


def prepare(place: Place, offer: DataOffer) -> bool | None:
    """Takes the data that were sent, or makes them by name; returns whether the right ones are there.

    None: there is no such visit. Raises RuntimeError if others were sent.
    """
    visit = _visits.get(place)
    if visit is None:
        return None
    found = offer.made() if visit.sent is None else offer.checked(visit.sent)
    visit.sent = None
    if found is not None:
        visit.dataset = SharedData.of(found)
    return found is not None


def work(place: Place, batch: Batch) -> bytes | None:
    """Does a batch; returns a pickled :class:`Done`. None: there is no such visit, or it has no data."""
    visit = _visits.get(place)
    if visit is None or visit.dataset is None:
        return None
    return pickle.dumps(_Task(visit, batch, visit.dataset).done())


class _Task:
    """A batch that is being done."""

    def __init__(self, visit: _Visit, batch: Batch, dataset: SharedData) -> None:
        self._visit, self._batch, self._dataset = visit, batch, dataset
        self._untold: list[Told] = []
        self._outcomes: list[Outcome] = []
        self._begun = self._looked = time.monotonic()
        self._is_wanted = True

    def done(self) -> Done:
        """Does it, or as much of it as there is time for."""
        for group in self._batch.groups:
            is_late = time.monotonic() - self._begun > self._batch.seconds
            if (self._outcomes and is_late) or not self._is_wanted:
                break
            self._do(group)
        self._visit.used = time.monotonic()
        return Done(tuple(self._outcomes), self._visit.used - self._begun)

    def _do(self, group: Sequence[RunSpec]) -> None:
        numbers = [spec.number for spec in group]
        if how := self._visit.wishes.of(ALL):
            self._outcomes += [Outcome(number, how) for number in numbers]
            return
        for number in numbers:
            self._report(Started(number))
        before = len(self._outcomes)
        try:
            train_in_turn(group, self._dataset, self._report, self._asked, self._over)
        except Exception as error:
            logging.getLogger(__name__).exception("a run ended by an error of the program")
            over = {each.number for each in self._outcomes[before:]}
            for number in numbers:
                if number not in over:
                    self._over(Outcome(number, FAILED, f"{type(error).__name__}: {error}"))
        if not self._is_wanted:  # they were not asked to end: should anybody hear of it, they are done elsewhere
            self._outcomes = [each for each in self._outcomes if each.status != STOPPED]

    def _report(self, message: Told) -> None:
        self._untold.append(message)
        self._tell()

    def _tell(self) -> None:
        if self._untold and self._visit.may_tell(self._batch.pause):
            self._visit.tell(self._batch.task, self._untold)
            self._untold = []

    def _over(self, outcome: Outcome) -> None:
        """What was not told of it is told by its outcome."""
        self._untold = [each for each in self._untold if each.number != outcome.number]
        self._outcomes.append(outcome)

    def _asked(self, number: int) -> str:
        """After each step: how the run is to end now."""
        self._tell()
        if (now := time.monotonic()) - self._looked > _SECONDS_BETWEEN_LOOKS:
            self._looked = self._visit.used = now
            self._is_wanted = self._visit.is_wanted(self._batch.task)
        return self._visit.wishes.of(number) if self._is_wanted else STOPPED
