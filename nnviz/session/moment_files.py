"""Saves and exports the network of the moment that is looked back at, exactly where that can be."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from PyQt5.QtCore import QObject, pyqtSignal

from engine.errors import EngineError
from engine.network import Network
from engine.storage import save_checkpoint, save_network
from nnviz.jobs.reading import CHECKPOINT
from nnviz.jobs.stepwise import Stepwise
from nnviz.look import text
from nnviz.session.activities import Patience
from nnviz.session.exact import Exact, Wish, approximated, branched
from nnviz.session.files import EXPORTS, Files
from nnviz.session.messages import Messages
from nnviz.session.run import Run
from nnviz.session.runs import Runs
from nnviz.session.writing import network_for_file

if TYPE_CHECKING:
    from nnviz.library.replay import Replayed

_LOG = logging.getLogger("nnviz")
# Called in another thread with the network, and what it was computed with where it is exact.
Write = Callable[[Network, "Replayed | None"], None]


@dataclass(frozen=True, eq=False)
class _Job:
    """A file to be written: of which moment, in a word what is done to it ("saved"), and how.

    ``end`` tells the status line that the moment is reached.
    """

    wish: Wish
    path: Path
    past: str
    write: Write
    end: Callable[[str], None]


class MomentFiles(QObject):
    """Trains to the moment again, in another thread, and writes what comes of it. One file at a time.

    Where the run is not recorded, or its data are others, the weights are written as they are displayed, in 16 bits
    each, and a message says so.

    Signals:
        changed: ``is_going_back`` has changed.
    """

    changed = pyqtSignal()

    def __init__(self, runs: Runs, exact: Exact, files: Files, messages: Messages) -> None:
        super().__init__()
        self._runs, self._exact, self._files, self._messages = runs, exact, files, messages
        self._patience = Patience(messages, self.cancel)
        self._work = Stepwise()
        self._work.changed.connect(self._went_on)
        self._work.failed.connect(self._failed)
        self._job: _Job | None = None

    @property
    def is_going_back(self) -> bool:
        """Whether a file waits for its moment to be reached."""
        return self._job is not None

    def save(self, path: Path, epoch: float) -> None:
        """Writes the network of a moment of the current run that the timeline has.

        A checkpoint also holds the state of the training then. The current network and its file stay as they are.
        """

        def write(network: Network, found: Replayed | None) -> None:
            if found is not None and path.suffix.lower() == CHECKPOINT:
                save_checkpoint(network, path, found.trainer.state())
            else:
                save_network(network, path)

        self._begin(path, epoch, "saved", write)

    def export(self, path: Path, epoch: float) -> None:
        """Writes the network of such a moment for other programs; the name's ending gives the format."""
        export = EXPORTS[path.suffix.lower()]
        self._begin(path, epoch, "exported", lambda network, _: export(network, path))

    def _begin(self, path: Path, epoch: float, past: str, write: Write) -> None:
        run = self._runs.current
        wish = Wish(run, epoch)
        self.cancel()
        what = f"Going back to epoch {run.epoch_name(wish.at)} for {text.name(path.name)}"
        self._job = _Job(wish, path, past, write, self._files.begin(what))
        self.changed.emit()
        why_not = self._exact.why_not(run)
        if why_not is None:
            self._patience.begin(what)
            self._work.start(wish, self._exact.steps(wish))
        else:
            self._write(approximated(wish), None, why_not)

    def cancel(self) -> None:
        """Gives up the file that waits for its moment."""
        job = self._arrive()
        if job is not None:
            job.end(f"{text.name(job.path.name)} was not {job.past}")

    def _arrive(self) -> _Job | None:
        """Nothing waits any more; returns what did."""
        job, self._job = self._job, None
        self._patience.end()
        self._work.forget()
        if job is not None:
            self.changed.emit()
        return job

    def _went_on(self) -> None:
        job, found = self._job, self._work.result
        if job is None:
            return
        self._patience.tell_how_far(f"{self._work.share:.0%}")
        if found is not None:
            self._write(branched(job.wish, found), found, "; ".join(found.differences))

    def _failed(self, error: Exception) -> None:
        job = self._job
        if job is not None and isinstance(error, EngineError):
            self._write(approximated(job.wish), None, str(error))
        elif job is not None:
            self.cancel()
            self._messages.tell_error(f"{text.name(job.path.name)} could not be {job.past}", error)

    def _write(self, run: Run, found: Replayed | None, why_approximate: str) -> None:
        job = self._arrive()
        assert job is not None
        job.end("")
        moment, data = f"the network of epoch {run.epoch_name(job.wish.at)}", self._files.data_title

        def work() -> str:
            job.write(network_for_file(run, data), found)
            return f", {moment}{', approximately' if why_approximate else ''}"

        self._files.put(job.path, job.past, work)
        if why_approximate:
            kept = "as they are kept for looking back, in 16 bits each" if found is None else "computed again elsewhere"
            self._messages.tell(f"{text.name(job.path.name)} gets {moment} with weights {kept}: {why_approximate}")

    def close(self, milliseconds: int) -> bool:
        """Ends the work; returns whether that was in time."""
        self._patience.close()
        if self._job is not None:
            _LOG.error("%s was not %s: nnviz was closed before its moment was reached", self._job.path, self._job.past)
        return self._work.close(milliseconds)
