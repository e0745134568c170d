"""Saves and exports the network of the moment that is looked back at, exactly where that can be."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from PyQt5.QtCore import QObject, pyqtSignal

from engine.basics.errors import EngineError
from engine.network.network import Network
from engine.storage import save_checkpoint, save_network
from nnviz.formatting import text
from nnviz.jobs.reading import CHECKPOINT
from nnviz.jobs.stepwise import Steps, Stepwise
from nnviz.session.activities import Patience
from nnviz.session.exact import Exact, Wish, of_the_past
from nnviz.session.files import EXPORTS, Files
from nnviz.session.messages import Messages
from nnviz.session.runs import Runs
from nnviz.session.writing import Turn, network_for_file

if TYPE_CHECKING:
    from nnviz.library.replay import ReplayedMoment

_LOG = logging.getLogger("nnviz")
# Called in another thread with the network, and what it was computed with where it is exact.
Write = Callable[[Network, "ReplayedMoment | None"], None]


@dataclass(eq=False)
class _Job:
    """A file to be written: of which moment, when it was asked for, in a word what is done to it ("saved"), and how.

    Attributes:
        steps: go to the moment; None where it cannot be had exactly.
        end: tells the status line that the file no longer waits.
    """

    wish: Wish
    path: Path
    turn: Turn
    past: str
    write: Write
    steps: Callable[[], Steps] | None = None
    end: Callable[[str], None] = lambda news: None

    @property
    def what(self) -> str:
        """What it waits for, in words."""
        return f"Going back to epoch {self.moment} for {text.name(self.path.name)}"

    @property
    def moment(self) -> str:
        """What the moment is called."""
        return self.wish.run.epoch_name(self.wish.at)


class MomentFiles(QObject):
    """Trains to the moment again, in another thread, and writes what comes of it. One file after the other.

    Where the run is not recorded, or its data are others, the weights are written as they are displayed, in 16 bits
    each, and a message says so.

    Signals:
        changed: ``waiting`` has changed.
    """

    changed = pyqtSignal()

    def __init__(self, runs: Runs, exact: Exact, files: Files, messages: Messages) -> None:
        super().__init__()
        self._runs, self._exact, self._files, self._messages = runs, exact, files, messages
        self._patience = Patience(messages, self.cancel)
        self._work = Stepwise()
        self._work.changed.connect(self._went_on)
        self._work.failed.connect(self._failed)
        self._jobs: deque[_Job] = deque()  # in the order in which they were asked for; the first is under way

    @property
    def waiting(self) -> list[Path]:
        """The files that wait for their moments to be reached, the next one first."""
        return [job.path for job in self._jobs]

    def save(self, path: Path, epoch: float) -> None:
        """Writes the network of a moment of the current run that the timeline has.

        A checkpoint also holds the state of the training then. The current network and its file stay as they are.
        """

        def write(network: Network, found: ReplayedMoment | None) -> None:
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
        job = _Job(Wish(self._runs.current, epoch), path, self._files.turn(path), past, write)
        why_not = self._exact.why_not(job.wish.run)
        if why_not is not None:
            self._write(job, None, why_not)
            return
        job.steps, job.end = self._exact.steps(job.wish), self._files.begin(job.what)
        self._jobs.append(job)
        if len(self._jobs) == 1:
            self._start(job)
        self.changed.emit()

    def _start(self, job: _Job) -> None:
        assert job.steps is not None
        self._patience.begin(job.what)
        self._work.start(job.wish, job.steps)

    def cancel(self) -> None:
        """Gives up the file whose moment is gone to; the next one follows."""
        if self._jobs:
            job = self._arrive()
            job.end(f"{text.name(job.path.name)} was not {job.past}")
            self.changed.emit()

    def give_up(self) -> None:
        """Gives up all files that wait."""
        while self._jobs:
            self.cancel()

    def _arrive(self) -> _Job:
        """The first file no longer waits: returns it, and begins with the next one."""
        job = self._jobs.popleft()
        self._patience.end()
        self._work.forget()
        if self._jobs:
            self._start(self._jobs[0])
        return job

    def _went_on(self) -> None:
        if not self._jobs or self._work.about is not self._jobs[0].wish:
            return
        self._patience.tell_how_far(f"{self._work.share:.0%}")
        found = self._work.result
        if found is not None:
            self._write(self._arrive(), found, "; ".join(found.differences))

    def _failed(self, error: Exception) -> None:
        if self._jobs and isinstance(error, EngineError):
            self._write(self._arrive(), None, str(error))
        elif self._jobs:
            job = self._jobs[0]
            self.cancel()
            self._messages.tell_error(f"{text.name(job.path.name)} could not be {job.past}", error)

    def _write(self, job: _Job, found: ReplayedMoment | None, why_approximate: str) -> None:
        wish, moment = job.wish, f"the network of epoch {job.moment}"
        history, data = wish.run.history.until(wish.at), self._files.data_title(wish.run)

        def work() -> str:
            with_training = found is not None and job.path.suffix.lower() == CHECKPOINT
            job.write(network_for_file(of_the_past(wish, history, found), data, with_training), found)
            return f", {moment}{', approximately' if why_approximate else ''}"

        self._files.put(job.path, job.past, job.turn, work, wish.run)
        job.end("")
        self.changed.emit()
        if why_approximate:
            kept = "as they are kept for looking back, in 16 bits each" if found is None else "computed again elsewhere"
            self._messages.tell(f"{text.name(job.path.name)} gets {moment} with weights {kept}: {why_approximate}")

    def close(self, milliseconds: int) -> bool:
        """Ends the work; returns whether that was in time."""
        self._patience.close()
        for job in self._jobs:
            _LOG.error("%s was not %s: nnviz was closed before its moment was reached", job.path, job.past)
        self._jobs.clear()
        return self._work.close(milliseconds)
