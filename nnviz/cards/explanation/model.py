"""Model of the explanation card: the explained input, the compared outputs, the method and the baseline."""

from __future__ import annotations

from dataclasses import replace

from PyQt5.QtCore import QObject, pyqtSignal

from engine.basics.validation import Array
from nnviz.cards.explanation.explanation_data import (
    ATTRIBUTIONS,
    EMPTY,
    INTEGRATED,
    MEAN,
    METHODS,
    NEAREST,
    Contributions,
    ExplanationQuery,
    InputSummary,
    NearestExamples,
    compared,
    compared_outputs,
    contributions_for,
    counterfactual_of,
)
from nnviz.jobs.latest import Latest, Request, RequestKey
from nnviz.jobs.timing import TimeBudget
from nnviz.session.session import Session

# Names of the queries: of the displayed network, and of the second one while two are compared.
CONTRIBUTIONS, COUNTERFACTUAL, SECOND_CONTRIBUTIONS = "contributions", "counterfactual", "second contributions"
NOT_FINITE = "the outputs are not finite"  # result of the query of contributions if there are none
# Least seconds between two results. During training the queries may take a 25th and a 50th of a core's time.
_SECONDS_BETWEEN_CONTRIBUTIONS, _SECONDS_BETWEEN_COUNTERFACTUALS = 0.8, 2.5
_QUICK = 0.006  # Seconds. Attributions of a small network take less time than a change of threads.
_AFTER_A_STROKE = 0.1  # seconds that the slow query waits for the next movement of the pen


