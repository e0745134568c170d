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

from engine.basics.machine import Machine, this_machine
from engine.datasets import Dataset
from engine.sweeps.cancellation import ALL, StopRequests
from engine.sweeps.results import FAILED, STOPPED
from engine.sweeps.run_execution import Report, RunOutcome, RunSpec, train_in_turn
from engine.sweeps.shared_data import DatasetHandle, SharedData
from engine.sweeps.worker_priority import LoweredPriority, WindowProcess

_SECONDS_BETWEEN_LOOKS = 0.5  # whether anybody still wants the results
_FORGOTTEN = 600.0  # seconds without a call, after which a visit has no host any more

Place = tuple[str, str]  # of a visit: a name of the sweep that nobody else has, and the worker's address


@dataclass(frozen=True)
class WorkerEnvironment:
    """What a worker computes with.

    Attributes:
        python: its version.
        machine: numpy, BLAS, threads of a product, processor.
    """

    python: str
    machine: Machine


class _Visit:
    """What a worker knows of a sweep: data, wishes, and to whom it tells figures.

    Attributes:
        dataset: None before it is there.
        sent: data that were sent and are not checked yet.
    """

    def __init__(self, worker: Any, topic: str, beside: WindowProcess | None) -> None:
        self._worker, self._topic = worker, topic
        self._giving_way = LoweredPriority(beside)
        self.dataset: SharedData | None = None
        self.sent: Dataset | None = None
        self.wishes = StopRequests()
        self.used = time.monotonic()

    def end(self) -> None:
        """Nobody is given way to any more."""
        self._giving_way.end()

    def tell(self, task: str, report: Report) -> None:
        """Tells figures of a run of a task."""
        self._worker.log_event(self._topic, [task, pickle.dumps(report)])

    def is_wanted(self, task: str) -> bool:
        """Whether anybody waits for a task: not if its client or the scheduler has gone, or the worker is to end.

        A cluster cannot stop what is under way, but its worker knows.
        """
        found = self._worker.state.tasks.get(task)
        return found is not None and found.state != "cancelled" and not self._worker.status.name.startswith("clos")


_visits: dict[Place, _Visit] = {}


def hello(sweep: str, topic: str, beside: WindowProcess | None, dask_worker: Any) -> WorkerEnvironment:
    """Begins a visit. Visits that were forgotten, because a program was killed, end now.

    Args:
        topic: under which figures are told.
        beside: a window, to which the worker gives way if it is on the same computer.
    """
    now = time.monotonic()
    for place in [place for place, visit in _visits.items() if now - visit.used > _FORGOTTEN]:
        _visits.pop(place).end()
    _visits[sweep, dask_worker.address] = _Visit(dask_worker, topic, beside)
    return WorkerEnvironment(platform.python_version(), this_machine())


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


def prepare(place: Place, offer: DatasetHandle) -> bool | None:
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


def work(place: Place, task: str, specs: Sequence[RunSpec]) -> list[RunOutcome] | None:
    """Does runs, an epoch of each in turn; returns what came of them. None: there is no such visit, or it has no data.

    Args:
        task: the name of the task, by which the worker knows whether it is still wanted.
    """
    visit = _visits.get(place)
    if visit is None or visit.dataset is None:
        return None
    return _Task(visit, task).done(specs, visit.dataset)


class _Task:
    """Runs that are being done."""

    def __init__(self, visit: _Visit, name: str) -> None:
        self._visit, self._name = visit, name
        self._outcomes: list[RunOutcome] = []
        self._looked = time.monotonic()
        self._is_wanted = True

    def done(self, specs: Sequence[RunSpec], dataset: Dataset) -> list[RunOutcome]:
        """Does them."""
        if how := self._visit.wishes.of(ALL):
            return [RunOutcome(spec.number, how) for spec in specs]
        try:
            train_in_turn(specs, dataset, self._tell, self._asked, self._outcomes.append)
        except Exception as error:
            logging.getLogger(__name__).exception("a run ended by an error of the program")
            over = {each.number for each in self._outcomes}
            why = f"{type(error).__name__}: {error}"
            self._outcomes += [RunOutcome(spec.number, FAILED, why) for spec in specs if spec.number not in over]
        self._visit.used = time.monotonic()
        if not self._is_wanted:  # they were not asked to end: should anybody hear of it, they are done elsewhere
            return [each for each in self._outcomes if each.status != STOPPED]
        return self._outcomes

    def _tell(self, report: Report) -> None:
        self._visit.tell(self._name, report)

    def _asked(self, number: int) -> str:
        """After each step: how the run is to end now."""
        if (now := time.monotonic()) - self._looked > _SECONDS_BETWEEN_LOOKS:
            self._looked = self._visit.used = now
            self._is_wanted = self._visit.is_wanted(self._name)
        return self._visit.wishes.of(number) if self._is_wanted else STOPPED
