"""The model behind the window: a session has parts, each of which holds the state of one thing."""

from __future__ import annotations

from functools import partial
from typing import Any

from PyQt5.QtCore import QObject

from engine.basics.validation import Array
from engine.datasets import Dataset
from engine.experiment import Experiment
from nnviz.formatting.meaning import Meaning
from nnviz.jobs.lane import Lane, close_all
from nnviz.jobs.library_lane import LibraryLane
from nnviz.jobs.library_watch import LibraryWatch
from nnviz.jobs.pictures import Pictures
from nnviz.jobs.stepwise import Stepwise
from nnviz.session.active_runs import ActiveRuns
from nnviz.session.asked import new_queries
from nnviz.session.asked_own import OWN, TESTED
from nnviz.session.branching import Branching
from nnviz.session.chosen_example import ChosenExample
from nnviz.session.comparison import Comparison
from nnviz.session.data import Data
from nnviz.session.displayed import Displayed
from nnviz.session.edits import Edits
from nnviz.session.files import Files
from nnviz.session.gaps import Gaps
from nnviz.session.imported import Imported
from nnviz.session.importing import Importing
from nnviz.session.library import RunLibrary
from nnviz.session.making import Making
from nnviz.session.map import Map
from nnviz.session.messages import Messages
from nnviz.session.mistakes import Mistakes
from nnviz.session.models import CardModels
from nnviz.session.moment_files import MomentFiles
from nnviz.session.naming import Naming
from nnviz.session.new_data import NewData
from nnviz.session.own import Own
from nnviz.session.painting import Painting
from nnviz.session.player import Player
from nnviz.session.question import Question, take_picture
from nnviz.session.rate_sweep import rate_sweep
from nnviz.session.records import Records
from nnviz.session.remedies import Remedies
from nnviz.session.reopening import Reopening
from nnviz.session.resuming import Resuming
from nnviz.session.robustness import HowRobust
from nnviz.session.run import new_run
from nnviz.session.run_exchange import RunExchange
from nnviz.session.runs import Runs
from nnviz.session.selection import Selection
from nnviz.session.settings import Settings
from nnviz.session.sketch import Sketch
from nnviz.session.status import Status
from nnviz.session.steps import step_parts
from nnviz.session.sweep_target import SweepTarget
from nnviz.session.sweeps import Sweeps
from nnviz.session.taught import Taught
from nnviz.session.timeline import Timeline
from nnviz.session.training import Training
from nnviz.session.undo import Undo

_LONGEST_WAIT = 0.4  # seconds that closing waits for all threads together


