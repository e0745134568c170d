"""A process that reads data, so that reading a large file does not delay mouse events.

Reading is mostly Python, of which one thread runs at a time: beside a thread that reads, the interface would stutter.
The process runs a module of ours, so a script that opens the window is not run again. It ends with its pipe, so it
never outlives the window; and it is killed when its result is no longer needed.

To the process go pickled tuples: the name of a method of ``DataReader``, and its arguments before and after
``progress``. From the process come pickled pairs: ``("progress", (done, total))``, ``("failed", error)`` or
``("done", result)``. With protocol 5 of pickle, large arrays are read from the pipe to their place without a copy, and
other threads run meanwhile.
"""

from __future__ import annotations

import pickle
import subprocess
import threading
from contextlib import suppress
from pathlib import Path
from typing import Any

from engine.basics.errors import EngineError
from engine.datasets import Dataset, DataSource
from engine.datasets.idx_pair import idx_files
from engine.datasets.loading import is_idx
from engine.datasets.preview import Preview
from engine.datasets.source import Progress
from nnviz.jobs.child import can_start, start, wait_and_close
from nnviz.jobs.data_reader import DataReader, Reader, Settings

_SMALL_PAGES = {"NUMPY_MADVISE_HUGEPAGE": "0"}  # large ones take long to be had where they were given back to a host
_SMALL = 1_000_000  # bytes of a file that is read before a process would have started


class EndedError(Exception):
    """The process was ended, because its result is no longer needed."""


def reader_for(source: DataSource) -> Reader:
    """Returns the reader for a data source: a process for large files and folders, else one in this process."""
    return DataProcess() if source.file is not None and _is_large(source.file) and can_start() else DataReader()


def _is_large(file: Path) -> bool:
    """Whether the data are a folder or a large file; of a pair of IDX files the larger one counts."""
    with suppress(OSError, EngineError):
        files = idx_files(file) if is_idx(file.name) else [file]
        return file.is_dir() or any(each.stat().st_size > _SMALL for each in files)
    return False


class DataProcess:
    """A reading process, started at the first request. Requests come from one thread at a time."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._lock = threading.Lock()  # between the start and an end from another thread
        self._has_ended = self._is_asked = False

    @property
    def pid(self) -> int | None:
        """The process id; None if the process has not started."""
        return None if self._process is None else self._process.pid

    def load(self, name: str, settings: Settings, progress: Progress) -> Dataset:
        """Implements :class:`~nnviz.jobs.data_reader.Reader`. Raises EndedError after :meth:`end`."""
        dataset: Dataset = self._ask("load", (name, dict(settings)), (), progress)
        return dataset

    def preview(self, name: str, settings: Settings, progress: Progress, is_whole: bool) -> Preview:
        """Implements :class:`~nnviz.jobs.data_reader.Reader`. Raises EndedError after :meth:`end`."""
        preview: Preview = self._ask("preview", (name, dict(settings)), (is_whole,), progress)
        return preview

    def end(self) -> None:
        """Kills the process; a pending request raises EndedError. The object cannot be used again."""
        with self._lock:
            self._has_ended = True
            if self._process is not None:
                self._process.kill()
            self._clean_up()

    def _ask(self, method: str, before: tuple[Any, ...], after: tuple[Any, ...], progress: Progress) -> Any:
        """Returns the result of a request; ``before`` and ``after`` are its arguments around ``progress``."""
        process = self._started()
        try:
            kind, value = _exchange(process, (method, before, after), progress)
        except (EOFError, BrokenPipeError, ConnectionError, pickle.UnpicklingError):  # it may end within a message
            raise self._lost(process) from None
        finally:
            with self._lock:
                self._is_asked = False
                self._clean_up()
        if kind == "failed":
            raise value
        return value

    def _started(self) -> subprocess.Popen[bytes]:
        with self._lock:
            if self._has_ended:
                raise EndedError
            self._is_asked = True
            if self._process is None:
                self._process = start("nnviz.jobs.data_main", "a process that reads the data", **_SMALL_PAGES)
            return self._process

    def _clean_up(self) -> None:
        """Waits for a process that has ended, once its output is no longer read."""
        process = self._process
        if not self._has_ended or self._is_asked or process is None:
            return
        wait_and_close(process)

    def _lost(self, process: subprocess.Popen[bytes]) -> Exception:
        if self._has_ended:
            return EndedError()
        self.end()
        code = process.wait()
        problem = f"the process reading the data exited unexpectedly (exit code {code}, possibly out of memory)"
        return EngineError.from_problem("", problem, "Try again, or use fewer examples.")


def _exchange(process: subprocess.Popen[bytes], request: tuple[Any, ...], progress: Progress) -> tuple[str, Any]:
    """Returns ("done", result) or ("failed", error). Raises what a pipe raises if its other end is closed."""
    assert process.stdin is not None
    assert process.stdout is not None
    pickle.dump(request, process.stdin, protocol=5)
    process.stdin.flush()
    while True:
        kind, value = pickle.load(process.stdout)
        if kind != "progress":
            return kind, value
        progress(*value)
