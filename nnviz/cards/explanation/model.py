"""What is asked about the answer: of which example, for which output against which, by which method."""

from __future__ import annotations

from PyQt5.QtCore import QObject, pyqtSignal

from engine.basics.validation import Array
from nnviz.cards.explanation.explanation_data import (
    EMPTY,
    INTEGRATED,
    MEAN,
    METHODS,
    NEAREST,
    Neighbours,
    Query,
    Summary,
    counterfactual_of,
    reasons_for,
)
from nnviz.jobs.latest import Latest, Request, RequestKey
from nnviz.jobs.timing import TimeBudget
from nnviz.session.current_example import CurrentExample
from nnviz.session.session import Session

REASONS, TURNING = "reasons", "what would turn it"
NOT_FINITE = "its outputs are not finite"  # the result of the probe of the reasons where there are none
# While it learns, they may take a twenty-fifth and a fiftieth of a core's time; no answer comes sooner after the last.
_SECONDS_BETWEEN_REASONS, _SECONDS_BETWEEN_TURNINGS = 0.8, 2.5
_QUICK = 0.006  # seconds: attributions of a small network take less time than they would wait in a thread of their own
_AFTER_A_STROKE = 0.1  # seconds that the slow answer waits for the next movement of the pen


class Explanation(QObject):
    """Holds what is asked.

    Signals:
        changed: another method, output or baseline was chosen.

    Attributes:
        method: one of ``reasons.METHODS``.
        one, other: outputs that were chosen; None for the predicted class, and for the true class or the second best.
    """

    changed = pyqtSignal()

    def __init__(self, session: Session) -> None:
        super().__init__()
        runs, data, question, selection = session.runs, session.data, session.question, session.selection
        self.method = INTEGRATED
        self.one: int | None = None
        self.other: int | None = None
        self._choices = object()  # a new one for each choice
        self._baseline: str | None = None  # None: what suits the data
        self._displayed, self._runs, self._data = session.displayed, runs, data
        self._neighbours = Neighbours()
        self._summary: Summary | None = None
        self._current = CurrentExample(question, selection, data)
        self._reasons_budget = TimeBudget(_SECONDS_BETWEEN_REASONS, 24)
        self._reasons = Latest(self._ask_reasons, self._reasons_budget, quick=_QUICK, size=self._size)
        self._turning_budget = TimeBudget(_SECONDS_BETWEEN_TURNINGS, 49)
        self._turning = Latest(self._ask_turning, self._turning_budget, self._release)
        session.queries.add({REASONS: self._reasons, TURNING: self._turning})
        runs.replaced.connect(self._drop_outputs)
        data.changed.connect(self._data_changed)
        self.changed.connect(self._another_choice)
        for signal in (question.changed, selection.example_changed):
            signal.connect(self._another_question)

    # ---- choices

    def choose(self, method: str | None = None, baseline: str | None = None) -> None:
        """Chooses a method or a baseline."""
        before = self.method, self.baseline
        if method in METHODS:
            self.method = method
        if baseline in (EMPTY, MEAN):
            self._baseline = baseline
        if before != (self.method, self.baseline):
            self.changed.emit()

    def compare(self, one: int | None, other: int | None) -> None:
        """Chooses the outputs; None for the default. The same twice leaves only the first."""
        chosen = one, None if one is not None and one == other else other
        if chosen != (self.one, self.other):
            self.one, self.other = chosen
            self.changed.emit()

    @property
    def baseline(self) -> str:
        """The baseline's name: unless it was chosen, an empty picture, or the columns' means."""
        if self._baseline is not None:
            return self._baseline
        dataset = self._data.dataset
        return EMPTY if dataset is None or dataset.is_picture else MEAN

    def _drop_outputs(self) -> None:
        """Outputs that another network does not have are no choice, and what was found is not about it."""
        self._forget()
        outputs = self._runs.current.network.shape[-1]
        kept = [None if number is None or number >= outputs else number for number in (self.one, self.other)]
        self.compare(*kept)

    def _data_changed(self) -> None:
        self._baseline = None
        self.one = self.other = None
        self._forget()
        self.changed.emit()

    def _forget(self) -> None:
        for probe in (self._reasons, self._turning):
            probe.forget()

    # ---- the question

    @property
    def example(self) -> Array | None:
        """(width,): the current example, see :class:`CurrentExample`; None if there is none."""
        dataset, width = self._data.dataset, self._displayed.network.shape[0]
        if dataset is None or dataset.width != width:
            return None
        return self._current.inputs(width)

    def _query(self) -> tuple[Query, Summary] | None:
        dataset, example, network = self._data.dataset, self.example, self._displayed.network
        if dataset is None or example is None:
            return None
        if self._summary is None or self._summary.dataset is not dataset:
            self._summary = Summary(dataset)
        shape = dataset.example_shape if dataset.is_picture else (dataset.width,)
        has_classes = dataset.train.labels is not None and network.shape[-1] > 1
        chosen = self.one, self.other, self.method
        truth = self._current.label(dataset.width)
        return Query(network, example, shape, has_classes, *chosen, dataset.categories, truth), self._summary

    def _ask_reasons(self) -> Request | None:
        asked = self._query()
        if asked is None:
            return None
        (query, summary), name = asked, self.baseline
        return self._key(query), lambda: reasons_for(query, summary.baseline(name)) or NOT_FINITE

    def _ask_turning(self) -> Request | None:
        asked = self._query()
        if asked is None:
            return None
        query, summary = asked
        if query.method == NEAREST:
            return self._key(query), lambda: self._neighbours.find(query, summary.dataset)
        return self._key(query), lambda: counterfactual_of(query, *summary.bounds, summary.dataset.categories)

    def _size(self) -> object:
        """What the time that the reasons take depends on."""
        return self._displayed.network.shape, self.method

    def _key(self, query: Query) -> RequestKey:
        """The choices are one object until another choice is made."""
        return RequestKey(query.network, query.example, self._choices)

    # ---- the answers

    def _another_choice(self) -> None:
        self._choices = object()
        self._another_question()

    def _another_question(self) -> None:
        """Who draws or chooses waits for no budget; the slow answer waits for the end of the stroke."""
        self._reasons_budget.reset()
        self._turning_budget.due_in(_AFTER_A_STROKE)
        for probe in (self._reasons, self._turning):
            probe.look()

    def _release(self) -> None:
        """Drops what is large. Runs in the lane's thread."""
        self._neighbours = Neighbours()
