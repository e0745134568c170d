"""Further processes that read parts of a large table while the first part is read. No Qt."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress

from engine.datasets.table_spans import Numbers, ReadSpan, Results
from nnviz.jobs.child import cores
from nnviz.jobs.data_process import DataProcess

_MOST = 3  # more take more memory than time


class Helpers:
    """One process for each part; each ends when its part was read.

    Attributes:
        count: how many there can be: one for each core but that of the first part.
    """

    def __init__(self) -> None:
        self.count = self.most()

    @staticmethod
    def most() -> int:
        """How many there can be on this machine."""
        return min(cores() - 1, _MOST)

    def __call__(self, function: ReadSpan, spans: Sequence[tuple[int, int]], /) -> Results:
        """Begins to read at once. A part whose process has ended by itself gives None."""
        processes = [DataProcess() for _ in spans]
        pool = ThreadPoolExecutor(max(1, len(spans)))
        futures = [pool.submit(process.call, function, span) for process, span in zip(processes, spans, strict=True)]
        results = _results(processes, pool, futures)
        next(results)  # so that closing it ends the processes, also before the first result is asked for
        return results


def _results(processes: list[DataProcess], pool: ThreadPoolExecutor, futures: list[Future[Numbers | None]]) -> Results:
    try:
        yield None  # it has begun
        for future in futures:
            result = None
            with suppress(Exception):
                result = future.result()
            yield result
    finally:
        for process in processes:
            process.end()
        pool.shutdown()
