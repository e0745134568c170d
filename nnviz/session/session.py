"""The session: the shared model behind the window."""

from __future__ import annotations

from functools import partial
from typing import Any

from PyQt5.QtCore import QObject, pyqtSignal

from engine.basics.validation import Array
from engine.datasets import Dataset
from engine.experiment import Experiment
from nnviz.formatting import text
from nnviz.formatting.meaning import NO_MEANING, Meaning
from nnviz.jobs.library_thread import LibraryThread
from nnviz.jobs.library_watch import LibraryWatch
from nnviz.jobs.pictures import Pictures
from nnviz.jobs.serial_thread import close_all
from nnviz.session.active_runs import ActiveRuns
from nnviz.session.branching import Branching
from nnviz.session.comparison import Comparison
from nnviz.session.data import Data
from nnviz.session.data_import import DataImport
from nnviz.session.displayed import Displayed
from nnviz.session.divergence_recovery import DivergenceRecovery
from nnviz.session.edits import Edits
from nnviz.session.exact_replay import ExactReplay
from nnviz.session.files import Files
from nnviz.session.hints import Hints
from nnviz.session.library import RunLibrary
from nnviz.session.loaded_runs import LoadedRuns
from nnviz.session.messages import Messages
from nnviz.session.mistakes import Mistakes
from nnviz.session.models import CardModels
from nnviz.session.network_replacement import NetworkReplacement
from nnviz.session.painting import PaintedPointsModel
from nnviz.session.question import Question, take_picture
from nnviz.session.recent_data_files import RecentDataFiles
from nnviz.session.records import Records
from nnviz.session.reopening import Reopening
from nnviz.session.run import new_run
from nnviz.session.run_estimate import RunEstimate
from nnviz.session.run_exchange import RunExchange
from nnviz.session.runs import Runs
from nnviz.session.selection import Selection
from nnviz.session.settings import Settings
from nnviz.session.shared_queries import new_queries
from nnviz.session.side_by_side import SideBySide
from nnviz.session.sketch import Sketch
from nnviz.session.snapshot_backfill import SnapshotBackfill
from nnviz.session.snapshot_files import SnapshotFiles
from nnviz.session.speed import Speed
from nnviz.session.status import Status
from nnviz.session.sweep_target import SweepTarget
from nnviz.session.sweeps import Sweeps
from nnviz.session.timeline import Timeline
from nnviz.session.training import Training
from nnviz.session.undo import Undo
from nnviz.session.user_example_history import UserExampleHistory
from nnviz.session.user_examples import UserExamplesModel
from nnviz.session.user_presets import UserPresets

_LONGEST_WAIT = 400  # milliseconds that closing waits for all threads together


