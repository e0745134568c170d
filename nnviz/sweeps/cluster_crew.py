"""``Crew``: the workers that do the runs of a sweep. It sees who comes, who leaves, who dies, and when all is over."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeVar

from nnviz.sweeps.cluster_workers import Acquaintance, RefusedError, Worker
from nnviz.sweeps.executor import Message, Notice

_SECONDS_BETWEEN_LOOKS = 0.5  # for a cluster of a few; a large one is looked at less often
_SECONDS_BETWEEN_GLANCES = 0.1  # after which it is seen whether the scheduler is there
_SMALL = 500  # workers
_SECONDS_OF_SILENCE = 30.0  # after which the scheduler counts as gone
_NOBODY = "No worker is there that can do the runs: they wait for one."

T = TypeVar("T")


class Crew:
    """In the cluster's thread.

    Attributes:
        workers: those that are known and may be used, by address.
    """

    def __init__(
        self,
        client: Any,
        met: Acquaintance,
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
        self._client, self._met = client, met
        self._tell, self._joined, self._lost, self._halted = tell, joined, lost, halted
        self.workers: dict[str, Worker] = {}
        self._meetings: dict[str, asyncio.Task[None]] = {}
        self._refused: set[str] = set()
        self._is_told_nobody = False
        self._jobs: set[asyncio.Task[None]] = {asyncio.create_task(self._watch())}

    def end(self) -> None:
        """Looks no more."""
        for job in (*self._jobs, *self._meetings.values()):
            job.cancel()

    async def _watch(self) -> None:
        while (there := await self._unless_it_goes(self._client.nthreads(), _SECONDS_OF_SILENCE)) is not None:
            self._look_at(there)
            pause = _SECONDS_BETWEEN_LOOKS * max(1, len(there) / _SMALL)
            await self._unless_it_goes(asyncio.sleep(pause), 2 * pause)
        self.workers.clear()
        self._halted()

    async def _unless_it_goes(self, awaited: Awaitable[T], seconds: float) -> T | None:
        """What comes of something, in so many seconds; None if it does not come, or the scheduler goes meanwhile.

        When the scheduler goes, its client tries to reach it again, and what waits for an answer waits on.
        """
        job = asyncio.ensure_future(awaited)
        end = asyncio.get_running_loop().time() + seconds
        try:
            while not job.done() and asyncio.get_running_loop().time() < end and self._client.status == "running":
                await asyncio.wait([job], timeout=_SECONDS_BETWEEN_GLANCES)
            return job.result() if job.done() and self._client.status == "running" else None
        except Exception:  # whatever a client says that has lost its scheduler
            return None
        finally:
            job.cancel()

    def _look_at(self, there: Mapping[str, int]) -> None:
        """``there``: the threads of each worker, by address."""
        for address in self.workers.keys() - there.keys():
            job = asyncio.create_task(self._part(self.workers.pop(address)))
            self._jobs.add(job)
            job.add_done_callback(self._jobs.discard)
        for address in self._meetings.keys() - there.keys():
            self._meetings.pop(address).cancel()
        self._refused &= there.keys()
        for address in there.keys() - self.workers.keys() - self._meetings.keys() - self._refused:
            self._meetings[address] = asyncio.create_task(self._meet(address, there[address]))
        is_nobody = not self.workers and not self._meetings
        if is_nobody and not self._is_told_nobody:
            self._tell(Notice(_NOBODY))
        self._is_told_nobody = is_nobody

    async def _meet(self, address: str, threads: int) -> None:
        try:
            self.workers[address] = await self._met.meet(address, threads)
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
        self._lost(worker, not await self._has_left(worker.address))

    async def _has_left(self, address: str) -> bool:
        """Whether a worker that is gone was closed, by itself or by its scheduler, and did not die."""
        try:
            events = await asyncio.wait_for(self._client.get_events(address), 2)
        except (OSError, asyncio.TimeoutError):
            return False
        told = [event for _, event in events[-10:] if isinstance(event, dict)]
        return any(each.get("action") == "closing-worker" or each.get("expected") for each in told)
