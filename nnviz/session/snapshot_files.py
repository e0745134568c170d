"""Files of past epochs: saves and exports the displayed snapshot's network, exactly if possible."""

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
from engine.storage import export_format, save_checkpoint, save_network
from nnviz.formatting import text
from nnviz.jobs.network_reading import CHECKPOINT
from nnviz.jobs.stepwise import Steps, StepwiseTask
from nnviz.session.activities import CancelOffer
from nnviz.session.exact_replay import ExactReplay, ReplayRequest, of_the_past
from nnviz.session.file_writing import WriteTicket, network_for_file
from nnviz.session.files import Files
from nnviz.session.messages import Messages
from nnviz.session.runs import Runs

if TYPE_CHECKING:
    from nnviz.library.replay import ReplayResult

_LOG = logging.getLogger("nnviz")
# Called in another thread with the network, and what it was computed with where it is exact.
Write = Callable[[Network, "ReplayResult | None"], None]


@dataclass(eq=False)
class _Job:
    """A file to be written: its epoch, its place in the order of requests, and how it is written.

    Attributes:
        steps: the replay; None if the epoch cannot be replayed exactly.
        end: ends the activity in the head bar.
    """

    request: ReplayRequest
    path: Path
    turn: WriteTicket
    past: str
    write: Write
    steps: Callable[[], Steps] | None = None
    end: Callable[[str], None] = lambda news: None

    @property
    def what(self) -> str:
        """The work that the file waits for, as text."""
        return f"Going back to epoch {self.epoch_text} for {text.name(self.path.name)}"

    @property
    def epoch_text(self) -> str:
        """The name of the epoch."""
        return self.request.run.epoch_name(self.request.at)


class SnapshotFiles(QObject):
    """Replays the training up to an epoch in the background and writes its network. One file after the other.

    Where the run is not recorded, or its data are others, the weights are written as they are displayed, in 16 bits
    each, and a message says so.

    Signals:
        changed: ``waiting`` has changed.
    """

    changed = pyqtSignal()

    def __init__(self, runs: Runs, replay: ExactReplay, files: Files, messages: Messages) -> None:
        super().__init__()
        self._runs, self._replay, self._files, self._messages = runs, replay, files, messages
        self._patience = CancelOffer(messages, self.cancel)
        self._work = StepwiseTask()
        self._work.changed.connect(self._went_on)
        self._work.failed.connect(self._failed)
        self._jobs: deque[_Job] = deque()  # in the order of the requests; the first is in progress

    @property
    def waiting(self) -> list[Path]:
        """Files that wait for their replay, the next one first."""
        return [job.path for job in self._jobs]

    def save(self, path: Path, epoch: float) -> None:
        """Writes the network of an epoch of the current run that the timeline has.

        A checkpoint also holds the state of the training then. The current network and its file stay as they are.
        """

        def write(network: Network, found: ReplayResult | None) -> None:
            if found is not None and path.suffix.lower() == CHECKPOINT:
                save_checkpoint(network, path, found.trainer.state())
            else:
                save_network(network, path)

        self._begin(path, epoch, "saved", write)

    def export(self, path: Path, epoch: float) -> None:
        """Writes the network of an epoch for other programs; the ending of the name gives the format."""
        export = export_format(path).save
        self._begin(path, epoch, "exported", lambda network, _: export(network, path))

    def _begin(self, path: Path, epoch: float, past: str, write: Write) -> None:
        job = _Job(ReplayRequest(self._runs.current, epoch), path, self._files.turn(path), past, write)
        reason_unavailable = self._replay.reason_unavailable(job.request.run)
        if reason_unavailable is not None:
            self._write(job, None, reason_unavailable)
            return
        job.steps, job.end = self._replay.steps(job.request), self._files.begin(job.what)
        self._jobs.append(job)
        if len(self._jobs) == 1:
            self._start(job)
        self.changed.emit()

    def _start(self, job: _Job) -> None:
        assert job.steps is not None
        self._patience.begin(job.what)
        self._work.start(job.request, job.steps)

    def cancel(self) -> None:
        """Cancels the file that is being replayed; the next one follows."""
        if self._jobs:
            job = self._arrive()
            job.end(f"{text.name(job.path.name)} was not {job.past}")
            self.changed.emit()

    def give_up(self) -> None:
        """Cancels all waiting files."""
        while self._jobs:
            self.cancel()

    def _arrive(self) -> _Job:
        """Removes the first file from the queue and returns it; starts with the next one."""
        job = self._jobs.popleft()
        self._patience.end()
        self._work.forget()
        if self._jobs:
            self._start(self._jobs[0])
        return job

    def _went_on(self) -> None:
        if not self._jobs or self._work.about is not self._jobs[0].request:
            return
        self._patience.show_progress(f"{self._work.share:.0%}")
        found = self._work.result
        if found is not None:
            self._write(self._arrive(), found, "; ".join(found.differences))

    def _failed(self, error: Exception) -> None:
        if self._jobs and isinstance(error, EngineError):
            self._write(self._arrive(), None, str(error))
        elif self._jobs:
            job = self._jobs[0]
            self.cancel()
            self._messages.show_error(f"{text.name(job.path.name)} could not be {job.past}", error)

    def _write(self, job: _Job, found: ReplayResult | None, why_approximate: str) -> None:
        request, content = job.request, f"the network of epoch {job.epoch_text}"
        history, data = request.run.history.until(request.at), self._files.data_title(request.run)

        def work() -> str:
            with_training = found is not None and job.path.suffix.lower() == CHECKPOINT
            job.write(network_for_file(of_the_past(request, history, found), data, with_training), found)
            return f", {content}{', approximately' if why_approximate else ''}"

        self._files.put(job.path, job.past, job.turn, work, request.run)
        job.end("")
        self.changed.emit()
        if why_approximate:
            kept = (
                "as stored in its snapshot, in 16 bits each"
                if found is None
                else "replayed with other software or hardware"
            )
            self._messages.show(
                f"{text.name(job.path.name)} will hold {content} with weights {kept}: {why_approximate}"
            )

    def close(self, milliseconds: int) -> bool:
        """Cancels the replay. Returns whether its thread ended in time."""
        self._patience.close()
        for job in self._jobs:
            _LOG.error("%s was not %s: nnviz was closed before its epoch was reached", job.path, job.past)
        self._jobs.clear()
        return self._work.close(milliseconds)
