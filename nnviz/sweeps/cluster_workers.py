"""The usable workers of a cluster, and when they join, leave or die.

Each worker is checked once: its address must be trusted, its versions must equal those of this program, and it must
have the data of the sweep.
"""

from __future__ import annotations

import asyncio
import pickle
import platform
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from engine.basics.machine import this_machine
from engine.datasets import Dataset
from engine.sweeps import remote
from engine.sweeps.run_execution import RunSpec
from engine.sweeps.shared_data import DatasetHandle
from engine.sweeps.worker_priority import WindowProcess
from engine.version import __version__
from nnviz.sweeps.cluster import UNKNOWN, engine_versions
from nnviz.sweeps.cluster_address import ClusterAddress, host_of
from nnviz.sweeps.executor import Message, UserNotice

_SECONDS_BETWEEN_LOOKS = 0.5
_SECONDS_OF_SILENCE = 30.0  # after which the scheduler counts as gone
_IN_THE_WINDOW = "or agree when you resume the sweep in the window"
_NOBODY = "No usable worker is connected. The runs wait for one."


class RefusedError(Exception):
    """A worker is not used; the text says why, as a clause about it."""


@dataclass(eq=False)
class WorkerTask:
    """Runs that are trained in a worker, an epoch of each in turn.

    Attributes:
        name: its key on the cluster.
        job: the coroutine that waits for its result.
    """

    name: str
    specs: tuple[RunSpec, ...]
    job: asyncio.Task[None]


@dataclass(eq=False)
class ClusterWorker:
    """A worker that was checked and has the data.

    Attributes:
        threads: number of concurrent tasks.
        tasks: its tasks, at most as many as threads.
    """

    address: str
    threads: int
    tasks: list[WorkerTask] = field(default_factory=list)


class _Call:
    """A call that is evaluated when it is unpickled: a task consists of bytes, and only its worker needs the function.

    The scheduler reads all tasks, and has no nnviz.
    """

    def __init__(self, function: Callable[..., Any], *arguments: Any) -> None:
        self._function, self._arguments = function, arguments

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        return self._function, self._arguments


class SweepClient:
    """Communication with workers about one sweep, through a Dask client. For the cluster's thread only.

    Attributes:
        dask: the client.
        sweep: a unique name of the sweep.
    """

    def __init__(
        self,
        dask: Any,
        address: ClusterAddress,
        dataset: Dataset,
        offer: DatasetHandle,
        is_own: bool,
        beside: WindowProcess | None = None,
    ) -> None:
        """Prepares the data of a sweep for workers.

        Args:
            is_own: whether the data are the user's own, whose rows leave this computer only with permission.
            beside: a window process, to which workers on its computer yield.
        """
        self.dask, self._address, self._beside = dask, address, beside
        self._dataset, self._offer, self._is_own = dataset, offer, is_own
        self.sweep = uuid4().hex

    @property
    def is_connected(self) -> bool:
        """Whether the scheduler is connected."""
        return bool(self.dask.status == "running")

    async def admit(self, address: str, threads: int) -> ClusterWorker:
        """Checks a worker, and sends it the data. Raises RefusedError, or OSError if it is gone."""
        self._check_address(address)
        version = (await engine_versions(self.dask, [address]))[address]
        if version == UNKNOWN:
            raise OSError(f"{address} does not respond")
        if version != __version__:
            raise RefusedError(f"has nnviz {version} instead of {__version__}")
        about = (self.sweep, self.dask.id, self._beside)
        _check_facts((await self.dask.run(remote.open_visit, *about, workers=[address]))[address])
        prepare = (remote.prepare_data, (self.sweep, address), self._offer)
        if not await self._submit(address, new_name(), *prepare):
            sent = await self.dask.scatter(self._dataset, workers=[address], hash=False)
            await self.dask.run(remote.receive_data, self.sweep, sent.key, workers=[address])
            await self._submit(address, new_name(), *prepare)
        return ClusterWorker(address, threads)

    def _check_address(self, address: str) -> None:
        if not self._address.trusts(address):
            trust = f"--dask-trust {host_of(address)}"
            raise RefusedError(f"is on another computer without TLS; {trust} allows it, {_IN_THE_WINDOW}")
        if self._is_own and not self._address.may_have_rows(address):
            what = "is on another computer and would get your own data"
            raise RefusedError(f"{what}; --dask-send-rows allows it, {_IN_THE_WINDOW}")

    async def _submit(self, address: str, name: str, function: Callable[..., Any], *arguments: Any) -> Any:
        """Returns the result of a task of that worker. Raises what the task raises; never returns if the worker is
        gone.
        """
        called = pickle.dumps(_Call(function, *arguments))
        return await self.dask.submit(pickle.loads, called, key=name, workers=[address], pure=False)

    async def train(self, worker: ClusterWorker, name: str, specs: tuple[RunSpec, ...]) -> Any:
        """Trains runs in a worker; see :func:`engine.sweeps.remote.train_runs`."""
        return await self._submit(worker.address, name, remote.train_runs, (self.sweep, worker.address), name, specs)

    async def request_stop(self, addresses: list[str], number: int, how: str) -> None:
        """Sends workers a request to stop a run, or all. Dask cannot cancel a running task."""
        await self.dask.run(remote.request_stop, self.sweep, number, how, workers=addresses, on_error="ignore")

    async def end_sweep(self, addresses: list[str]) -> None:
        """Makes workers forget the sweep, and ends its runs there."""
        await self.dask.run(remote.close_visit, self.sweep, workers=addresses, on_error="ignore")

    async def was_closed(self, address: str) -> bool:
        """Whether a worker that is gone was closed by itself or by its scheduler, and did not die."""
        try:
            events = await asyncio.wait_for(self.dask.get_events(address), 2)
        except (OSError, asyncio.TimeoutError):
            return False
        recent = [event for _, event in events[-10:] if isinstance(event, dict)]
        return any(each.get("action") == "closing-worker" or each.get("expected") for each in recent)


