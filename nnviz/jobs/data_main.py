"""The main function of the process that reads data; ``nnviz.jobs.data_process`` is the other end. No Qt."""

from __future__ import annotations

import os
import pickle
import queue
import time
from typing import IO, Any

from nnviz.jobs.child import claim_output, listen, lower_priority, picklable
from nnviz.jobs.data_reader import DataReader

_OFTEN = 0.05  # seconds between two reports of how far it is


class _Teller:
    """The pipe to the window's process."""

    def __init__(self, out: IO[bytes]) -> None:
        self._out = out
        self._reported_at = 0.0

    def progress(self, done: int, total: int) -> None:
        now = time.monotonic()
        if now - self._reported_at >= _OFTEN or done >= total:
            self._reported_at = now
            self._put(("progress", (done, total)))

    def done(self, result: object) -> None:
        self._put(("done", result))

    def failed(self, error: Exception) -> None:
        self._put(("failed", picklable(error)))

    def _put(self, message: object) -> None:
        pickle.dump(message, self._out, protocol=5)
        self._out.flush()


def main() -> None:
    """Reads requests from standard input and writes results to standard output, which it keeps for itself."""
    lower_priority()
    teller = _Teller(claim_output())
    requests: queue.SimpleQueue[Any] = queue.SimpleQueue()
    listen(requests.put)
    reader = DataReader()
    while True:
        method, before, after = requests.get()
        try:
            result = getattr(reader, method)(*before, teller.progress, *after)
        except BrokenPipeError:
            os._exit(0)  # the other end is closed
        except Exception as error:
            teller.failed(error)
        else:
            teller.done(result)
