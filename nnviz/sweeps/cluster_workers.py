"""``Workers``: the workers of a cluster that may do the runs of a sweep. It sees who comes, who leaves and who dies.

Each worker is checked once: its address must be trusted, its versions must be those of this program, and it must have
the data of the sweep.
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
from nnviz.sweeps.executor import Message, Notice

_SECONDS_BETWEEN_LOOKS = 0.5
_SECONDS_OF_SILENCE = 30.0  # after which the scheduler counts as gone
_IN_THE_WINDOW = "or your yes when the sweep goes on in the window"
_NOBODY = "No worker is there that can do the runs: they wait for one."


class RefusedError(Exception):
    """A worker is not used; the text says why, as a clause about it."""


@dataclass(eq=False)
class Task:
    """Runs that are done in a worker, an epoch of each in turn.

    Attributes:
        name: its key on the cluster.
        job: waits for its result.
    """

    name: str
    specs: tuple[RunSpec, ...]
    job: asyncio.Task[None]


@dataclass(eq=False)
class Worker:
    """A worker that was checked and has the data.

    Attributes:
        threads: how many tasks it does at the same time.
        tasks: those under way, at most as many as it has threads.
    """

    address: str
    threads: int
    tasks: list[Task] = field(default_factory=list)


class _Call:
    """A call that is made where it is unpickled: a task is bytes, and only its worker needs the function.

    The scheduler reads all tasks, and has nothing of nnviz.
    """

    def __init__(self, function: Callable[..., Any], *arguments: Any) -> None:
        self._function, self._arguments = function, arguments

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        return self._function, self._arguments


class SweepClient:
    """Speaks with workers about one sweep, through a client of Dask. In the cluster's thread.

    Attributes:
        dask: the client.
        sweep: a name of the sweep that nobody else has.
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
        """
        Args:
            is_own: whether the data are a person's own, whose rows leave this computer only if that was allowed.
            beside: a window, to which workers on its computer give way.
        """
        self.dask, self._address, self._beside = dask, address, beside
        self._dataset, self._offer, self._is_own = dataset, offer, is_own
        self.sweep = uuid4().hex

    @property
    def is_connected(self) -> bool:
        """Whether the scheduler is there."""
        return bool(self.dask.status == "running")

    async def met(self, address: str, threads: int) -> Worker:
        """Checks a worker, and gives it the data. Raises RefusedError, or OSError if it is gone."""
        self._check_address(address)
        version = (await engine_versions(self.dask, [address]))[address]
        if version == UNKNOWN:
            raise OSError(f"{address} does not answer")
        if version != __version__:
            raise RefusedError(f"has nnviz {version}, and here is {__version__}")
        about = (self.sweep, self.dask.id, self._beside)
        _check_facts((await self.dask.run(remote.open_visit, *about, workers=[address]))[address])
        prepare = (remote.prepare_data, (self.sweep, address), self._offer)
        if not await self._submit(address, new_name(), *prepare):
            sent = await self.dask.scatter(self._dataset, workers=[address], hash=False)
            await self.dask.run(remote.receive_data, self.sweep, sent.key, workers=[address])
            await self._submit(address, new_name(), *prepare)
        return Worker(address, threads)

    def _check_address(self, address: str) -> None:
        if not self._address.trusts(address):
            trust = f"--dask-trust {host_of(address)}"
            raise RefusedError(f"is beyond this computer and does not speak TLS; {trust} allows it, {_IN_THE_WINDOW}")
        if self._is_own and not self._address.may_have_rows(address):
            what = "is beyond this computer and would get rows of your own"
            raise RefusedError(f"{what}; --dask-send-rows allows it, {_IN_THE_WINDOW}")

    async def _submit(self, address: str, name: str, function: Callable[..., Any], *arguments: Any) -> Any:
        """Returns the result of a task of that worker. Raises what it raises; waits for ever if the worker is gone."""
        called = pickle.dumps(_Call(function, *arguments))
        return await self.dask.submit(pickle.loads, called, key=name, workers=[address], pure=False)

    async def trained(self, worker: Worker, name: str, specs: tuple[RunSpec, ...]) -> Any:
        """Has a worker do runs; see :func:`engine.sweeps.remote.train_runs`."""
        return await self._submit(worker.address, name, remote.train_runs, (self.sweep, worker.address), name, specs)

    async def wish(self, addresses: list[str], number: int, how: str) -> None:
        """Tells workers how a run, or all, are to end. Dask's cancel would stop nothing that is under way."""
        await self.dask.run(remote.request_stop, self.sweep, number, how, workers=addresses, on_error="ignore")

    async def leave(self, addresses: list[str]) -> None:
        """Has workers forget the sweep; what is under way there ends."""
        await self.dask.run(remote.close_visit, self.sweep, workers=addresses, on_error="ignore")

    async def has_left(self, address: str) -> bool:
        """Whether a worker that is gone was closed, by itself or by its scheduler, and did not die."""
        try:
            events = await asyncio.wait_for(self.dask.get_events(address), 2)
        except (OSError, asyncio.TimeoutError):
            return False
        told = [event for _, event in events[-10:] if isinstance(event, dict)]
        return any(each.get("action") == "closing-worker" or each.get("expected") for each in told)


