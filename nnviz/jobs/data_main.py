"""What the process runs that reads data; see ``nnviz.jobs.data_process``, which talks to it. No Qt."""

from __future__ import annotations

import os
import pickle
import queue
import time
from concurrent.futures import ThreadPoolExecutor
from typing import IO, Any

import numpy as np

from engine import large_arrays
from engine.machine import cores
from engine.shared_work import share_with
from nnviz.jobs import shared_arrays
from nnviz.jobs.child import give_way, listen, own_output, picklable
from nnviz.jobs.data_reader import DataReader
from nnviz.jobs.shared_arrays import number_of

_MOST = 4  # threads: more would cost memory and save hardly any time
_OFTEN = 0.05  # seconds between two reports of how far it is


class _Teller:
    """The way out."""

    def __init__(self, out: IO[bytes]) -> None:
        self._out = out
        self._told = 0.0

    def progress(self, done: int, total: int) -> None:
        now = time.monotonic()
        if now - self._told >= _OFTEN or done >= total:
            self._told = now
            self._put(("progress", (done, total)))

    def done(self, result: object, is_seen: bool) -> None:
        buffers: list[pickle.PickleBuffer] = []
        packed = pickle.dumps(result, protocol=5, buffer_callback=buffers.append)
        raw = [buffer.raw() for buffer in buffers]
        numbers = [number_of(part) if is_seen else None for part in raw]
        self._put(("done", (len(packed), [(part.nbytes, number) for part, number in zip(raw, numbers, strict=True)])))
        self._out.write(packed)
        for part, number in zip(raw, numbers, strict=True):
            if number is None:
                self._out.write(part)
        self._out.flush()

    def failed(self, error: Exception) -> None:
        self._put(("failed", picklable(error)))

    def _put(self, message: object) -> None:
        pickle.dump(message, self._out, protocol=5)
        self._out.flush()


def main() -> None:
    """Listens to its standard input and answers on its standard output, on which nobody else may write."""
    give_way()
    teller = _Teller(own_output())
    requests: queue.SimpleQueue[Any] = queue.SimpleQueue()
    listen(requests.put)
    count = min(cores(), _MOST)
    share_with(ThreadPoolExecutor(count), count)
    reader = DataReader()
    while True:
        method, before, after, is_seen = requests.get()
        result = None  # not sooner: until now whoever asked may still be opening its arrays
        large_arrays.make_by(shared_arrays.empty if is_seen else np.empty)
        try:
            result = getattr(reader, method)(*before, teller.progress, *after)
        except BrokenPipeError:
            os._exit(0)  # nobody listens any more
        except Exception as error:
            teller.failed(error)
        else:
            teller.done(result, is_seen)
