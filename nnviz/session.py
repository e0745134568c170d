"""The one model behind the window: state, settings, data, network, run, prediction. Signals out.

Panels read it and ask it to act; none of them keeps a truth of its own. Nothing slow happens in here: training is
the worker's, loading and saving the background's.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Any

import numpy as np
from PyQt5.QtCore import QObject, QTimer, pyqtSignal
from PyQt5.QtWidgets import QUndoCommand, QUndoStack

from engine.datasets import DATASETS, Dataset
from engine.errors import EngineError, FileFormatError, SettingError
from engine.network import Network, check_fits
from engine.storage import load_network, save_network
from engine.training import Epoch, Trainer
from engine.validation import Array
from nnviz.configuration import Configuration, configuration_of
from nnviz.run import Run, new_run
from nnviz.worker import Background, Frame, Stopped, Until, Worker

_MILLISECONDS_BETWEEN_VIEWS = 45


class State(Enum):
    """What the session is doing."""

    LOADING = "loading"
    READY = "ready"
    TRAINING = "training"
    PAUSED = "paused"
    FINISHED = "finished"


@dataclass(frozen=True)
class Message:
    """Something to tell: shown in the window until dismissed or out of date."""

    text: str
    is_error: bool = True


@dataclass(frozen=True)
class Progress:
    """How far the run is. Epochs count over all runs of this network."""

    epoch: int = 0
    epochs: int = 0
    batch: int = 0
    batches: int = 0
    seconds_per_epoch: float = 0.0

    @property
    def share(self) -> float:
        """0…1 of the epochs of this run, for a progress bar."""
        done = self.epoch - 1 + self.batch / self.batches if self.batches and self.epoch else 0.0
        return done / self.epochs if self.epochs else 0.0


class Session(QObject):
    """See the module. Attributes are for reading; methods change them and tell."""

    state_changed = pyqtSignal()
    configuration_changed = pyqtSignal()
    problems_changed = pyqtSignal()
    data_changed = pyqtSignal()
    run_changed = pyqtSignal()  # another network
    snapshot = pyqtSignal()  # newer parameters, progress and curves of the same network
    epoch_ended = pyqtSignal(object)  # engine.training.Epoch
    prediction_changed = pyqtSignal()
    message_changed = pyqtSignal()
    file_changed = pyqtSignal()  # path or unsaved mark
    crashed = pyqtSignal(object)  # an exception nobody foresaw

    def __init__(self, configuration: Configuration | None = None) -> None:
        super().__init__()
        self.state = State.LOADING
        self.configuration = configuration or Configuration()
        self.dataset: Dataset | None = None
        self.problems: dict[str, str] = {}
        self.message: Message | None = None
        self.run: Run = new_run(self.configuration)
        self.shown: Network = self.run.network.copy()
        self.progress = Progress(epochs=self.configuration.epochs)
        self.drawing: Array | None = None
        self.prediction: Array | None = None
        self.undo_stack = QUndoStack(self)
        self._trainer: Trainer | None = None
        self._job = 0
        self._start_epoch = 0  # epochs that the network had behind it when this run began
        self._wanted: Until | None = None
        self._worker = Worker()
        self._worker.epoch_ended.connect(self._epoch_ended)
        self._worker.stopped.connect(self._stopped)
        self._background = Background()
        self._timer = QTimer(self)
        self._timer.setInterval(_MILLISECONDS_BETWEEN_VIEWS)
        self._timer.timeout.connect(self._take_frame)

    # ---- data

    def load_data(self, name: str = "mnist") -> None:
        """Loads a registered data set behind the window; ``data_changed`` follows."""
        self._set_state(State.LOADING)
        self._background.run(DATASETS[name].load, self._data_loaded, self._data_failed)

    def _data_loaded(self, dataset: Dataset) -> None:
        self.dataset = dataset
        self._set_state(State.READY)
        if self.run.untouched:
            self._set_configuration(self.configuration.for_dataset(dataset))
        self.data_changed.emit()
        if self._wanted is not None:
            wanted, self._wanted = self._wanted, None
            self._go(wanted)

    def _data_failed(self, error: Exception) -> None:
        self._tell_error(error, "The data could not be loaded")

    # ---- settings

    def change(self, what: str, **fields: Any) -> None:
        """Changes settings, undoably. Raises SettingError, and then nothing has changed.

        ``what`` names the change for the undo menu ("learning rate").
        """
        new = self.configuration.changed(**fields)
        self._check_against_data(new)
        if new != self.configuration:
            self.undo_stack.push(_Change(f"change of {what}", self._set_configuration, self.configuration, new))

    def change_shape(self, shape: tuple[int, ...]) -> None:
        """Takes a whole shape; its ends must be those of the data. Raises SettingError."""
        self._check_ends(shape)
        new = self.configuration.with_hidden(shape[1:-1])
        self.change("shape", layers=new.layers)

    def set_problem(self, field: str, text: str | None) -> None:
        """A field holds something that cannot be used (or no longer does); training waits for it to be mended."""
        if self.problems.get(field) == text:
            return
        if text is None:
            self.problems.pop(field, None)
        else:
            self.problems[field] = text
        self.problems_changed.emit()

    @property
    def waits_for_next_run(self) -> bool:
        """Whether the fields describe another network than the one in the window."""
        return not self.configuration.same_network(self.run.configuration)

    @property
    def misfit(self) -> str | None:
        """Why the network cannot work with the data, or None."""
        if self.dataset is None:
            return None
        try:
            check_fits(self.run.network, self.dataset.width, self.dataset.outputs, self.dataset.title)
        except EngineError as error:
            return str(error)
        return None

    @property
    def run_settings(self) -> tuple[int, int] | None:
        """Batch size and epochs of the run under way, which the fields may no longer show; None between runs."""
        return (self._trainer.settings.batch_size, self._trainer.settings.epochs) if self._trainer else None

    def _check_ends(self, shape: tuple[int, ...]) -> None:
        data = self.dataset
        ends = (data.width, data.outputs) if data else (self.configuration.inputs, self.configuration.outputs)
        if (shape[0], shape[-1]) != ends:
            raise SettingError(
                "shape",
                shape,
                f"must start with {ends[0]} inputs and end with {ends[1]} outputs, as the data has them",
                f"Change the layers between {ends[0]} and {ends[1]}.",
            )

    def _check_against_data(self, configuration: Configuration) -> None:
        if self.dataset is not None:
            configuration.training_settings().check_against(len(self.dataset.train))

    def _set_configuration(self, configuration: Configuration) -> None:
        self.configuration = configuration
        if self._trainer is not None:
            self._trainer.learning_rate = configuration.learning_rate
        if self._trainer is None and self.run.untouched and self.waits_for_next_run:
            self._set_run((new_run(configuration), configuration))
        elif self._trainer is None and self.run.untouched:
            self._set_progress_at_rest()
        self.configuration_changed.emit()

    # ---- training

    @property
    def can_train(self) -> bool:
        """Whether training may begin or go on now."""
        ready = self.state in (State.LOADING, State.READY, State.PAUSED, State.FINISHED)
        return ready and not self.problems and (self.misfit is None or self.waits_for_next_run)

    @property
    def will_train(self) -> bool:
        """Whether training begins by itself when the data is there."""
        return self._wanted is not None

    @property
    def epoch_number(self) -> int:
        """The epoch under way, over all runs of this network."""
        return self._start_epoch + self.progress.epoch

    @property
    def last_epoch(self) -> int:
        """The epoch this run ends with, over all runs of this network."""
        return self._start_epoch + self.progress.epochs

    def start(self) -> None:
        """Trains to the end of the run; goes on where it was paused. While data loads, as soon as it is there."""
        self._go(Until.END)

    def step_batch(self) -> None:
        """Trains one batch and pauses."""
        self._go(Until.BATCH)

    def step_epoch(self) -> None:
        """Trains to the end of the epoch and pauses."""
        self._go(Until.EPOCH)

    def pause(self) -> None:
        """Stops after the batch under way; ``state_changed`` follows."""
        if self.will_train:
            self._wanted = None
            self.state_changed.emit()
        self._worker.halt()

    def toggle(self) -> None:
        """Start or pause."""
        if self.state is State.TRAINING or self.will_train:
            self.pause()
        else:
            self.start()

    def reset(self) -> None:
        """A new network from the fields and the seed, not trained; undo brings the old one back."""
        configuration = self.configuration.for_dataset(self.dataset) if self.dataset else self.configuration
        self._replace_run(new_run(configuration), "reset")

    def _go(self, until: Until) -> None:
        if self.state is State.LOADING:
            self._wanted = until
            self.state_changed.emit()
            return
        if not self.can_train or self.dataset is None:
            return
        self._dismiss()
        if self._trainer is None:
            self._begin()
        if self._trainer is not None:
            self._set_state(State.TRAINING)
            self._timer.start()
            self._worker.go(self._trainer, until)

    def _begin(self) -> None:
        """A run from here on: with a new network where the fields ask for one, else with the one that is there."""
        assert self.dataset is not None
        if self.waits_for_next_run:
            self._replace_run(new_run(self.configuration.for_dataset(self.dataset)), "new network")
        self._start_epoch = self.run.tape.completed
        try:
            self._trainer = Trainer(self.run.network, self.dataset, self.configuration.training_settings())
        except (EngineError, MemoryError) as error:
            self._tell_error(error, "Training could not begin")
            return
        self._job = self._worker.begin()

    def _take_frame(self) -> None:
        frame = self._worker.frames.take()
        if frame is not None and self._trainer is not None:
            self._show(frame)

    def _show(self, frame: Frame) -> None:
        """The frame becomes what all views see."""
        self.shown = self.run.network.with_parameters(frame.parameters)
        within = frame.batch / frame.batches if frame.epoch else 1.0
        epochs = self._start_epoch + frame.epoch - 1 + within
        if epochs != self.run.epochs:
            self._set_epochs(epochs)
        if frame.estimate is not None and epochs > self.run.tape.completed:
            self.run.tape.add_estimate(epochs, frame.estimate)
        total = self._trainer.settings.epochs if self._trainer else self.configuration.epochs
        self.progress = Progress(frame.epoch, total, frame.batch, frame.batches, frame.seconds_per_epoch)
        self._predict()
        self.snapshot.emit()

    def _set_epochs(self, epochs: float) -> None:
        was_unsaved = self.run.unsaved
        self.run.epochs = epochs
        if self.run.unsaved != was_unsaved:
            self.file_changed.emit()

    def _epoch_ended(self, job: int, result: Epoch) -> None:
        if job != self._job or self._trainer is None:
            return
        self.run.tape.add_epoch(self._start_epoch + result.epoch, result)
        self._record(result)
        self.epoch_ended.emit(result)

    def _record(self, result: Epoch) -> None:
        """What the file will say about the network's past."""
        provenance: dict[str, Any] = {"epochs": self.run.tape.completed, "seed": self.run.configuration.seed}
        if self.dataset is not None:
            provenance["data"] = self.dataset.title
        for name, figures in (("train_error", result.train), ("test_error", result.test)):
            if figures is not None and figures.error is not None:
                provenance[name] = figures.error
        self.run.network.provenance = provenance

    def _stopped(self, job: int, stop: Stopped) -> None:
        if job != self._job or self._trainer is None:
            return
        self._timer.stop()
        self._worker.frames.take()
        self._show(stop.frame)
        if stop.finished or stop.error is not None:
            self._trainer = None
        self._set_state(State.FINISHED if stop.finished else State.PAUSED)
        if stop.error is not None:
            self._tell_error(stop.error, "Training was paused")

    def _drop_trainer(self) -> None:
        """The run that was under way is over; what its thread still says is not heard."""
        self._timer.stop()
        self._worker.halt()
        self._job = self._worker.begin()
        self._worker.frames.take()
        self._trainer = None

    # ---- the network in the window

    def _replace_run(self, run: Run, text: str) -> None:
        """Another network, undoably unless the old one can be made again from its seed."""
        before, after = (self.run, self.configuration), (run, run.configuration)
        if self.run.untouched:
            self._set_run(after)
        else:
            self.undo_stack.push(_Change(text, self._set_run, before, after))

    def _set_run(self, run_and_fields: tuple[Run, Configuration]) -> None:
        self._drop_trainer()
        run, self.configuration = run_and_fields
        self.run = run
        self.shown = run.network.copy()
        self._set_progress_at_rest()
        if self.state is not State.LOADING:
            self._set_state(State.READY if run.epochs == 0 else State.PAUSED)
        self._dismiss()
        self._predict()
        self.run_changed.emit()
        self.configuration_changed.emit()
        self.file_changed.emit()

    def _set_progress_at_rest(self) -> None:
        self._start_epoch = self.run.tape.completed if self.run.epochs else 0
        self.progress = Progress(epochs=self.configuration.epochs)
        self.snapshot.emit()

    # ---- files

    def open_network(self, path: Path) -> None:
        """Reads a network behind the window; on an error the one that is there stays as it was."""
        self._background.run(
            lambda: load_network(path),
            lambda network: self._opened(path, network),
            lambda error: self._tell_error(error, f"{path.name} could not be opened"),
        )

    def _opened(self, path: Path, network: Network) -> None:
        configuration = configuration_of(network, self.configuration)
        self._replace_run(Run(network, configuration, path=path, saved_epochs=0.0), f"opening of {path.name}")
        if self.misfit:
            self._tell(Message(self.misfit))

    def save(self, path: Path, then: Callable[[], None] | None = None) -> None:
        """Writes what the views show now, behind the window; ``then`` is called when it is on disk."""
        run, epochs = self.run, self.run.epochs
        network = self.shown.copy()
        network.provenance = dict(run.network.provenance)

        def saved(_: object) -> None:
            run.path, run.saved_epochs = path, epochs
            self.file_changed.emit()
            if then is not None:
                then()

        self._background.run(
            lambda: save_network(network, path),
            saved,
            lambda error: self._tell_error(error, f"{path.name} could not be saved"),
        )

    # ---- the drawing

    def set_drawing(self, picture: Array | None) -> None:
        """(784,) float32 in 0…1 to be asked again at every snapshot; None for an empty canvas."""
        self.drawing = picture
        self._predict()

    def _predict(self) -> None:
        self.prediction = self._answer()
        self.prediction_changed.emit()

    def _answer(self) -> Array | None:
        if self.drawing is None or len(self.drawing) != self.shown.shape[0]:
            return None
        with np.errstate(all="ignore"):
            answer = self.shown.predict(self.drawing[None])[0]
        return answer if np.isfinite(answer).all() else None

    # ---- messages

    def dismiss_message(self) -> None:
        """The person has read it."""
        self._dismiss()

    def _dismiss(self) -> None:
        if self.message is not None:
            self.message = None
            self.message_changed.emit()

    def _tell(self, message: Message) -> None:
        self.message = message
        self.message_changed.emit()

    def _tell_error(self, error: Exception, what: str) -> None:
        if isinstance(error, FileFormatError):
            self._tell(Message(str(error)))
        elif isinstance(error, EngineError):
            self._tell(Message(f"{what}: {error}"))
        elif isinstance(error, OSError):
            self._tell(Message(f"{what}: {error.strerror or error}. Choose another place."))
        elif isinstance(error, MemoryError):
            self._tell(Message(f"{what}: there is not enough memory. Make the network or the batch smaller."))
        else:
            self.crashed.emit(error)

    def _set_state(self, state: State) -> None:
        if state is not self.state:
            self.state = state
            self.state_changed.emit()

    def close(self) -> None:
        """Ends the worker and waits for files being written."""
        self._drop_trainer()
        self.undo_stack.clear()
        self._worker.quit_and_wait()
        self._background.wait()


class _Change(QUndoCommand):
    """Something set to a new value, and back."""

    def __init__(self, text: str, apply: Callable[[Any], None], old: object, new: object) -> None:
        super().__init__(text)
        self._apply = apply
        self._old = old
        self._new = new

    def redo(self) -> None:
        self._apply(self._new)

    def undo(self) -> None:
        self._apply(self._old)
