"""Opens, saves and exports networks in other threads, and says what it is doing."""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from PyQt5.QtCore import QObject, pyqtSignal

from engine.datasets import Dataset
from engine.errors import EngineError
from engine.events import BestRestored, Epoch
from engine.experiment import Experiment
from engine.network import Network
from engine.storage import export_onnx, export_script, save_checkpoint, save_network
from engine.storage.files import write_whole
from nnviz.jobs.checkpoints import found_at, parameters_and_state
from nnviz.jobs.lane import Lane
from nnviz.jobs.reading import CHECKPOINT, Opened, read_network
from nnviz.look import text
from nnviz.session.data import Data
from nnviz.session.making import Making
from nnviz.session.messages import Messages
from nnviz.session.run import Run, opened_run
from nnviz.session.runs import Runs
from nnviz.session.settings import Settings
from nnviz.session.status import Stage
from nnviz.session.training import Training

_LOG = logging.getLogger("nnviz")

EXPORTS: dict[str, Callable[[Network, Path], None]] = {".onnx": export_onnx, ".py": export_script}


class Files(QObject):
    """Reads and writes files. A network is saved or exported as it is when that is requested.

    Signals:
        opened: a network was read and is now the current one.
        failed: a network could not be opened; the current one stays.
        activity_changed: ``activity`` has changed.

    Attributes:
        activity: what is being done, or was done last, as a text for the status line.
    """

    opened = pyqtSignal()
    failed = pyqtSignal()
    activity_changed = pyqtSignal()

    def __init__(
        self,
        data: Data,
        settings: Settings,
        runs: Runs,
        making: Making,
        training: Training,
        messages: Messages,
        reading: Lane,
    ) -> None:
        super().__init__()
        self.activity = ""
        self._is_closing = False
        self._data, self._settings, self._runs, self._making = data, settings, runs, making
        self._training, self._messages = training, messages
        self._reading = reading
        self._saving = Lane()  # only work that closing waits for
        self._exporting = Lane()  # may take long; nothing waits for it

    # ---- open

    def open(self, path: Path, title: str | None = None) -> None:
        """Reads a network in another thread and makes it the current one; on an error the current one stays.

        With a ``title`` it is opened as a copy of that name: saving asks for another file.
        """
        name, dataset = text.name(title or path.name), self._data.dataset

        def done(found: Opened) -> None:
            self._set_activity(f"Opened {name}")
            self._take(path, title, found, dataset)
            self.opened.emit()

        def failed(error: Exception) -> None:
            self._set_activity("")
            self._messages.tell_error(f"{name} could not be opened", error)
            self.failed.emit()

        self._set_activity(f"Opening {name} …")
        self._reading.run(lambda: read_network(path, dataset), done, failed)

    def _take(self, path: Path, title: str | None, found: Opened, dataset: Dataset | None) -> None:
        run = self._runs.add(_run_of(found, self._settings.experiment, dataset))
        if title is None:
            run.path = path
        else:
            run.name = title
        trainer = found.trainer
        if trainer is not None:
            self._training.runner.worker.begin(run.id, lambda: trainer)
        self._making.put(run, f"opening of {run.title}")
        misfit = run.misfit(self._data.dataset)
        if misfit:
            self._messages.warn(misfit)
        elif found.why_not:
            self._messages.tell(f"{run.title} opened. A new training will start from its weights: {found.why_not}")

    # ---- save

    def save(self, path: Path, then: Callable[[], None] | None = None) -> None:
        """Writes the current network in another thread; ``then`` is called when it is on disk.

        A checkpoint also holds the state of the training after the current step. Training goes on.
        """
        run, past, data = self._runs.current, self._runs.current.copy(), self._data_title
        changes = run.changes

        def saved() -> None:
            run.path, run.saved_changes = path, changes
            self._runs.tell_file(run)
            if then is not None:
                then()

        if path.suffix.lower() == CHECKPOINT and run.stage is not Stage.RESTING:
            self._save_training(run.id, past, data, path, saved)
        else:
            is_cut_off = self._training.is_under_way
            note = ", without the state of its training: only .npz keeps that" if is_cut_off else ""
            self._save(lambda: save_network(_network_for_file(past, data), path), path, saved, note)

    def _save_training(self, run: int, past: Run, data: str, path: Path, saved: Callable[[], None]) -> None:
        """Saves it with the state of its training. ``past`` takes what was told up to that state."""
        runner = self._training.runner

        def take(number: int, event: object) -> None:
            if number == run and isinstance(event, (Epoch, BestRestored)):
                past.take_event(event)

        def work() -> None:
            network, found = _network_for_file(past, data), found_at(look, path)
            if found is None:
                save_network(network, path)
            else:
                parameters, state = found
                save_checkpoint(network.with_parameters(parameters), path, state)

        def looked() -> None:
            runner.told.disconnect(take)
            self._save(work, path, saved)

        self._set_activity(f"Saving {text.name(path.name)} …")
        runner.told.connect(take)
        look = runner.look(run, parameters_and_state, looked)

    def _save(self, work: Callable[[], None], path: Path, saved: Callable[[], None], note: str = "") -> None:
        self._write(self._saving, work, path, ("Saving", "saved"), saved, note)

    def export(self, path: Path) -> None:
        """Writes the displayed network for other programs; the name's ending gives the format."""
        past, data, export = self._runs.current.copy(), self._data_title, EXPORTS[path.suffix.lower()]
        self._write(self._saving, lambda: export(_network_for_file(past, data), path), path, ("Exporting", "exported"))

    def write(self, make: Callable[[], bytes], path: Path) -> None:
        """Writes the bytes that ``make`` returns. It is called in another thread and may take long."""
        self._write(self._exporting, lambda: write_whole(path, make()), path, ("Exporting", "exported"))

    @property
    def _data_title(self) -> str:
        return self._data.dataset.title if self._data.dataset else ""

    def _write(
        self,
        lane: Lane,
        work: Callable[[], None],
        path: Path,
        verbs: tuple[str, str],
        then: Callable[[], None] = lambda: None,
        note: str = "",
    ) -> None:
        (present, past), name = verbs, text.name(path.name)

        def done(_: object) -> None:
            self._set_activity(f"{past.capitalize()} to {name}{note}")
            then()

        def failed(error: Exception) -> None:
            self._set_activity("")
            if self._is_closing:
                _LOG.error("%s could not be %s: %s", path, past, error)
            self._messages.tell_error(f"{name} could not be {past}", error)

        self._set_activity(f"{present} {name} …")
        lane.run(work, done, failed)

    def _set_activity(self, activity: str) -> None:
        self.activity = activity
        self.activity_changed.emit()

    def close(self, milliseconds: int) -> bool:
        """Waits for files that are being saved, and at most so long for exports. Returns whether all has ended.

        What was saved is noted; nobody sees an error any more, so it is also logged.
        """
        self._is_closing = True
        self._saving.finish()
        return all([self._saving.close(-1), self._exporting.close(milliseconds)])


def _network_for_file(past: Run, data_title: str) -> Network:
    """The network to write, with its provenance. It may take long; called with a copy of the run."""
    network = past.displayed_network()
    past.provenance(data_title).write(network)
    return network


def _run_of(found: Opened, like: Experiment, dataset: Dataset | None) -> Run:
    """The run of a network from a file; paused if its training can continue."""
    run = opened_run(found.network, like, found.provenance)
    if found.settings is not None:
        seed = found.settings.seed if found.settings.seed is not None else run.experiment.seed
        with suppress(EngineError):  # the settings may not fit this network
            run.experiment = run.experiment.changed(training=replace(found.settings, seed=seed))
    trainer = found.trainer
    if trainer is not None and dataset is not None:
        run.experiment = run.experiment.for_data(dataset)
        run.stand_at(trainer, found.epochs_done)
    return run
