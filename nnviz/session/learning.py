"""Data, network and run: what is trained, how far it is, and what is to be seen of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from engine.datasets import DATASETS, Dataset
from engine.errors import EngineError
from engine.events import BestRestored, Epoch
from engine.settings import TrainingSettings
from engine.training import Trainer
from nnviz.jobs.runner import Pilot
from nnviz.jobs.worker import Background, Frame, Stopped, Until
from nnviz.session.builder import Builder
from nnviz.session.configuration import Configuration
from nnviz.session.moments import MomentsOfRuns
from nnviz.session.run import Past, Run, epochs_before
from nnviz.session.standing import Left, Standing, progress_of
from nnviz.session.state import Message, Progress, State
from nnviz.session.undo import Change


class Learning(Standing):
    """The half of the session that lives through a training. Attributes are for reading; methods change them and tell.

    Attributes:
        moments: parameters of the network on its way so far.
    """

    def __init__(self, configuration: Configuration | None = None) -> None:
        super().__init__(configuration)
        self.data_name: str | None = None
        self._moments_of_runs = MomentsOfRuns()
        self._begin_moments()
        self._last_place = (0, 0, 0)  # job, epoch and batch of the last frame
        self._left: Left | None = None
        self._wanted: Until | None = None
        self._behind = State.READY  # the state of the network that is there while another is being made
        self._loading = True
        self._pilot = Pilot()
        self._pilot.frame.connect(self._show)
        self._pilot.epoch_ended.connect(self._epoch_ended)
        self._pilot.best_restored.connect(self._best_restored)
        self._pilot.measuring.connect(self._measuring)
        self._pilot.stopped.connect(self._stopped)
        self._background = Background()
        self._builder = Builder(self._background)

    # ---- data

    def load_data(self, name: str = "mnist") -> None:
        """Loads a registered data set behind the window; ``data_changed`` follows. Not again what is there."""
        if name == self.data_name:
            return
        self.data_name = name
        self._pilot.drop()
        self._loading = True
        self._set_state(State.LOADING)

        def loaded(dataset: Dataset) -> None:
            if name == self.data_name:
                self._data_loaded(dataset)

        def failed(error: Exception) -> None:
            if name == self.data_name:
                self._data_failed(error)

        self._background.run(DATASETS[name].load, loaded, failed)

    def _data_loaded(self, dataset: Dataset) -> None:
        self.dataset = dataset
        self._loading = False
        self._rest()
        if self.run.untouched:
            self._set_configuration(self.configuration)
        self.data_changed.emit()
        self._go_if_wanted()

    def _data_failed(self, error: Exception) -> None:
        self._wanted = None
        self._loading = False
        self.data_name = None
        self._rest()
        self.data_changed.emit()
        self._tell_error("The data could not be loaded", error)

    # ---- settings

    @property
    def run_settings(self) -> TrainingSettings | None:
        """What the run under way goes by, which the fields may no longer show; None between runs."""
        return self._pilot.settings

    def _set_configuration(self, configuration: Configuration) -> None:
        is_fresh = not self._pilot.has_run and self.run.untouched
        if is_fresh and self.dataset is not None:
            configuration = configuration.for_dataset(self.dataset)  # also where undo knows of other data
        self.configuration = configuration
        self._pilot.change(configuration.training)
        if self._pilot.has_run and self.progress.epochs != configuration.training.epochs:
            self.progress = replace(self.progress, epochs=configuration.training.epochs)
            self.snapshot.emit()
        if is_fresh and self.waits_for_next_run:
            self._make_run(configuration, lambda run: self._set_run((run, self.configuration)))
        elif is_fresh:
            self._stop_building()
            self._set_progress_at_rest()
        self.configuration_changed.emit()
        self._go_if_wanted()

    # ---- training

    @property
    def will_train(self) -> bool:
        """Whether training begins by itself when the data is there."""
        return self._wanted is not None

    def set_estimating(self, wanted: bool) -> None:
        """Whether anybody looks at the figures within an epoch."""
        self._pilot.set_estimating(wanted)

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
        self._pilot.halt()

    def toggle(self) -> None:
        """Start or pause."""
        if self.state is State.TRAINING or self.will_train:
            self.pause()
        else:
            self.start()

    def reset(self) -> None:
        """A new network from the fields and the seed, not trained; undo brings the old one back."""
        configuration = self.configuration.for_dataset(self.dataset) if self.dataset else self.configuration
        self._make_run(configuration, self._put_in_place)

    @property
    def _stands(self) -> State:
        """The state of the network that is there, also while another is being made."""
        return self._behind if self.state is State.BUILDING else self.state

    @property
    def is_replacing(self) -> bool:
        """Whether a network is being made to take the place of one that cannot be made again from its seed."""
        return self.state is State.BUILDING and (self._pilot.has_run or not self.run.untouched)

    def keep_network(self) -> None:
        """The one that is being made is not wanted after all."""
        self._wanted = None
        self._stop_building()

    def _put_in_place(self, run: Run) -> None:
        is_unsaved = self.run.unsaved
        self._replace_run(run, "reset")
        if is_unsaved:
            self._tell(Message("The trained network was put away, unsaved. Ctrl+Z brings it back.", is_error=False))

    def _go(self, until: Until) -> None:
        if self.state in (State.LOADING, State.BUILDING):
            self._wanted = until
            self.state_changed.emit()
            return
        if not self.can_train or self.dataset is None:
            return
        self.dismiss_message()
        if self._pilot.has_run:
            self._set_state(State.TRAINING)
            self._pilot.go(until)
        elif self.waits_for_next_run:
            self._wanted = until  # goes on when the network is there
            configuration = self.configuration.for_dataset(self.dataset)
            self._make_run(configuration, lambda run: self._replace_run(run, "new network"))
        elif self._begin(self.dataset):
            self._set_state(State.TRAINING)
            self._pilot.go(until)

    def _go_if_wanted(self) -> None:
        """What was asked for while data or network were not there yet."""
        if self._wanted is not None and self.state not in (State.LOADING, State.BUILDING):
            wanted, self._wanted = self._wanted, None
            self._go(wanted)

    def _begin(self, dataset: Dataset) -> bool:
        """A run from here on, with the network that is there; whether that can be."""
        self._start_epoch = self.run.tape.completed
        self.run.finished = None
        try:
            self._pilot.begin(self.run.network, dataset, self.configuration.training)
        except (EngineError, MemoryError) as error:
            self._tell_error("Training could not begin", error)
            return False
        return True

    def _show(self, frame: Frame) -> None:
        """The frame becomes what all views see."""
        self.shown = self.run.network.with_parameters(frame.parameters)
        self.progress = self._pilot.progress(frame)
        epochs = self._start_epoch + self.progress.epochs_done
        place = (frame.job, frame.epoch, frame.batch)
        if frame.epoch and place != self._last_place:
            self._last_place = place
            self._set_epochs(epochs)
        self.moments.add(epochs, frame.parameters)
        if frame.estimate is not None and epochs > self.run.tape.completed:
            self.run.tape.add_estimate(epochs, frame.estimate)
        self.prediction_changed.emit()
        self.snapshot.emit()

    def _set_epochs(self, epochs: float) -> None:
        was_unsaved = self.run.unsaved
        self.run.epochs = epochs
        self.run.changes += 1
        if self.run.unsaved != was_unsaved:
            self.file_changed.emit()

    def _epoch_ended(self, result: Epoch) -> None:
        self.run.add_epoch(self._start_epoch + result.epoch, result, self.dataset.title if self.dataset else "")
        self.epoch_ended.emit(result)

    def _best_restored(self, result: BestRestored) -> None:
        self.run.put_back(self._start_epoch + result.epoch, result)
        self.moments.forget_after(self._start_epoch + result.epoch)
        self.file_changed.emit()
        self.best_restored.emit(result)

    def _measuring(self) -> None:
        self.progress = replace(self.progress, measuring=True)
        self.snapshot.emit()

    def _stopped(self, stop: Stopped) -> None:
        stands = State.FINISHED if stop.finished else State.PAUSED
        if self.state is State.BUILDING:
            self._behind = stands
            self.state_changed.emit()
        else:
            self._set_state(stands)
        if stop.error is not None:
            self._tell_error("Training was paused", stop.error)

    # ---- the network in the window

    def _make_run(self, configuration: Configuration, then: Callable[[Run], None]) -> None:
        """Makes a new network and hands it on: at once if it is small, else behind the window."""

        def built(run: Run) -> None:
            self._stop_building()
            then(run)
            self._go_if_wanted()

        def failed(error: Exception) -> None:
            self._wanted = None
            self._stop_building()
            self._tell_error("The network could not be made", error)

        if not self._builder.make(configuration, built, failed):
            if self.state is not State.BUILDING:
                self._behind = self.state
            self._pilot.halt()  # its run is heard until another network takes the place
            self._set_state(State.BUILDING)

    def _stop_building(self) -> None:
        """It is made, or nobody wants it any more: the network that is there goes on from where it was paused."""
        self._builder.cancel()
        if self.state is not State.BUILDING:
            return
        if self._behind in (State.TRAINING, State.PAUSED, State.FINISHED):
            self._set_state(self._behind)
        else:
            self._rest()

    def _replace_run(self, run: Run, text: str) -> None:
        """Another network, undoably unless both can be made again from their seeds."""
        before, after = (self.run, self.configuration), (run, run.configuration)
        if self.run.untouched and run.untouched:
            self._set_run(after)
        else:
            self.undo_stack.push(Change(text, self._set_run, before, after))

    def _set_run(self, run_and_fields: tuple[Run, Configuration]) -> None:
        if self.state is State.BUILDING:
            self._wanted = None  # it was meant for the network that does not come any more
        self._stop_building()
        self._leave()
        self._pilot.drop()
        run, self.configuration = run_and_fields
        if self._left is not None and self._left.run is run:
            self._pilot.wait_for_step()  # it may have been left in the middle of one
        self.past = self.past.after(self.run, run)
        self.run, self.shown = run, run.network.copy()
        self._begin_moments()
        self._rest()
        self.dismiss_message()
        self.prediction_changed.emit()
        self.run_changed.emit()  # first of all: it tells the views of another shape
        self._set_progress_at_rest()
        self._stand_as_left()
        self.configuration_changed.emit()
        self.file_changed.emit()

    def _leave(self) -> None:
        """Keeps what undo needs to bring the run back as it stands; of runs under way only the last."""
        trainer, data = self._pilot.trainer, self.dataset
        if trainer is not None and data is not None:
            self._left = Left(self.run, trainer, data, self._start_epoch)
        elif self.state is State.FINISHED:
            self.run.finished = self.progress

    def _stand_as_left(self) -> None:
        """Paused in the middle where it was left there, finished where it was finished."""
        left = self._left
        if left is not None and left.run is self.run and left.data is self.dataset:
            self._left = None
            self._pilot.resume(left.trainer)
            self._pilot.change(self.configuration.training)
            self._stand_at(left.trainer, left.start_epoch)
        elif self.run.finished is not None and not self._loading:
            self.progress = self.run.finished
            self._start_epoch = epochs_before(self.run.tape, self.progress.epoch)
            self._set_state(State.FINISHED)
            self.snapshot.emit()

    def _begin_moments(self) -> None:
        self.moments = self._moments_of_runs.of(self.run)
        self.moments.add(self.run.epochs, self.shown.parameters)

    def forget_past(self) -> None:
        """Earlier runs are no longer shown; undo brings their curves back."""
        if self.past.runs:
            self.undo_stack.push(Change("forgetting earlier runs", self._set_past, self.past, Past()))

    def _set_past(self, past: Past) -> None:
        self.past = past
        self.past_changed.emit()

    def _set_progress_at_rest(self) -> None:
        self._start_epoch = self.run.tape.completed
        self.progress = Progress(epochs=self.configuration.training.epochs)
        self.snapshot.emit()

    def _go_on_with(self, trainer: Trainer, epochs_done: int) -> None:
        """The run stands where it was saved; the next step is the one that would have come then."""
        self._pilot.resume(trainer)
        self._stand_at(trainer, epochs_before(self.run.tape, epochs_done))
        self.configuration_changed.emit()

    def _stand_at(self, trainer: Trainer, start_epoch: int) -> None:
        """Paused in a run that began after so many epochs."""
        self._start_epoch = start_epoch
        self.progress = progress_of(trainer)
        self.run.epochs = self._start_epoch + self.progress.epochs_done
        self._set_state(State.PAUSED)
        self.snapshot.emit()

    # ---- states

    def _rest(self) -> None:
        """Nothing is under way, but perhaps for the data."""
        at_rest = State.PAUSED if self.run.changes else State.READY
        self._set_state(State.LOADING if self._loading else at_rest)

    def _set_state(self, state: State) -> None:
        if state is not self.state:
            self.state = state
            self.state_changed.emit()
