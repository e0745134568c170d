"""Predictions for every example of a part of the data, the confusion matrix, and the listed examples."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass

import numpy as np
from PyQt5.QtCore import QObject, pyqtSignal

from engine.basics.validation import Array
from engine.datasets import Dataset
from engine.explain.predictions import ClassPredictions, predict_in_steps
from engine.network.network import Network
from nnviz.digits.examples import fits_canvas
from nnviz.jobs.latest import Request, RequestKey
from nnviz.session.data import Data
from nnviz.session.displayed import Displayed
from nnviz.session.example_sets import SET_NAMES, ExampleSet, example_sets_of
from nnviz.session.prediction_changes import PredictionChanges
from nnviz.session.question import Question
from nnviz.session.runs import Runs
from nnviz.session.selection import Classes, Example, ExampleGroup, Selection
from nnviz.session.split_predictions import NOTHING, SplitPredictions

Listed = SplitPredictions | PredictionChanges  # from which examples are listed


@dataclass(frozen=True, eq=False)
class Counts:
    """Confusion matrix (classes, classes), row = true class.

    Attributes:
        epochs: number of epochs that the network was trained for.
        is_now: whether that is the displayed network.
    """

    matrix: Array
    epochs: float
    is_now: bool


class Mistakes(QObject):
    """Predictions of the displayed network for a part of the data, computed once an epoch during training.

    Signals:
        changed: ``found``, ``counts`` or the parts have changed.
        part_changed: another part was chosen; its predictions are not computed yet.
        stepped: another example was chosen by :meth:`next_mistake`.
    """

    changed = pyqtSignal()
    part_changed = pyqtSignal()
    stepped = pyqtSignal()

    def __init__(self, displayed: Displayed, runs: Runs, data: Data, selection: Selection, question: Question) -> None:
        super().__init__()
        self._displayed, self._runs, self._data = displayed, runs, data
        self._selection, self._question = selection, question
        self._found: SplitPredictions | None = None
        self._changes: PredictionChanges | None = None
        self._wanted = SET_NAMES[0]
        self._parts_for: tuple[Dataset | None, float] = (None, 0.0)  # what ``_parts`` were made of
        self._parts: dict[str, ExampleSet] = {}
        self._subject: tuple[object, Network, float] = (None, displayed.network, 0.0)  # moment, network, its epochs
        self._listed: tuple[Listed | None, tuple[Classes | None, ExampleGroup | None], Array] = (
            None,
            (None, None),
            NOTHING,
        )
        for signal in (runs.history_changed, displayed.changed, runs.replaced, data.changed):
            signal.connect(self._emit_counts)
        self._emitted: tuple[object, ...] = ()

    # ---- the part

    @property
    def parts(self) -> dict[str, ExampleSet]:
        """The parts of the data by name; empty if the network does not fit the data."""
        data, run = self._data.dataset, self._runs.current
        if data is None or run.misfit(data) is not None:
            return {}
        made_of = data, run.experiment.training.validation_share
        if made_of[0] is not self._parts_for[0] or made_of[1] != self._parts_for[1]:
            self._parts_for, self._parts = made_of, example_sets_of(*made_of)
        return self._parts

    @property
    def part(self) -> ExampleSet | None:
        """The chosen part; the first one if the data do not have the chosen one."""
        parts = self.parts
        return parts.get(self._wanted) or next(iter(parts.values()), None)

    def set_part(self, name: str) -> None:
        """Chooses another part. Its predictions follow later."""
        if name != self._wanted:
            self._wanted = name
            self.part_changed.emit()
            self.changed.emit()

    # ---- for the query

    def request(self) -> Request | None:
        """Returns the request for the predictions of the displayed network for the chosen part."""
        part = self.part
        if part is None:
            return None
        network, epochs = self.subject

        def work() -> Generator[int, None, SplitPredictions]:
            predictions = yield from predict_in_steps(network, part.split, part.rows)
            predictions.order  # noqa: B018  # sorted here, once, and kept
            return SplitPredictions(predictions, part, network, epochs)

        return RequestKey(network, part), work

    @property
    def subject(self) -> tuple[Network, float]:
        """The displayed network and its epochs; during training the first one displayed in this epoch."""
        run = self._runs.current
        moment: object = self._displayed.network if self._displayed.is_steady else (run.id, run.history.completed)
        if self._subject[0] is not moment and self._subject[0] != moment:
            self._subject = moment, self._displayed.network, self._displayed.epochs
        return self._subject[1:]

    def set_found(self, found: SplitPredictions | None) -> None:
        if found is not self._found:
            self._found = found
            self.changed.emit()

    @property
    def found(self) -> SplitPredictions | None:
        """The latest predictions; None if there are none for the current data."""
        found, data = self._found, self._data.dataset
        return found if found is not None and data is not None and found.part.is_of(data) else None

    def set_changes(self, changes: PredictionChanges | None) -> None:
        """Lists examples whose predictions have changed, instead of mistakes; None lists mistakes again."""
        if changes is not self._changes:
            self._changes = changes
            self.changed.emit()

    @property
    def changes(self) -> PredictionChanges | None:
        """The predictions of two networks that are compared for the chosen part; None if none are."""
        changes = self._changes
        return changes if changes is not None and changes.part is self.part else None

    # ---- the matrix

    @property
    def counts(self) -> Counts | None:
        """The confusion matrix of the displayed network, or of the last epoch at which one was measured."""
        found, run, part = self.found, self._runs.current, self.part
        if part is None or part.split.labels is None:
            return None
        computed = None
        if found is not None and found.part is part and isinstance(found.answers, ClassPredictions):
            is_now = found.network is self._displayed.network
            computed = Counts(found.answers.confusion, found.epochs, is_now)
            if is_now:
                return computed
        epoch = self._displayed.measured_at
        data = self._data.dataset
        is_same = data is not None and run.experiment.fingerprint == data.fingerprint
        measured = run.history.confusion(epoch, part.name) if is_same else None
        is_newer = computed is not None and epoch < computed.epochs <= self._displayed.epochs
        if measured is None or (is_newer and self._displayed.is_steady):
            return computed
        return Counts(measured, epoch, self._displayed.epochs == epoch)

    def _emit_counts(self) -> None:
        """Reports that the counts may have changed: once an epoch, and when another network is displayed at rest."""
        run = self._runs.current
        displayed = id(self._displayed.network) if self._displayed.is_steady else None
        now = (run.id, run.history.completed, run.stage, displayed, self.part)
        if now != self._emitted:
            self._emitted = now
            self.changed.emit()

    # ---- the examples

    @property
    def group(self) -> ExampleGroup | None:
        """The chosen group, if it belongs to the chosen part."""
        group, part = self._selection.group, self.part
        return group if group is not None and part is not None and group.part == part.where else None

    @property
    def listed(self) -> Array:
        """Indices in the part of the listed examples: those of a group, a cell, row or column, else all mistakes.

        While two networks are compared, those of them whose predictions have changed.
        """
        source, wanted = self._source, (self._selection.classes, self.group)
        if self._listed[0] is not source or self._listed[1] != wanted:
            self._listed = source, wanted, NOTHING if source is None else source.chosen(*wanted)
        return self._listed[2]

    @property
    def _source(self) -> Listed | None:
        return self.changes or self.found

    @property
    def place(self) -> int | None:
        """Index of the chosen example in ``listed``; None if it is not listed."""
        example, found = self._selection.example, self._source
        if example is None or found is None or found.part.where != example.part:
            return None
        index = found.part.index(example.number)
        places = [] if index is None else np.flatnonzero(self.listed == index).tolist()
        return places[0] if places else None

    def choose(self, place: int) -> None:
        """Chooses the example at an index in ``listed``."""
        found = self._source
        if found is not None and 0 <= place < len(self.listed):
            self._selection.choose_example(Example(found.part.where, found.part.number(int(self.listed[place]))))

    def next_mistake(self) -> None:
        """Makes the next listed mistake the input, after the last one the first. If none is listed, lists all mistakes.

        Undo brings a drawing back.
        """
        if self._source is None:
            return
        if not self._count_listed_mistakes():
            self._selection.choose_classes(None)
        count = self._count_listed_mistakes()
        if count:
            place = self.place
            self.choose(0 if place is None or place + 1 >= count else place + 1)
            self.put_on_canvas()
            self.stepped.emit()

    def _count_listed_mistakes(self) -> int:
        """Returns how many of the listed examples are mistakes, which come first; of numbers and of changes all."""
        answers = None if self.found is None or self.changes is not None else self.found.answers
        listed = self.listed
        return int(answers.are_wrong[listed].sum()) if isinstance(answers, ClassPredictions) else len(listed)

    # ---- the canvas

    @property
    def fits_canvas(self) -> bool:
        """Whether the examples can be put on the canvas."""
        return fits_canvas(self._data.dataset)

    def put_on_canvas(self) -> None:
        """Replaces the current input by the chosen example; can be undone."""
        if self._selection.example is not None:
            self._question.set_data_example(self._selection.example)
