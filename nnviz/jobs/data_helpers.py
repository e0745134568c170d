"""Further processes that read the last parts of a large table while the first ones are read. No Qt."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor

from engine.datasets.table_spans import Bounds, Numbers, ReadSpan, readers
from engine.machine import cores
from nnviz.jobs.data_process import DataProcess

_MOST = 3  # more take more memory than time


class Helpers:
    """One process for each core but that of the first parts, as far as a file is worth it."""

    def __init__(self) -> None:
        self._ready: list[DataProcess] = []  # have been started, and wait

    @staticmethod
    def most() -> int:
        """How many there can be on this machine."""
        return min(cores() - 1, _MOST)

    def get_ready(self, size: int, /) -> None:
        """Starts those for a file of that size: that takes as long as reading some 50 MB."""
        for _ in range(min(self.most(), readers(size) - 1) - len(self._ready)):
            process = DataProcess()
            process.start()
            self._ready.append(process)

    def __call__(self, function: ReadSpan, spans: Sequence[Bounds], size: int, /) -> SharedSpans:
        """Begins to read at once."""
        if spans:
            self.get_ready(size)
        processes, self._ready = self._ready, []
        return SharedSpans(function, spans, processes)


class SharedSpans:
    """Parts of a file that processes read from the end. A part whose process has ended by itself gives None.

    Attributes:
        done: bytes that they have read.
    """

    def __init__(self, function: ReadSpan, spans: Sequence[Bounds], processes: list[DataProcess]) -> None:
        self.done = 0
        self._function, self._processes = function, processes
        self._futures: list[tuple[Bounds, Future[Numbers | None]]] = [(span, Future()) for span in spans]
        self._left = deque(self._futures)
        self._taken = 0
        self._pool = ThreadPoolExecutor(max(1, len(processes)))
        for process in processes:
            self._pool.submit(self._read, process)

    def take(self) -> Bounds | None:
        """The first part that nobody has begun; None if there is none."""
        try:
            span, _ = self._left.popleft()
        except IndexError:
            return None
        self._taken += 1
        return span

    def results(self) -> Iterator[tuple[Bounds, Numbers | None]]:
        """The parts that processes read, in order."""
        for span, future in self._futures[self._taken :]:
            yield span, future.result()

    def close(self) -> None:
        """Ends the processes."""
        self._left.clear()
        for process in self._processes:
            process.end()
        self._pool.shutdown()

    def _read(self, process: DataProcess) -> None:
        """Has parts read, from the end, until none is left or the process fails."""
        while True:
            try:
                span, future = self._left.pop()
            except IndexError:
                return
            try:
                numbers = process.call(self._function, span)
            except Exception:
                future.set_result(None)
                return
            self.done += span[1] - span[0]
            future.set_result(numbers)
