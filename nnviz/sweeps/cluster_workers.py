"""``Acquaintance``: gets to know the workers of a cluster, each once: what they are, and that they have the data."""

from __future__ import annotations

import pickle
import platform
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from engine.datasets import Dataset
from engine.machine import this_machine
from engine.many import remote
from engine.many.giving_way import Neighbour
from engine.many.shared_data import DataOffer
from engine.version import __version__
from nnviz.sweeps.cluster import UNKNOWN, engine_versions
from nnviz.sweeps.cluster_address import ClusterAddress, host_of

if TYPE_CHECKING:
    import asyncio

    from nnviz.sweeps.cluster_runs import Group

_IN_THE_WINDOW = "or your yes when the sweep goes on in the window"


class RefusedError(Exception):
    """A worker is not used; the text says why, as a clause about it."""


@dataclass(eq=False)
class Task:
    """Runs that were given to a worker.

    Attributes:
        job: what waits for its result.
    """

    name: str
    groups: tuple[Group, ...]
    job: asyncio.Task[None]

    @property
    def numbers(self) -> list[int]:
        return [spec.number for group in self.groups for spec in group]


@dataclass(eq=False)
class Worker:
    """A worker that has the data and may be used.

    Attributes:
        threads: how many tasks it does at the same time.
        tasks: what was given to it, the oldest first; so many as it has threads are under way.
        is_alone: whether it does a run of which it is to be seen whether it dies of it, and nothing else.
    """

    address: str
    threads: int
    tasks: list[Task] = field(default_factory=list)
    is_alone: bool = False


class Called:
    """Pickled, it is a call: who unpickles it, gets what the function returns.

    So a task is bytes that a worker unpickles, and only workers need to have the function: the scheduler, which reads
    all tasks, has nothing of nnviz.
    """

    def __init__(self, function: Callable[..., Any], *arguments: Any) -> None:
        self._function, self._arguments = function, arguments

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        return self._function, self._arguments


class Acquaintance:
    """Speaks with workers about one sweep. In the cluster's thread.

    Attributes:
        sweep: a name of the sweep that nobody else has.
    """

    def __init__(
        self,
        client: Any,
        address: ClusterAddress,
        dataset: Dataset,
        offer: DataOffer,
        is_own: bool,
        beside: Neighbour | None = None,
    ) -> None:
        """
        Args:
            is_own: whether the data are a person's own, whose rows leave this computer only if that was allowed.
            beside: a window, to which workers on its computer give way.
        """
        self._client, self._address, self._beside = client, address, beside
        self._dataset, self._offer, self._is_own = dataset, offer, is_own
        self.sweep = uuid4().hex

    async def meet(self, address: str, threads: int) -> Worker:
        """Gets to know a worker, and sees to it that it has the data. Raises RefusedError, or OSError if it is gone."""
        self._check_address(address)
        version = (await engine_versions(self._client, [address]))[address]
        if version == UNKNOWN:
            raise OSError(f"{address} does not answer")
        if version != __version__:
            raise RefusedError(f"has nnviz {version}, and here is {__version__}")
        about = (self.sweep, self._client.id, self._beside)
        facts = (await self._client.run(remote.hello, *about, workers=[address]))[address]
        _check_facts(facts)
        if not await self.call(address, remote.prepare, (self.sweep, address), self._offer):
            await self._send_data(address)
        return Worker(address, threads)

    def _check_address(self, address: str) -> None:
        if not self._address.trusts(address):
            trust = f"--dask-trust {host_of(address)}"
            raise RefusedError(f"is beyond this computer and does not speak TLS; {trust} allows it, {_IN_THE_WINDOW}")
        if self._is_own and not self._address.may_have_rows(address):
            what = "is beyond this computer and would get rows of your own"
            raise RefusedError(f"{what}; --dask-send-rows allows it, {_IN_THE_WINDOW}")

    async def call(self, address: str, function: Callable[..., Any], *arguments: Any, name: str | None = None) -> Any:
        """What a function returns that is done as a task, by that worker alone. Raises what it raises.

        It waits for ever if the worker is gone: who calls this must see that, and cancel it.
        """
        called = pickle.dumps(Called(function, *arguments))
        key = self.name_of_task() if name is None else name
        return await self._client.submit(pickle.loads, called, key=key, workers=[address], pure=False)

    def name_of_task(self) -> str:
        """A name that no other task has. What stands before the first hyphen is what a dashboard calls it."""
        return f"nnviz-{uuid4().hex}"

    async def _send_data(self, address: str) -> None:
        """Once; the worker keeps them for all runs."""
        sent = await self._client.scatter(self._dataset, workers=[address], hash=False)
        await self._client.run(remote.receive, self.sweep, sent.key, workers=[address])
        await self.call(address, remote.prepare, (self.sweep, address), self._offer)

    async def wish(self, addresses: list[str], number: int, how: str) -> None:
        """Tells workers how a run, or all, are to end."""
        await self._client.run(remote.wish, self.sweep, number, how, workers=addresses, on_error="ignore")

    async def leave(self, addresses: list[str]) -> None:
        """Has workers forget the sweep; what is under way there ends."""
        await self._client.run(remote.goodbye, self.sweep, workers=addresses, on_error="ignore")


def _check_facts(facts: remote.Facts) -> None:
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
