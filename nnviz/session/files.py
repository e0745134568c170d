"""Files of networks: opens, saves and exports in the background, and reports the activity."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from PyQt5.QtCore import QObject, pyqtSignal

from engine.datasets import Dataset
from engine.storage import export_format, save_checkpoint, save_network
from engine.storage.files import write_whole
from nnviz.formatting import text
from nnviz.formatting.setting_text import title_of_data
from nnviz.jobs.network_reading import CHECKPOINT, LoadedNetwork, read_network
from nnviz.jobs.reports import figures_in
from nnviz.jobs.serial_thread import SerialThreads, close_all
from nnviz.session.activities import Activities, CancelOffer
from nnviz.session.data import Data
from nnviz.session.file_writing import (
    FileWrite,
    WriteOrder,
    WriteTicket,
    found_at,
    network_for_file,
    parameters_and_state,
)
from nnviz.session.loaded_runs import LoadedRuns
from nnviz.session.messages import Messages
from nnviz.session.run import Run
from nnviz.session.runs import Runs
from nnviz.session.status import Stage
from nnviz.session.training import Training

_PRESENT = {"saved": "Saving", "exported": "Exporting"}


class Files(QObject):
    """Reads and writes files. A network is written as it is at the time of the request.

    Signals:
        opened: a network was read and is now the current one.
        failed: a network could not be opened; the current one stays.
        activity_changed: ``activity`` has changed.
    """

    opened = pyqtSignal()
    failed = pyqtSignal()
    activity_changed = pyqtSignal()

    def __init__(self, data: Data, runs: Runs, training: Training, loaded: LoadedRuns, messages: Messages) -> None:
        super().__init__()
        self._activities = Activities()
        self._activities.changed.connect(self.activity_changed)
        self._activities.ended.connect(messages.announce)
        self._data, self._runs, self._training = data, runs, training
        self._loaded, self._messages = loaded, messages
        self._reading = SerialThreads()  # by file: none waits for another that does not come
        self._end_of_opening: Callable[[str], None] | None = None  # of the latest; the networks of others are dropped
        self._patience = CancelOffer(messages, self.cancel_opening)
        # By folder: no file waits for a disk that does not answer.
        self._saving = SerialThreads()  # only work that closing waits for
        self._exporting = SerialThreads()  # may take long; nothing waits for it
        self._turns = WriteOrder()
        self._noted: dict[int, int] = {}  # by run, the number of the save that its path and ``unsaved`` know of

    @property
    def activity(self) -> str:
        """The current activity for the head bar, which ends with "…"; empty if there is none."""
        return self._activities.text

    # ---- open

    def open(self, path: Path, title: str | None = None) -> None:
        """Reads a network in the background and makes it the current one; on an error the current one stays.

        With a ``title`` it is opened as a copy of that name: saving asks for another file. Only the latest of several
        is opened.
        """
        name, dataset = text.name(title or path.name), self._data.dataset
        self._give_up_opening("")
        end = self._end_of_opening = self._activities.begin(f"Opening {name}")
        self._patience.begin(f"Opening {name}")

        def is_over(news: str) -> bool:
            is_wanted = self._end_of_opening is end
            if is_wanted:
                self._give_up_opening(news)
            return is_wanted

        def done(found: LoadedNetwork) -> None:
            if is_over(f"Opened {name}"):
                self._take(path, title, found, dataset)
                self.opened.emit()

        def failed(error: Exception) -> None:
            if is_over(""):
                self._messages.show_error(f"{name} could not be opened", error)
                self.failed.emit()

        self._reading.run(path, lambda: read_network(path, dataset), done, failed)

    def cancel_opening(self) -> None:
        """Cancels opening: the network that is being read is dropped."""
        if self._end_of_opening is not None:
            self._give_up_opening("Opening was cancelled")
            self.failed.emit()

    def _give_up_opening(self, news: str) -> None:
        self._patience.end()
        if self._end_of_opening is not None:
            end, self._end_of_opening = self._end_of_opening, None
            end(news)

    def _take(self, path: Path, title: str | None, found: LoadedNetwork, dataset: Dataset | None) -> None:
        def prepare(run: Run) -> None:
            if title is None:
                run.storage.path = path
            else:
                run.storage.name = title

        self._loaded.put(found, dataset, prepare)

    # ---- save

    def save(self, path: Path, then: Callable[[], None] | None = None) -> None:
        """Writes the current network in the background; ``then`` is called when it is on disk.

        A checkpoint also holds the training state after the current step. Training continues.
        """
        run, past = self._runs.current, self._runs.current.copy()
        data, changes = self.data_title(run), run.changes
        writing = self._writing(path, "saved", self.turn(path))

        def saved() -> None:
            # Else a later save was quicker, in another folder, or of another run into the same file.
            if writing.turn.is_last and writing.turn.number > self._noted.get(run.id, 0):
                self._noted[run.id] = writing.turn.number
                run.storage.path, run.storage.saved_changes = path, changes
                self._runs.emit_file(run)
            if then is not None:
                then()

        if path.suffix.lower() == CHECKPOINT and run.stage is not Stage.RESTING:
            self._save_training(run.id, past, data, writing, saved)
            return
        state = self._loaded.state_of(run)
        is_cut_off = self._training.is_in_progress or state is not None

        def work() -> str:
            if path.suffix.lower() == CHECKPOINT and state is not None:
                save_checkpoint(network_for_file(past, data, with_training=True), path, state)
                return ""
            save_network(network_for_file(past, data), path)
            return ", without the training state (only .npz keeps it)" if is_cut_off else ""

        writing.run(self._saving, work, saved)

    def _save_training(self, run: int, past: Run, data: str, writing: FileWrite, saved: Callable[[], None]) -> None:
        """Saves a network with its training state. ``past`` takes the reports up to that state."""
        runner = self._training.runner

        def take(number: int, event: object) -> None:
            for each in figures_in(event) if number == run else ():
                past.take_event(each)

        def work() -> str:
            found = found_at(look, writing.path)
            network = network_for_file(past, data, with_training=found is not None)
            if found is None:
                save_network(network, writing.path)
                return ", without the training state, which cannot be resumed"
            parameters, state = found
            save_checkpoint(network.with_parameters(parameters), writing.path, state)
            return ""

        def looked() -> None:
            runner.reported.disconnect(take)
            writing.run(self._saving, work, saved)

        runner.reported.connect(take)
        look = runner.call(run, parameters_and_state, looked)

    def export(self, path: Path) -> None:
        """Writes the network as it is now for other programs; the ending of the name gives the format."""
        run, export = self._runs.current, export_format(path).save
        past, data = run.copy(), self.data_title(run)
        self.put(path, "exported", self.turn(path), lambda: export(network_for_file(past, data), path))

    def write(self, make: Callable[[], bytes], path: Path) -> None:
        """Writes the bytes that ``make`` returns. It is called in the background and may take long."""
        writing = self._writing(path, "exported", self.turn(path))
        writing.run(self._exporting, lambda: write_whole(path, make()), lambda: None)

    def turn(self, path: Path) -> WriteTicket:
        """Returns the place of a file in the order of requests."""
        return self._turns.take_ticket(path)

    def put(
        self, path: Path, past: str, turn: WriteTicket, work: Callable[[], str | None], of: Run | None = None
    ) -> None:
        """Calls ``work`` in the background, which writes the file and may return a note for the message.

        Args:
            past: a word for the action: "saved" or "exported".
            turn: the place of the file in the order of requests.
            of: the run of whose past the network is: if that was its own file, it is not saved any more.
        """

        def done() -> None:
            if (
                of is not None
                and of.storage.path is not None
                and turn.is_last
                and os.path.realpath(of.storage.path) == turn.file
            ):
                of.storage.saved_changes = -1
                self._runs.emit_file(of)

        self._writing(path, past, turn).run(self._saving, work, done)

    def _writing(self, path: Path, past: str, turn: WriteTicket) -> FileWrite:
        return FileWrite(path, turn, past, self.begin(f"{_PRESENT[past]} {text.name(path.name)}"), self._messages)

    def begin(self, what: str) -> Callable[[str], None]:
        """Shows an activity in the head bar until the returned function is called with the outcome."""
        return self._activities.begin(what)

    def data_title(self, run: Run) -> str:
        """Returns the title of the data that a run was trained on, also if other data are loaded now."""
        dataset, own = self._data.dataset, run.experiment.fingerprint
        if dataset is not None and own in ("", dataset.fingerprint):
            return dataset.title
        described = run.network.description
        return described.title if described is not None else title_of_data(run.experiment.data)

    def close(self, milliseconds: int) -> bool:
        """Waits for all saves, and at most that long for other work. Returns whether all have ended."""
        self._patience.close()
        self._saving.finish()
        others = close_all((self._exporting, self._reading), milliseconds)
        return self._saving.close(-1) and others