def new_name() -> str:
    """A key that no other task has. What stands before the first hyphen is what a dashboard calls it."""
    return f"nnviz-{uuid4().hex}"


class Workers(dict[str, Worker]):
    """The workers that may be used, by address. In the cluster's thread."""

    def __init__(
        self,
        client: SweepClient,
        tell: Callable[[Message], None],
        joined: Callable[[], None],
        lost: Callable[[Worker, bool], None],
        halted: Callable[[], None],
    ) -> None:
        """
        Args:
            joined: is called when there is another worker.
            lost: is called with one that is gone, and whether it died.
            halted: is called when the scheduler is gone.
        """
        super().__init__()
        self._client = client
        self._tell, self._joined, self._lost, self._halted = tell, joined, lost, halted
        self._meetings: dict[str, asyncio.Task[None]] = {}
        self._refused: set[str] = set()
        self._is_told_nobody = False
        self._jobs: set[asyncio.Task[None]] = {asyncio.create_task(self._watch())}

    def end(self) -> None:
        """Looks no more."""
        for job in (*self._jobs, *self._meetings.values()):
            job.cancel()

    async def _watch(self) -> None:
        while (there := await self._who()) is not None:
            self._look_at(there)
            await asyncio.sleep(_SECONDS_BETWEEN_LOOKS)
        self.clear()
        self._halted()

    async def _who(self) -> Mapping[str, int] | None:
        """The threads of all workers of the cluster, by address; None if the scheduler is gone."""
        try:
            there: Mapping[str, int] = await asyncio.wait_for(self._client.dask.nthreads(), _SECONDS_OF_SILENCE)
        except Exception:  # whatever a client says that has lost its scheduler
            return None
        return there if self._client.is_connected else None

    def _look_at(self, there: Mapping[str, int]) -> None:
        for address in self.keys() - there.keys():
            job = asyncio.create_task(self._part(self.pop(address)))
            self._jobs.add(job)
            job.add_done_callback(self._jobs.discard)
        for address in self._meetings.keys() - there.keys():
            self._meetings.pop(address).cancel()
        self._refused &= there.keys()
        for address in there.keys() - self.keys() - self._meetings.keys() - self._refused:
            self._meetings[address] = asyncio.create_task(self._meet(address, there[address]))
        is_nobody = not self and not self._meetings
        if is_nobody and not self._is_told_nobody:
            self._tell(Notice(_NOBODY))
        self._is_told_nobody = is_nobody

    async def _meet(self, address: str, threads: int) -> None:
        try:
            self[address] = await self._client.met(address, threads)
        except OSError:
            return  # it is gone; else it is asked again
        except Exception as error:
            why = str(error) if isinstance(error, RefusedError) else f"failed with {type(error).__name__}: {error}"
            self._refused.add(address)
            self._tell(Notice(f"The worker {address} is not used: it {why}."))
            return
        finally:
            if self._meetings.get(address) is asyncio.current_task():
                del self._meetings[address]
        self._joined()

    async def _part(self, worker: Worker) -> None:
        """A worker is no longer there."""
        self._lost(worker, not await self._client.has_left(worker.address))


def _check_facts(facts: remote.WorkerEnvironment) -> None:
    """Raises RefusedError where the same experiment would not be the same run.

    Another numpy may draw other random numbers from a seed; another Python may round sums in another way.
    """
    here = this_machine()
    if facts.machine.numpy != here.numpy:
        raise RefusedError(
            f"has numpy {facts.machine.numpy}, and here is {here.numpy}: a seed may be another run there"
        )
    python = platform.python_version()
    if facts.python.split(".")[:2] != python.split(".")[:2]:
        raise RefusedError(f"has Python {facts.python}, and here is {python}: sums may be rounded in another way there")
    if facts.machine.threads != "1":
        raise RefusedError(
            f"computes products with {facts.machine.threads} threads; start it with OPENBLAS_NUM_THREADS=1, as its "
            f"nanny does"
        )
