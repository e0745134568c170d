"""Functions that a sweep calls on the workers of a cluster. They need the engine only.

The coordinator calls :func:`open_visit`, then :func:`prepare_data`, after :func:`receive_data` if the data must be
sent; then :func:`train_runs` repeatedly, :func:`request_stop` at any time, and :func:`close_visit`. A worker's state
for a sweep is its visit. A worker that was restarted at the same address has no visit, and its functions report this.

Functions with an argument ``dask_worker`` run between two messages and must be quick; Dask passes the worker under this
name. The others are tasks.
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

_SECONDS_BETWEEN_LOOKS = 0.5  # between two checks whether the task was cancelled
_FORGOTTEN = 600.0  # seconds without a call, after which a visit is abandoned

Place = tuple[str, str]  # key of a visit: a unique name of the sweep, and the worker's address


@dataclass(frozen=True)
class WorkerEnvironment:
    """Software and hardware of a worker.

    Attributes:
        python: the version of Python.
        machine: NumPy, BLAS, threads of a product, processor.
    """

    python: str
    machine: Machine


class _Visit:
    """The state of a worker for a sweep: data, stop requests, and where to report.

    Attributes:
        dataset: the data set; None until it is prepared.
        sent: data that were sent and are not yet checked.
    """

    def __init__(self, worker: Any, topic: str, beside: WindowProcess | None) -> None:
        self._worker, self._topic = worker, topic
        self._priority = LoweredPriority(beside)
        self.dataset: SharedData | None = None
        self.sent: Dataset | None = None
        self.stop_requests = StopRequests()
        self.used = time.monotonic()

    def end(self) -> None:
        """Restores the priority of this process."""
        self._priority.end()

    def report(self, task: str, report: Report) -> None:
        """Reports figures of a run of a task."""
        self._worker.log_event(self._topic, [task, pickle.dumps(report)])

    def is_wanted(self, task: str) -> bool:
        """Whether a task's result is still wanted: not if its client or the scheduler is gone, or the worker is
        closing.

        Dask cannot stop a running task, but the worker knows that it was cancelled.
        """
        found = self._worker.state.tasks.get(task)
        return found is not None and found.state != "cancelled" and not self._worker.status.name.startswith("clos")


_visits: dict[Place, _Visit] = {}


def open_visit(sweep: str, topic: str, beside: WindowProcess | None, dask_worker: Any) -> WorkerEnvironment:
    """Starts a visit, and ends abandoned visits of killed programs.

    Args:
        topic: the Dask topic of the reports.
        beside: a window; a worker on the same computer lowers its priority for it.
    """
    now = time.monotonic()
    for place in [place for place, visit in _visits.items() if now - visit.used > _FORGOTTEN]:
        _visits.pop(place).end()
    _visits[sweep, dask_worker.address] = _Visit(dask_worker, topic, beside)
    return WorkerEnvironment(platform.python_version(), this_machine())


def receive_data(sweep: str, key: str, dask_worker: Any) -> None:
    """Stores data that the cluster has sent to this worker under a key."""
    if visit := _visits.get((sweep, dask_worker.address)):
        visit.sent = dask_worker.data[key]


def request_stop(sweep: str, number: int, how: str, dask_worker: Any) -> None:
    """Requests that a run, or all (-1), end; active runs poll it after each step."""
    if visit := _visits.get((sweep, dask_worker.address)):
        visit.stop_requests.add(number, how)


def close_visit(sweep: str, dask_worker: Any) -> None:
    """Ends a visit; active runs end after their current step."""
    request_stop(sweep, ALL, STOPPED, dask_worker)
    if visit := _visits.pop((sweep, dask_worker.address), None):
        visit.end()


def prepare_data(place: Place, offer: DatasetHandle) -> bool | None:
    """Checks the data that were sent, or makes them by name; returns whether the data set is ready.

    Returns None if there is no such visit. Raises RuntimeError if other data were sent.
    """
    visit = _visits.get(place)
    if visit is None:
        return None
    found = offer.made() if visit.sent is None else offer.checked(visit.sent)
    visit.sent = None
    if found is not None:
        visit.dataset = SharedData.of(found)
    return found is not None


def train_runs(place: Place, task: str, specs: Sequence[RunSpec]) -> list[RunOutcome] | None:
    """Trains runs, an epoch of each in turn, and returns their outcomes; None if there is no such visit or no data.

    Args:
        task: the name of the task, which shows the worker whether it was cancelled.
    """
    visit = _visits.get(place)
    if visit is None or visit.dataset is None:
        return None
    return _Task(visit, task).done(specs, visit.dataset)


class _Task:
    """A task with several runs."""

    def __init__(self, visit: _Visit, name: str) -> None:
        self._visit, self._name = visit, name
        self._outcomes: list[RunOutcome] = []
        self._looked = time.monotonic()
        self._is_wanted = True

    def done(self, specs: Sequence[RunSpec], dataset: Dataset) -> list[RunOutcome]:
        """Trains the runs and returns their outcomes."""
        if how := self._visit.stop_requests.of(ALL):
            return [RunOutcome(spec.number, how) for spec in specs]
        try:
            train_in_turn(specs, dataset, self._report, self._asked, self._outcomes.append)
        except Exception as error:
            logging.getLogger(__name__).exception("a run ended by an error of the program")
            over = {each.number for each in self._outcomes}
            why = f"{type(error).__name__}: {error}"
            self._outcomes += [RunOutcome(spec.number, FAILED, why) for spec in specs if spec.number not in over]
        self._visit.used = time.monotonic()
        if not self._is_wanted:  # the task was cancelled, so these runs are trained elsewhere
            return [each for each in self._outcomes if each.status != STOPPED]
        return self._outcomes

    def _report(self, report: Report) -> None:
        self._visit.report(self._name, report)

    def _asked(self, number: int) -> str:
        """Returns the status with which a run must end now; called after each step."""
        if (now := time.monotonic()) - self._looked > _SECONDS_BETWEEN_LOOKS:
            self._looked = self._visit.used = now
            self._is_wanted = self._visit.is_wanted(self._name)
        return self._visit.stop_requests.of(number) if self._is_wanted else STOPPED