class Session(QObject):
    """Has the parts of the model. Cards read them and call their methods.

    Signals:
        run_or_data_changed: another run is the current one, or loading of data has ended; models and queries have
            followed. Data that replace the run emit it twice, first while some parts still follow.

    Attributes:
        messages, undo: the message that is shown to the user; the steps that can be undone and redone.
        data, settings: the data set; the experiment that the fields describe.
        recent_data_files, data_import: data files used before; a data file that is previewed before it is used.
        runs: all runs, with the current one among them.
        replacement, branching: builds networks and replaces the current run; begins runs at snapshots.
        replay, backfill: trains to past epochs again, exactly; fills in missing snapshots of short runs.
        loaded: makes runs that are read from a file or the library the current one.
        displayed, timeline: the network that the views draw; which snapshot of the run it is of.
        selection: the selected neuron, example and pair of classes.
        training, records: start, pause, step, state and progress; whether and where runs are recorded.
        speed: full speed, or slow enough to watch.
        painting: points that the user paints, from which the network learns at once.
        edits: what-ifs of single neurons, and edits of their weights.
        sketch, question: the drawing and its image; the current input and its prediction.
        user_examples: labelled examples that the user kept, for the current data set.
        mistakes: the predictions for a part of the data, and which of these examples are listed.
        library, active_runs: the recorded runs; the runs in training in the background.
        library_thread, library_watch: the thread of the library; finds out when another program wrote to it.
        user_presets: the presets that the user has saved.
        comparison: which of both are compared.
        side_by_side: a second network next to the displayed one, such as another epoch of the run.
        exchange: exports runs of the library, and imports runs into it.
        sweeps, sweep_target: trains many runs; where a sweep is trained: on this machine or on a cluster.
        files, snapshot_files: opens, saves and exports networks; saves and exports networks of past epochs.
        hints: advice about the current run.
        run_estimate: how long a long run with the settings of the fields would take.
        queries: results of the displayed network for the views, computed in the background.
        models: models of single cards.
        pictures: reads images that are dropped or pasted onto the canvas.
    """

    run_or_data_changed = pyqtSignal()

    def __init__(self, experiment: Experiment | None = None) -> None:
        super().__init__()
        first = experiment or Experiment()
        self.messages = Messages()
        self.undo = Undo()
        self.data = Data(self.messages)
        self.recent_data_files = RecentDataFiles(self.data)
        self.data_import = DataImport(self.data, self.recent_data_files, self.messages)
        self.runs = Runs(new_run(first), self.undo)
        self._meaning = NO_MEANING
        self.settings = Settings(first, self.data, self.runs, self.undo, self.messages)
        self.user_presets = UserPresets(self.settings, self.messages)
        self.displayed = Displayed(self.runs.current)
        self.timeline = Timeline(self.runs, self.displayed, self.data, self.messages)
        self.selection = Selection(self.runs, self.data)
        self.replacement = NetworkReplacement(self)
        self.records = Records(self.data, self.runs, self.messages)
        self.training = Training(self)
        self.training.reports.stopped.connect(self.records.take_stop)
        self.speed = Speed(self.training, self.runs)
        self.replay = ExactReplay(self.data, self.training, self.records)
        self.branching = Branching(self)
        self.backfill = SnapshotBackfill(self.runs, self.data, self.training, self.replay, self.messages)
        self.painting = PaintedPointsModel(self.data, self.training, self.undo, self.messages)
        self._divergence_recovery = DivergenceRecovery(self)
        self.edits = Edits(self)
        self.sketch = Sketch(self.undo)
        self.question = Question(self.displayed, self.sketch, self.data, self.selection, self.undo)
        history = UserExampleHistory(self.runs, self.displayed)
        self.user_examples = UserExamplesModel(
            self.data, self.question, history, self.training, self.undo, self.messages
        )
        self.mistakes = Mistakes(self.displayed, self.runs, self.data, self.selection, self.question)
        self.loaded = LoadedRuns(self)
        self.files = Files(self.data, self.runs, self.training, self.loaded, self.messages)
        self.snapshot_files = SnapshotFiles(self.runs, self.replay, self.files, self.messages)
        thread = self.library_thread = LibraryThread(lambda: self.records.path)
        self.library_watch = LibraryWatch(thread)
        self.active_runs = ActiveRuns()
        self._reopening = Reopening(self, thread)
        self.library = RunLibrary(self, self._reopening)
        self.comparison = Comparison(thread, self.library, self.active_runs, self.messages)
        self.exchange = RunExchange(lambda: self.records.path, self.library, self.messages)
        self.sweep_target = SweepTarget(self.undo, self.messages)
        self.sweeps = Sweeps(self)
        self.pictures = Pictures()
        self.side_by_side = SideBySide(self)
        self.queries = new_queries(self)
        self.hints = Hints(self)
        self.run_estimate = RunEstimate(self)
        self.models = CardModels(self)
        self._connect()

    def _connect(self) -> None:
        """Connects the signals of parts that do not know each other."""
        self.timeline.rested.connect(self.queries.hurry)
        for signal in (self.data.changed, self.runs.replaced):
            signal.connect(self._follow_run_and_data)
        self.pictures.failed.connect(self.messages.show_error)
        self.pictures.read.connect(lambda ink: self.sketch.replace("picture", (ink,)))
        self.pictures.resized.connect(partial(take_picture, self.question, self.data))
        self.training.state_changed.connect(self.queries.look)  # at rest all is of the last moment
        self.edits.edited.connect(self.queries.hurry)
        self.side_by_side.switched.connect(self.queries.hurry)
        for signal in (self.question.changed, self.selection.pointed_changed, self.displayed.snapshot_changed):
            signal.connect(self.training.runner.disturb)
        self.runs.evicted.connect(self.records.report_eviction)
        self.records.changed.connect(self.library_thread.open)

    def _follow_run_and_data(self) -> None:
        """Has models, queries, the canvas and views follow, in this order: requests are made of what models hold."""
        self.models.forget()
        self.queries.forget()
        self.queries.look()
        self.sketch.adapt(self.data.dataset, self.runs.current.network)
        self.run_or_data_changed.emit()

    # ---- shortcuts for scripts

    @property
    def state(self) -> Status:
        """The state of the session."""
        return self.training.state

    @property
    def dataset(self) -> Dataset | None:
        """The data set; None until it is loaded."""
        return self.data.dataset

    @property
    def prediction(self) -> Array | None:
        """The displayed network's outputs for ``question.example``, (outputs,); None if there are none."""
        return self.question.prediction

    @property
    def class_names(self) -> list[str]:
        """A name for each output of the current network: from the network, else from the data, else numbers."""
        return list(map(text.name, self.class_names_for_file))

    @property
    def class_names_for_file(self) -> list[str]:
        """The class names as their source writes them, for a file."""
        network, data = self.runs.current.network, self.data.dataset
        about, outputs = network.description, network.shape[-1]
        known = about and about.output_names
        if about and known and len(known) == outputs:
            of_data = data.description if data is not None and known != data.class_names else None
            is_same = of_data is not None and len(of_data.class_names) > 0 and about.has_classes_of(of_data)
            return list(of_data.class_names if of_data is not None and is_same else known)
        meaning = self._meaning_of(data) if data is not None and data.outputs == outputs else NO_MEANING
        return [meaning.for_file.output(number) for number in range(outputs)]

    @property
    def meaning(self) -> Meaning:
        """The meaning of the current network's inputs and outputs, from the data if they fit it."""
        data = self.data.dataset
        return NO_MEANING if self.runs.current.misfit(data) is not None else self._meaning_of(data)

    def _meaning_of(self, data: Dataset | None) -> Meaning:
        if self._meaning.data is not data:
            self._meaning = Meaning(data)
        return self._meaning

    def start(self) -> None:
        """Trains to the last epoch, from the start or from where it was paused."""
        self.training.start()

    def pause(self) -> None:
        """Pauses after the current batch."""
        self.training.pause()

    def step_batch(self) -> None:
        """Trains one batch and pauses."""
        self.training.step_batch()

    def step_epoch(self) -> None:
        """Trains to the end of the epoch and pauses."""
        self.training.step_epoch()

    def reset(self) -> None:
        """Replaces the network by an untrained one, made from the fields and the seed."""
        self.replacement.reset()

    # ---- work for several parts

    def set_estimating(self, wanted: bool) -> None:
        """Switches estimates within an epoch on or off; they cost time and are needed only if they are visible."""
        self.training.runner.worker.set_estimating(wanted)

    def offer_interrupted(self) -> None:
        """Offers to resume what was interrupted when its program ended: a training or a sweep."""
        self._reopening.offer(self.start)
        self.sweeps.offer_interrupted()

    # ---- closing

    def close(self) -> bool:
        """Ends all threads. Returns whether all have ended.

        Waits for files that are being saved; only briefly for a step of a huge network or its construction.
        """
        self.undo.clear()
        self.library.watch(False)
        parts: list[Any] = [*self.models.closable, self.queries, self.branching, self.timeline, self.edits]
        parts += [self.pictures, self.replacement, self.loaded, self.library_thread, self.training.runner]
        parts += [self._reopening, self.snapshot_files, self.data_import, self.data, self.user_examples, self.files]
        parts += [self.exchange, self.sweeps, self.sweep_target, self.backfill]
        return close_all(parts, _LONGEST_WAIT)