class Session(QObject):
    """Holds the parts of the model. Panels read them and call their methods, and keep no state of the model themselves.

    Attributes:
        messages, undo: the message that is shown to the person; the steps that can be undone and redone.
        imported, importing: files of data that were used before, and one that is looked at before it is used.
        data, settings: the data set; the experiment that the fields describe.
        runs: all runs, with the current one among them.
        making, branching: builds networks and replaces the current run; begins runs at moments of the past.
        displayed: the network that the views draw and that is asked.
        timeline, player, gaps: which moment of the run is displayed; all, one by one; fills in what was not kept.
        selection: the neuron, example and pair of classes that are chosen.
        training, records: start, pause, step, state and progress; whether and where runs are recorded.
        painting: points that the person paints, from which the network learns at once.
        edits: what-ifs about single neurons, and edits of their weights.
        sketch, question: the drawing and the picture made of it; what the network is asked about, and its answer.
        own: examples that the person kept with what they truly are, for the data that are there.
        mistakes: the answers to every example of a part of the data, and which of them are chosen.
        map: places the examples by what a layer sees in them.
        models: what single cards hold.
        robustness: the error over disturbed examples, and an example at one strength.
        library, active_runs: the recorded runs; the runs in training in the background.
        comparison: which of both are compared.
        library_lane, library_watch: the thread of the library; finds out when another program wrote to it.
        exchange: exports runs of the library, and imports runs into it.
        sweeps, sweep_target: trains many runs; where a sweep is trained: on this machine or on a cluster.
        files, moment_files: opens, saves and exports networks; the same with those of the past.
        step_through, step_effects, past_batch: one step with all its numbers; what it does; the next one of the past.
        queries: what the views need of the displayed network beyond its weights, computed in other threads.
        rate_search, ranking: search for a learning rate; measure a layer without each of its neurons.
        pictures: reads pictures that are dropped or pasted onto the canvas.
    """

    def __init__(self, experiment: Experiment | None = None) -> None:
        super().__init__()
        first = experiment or Experiment()
        self._lanes = building, looking = Lane(), Lane()
        self.messages = Messages()
        self.undo = Undo()
        self.data = Data(self.messages)
        self.imported = Imported(self.data)
        self.importing = Importing(self.data, self.imported, self.messages)
        self.runs = Runs(new_run(first), self.undo)
        self._naming = Naming(self.runs, self.data)
        self.settings = Settings(first, self.data, self.runs, self.undo, self.messages)
        self.displayed = Displayed(self.runs.current)
        self.timeline = Timeline(self.runs, self.displayed, self.data, self.messages)
        self.player = Player(self.timeline)
        self.selection = Selection(self.runs, self.data)
        self.making = Making(self.data, self.settings, self.runs, self.undo, self.messages, building)
        self._new_data = NewData(self.data, self.settings, self.runs, self.making, self.undo)
        self.records = Records(self.data, self.runs, self.messages)
        running = self.settings, self.runs, self.making, self.displayed, self.records, self.messages
        self.training = Training(self.data, *running)
        self.training.reports.stopped.connect(self.records.take_stop)
        self.branching = Branching(self.data, *running[:3], self.training, self.timeline, self.records, self.messages)
        self.gaps = Gaps(self.runs, self.data, self.training, self.branching.exact, self.messages)
        self.painting = Painting(self.data, self.training, self.undo, self.messages)
        self._remedies = Remedies(self.training, self.branching, *running[:3], self.undo, self.messages)
        changing = self.data, self.runs, self.displayed, self.training, self.undo
        self.edits = Edits(*changing, self.selection, self.messages)
        self.sketch = Sketch(self.undo)
        self.question = Question(self.displayed, self.sketch, self.data, self.undo)
        taught = Taught(self.runs, self.displayed)
        self.own = Own(self.data, self.question, taught, self.training, self.undo, self.messages)
        self._chosen_example = ChosenExample(self.selection, self.question)
        self.mistakes = Mistakes(self.displayed, self.runs, self.data, self.selection, self.question)
        self.map = Map(self.displayed, self.runs, self.data, self.mistakes, self.question)
        self.robustness = HowRobust(self.displayed, self.question, self.runs, self.data, self.selection, self.messages)
        self._resuming = Resuming(self.data, self.runs, self.training, self.messages)
        opening = self.data, self.settings, self.runs, self.making
        self.files = Files(*opening, self.training, self._resuming, self.messages)
        self.moment_files = MomentFiles(self.runs, self.branching.exact, self.files, self.messages)
        lane = self.library_lane = LibraryLane(lambda: self.records.path)
        self.library_watch = LibraryWatch(lane)
        self.active_runs = ActiveRuns()
        self._reopening = Reopening(lane, *opening, self._resuming, self.messages)
        self.library = RunLibrary(self, self._reopening)
        self.comparison = Comparison(lane, self.library, self.active_runs, self.messages)
        self.exchange = RunExchange(lambda: self.records.path, self.library, self.messages)
        self.sweep_target = SweepTarget(self.undo, self.messages)
        self.sweeps = Sweeps(self)
        self.pictures = Pictures(looking)
        self.rate_search, self.ranking = Stepwise(), Stepwise()
        asked = *changing, self.settings, self.timeline, self.branching.exact, self.question, self.selection
        self.step_through, self.step_effects, self.past_batch = step_parts(*asked, self.edits.errors, self.messages)
        shown = self.displayed, self.question, self.runs, self.data, self.selection, self.mistakes
        self.queries = new_queries(*shown, self.map, self.robustness, self.own, self.messages)
        self.models = CardModels(self)
        self._connect()

    def _connect(self) -> None:
        """Hands on what one part tells to the others that it concerns."""
        self.timeline.rested.connect(self.queries.hurry)
        for signal in (self.data.changed, self.runs.replaced):
            signal.connect(self._suit_canvas)
        self.pictures.failed.connect(self.messages.tell_error)
        self.pictures.read.connect(lambda ink: self.sketch.replace("picture", (ink,)))
        self.pictures.resized.connect(partial(take_picture, self.question, self.data))
        self.rate_search.failed.connect(partial(self.messages.tell_error, "The search could not begin"))
        for work in (self.ranking, self.map.arranging):
            work.failed.connect(self.messages.crashed)
        for signal in (self.runs.replaced, self.data.changed):
            signal.connect(self.rate_search.forget)
            signal.connect(self.ranking.forget)
        self.displayed.moment_changed.connect(self.ranking.forget)
        self.training.state_changed.connect(self.queries.look)  # at rest all is of the last moment
        for name in (OWN, TESTED):  # they are slow, and nobody should have to wait
            self.training.state_changed.connect(self.queries[name].hurry)
        self.edits.edited.connect(self.queries.hurry)
        for signal in (self.question.changed, self.selection.pointed_changed, self.displayed.moment_changed):
            signal.connect(self.training.runner.disturb)
        self.runs.let_go.connect(self.records.let_go)
        self.records.changed.connect(self.library_lane.open)

    def _suit_canvas(self) -> None:
        self.sketch.suit(self.data.dataset, self.runs.current.network)

    # ---- shortcuts for people who script the window

    @property
    def state(self) -> Status:
        """What the session is doing."""
        return self.training.state

    @property
    def dataset(self) -> Dataset | None:
        """The data set; None until it is loaded."""
        return self.data.dataset

    @property
    def prediction(self) -> Array | None:
        """The displayed network's answer to ``question.example``, (outputs,); None where there is none."""
        return self.question.prediction

    @property
    def class_names(self) -> list[str]:
        """A name for each output of the current network: what it learned, else the data's, else numbers."""
        return self._naming.class_names

    @property
    def class_names_for_file(self) -> list[str]:
        """The same as their source has them, for a file."""
        return self._naming.class_names_for_file

    @property
    def meaning(self) -> Meaning:
        """What the current network's inputs and outputs mean: what the data say, if it fits them."""
        return self._naming.meaning

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
        self.making.reset()

    # ---- work for several parts

    def set_estimating(self, wanted: bool) -> None:
        """Switches estimates within an epoch on or off; they cost time and are wanted only if they are seen."""
        self.training.runner.worker.set_estimating(wanted)

    def offer_interrupted(self) -> None:
        """Offers to go on with what was broken off when its program ended: a training, or many."""
        self._reopening.offer(self.start)
        self.sweeps.offer_interrupted()

    def search_rate(self) -> None:
        """Searches for a good learning rate for the network that the fields describe; see ``rate_search``."""
        found = rate_sweep(self.data, self.settings, self.runs, self.training, self.displayed)
        if found is not None:
            self.rate_search.start(*found)

    # ---- closing

    def close(self) -> bool:
        """Ends all threads and returns whether all of them have ended.

        Files that are being saved are waited for; a step of a huge network, or its construction, only briefly.
        """
        self.undo.clear()
        self.library.watch(False)
        parts: list[Any] = [self.queries, self.rate_search, self.ranking, self.map.arranging, self.robustness]
        parts += [self.branching, self.player, self.timeline, self.edits, self.pictures, self.step_through]
        parts += [self.step_effects, *self._lanes, self._resuming, self.library_lane, self.training.runner]
        parts += [self._reopening]
        parts += [self.past_batch, self.moment_files, self.importing, self.data, self.own, self.files]
        parts += [self.exchange, self.sweeps, self.sweep_target, self.gaps, *self.models.closable]
        return close_all(parts, _LONGEST_WAIT)
