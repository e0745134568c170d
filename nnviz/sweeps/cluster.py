"""A connection to the scheduler of a Dask cluster, and the cluster's status. Only the cluster modules import Dask.

All communication with the scheduler is in one thread with its own event loop.
"""

from __future__ import annotations

import asyncio
import gc
import logging
import re
import socket
import ssl
import struct
import sys
import threading
import time
import warnings
from collections.abc import Awaitable, Coroutine, Sequence
from contextlib import suppress
from dataclasses import dataclass
from importlib.metadata import version
from pkgutil import resolve_name
from typing import Any, TypeVar

from engine.basics.errors import SettingError
from engine.basics.optional_packages import install_advice
from engine.basics.validation import gigabytes
from nnviz.sweeps.cluster_address import ClusterAddress, ClusterError

T = TypeVar("T")

ANSWER_TIMEOUT = 9.0  # seconds
_SECONDS_AT_END = 3.0
_MOST_GREETING = 1_000_000  # bytes of the first message of a scheduler, which has some hundred
_VERSION = "engine.version:__version__"
_LEAST_VERSION = (2026, 1)  # of Dask, as in pyproject.toml
UNKNOWN = "unknown"  # the version of a worker that did not respond


@dataclass(frozen=True)
class WorkerInfo:
    """A worker of a cluster.

    Attributes:
        cores: number of concurrent runs.
        memory: memory limit in bytes.
        version: version of its nnviz; "none" if it is not installed; "unknown" if the worker did not respond.
        python, numpy: their versions; "none" if not installed.
    """

    address: str
    cores: int
    memory: int
    version: str
    python: str
    numpy: str


@dataclass(frozen=True)
class ClusterStatus:
    """The workers of a cluster at the time of the query.

    Attributes:
        dask: version of the scheduler.
    """

    address: str
    workers: tuple[WorkerInfo, ...]
    dask: str

    @property
    def cores(self) -> int:
        return sum(each.cores for each in self.workers)

    @property
    def summary(self) -> str:
        """The status as one line, without the address."""
        count = len(self.workers)
        if not count:
            return f"no workers yet; Dask {self.dask}"
        memory = gigabytes(sum(each.memory for each in self.workers))
        versions = (("nnviz", "version"), ("numpy", "numpy"), ("Python", "python"))
        found = [f"{name} {_listed([getattr(each, part) for each in self.workers])}" for name, part in versions]
        cores = f"{self.cores:,} core{'s' * (self.cores > 1)}"
        return (
            f"{count:,} worker{'s' * (count > 1)} with {cores} and {memory} of memory; "
            f"{', '.join(found)}, Dask {self.dask}"
        )


def cluster_status(address: ClusterAddress) -> ClusterStatus:
    """Returns the status of a cluster, after at most ten seconds. Raises SettingError, ClusterError."""
    until = time.monotonic() + ANSWER_TIMEOUT
    with Cluster(address) as cluster:
        return cluster.status(until)


