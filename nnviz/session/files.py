"""Networks from and to disk: opened, saved, exported, one after the other, and what goes on is told."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from PyQt5.QtCore import QObject, pyqtSignal

from engine.datasets import Dataset
from engine.errors import EngineError
from engine.events import TrainingState
from engine.experiment import Experiment
from engine.network import Network
from engine.storage import export_onnx, export_script, save_checkpoint, save_network
from engine.storage.files import write_whole
from engine.training import Trainer
from nnviz.jobs.lane import Lane
from nnviz.jobs.reading import CHECKPOINT, Opened, read_network
from nnviz.session.data import Data
from nnviz.session.making import Making
from nnviz.session.messages import Messages
from nnviz.session.run import Run, opened_run
from nnviz.session.runs import Runs
from nnviz.session.settings import Settings
from nnviz.session.status import Stage
from nnviz.session.training import Training

EXPORTS: dict[str, Callable[[Network, Path], None]] = {".onnx": export_onnx, ".py": export_script}


class Files(QObject):
    """What is saved or exported is the network as it is when that is asked for.

    Signals:
        opened: a network was read, and is the current one.
        failed: one could not be opened; nothing was changed.
        activity_changed: ``activity`` has another text.

    Attributes:
        activity: what goes on, or was done last.
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
        self._data, self._settings, self._runs, self._making = data, settings, runs, making
        self._training, self._messages = training, messages
        self._reading = reading
        self._saving = Lane()  # nothing but files that are waited for at the end
        self._exporting = Lane()  # may take long: nothing waits for it

    # ---- open

    def open(self, path: Path, title: str | None = None) -> None:
        """Reads a network behind the window; on an error the one that is there stays as it was.

        One with a ``title`` is a copy under that name: saving asks for another file.
        """
        name, dataset = title or path.name, self._data.dataset

        def done(found: Opened) -> None:
            self._tell(f"Opened {name}")
            self._take(path, title, found, dataset)
            self.opened.emit()

        def failed(error: Exception) -> None:
            self._tell("")
            self._messages.tell_error(f"{name} could not be opened", error)
            self.failed.emit()

        self._tell(f"Opening {name} …")
        self._reading.run(lambda: read_network(path, dataset), done, failed)

    def _take(self, path: Path, title: str | None, found: Opened, dataset: Dataset | None) -> None:
        run = self._runs.add(_run_of(found, self._settings.experiment, dataset))
        if title is None:
            run.path = path
        else:
            run.name = title
        trainer = found.trainer
        if trainer is not None:
            self._training.runner.begin(run.id, lambda: trainer)
        self._making.put(run, f"opening of {title or path.name}")
        misfit = run.misfit(self._data.dataset)
        if misfit:
            self._messages.warn(misfit)
        elif found.why_not:
            self._messages.tell(f"{path.name} opened. Training starts anew from its weights: {found.why_not}")

    # ---- save

    def save(self, path: Path, then: Callable[[], None] | None = None) -> None:
        """Writes the current network, behind the window; ``then`` is called when it is on disk.

        A checkpoint also keeps the training, as it is between the step under way and the next; training goes on.
        """
        run, changes = self._runs.current, self._runs.current.changes
        network, note = self._with_past(run), ""
        take: Callable[[], tuple[Network, TrainingState | None]] = lambda: (network, None)  # noqa: E731
        if run.stage is not Stage.RESTING:
            if path.suffix.lower() == CHECKPOINT:
                past = network.provenance
                take = self._training.runner.look(run.id, lambda trainer: _checkpoint(trainer, network, past)).result
            elif run.stage is not Stage.ENDED:
                note = ", without its place in the run: .npz keeps that too"

        def work() -> None:
            kept, state = take()
            if state is None:
                save_network(kept, path)
            else:
                save_checkpoint(kept, path, state)

        def saved() -> None:
            run.path, run.saved_changes = path, changes
            self._runs.tell_file(run)
            if then is not None:
                then()

        self._write(self._saving, work, path, ("Saving", "saved"), saved, note)

    def export(self, path: Path) -> None:
        """Writes the displayed network for use elsewhere, in the format that the ending of the name says."""
        network, export = self._with_past(self._runs.current), EXPORTS[path.suffix.lower()]
        self._write(self._saving, lambda: export(network, path), path, ("Exporting", "exported"))

    def write(self, make: Callable[[], bytes], path: Path) -> None:
        """Writes what ``make`` gives; it is called behind the window too, and may take long: nothing waits for it."""
        self._write(self._exporting, lambda: write_whole(path, make()), path, ("Exporting", "exported"))

    def _with_past(self, run: Run) -> Network:
        """The network as it is displayed, with what its file will say of its past."""
        network = run.displayed_network().copy()
        dataset = self._data.dataset
        run.provenance(dataset.title if dataset else "").write(network)
        return network

    def _write(
        self,
        lane: Lane,
        work: Callable[[], None],
        path: Path,
        verbs: tuple[str, str],
        then: Callable[[], None] = lambda: None,
        note: str = "",
    ) -> None:
        present, past = verbs

        def done(_: object) -> None:
            self._tell(f"{past.capitalize()} to {path.name}{note}")
            then()

        def failed(error: Exception) -> None:
            self._tell("")
            self._messages.tell_error(f"{path.name} could not be {past}", error)

        self._tell(f"{present} {path.name} …")
        lane.run(work, done, failed)

    def _tell(self, text: str) -> None:
        self.activity = text
        self.activity_changed.emit()

    def close(self, milliseconds: int) -> bool:
        """Waits for all that is being saved; for exports no longer than that. Whether all has ended."""
        return all([self._saving.close(-1), self._exporting.close(milliseconds)])


def _checkpoint(
    trainer: Trainer | None, network: Network, past: dict[str, object]
) -> tuple[Network, TrainingState | None]:
    """In the worker's thread: the network together with its training."""
    if trainer is None:
        return network, None
    now = trainer.network.copy()
    now.provenance = past
    return now, trainer.state()


def _run_of(found: Opened, like: Experiment, dataset: Dataset | None) -> Run:
    """A run of what was found in a file, paused where its training can go on."""
    run = opened_run(found.network, like, found.epochs_done)
    if found.settings is not None:
        seed = found.settings.seed if found.settings.seed is not None else run.experiment.seed
        with suppress(EngineError):  # where this network cannot have them
            run.experiment = run.experiment.changed(training=replace(found.settings, seed=seed))
    trainer = found.trainer
    if trainer is not None and dataset is not None:
        run.experiment = run.experiment.for_data(dataset)
        run.stand_at(trainer, found.epochs_done)
    return run