class Explanation(QObject):
    """Choices of the explanation card, and its queries.

    Signals:
        changed: method, outputs or baseline have changed.

    Attributes:
        method: one of ``contributions.METHODS``.
        one, other: chosen outputs; None for the defaults. Of two classes, one is the predicted class: if the prediction
            is no longer among them, the choice is dropped.
    """

    changed = pyqtSignal()

    def __init__(self, session: Session) -> None:
        super().__init__()
        runs, data, question = session.runs, session.data, session.question
        self.method = INTEGRATED
        self.one: int | None = None
        self.other: int | None = None
        self._choices = object()  # a new one for each choice
        self._baseline: str | None = None  # None for the default of the data
        self._displayed, self._runs, self._data, self._question = session.displayed, runs, data, question
        self._neighbours = NearestExamples()
        self._summary: InputSummary | None = None
        self._contributions_budget = TimeBudget(_SECONDS_BETWEEN_CONTRIBUTIONS, 24)
        self._contributions = Latest(
            self._contributions_request,
            self._contributions_budget,
            quick=_QUICK,
            size=self._size,
            forget_on_new_run=True,
        )
        self._contributions.changed.connect(self._drop_other_classes)
        self._counterfactual_budget = TimeBudget(_SECONDS_BETWEEN_COUNTERFACTUALS, 49)
        self._counterfactual = Latest(
            self._counterfactual_request, self._counterfactual_budget, self._release, forget_on_new_run=True
        )
        self._compared = session.side_by_side
        self._compared.answer_changed.connect(self._look_again)
        self._second_budget = TimeBudget(_SECONDS_BETWEEN_CONTRIBUTIONS, 24)
        self._second = Latest(
            self._second_request, self._second_budget, quick=_QUICK, size=self._size, forget_on_new_run=True
        )
        queries = {CONTRIBUTIONS: self._contributions, COUNTERFACTUAL: self._counterfactual}
        session.queries.add({**queries, SECOND_CONTRIBUTIONS: self._second})
        data.changed.connect(self._drop_choices)
        self.changed.connect(self._choices_changed)
        question.changed.connect(self._input_changed)

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
        """Chooses the outputs; None for the default. The same output twice counts as the first alone."""
        chosen = one, None if one is not None and one == other else other
        if chosen != (self.one, self.other):
            self.one, self.other = chosen
            self.changed.emit()

    def compare_with(self, other: int | None) -> None:
        """Chooses the class that the predicted one is compared with; None for the default."""
        found = self._contributions.result
        best = int(found.outputs.argmax()) if isinstance(found, Contributions) else other
        self.compare(*((None, None) if other in (None, best) else (best, other)))

    @property
    def baseline(self) -> str:
        """Name of the baseline; by default an empty image, or the mean of the columns."""
        if self._baseline is not None:
            return self._baseline
        dataset = self._data.dataset
        return EMPTY if dataset is None or dataset.is_picture else MEAN

    @property
    def compared_classes(self) -> tuple[int, ...]:
        """The predicted class and the one that it is compared with; empty without both, and for numbers."""
        outputs, asked = self._question.answer, self._query()
        if outputs is None or asked is None or not asked[0].has_classes:
            return ()
        if len(outputs) != self._runs.current.network.shape[-1]:  # while another network takes its place
            return ()
        one, other = compared_outputs(asked[0], outputs)
        return () if other is None else (one, other)

    def forget(self) -> None:
        """Drops chosen outputs that the new network does not have."""
        outputs = self._runs.current.network.shape[-1]
        if any(number is not None and number >= outputs for number in (self.one, self.other)):
            self.compare(None, None)

    def _drop_choices(self) -> None:
        self._baseline = None
        self.one = self.other = None
        self.changed.emit()

    def _drop_other_classes(self) -> None:
        """Drops chosen classes of which none is the predicted one."""
        found = self._contributions.result
        pair = found.query.pair if isinstance(found, Contributions) else None
        if pair is not None and pair == (self.one, self.other) and int(found.outputs.argmax()) not in pair:
            self.compare(None, None)

    # ---- requests

    @property
    def example(self) -> Array | None:
        """The explained input (width,); None if there is none."""
        dataset, width = self._data.dataset, self._displayed.network.shape[0]
        if dataset is None or dataset.width != width:
            return None
        return self._question.example_of_width(width)

    def _query(self) -> tuple[ExplanationQuery, InputSummary] | None:
        dataset, example, network = self._data.dataset, self.example, self._displayed.network
        if dataset is None or example is None:
            return None
        if self._summary is None or self._summary.dataset is not dataset:
            self._summary = InputSummary(dataset)
        shape = dataset.example_shape if dataset.is_picture else (dataset.width,)
        has_classes = dataset.train.labels is not None and network.shape[-1] > 1
        chosen = (None, None) if has_classes else (self.one, self.other)
        query = ExplanationQuery(network, example, shape, has_classes, *chosen, self.method, dataset.categories)
        truth = self._question.label
        if has_classes and self.one is not None and self.other is not None:
            query = replace(query, pair=(self.one, self.other))
        if (second := self._compared.answer) is not None and len(second) == network.shape[-1]:
            query = replace(query, rival=int(second.argmax()))
        return replace(query, truth=truth, baseline_name=self.baseline), self._summary

    def _contributions_request(self) -> Request | None:
        asked = self._query()
        if asked is None:
            return None
        query, summary = asked
        return self._key(query), lambda: contributions_for(query, summary.baseline(query.baseline_name)) or NOT_FINITE

    def _second_request(self) -> Request | None:
        """Returns the request for the contributions in the second network, to the same outputs as in the displayed."""
        asked, second = self._query(), self._compared.second
        if asked is None or second is None or self.method not in ATTRIBUTIONS:
            return None
        query, summary = asked
        network = second.network

        def work() -> Contributions | None:
            pair = compared(query)
            if pair is None:
                return None
            _, one, other = pair
            of_second = replace(query, network=network, one=one, other=other, pair=None)
            return contributions_for(of_second, summary.baseline(query.baseline_name))

        return RequestKey(
            query.network, network, query.example, self._choices, -1 if query.rival is None else query.rival
        ), work

    def _counterfactual_request(self) -> Request | None:
        asked = self._query()
        if asked is None:
            return None
        query, summary = asked
        if query.method == NEAREST:
            return self._key(query), lambda: self._neighbours.find(query, summary.dataset)
        return self._key(query), lambda: counterfactual_of(query, *summary.bounds, summary.dataset.categories)

    def _size(self) -> object:
        """Returns all that the time of the contributions depends on."""
        return self._displayed.network.shape, self.method

    def _key(self, query: ExplanationQuery) -> RequestKey:
        """Returns the key. The choices are one object until one of them changes."""
        return RequestKey(query.network, query.example, self._choices, -1 if query.rival is None else query.rival)

    # ---- updates

    def _choices_changed(self) -> None:
        self._choices = object()
        self._input_changed()

    def _input_changed(self) -> None:
        """Updates at once, without a budget; the slow query waits for the end of the stroke."""
        for budget in (self._contributions_budget, self._second_budget):
            budget.reset()
        self._counterfactual_budget.due_in(_AFTER_A_STROKE)
        for query in (self._contributions, self._second, self._counterfactual):
            query.look()

    def _look_again(self) -> None:
        """Follows another prediction of the second network."""
        for query in (self._contributions, self._second, self._counterfactual):
            query.look()

    def _release(self) -> None:
        """Drops the kept activations, which are large. Runs in the query's thread."""
        self._neighbours = NearestExamples()