class Cluster:
    """A connection to a scheduler, for one thread of this program at a time.

    Attributes:
        client: the Dask client, for coroutines that :meth:`call` runs.
    """

    def __init__(self, address: ClusterAddress) -> None:
        """Connects. Raises SettingError for an untrusted address or without Dask; ClusterError."""
        address.check_trust()
        _import_dask()
        self.address = address
        self.client: Any = None
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="cluster", daemon=True)
        self._thread.start()
        try:
            self.client = self.call(_connected(address))
        except BaseException:
            self.close()
            raise

    def call(self, work: Coroutine[Any, Any, T]) -> T:
        """Runs a coroutine in the cluster's thread, and returns its result."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()

    def call_soon(self, function: Any, *arguments: Any) -> None:
        """Schedules a function in the cluster's thread."""
        with suppress(RuntimeError):  # it is closed
            self._loop.call_soon_threadsafe(function, *arguments)

    def status(self, until: float | None = None) -> ClusterStatus:
        """Returns the status; ``until``: deadline by time.monotonic(). Raises ClusterError."""
        return self.call(_answered(self.address.url, _query_status(self.client), until))

    def close(self) -> None:
        """Disconnects and ends the thread. Pending tasks are abandoned."""
        if self._loop.is_closed():
            return
        asyncio.run_coroutine_threadsafe(_closed(self.client), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def __enter__(self) -> Cluster:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()


def _import_dask() -> None:
    """Imports Dask, and mutes its own messages. Raises SettingError if it is not installed or too old."""
    is_new = "distributed" not in sys.modules
    try:
        import distributed  # noqa: F401
    except ImportError:
        remedy = install_advice("dask")
        raise SettingError.from_problem("Dask", "clusters need this package, which is not installed", remedy) from None
    found = version("distributed")
    if tuple(map(int, re.findall(r"\d+", found)[:2])) < _LEAST_VERSION:
        what = f"version {found} is too old: clusters need {_LEAST_VERSION[0]}.{_LEAST_VERSION[1]} or newer"
        raise SettingError.from_problem("Dask", what, install_advice("dask"))
    for name in ("distributed", "distributed.client", "tornado.application"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    if is_new:
        gc.freeze()  # its many objects stay: no search for garbage goes through them, while a window would wait for it


# ---- in the cluster's thread


async def _connected(address: ClusterAddress) -> Any:
    """Returns a client of the scheduler. Raises ClusterError."""
    made: list[Any] = []

    async def connect() -> None:
        await _reached(address)
        made.append(_client(address))
        await made[0]

    try:
        await _answered(address.url, connect())
    except BaseException:
        await _closed(made[0] if made else None)
        raise
    return made[0]


async def _reached(address: ClusterAddress) -> None:
    """Checks that a scheduler listens there, without sending anything. Raises OSError, EOFError or ValueError.

    A scheduler begins with the size of its first message. Dask would allocate as many bytes as any other listener's
    first
    bytes say. Later messages have no limit: Dask has none, and a trusted scheduler may send code anyway.
    """
    reader, writer = await asyncio.open_connection(address.host, address.port)
    try:
        with suppress(asyncio.TimeoutError):  # a listener that waits, as for TLS: Dask finds out for what
            head = b"" if address.tls else await asyncio.wait_for(reader.readexactly(8), ANSWER_TIMEOUT / 3)
            if head and (size := struct.unpack("<Q", head)[0]) > _MOST_GREETING:
                raise ValueError(f"its first message would have {size:,} bytes")
    finally:
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()


def _client(address: ClusterAddress) -> Any:
    """Returns a Dask client. Raises ClusterError for certificates that cannot be read."""
    from distributed import Client, Security
    from distributed.versions import VersionMismatchWarning

    warnings.filterwarnings("ignore", category=VersionMismatchWarning)  # we have words of our own
    files = {name: str(path) for name, path in address.tls.items()}
    try:
        security = Security(require_encryption=True, **files) if files else None
        return Client(address.url, asynchronous=True, set_as_default=False, security=security, timeout=ANSWER_TIMEOUT)
    except OSError as error:  # of which those of TLS are some
        names = ", ".join(path.name for path in address.tls.values())
        problem = f"the certificates for {address.url} cannot be read ({error})"
        raise ClusterError.from_problem("the cluster", problem, f"Check {names}.") from None


async def _answered(url: str, answer: Awaitable[T], until: float | None = None) -> T:
    """Returns the result of a query within the timeout. Raises ClusterError for any network error."""
    try:
        return await asyncio.wait_for(answer, ANSWER_TIMEOUT if until is None else until - time.monotonic())
    except ClusterError:
        raise
    except asyncio.TimeoutError:
        problem = f"{url} did not respond within {ANSWER_TIMEOUT:.0f} seconds"
        remedy = "Check that it is the address of a scheduler, and that no firewall blocks it."
    except Exception as error:  # an answer of something else may be read as anything, also as a huge message
        problem, remedy = _problem_and_remedy(url, error)
    raise ClusterError.from_problem("the cluster", problem, remedy)


def _problem_and_remedy(url: str, error: BaseException) -> tuple[str, str]:
    """Returns what is wrong and the remedy for a network error."""
    causes = []
    found: BaseException | None = error
    while found is not None:
        causes.append(found)
        found = found.__cause__ or found.__context__
    if any(isinstance(each, ssl.SSLError) for each in causes) or "TLS" in str(error):
        why = next((str(each) for each in causes if isinstance(each, ssl.SSLError)), str(error))
        problem = f"the TLS connection to {url} failed: its certificate or yours was rejected ({why[:100]})"
        return problem, "Use the files that belong to this cluster, or tcp:// if it does not use TLS."
    if any(isinstance(each, ConnectionRefusedError) for each in causes):
        return f"no scheduler is listening at {url}", "Start it with: dask scheduler"
    if any(isinstance(each, socket.gaierror) for each in causes):
        return f"the host of {url} is unknown", "Check its name."
    why = str(causes[-1]).strip() or type(causes[-1]).__name__
    problem = f"{url} did not respond as a Dask scheduler does ({why[:100]})"
    return problem, "Check host and port, and whether it uses TLS."


async def _query_status(client: Any) -> ClusterStatus:
    info = await client.scheduler.identity(n_workers=-1)
    versions = await client.get_versions()
    addresses = list(info["workers"])
    engines = await engine_versions(client, addresses)
    workers = []
    for address, found in info["workers"].items():
        packages = versions["workers"].get(address, {}).get("packages", {})
        numpy, python = packages.get("numpy") or "none", ".".join(str(packages.get("python", "")).split(".")[:3])
        memory = int(found.get("memory_limit") or 0)
        workers.append(WorkerInfo(address, found["nthreads"], memory, engines[address], python, numpy))
    return ClusterStatus(info["address"], tuple(workers), versions["scheduler"]["packages"]["distributed"])


async def engine_versions(client: Any, addresses: Sequence[str]) -> dict[str, str]:
    """Returns the nnviz version of each worker. The query needs only the standard library, so any worker can answer."""
    if not addresses:
        return {}
    answers = await client.run(resolve_name, _VERSION, workers=list(addresses), on_error="return")
    return {address: _version(answers.get(address)) for address in addresses}


def _version(answer: object) -> str:
    if isinstance(answer, str):
        return answer
    if not isinstance(answer, ImportError):
        return UNKNOWN
    return "0.12 or older" if "engine.version" in str(answer) else "none"


def _listed(values: Sequence[str]) -> str:
    """Returns the distinct values: "0.12.0 and 0.11.0"."""
    return " and ".join(dict.fromkeys(values))


async def _closed(client: Any) -> None:
    """Closes a client, and cancels all other tasks of this thread."""
    if client is not None:
        seconds = _SECONDS_AT_END if client.status == "running" else 0.1  # else the scheduler is gone
        with suppress(Exception):
            await asyncio.wait_for(client.close(), seconds)
    with suppress(asyncio.TimeoutError):
        await asyncio.wait_for(asyncio.get_running_loop().shutdown_default_executor(), _SECONDS_AT_END)
    others = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
    for task in others:
        task.cancel()
    if others:
        await asyncio.wait(others, timeout=_SECONDS_AT_END)