def new_name() -> str:
    """Returns a unique task key. Dashboards show the part before the first hyphen."""
    return f"nnviz-{uuid4().hex}"


class ClusterWorkers(dict[str, ClusterWorker]):
    """The usable workers, by address. For the cluster's thread only."""

    def __init__(
        self,
        client: SweepClient,
        notify: Callable[[Message], None],
        joined: Callable[[], None],
        lost: Callable[[ClusterWorker, bool], None],
        halted: Callable[[], None],
    ) -> None:
        """Starts to watch the workers.

        Args:
            joined: called when a worker is added.
            lost: called with a worker that is gone, and whether it died.
            halted: called when the scheduler is gone.
        """
        super().__init__()
        self._client = client
        self._notify, self._joined, self._lost, self._halted = notify, joined, lost, halted
        self._meetings: dict[str, asyncio.Task[None]] = {}
        self._refused: set[str] = set()
        self._has_warned = False
        self._jobs: set[asyncio.Task[None]] = {asyncio.create_task(self._watch())}

    def end(self) -> None:
        """Stops watching."""
        for job in (*self._jobs, *self._meetings.values()):
            job.cancel()

    async def _watch(self) -> None:
        while (there := await self._threads_of_all()) is not None:
            self._look_at(there)
            await asyncio.sleep(_SECONDS_BETWEEN_LOOKS)
        self.clear()
        self._halted()

    async def _threads_of_all(self) -> Mapping[str, int] | None:
        """Returns the threads of all workers of the cluster, by address; None if the scheduler is gone."""
        try:
            there: Mapping[str, int] = await asyncio.wait_for(self._client.dask.nthreads(), _SECONDS_OF_SILENCE)
        except Exception:  # whatever a client says that has lost its scheduler
            return None
        return there if self._client.is_connected else None

    def _look_at(self, there: Mapping[str, int]) -> None:
        for address in self.keys() - there.keys():
            job = asyncio.create_task(self._remove(self.pop(address)))
            self._jobs.add(job)
            job.add_done_callback(self._jobs.discard)
        for address in self._meetings.keys() - there.keys():
            self._meetings.pop(address).cancel()
        self._refused &= there.keys()
        for address in there.keys() - self.keys() - self._meetings.keys() - self._refused:
            self._meetings[address] = asyncio.create_task(self._meet(address, there[address]))
        is_nobody = not self and not self._meetings
        if is_nobody and not self._has_warned:
            self._notify(UserNotice(_NOBODY))
        self._has_warned = is_nobody

    async def _meet(self, address: str, threads: int) -> None:
        try:
            self[address] = await self._client.admit(address, threads)
        except OSError:
            return  # it is gone; else it is asked again
        except Exception as error:
            why = str(error) if isinstance(error, RefusedError) else f"failed with {type(error).__name__}: {error}"
            self._refused.add(address)
            self._notify(UserNotice(f"The worker {address} is not used: it {why}."))
            return
        finally:
            if self._meetings.get(address) is asyncio.current_task():
                del self._meetings[address]
        self._joined()

    async def _remove(self, worker: ClusterWorker) -> None:
        """Removes a worker that is gone."""
        self._lost(worker, not await self._client.was_closed(worker.address))


def _check_facts(facts: remote.WorkerEnvironment) -> None:
    """Raises RefusedError if a worker would not reproduce a run.

    Another NumPy may draw other random numbers from a seed; another Python may round sums differently.
    """
    here = this_machine()
    if facts.machine.numpy != here.numpy:
        raise RefusedError(
            f"has numpy {facts.machine.numpy} instead of {here.numpy}: the same seed may give another run there"
        )
    python = platform.python_version()
    if facts.python.split(".")[:2] != python.split(".")[:2]:
        raise RefusedError(f"has Python {facts.python} instead of {python}: sums may be rounded differently there")
    if facts.machine.threads != "1":
        raise RefusedError(
            f"computes products with {facts.machine.threads} threads; start it with OPENBLAS_NUM_THREADS=1, as its "
            f"nanny does"
        )
