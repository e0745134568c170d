"""Carries out the directives of a lesson, one after the other, waiting for each."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

from PyQt5.QtCore import QMimeData, QObject, QTimer, QUrl, pyqtSignal

from engine.basics.errors import EngineError
from engine.presets import Preset, load_preset
from engine.storage import is_network_file
from nnviz.formatting import text
from nnviz.lessons import texts
from nnviz.lessons.directives import PRESET_ENDING, Directive
from nnviz.lessons.errors import LessonError, nearest
from nnviz.lessons.folder import file_of_lesson
from nnviz.session.selection import Classes, Example, Neuron
from nnviz.session.session import Session
from nnviz.session.status import Status

_LOG = logging.getLogger("nnviz")
Done = Callable[[], bool]  # whether a directive has been carried out
# Directives from which the player computes what holds in a step; they do nothing when they are carried out.
COMPUTED = ("lock", "unlock", "point")
LOADING = ("data", "open")  # directives that load a file or data


class Stage(Protocol):
    """What directives need of the window."""

    def show_workspace(self, name: str) -> None:
        """Shows a workspace."""

    def show_card(self, name: str) -> None:
        """Shows a card of the workspace."""

    def hide_card(self, name: str) -> None:
        """Hides a card of the workspace."""

    def enlarge_card(self, name: str) -> None:
        """Lets a card fill the window."""

    def clear_drawing(self) -> None:
        """Clears the drawing."""


class Performer(QObject):
    """Carries out directives.

    Signals:
        began(Directive): it is carried out next.
        training_changed: ``is_training`` has changed.
        done: all of them are carried out.
        answered(list): the options, from 1, that a solution chooses.
        failed(Directive, str): one could not be carried out, and why; the others are dropped.
    """

    began = pyqtSignal(object)
    training_changed = pyqtSignal()
    done = pyqtSignal()
    answered = pyqtSignal(list)
    failed = pyqtSignal(object, str)

    def __init__(self, session: Session, stage: Stage) -> None:
        super().__init__()
        self._session, self._stage = session, stage
        self._waiting: deque[Directive] = deque()
        self._current: Directive | None = None
        self._is_done: Done = lambda: True
        self._folder = Path()
        self._has_diverged = False  # in the directive that trains
        self._is_reading_picture = False
        self._problem = ""  # why what the present directive reads could not be read
        self._timer = QTimer(self)  # continues after the signals that are being delivered
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._go_on)
        self._end_full_speed: Callable[[], None] | None = None  # while the speed is ignored
        for signal in (
            session.training.state_changed,
            session.data.loading_changed,
            session.data.changed,
            session.data.views.ended,
            session.runs.replaced,
            session.runs.history_changed,
            session.replacement.changed,
            session.branching.changed,
            session.displayed.changed,
            session.sweeps.changed,
        ):
            signal.connect(self._look)
        for read in (session.pictures.read, session.pictures.resized):
            read.connect(lambda _: self._note_picture())
        session.pictures.failed.connect(lambda what, error: self._note_picture(f"{what}: {error}"))
        for failed in (session.data.failed, session.files.failed):
            failed.connect(self._note_not_loaded)
        session.training.reports.diverged.connect(self._note_divergence)

    @property
    def is_performing(self) -> bool:
        """Whether directives are being carried out; also if there are none, until ``done`` follows."""
        return self._current is not None or bool(self._waiting) or self._timer.isActive()

    @property
    def is_training(self) -> bool:
        """Whether a directive trains: what trains N epochs must not be stopped or changed meanwhile."""
        return self._current is not None and self._current.verb == "train"

    def _begin(self, directive: Directive | None) -> None:
        was_training, self._current = self.is_training, directive
        if directive is not None:
            self.began.emit(directive)
        elif self._end_full_speed is not None:
            self._end_full_speed()
            self._end_full_speed = None
        if self.is_training != was_training:
            self.training_changed.emit()

    def perform(self, directives: Sequence[Directive], folder: Path, at_full_speed: bool = False) -> None:
        """Carries out directives; ``done`` or ``failed`` follows.

        Args:
            directives: in their order.
            folder: has the lesson's files.
            at_full_speed: whether they train at full speed, whatever is chosen.
        """
        self.stop()
        if at_full_speed:
            self._end_full_speed = self._session.speed.ignore()
        self._folder = folder
        self._waiting.extend(each for each in directives if each.verb not in COMPUTED)
        self._timer.start()

    def stop(self) -> None:
        """Drops what is not carried out yet."""
        self._waiting.clear()
        self._is_reading_picture, self._problem = False, ""
        self._timer.stop()
        self._begin(None)

    def _look(self) -> None:
        if self._current is not None and not self._timer.isActive():
            self._timer.start()

    def _go_on(self) -> None:
        try:
            self._proceed()
        except (EngineError, OSError, ValueError) as error:
            self._fail(text.regrouped(str(error)))
        except Exception as error:  # a fault of the program is a failure of the step: the lesson must not wait for ever
            _LOG.exception("a directive of a lesson failed")
            self._fail(f"{type(error).__name__}: {error}")

    def _proceed(self) -> None:
        if self._problem:
            self._fail(self._problem)
            return
        if self._current is not None and not self._is_done():
            return
        self._begin(self._waiting.popleft() if self._waiting else None)
        if self._current is None:
            self.done.emit()
            return
        perform: Callable[..., Done | None] = getattr(self, f"_{self._current.verb}")
        self._is_done = perform(*self._current.words) or self._is_at_rest
        self._timer.start()

    def _fail(self, why: str) -> None:
        directive = self._current
        self.stop()
        self.failed.emit(directive, why)

    def _is_at_rest(self) -> bool:
        """Whether no data are loading and no network is being built."""
        session = self._session
        return not (session.data.loading or session.data.views.is_in_progress or session.replacement.is_replacing)

    def _note_divergence(self, *_: object) -> None:
        self._has_diverged = True

    def _note_picture(self, problem: str = "") -> None:
        if self._is_reading_picture:
            self._is_reading_picture, self._problem = False, problem
            self._look()

    def _note_not_loaded(self) -> None:
        if self._current is not None and self._current.verb in LOADING:
            self._problem = texts.NOT_LOADED
            self._look()

    # ---- directives

    def _data(self, name: str) -> None:
        assert self._current is not None
        self._session.data.load(name, dict(self._current.settings))

    def _open(self, name: str) -> Done | None:
        path = file_of_lesson(self._folder, name)
        if is_network_file(str(path)):
            self._session.files.open(path)
            return lambda: not self._session.files.activity and self._is_at_rest()
        self._session.data.load(str(path))
        return None

    def _preset(self, name: str) -> None:
        if name.endswith(PRESET_ENDING):
            preset: Preset | None = load_preset(file_of_lesson(self._folder, name))
        else:
            preset = self._session.settings.preset_called(name)
        if preset is not None:
            self._session.settings.choose_preset(preset)

    def _set(self) -> None:
        assert self._current is not None
        values, settings = dict(self._current.settings), self._session.settings
        hidden = values.get("hidden", settings.experiment.hidden)
        activation = values.pop("activation", None)
        if activation is not None:
            each = activation * len(hidden) if len(activation) == 1 else activation
            values["activations"] = (*each, values.get("output", settings.experiment.output))
        if "optimizer" in values:  # as in the window, with the learning rate that suits it
            settings.choose(texts.UNDO_CHANGE, settings.experiment.with_optimizer(values.pop("optimizer")))
        if values:  # these and no others: a strength does not switch on those that the user had last
            settings.choose(texts.UNDO_CHANGE, settings.experiment.changed(**values))

    def _new(self) -> None:
        self._session.reset()

    def _train(self, count: str, unit: str = "epochs") -> Done:
        if unit == "seeds":
            return self._train_seeds(int(count))
        session, training = self._session, self._session.training
        makes_network, end = training.starts_new_network, int(session.runs.current.end)
        goal = int(count) if makes_network else end + int(count)
        trained = None if makes_network else session.runs.current
        self._has_diverged = False
        session.step_epoch()

        def is_done() -> bool:
            nonlocal trained
            if not self._is_at_rest() or session.state is Status.TRAINING or training.will_start:
                return False
            run = session.runs.current
            trained = trained or run
            if run is not trained:
                raise LessonError.from_problem("train", *texts.ANOTHER_NETWORK)
            if run.end >= goal or self._has_diverged or run.dead_layer is not None:
                return True
            if not training.can_start:
                raise LessonError.from_problem("train", *texts.CANNOT_TRAIN)
            if run.progress.last_epoch == goal:
                session.start()  # to the end, without a pause after each epoch
            else:
                session.step_epoch()
            return False

        return is_done

    def _train_seeds(self, count: int) -> Done:
        sweeps = self._session.sweeps
        if not self._session.records.is_on:
            raise LessonError.from_problem("recording", *texts.RECORDING_IS_OFF)
        if sweeps.plan_progress is None:
            if sweeps.reason_unavailable is not None:
                raise LessonError.from_problem("train", *texts.CANNOT_TRAIN)
            sweeps.set_seeds(count)
            sweeps.toggle()
        return lambda: sweeps.plan_progress is None

    def _speed(self, speed: str) -> None:
        self._session.speed.choose(speed == "slow")

    def _pause(self) -> Done:
        self._session.pause()
        return lambda: self._session.state is not Status.TRAINING

    def _goto(self, epoch: str) -> None:
        self._session.timeline.go_to(float(epoch))

    def _live(self) -> None:
        self._session.timeline.go_live()

    def _branch(self) -> Done:
        branching, before = self._session.branching, self._session.runs.current
        if branching.reason_unavailable is not None:
            raise LessonError.from_problem("branch", texts.NO_BRANCH, branching.reason_unavailable)
        self._session.timeline.branch()
        return lambda: not branching.work.is_running and self._session.runs.current is not before

    def _compare(self) -> None:
        if not self._session.side_by_side.is_wanted:
            self._session.side_by_side.toggle()

    def _mistake(self, true: str, predicted: str) -> None:
        names = self._session.class_names
        for name in (true, predicted):
            if name not in names:
                raise LessonError.from_problem(name, texts.NO_CLASS, nearest(name, names))
        self._session.selection.choose_classes(None)  # so that a mistake that is listed already counts as shown
        self._session.selection.choose_classes(Classes(names.index(true), names.index(predicted)))

    def _strength(self, layer: str, number: str, factor: str) -> None:
        neuron, sizes = Neuron(int(layer), int(number) - 1), self._session.runs.current.experiment.hidden
        if neuron.layer > len(sizes) or neuron.number >= sizes[neuron.layer - 1]:
            remedy = texts.HIDDEN_LAYERS.format(sizes=", ".join(map(str, sizes))) if sizes else texts.NO_HIDDEN_LAYERS
            raise LessonError.from_problem(f"neuron {layer}.{number}", texts.NO_NEURON, remedy)
        self._session.edits.set_strength(neuron, float(factor))

    def _workspace(self, name: str) -> None:
        self._stage.show_workspace(name)

    def _show(self, card: str) -> None:
        self._stage.show_card(card)

    def _hide(self, card: str) -> None:
        self._stage.hide_card(card)

    def _enlarge(self, card: str) -> None:
        self._stage.enlarge_card(card)

    def _draw(self, what: str, number: str = "") -> Done | None:
        data = self._session.data.dataset
        if number:
            examples = 0 if data is None or what not in data.splits else len(data.splits[what])
            if int(number) >= examples:
                remedy = texts.EXAMPLES.format(examples=text.count(examples)) if examples else texts.LOAD_OTHER_DATA
                raise LessonError.from_problem(f"{what} {number}", texts.NO_EXAMPLE, remedy)
            self._session.question.set_data_example(Example(what, int(number)), texts.UNDO_EXAMPLE)
            return None
        if data is not None and not data.is_picture:
            raise LessonError.from_problem(what, *texts.NO_IMAGES)
        given = QMimeData()
        given.setUrls([QUrl.fromLocalFile(str(file_of_lesson(self._folder, what)))])
        is_drawn = self._session.question.is_drawn or data is None
        shape = None if is_drawn or data is None else (data.example_shape[0], data.example_shape[1])
        self._is_reading_picture = True
        self._session.pictures.load(given, texts.IMAGE_SOURCE, shape)
        return lambda: not self._is_reading_picture

    def _clear(self) -> None:
        self._stage.clear_drawing()

    def _answer(self, *options: str) -> None:
        self.answered.emit([int(option) for option in options])
