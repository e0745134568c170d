"""Queries of the cards: prediction, past predictions, layer statistics, errors, activations, planes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.network.half_precision import pack_exactly
from engine.training.distributions import LayerDistributions
from nnviz.jobs.latest import QUICK, Latest, Queries, Request, RequestKey
from nnviz.jobs.timing import TimeBudget
from nnviz.session import question as asking
from nnviz.session.data import Data
from nnviz.session.displayed import Displayed
from nnviz.session.mistakes import Mistakes
from nnviz.session.runs import Runs
from nnviz.session.surface_query import surface_queries

if TYPE_CHECKING:
    from nnviz.session.session import Session

ANSWER, MISTAKES = "answer", "mistakes"
_SECONDS_BETWEEN_PAST = 0.1  # at least, between two computations; they may take a tenth of a core's time
_SECONDS_BETWEEN_STATISTICS = 0.15  # likewise; a twentieth of a core's time
_SECONDS_BETWEEN_MISTAKES = 0.5  # likewise
_MOST_PAST = 64  # snapshots that answer


@dataclass(frozen=True)
class LayerStatistics:
    """The distributions of every layer, as displayed and before any training in this window.

    Attributes:
        epoch: the displayed epoch; None if the network was live.
    """

    now: list[LayerDistributions]
    start: list[LayerDistributions]
    epoch: float | None


@dataclass(frozen=True)
class PastAnswers:
    """The finite predictions of snapshots for the current input, (outputs,) each, and their epochs."""

    epochs: list[float]
    answers: list[Array]


def new_queries(session: Session) -> Queries:
    """Returns the queries. Each looks again when its request may have changed."""
    displayed, question, runs, data = session.displayed, session.question, session.runs, session.data
    selection, mistakes, map, robustness = session.selection, session.mistakes, session.map, session.robustness
    own, comparison = session.own, session.comparison
    answers, layers = _Past(displayed, question, runs, data), _Statistics(displayed, runs, data)
    past = Latest(answers.question, TimeBudget(_SECONDS_BETWEEN_PAST, 9), answers.release, forget_on_new_run=True)
    budget = TimeBudget(_SECONDS_BETWEEN_STATISTICS, 19)
    statistics = Latest(layers.question, budget, layers.release, forget_on_new_run=True)
    by_name = {
        ANSWER: _answer(displayed, question, data),
        PAST: past,
        STATISTICS: statistics,
        MISTAKES: _mistakes(mistakes),
    }
    by_name[ACTIVITY] = activity_probe(displayed, question, selection, runs, data)
    by_name |= {**neuron_probes(displayed, question, runs, data, selection), **robustness.probes()}
    by_name |= {**map_probes(map, displayed), **surface_queries(displayed, runs, data, selection)}
    by_name |= predicted_probe(displayed, runs, data, mistakes)
    by_name |= compared_probes(comparison, question, data)
    queries = Queries(session.messages.crashed.emit)
    queries.add(by_name)
    for signal in (displayed.changed, question.changed, data.changed):
        signal.connect(queries.look)
    for signal in (runs.replaced, data.changed):
        for name in (MAP, MAP_PLACE):
            signal.connect(by_name[name].forget)
    return queries


def _answer(displayed: Displayed, question: asking.Question, data: Data) -> Latest:
    def ask() -> Request | None:
        network, example = displayed.network, asking.active_input(question, displayed, data)
        if example is None:
            return None
        return RequestKey(network, example), lambda: (network, example, asking.predict(network, example))

    def hand_over() -> None:
        question.take_answer(*(answer.result or (None, None, None)))

    answer = Latest(ask, quick=QUICK, size=lambda: displayed.network.shape)
    answer.changed.connect(hand_over)
    return answer


def _mistakes(mistakes: Mistakes) -> Latest:
    probe = Latest(mistakes.question, TimeBudget(_SECONDS_BETWEEN_MISTAKES, 39), forget_on_new_run=True)
    probe.changed.connect(lambda: mistakes.take(probe.result))
    mistakes.part_changed.connect(probe.forget)
    return probe


class _Past:
    """Predictions of snapshots for the current input; known ones are kept until the input changes."""

    def __init__(self, displayed: Displayed, question: asking.Question, runs: Runs, data: Data) -> None:
        self._displayed, self._question, self._runs, self._data = displayed, question, runs, data
        self._example: Array | None = None
        self._known: dict[Snapshot, Array | None] = {}

    def question(self) -> Request | None:
        """Requests predictions of snapshots of the current run and of its live network.

        The displayed snapshot is one of them.
        """
        example, run = asking.active_input(self._question, self._displayed, self._data), self._runs.current
        network = self._displayed.network
        if example is None:
            return None
        moment = self._displayed.moment
        live = network.parameters if moment is None else run.parameters
        spread = {*run.snapshots.spread(_MOST_PAST), *([] if moment is None else [moment])}
        past = sorted(spread, key=lambda snapshot: snapshot.epochs)
        moments = (*past, Snapshot(run.epochs, pack_exactly(live, tuple(network.shape))))
        return RequestKey(example, live, moment, *past), lambda: self._answers(network, example, moments)

    def _answers(self, network: Network, example: Array, moments: tuple[Snapshot, ...]) -> PastAnswers:
        """Computes predictions in the background thread, the only one that uses ``_known``."""
        before = self._known if self._example is example else {}
        known = {moment: before[moment] for moment in moments if moment in before}
        for moment in moments:
            if moment not in known:
                known[moment] = asking.predict(network.with_parameters(moment.parameters), example)
        self._example, self._known = example, known
        latest = {moment.epochs: known[moment] for moment in moments}  # in their order; of each epoch the last one
        finite = {epochs: answer for epochs, answer in latest.items() if answer is not None}
        return PastAnswers(list(finite), list(finite.values()))

    def release(self) -> None:
        """Drops the snapshots, which are large. Runs in the background thread."""
        self._example, self._known = None, {}


class _Statistics:
    """Layer statistics; keeps the evaluator's buffers and the statistics before training."""

    def __init__(self, displayed: Displayed, runs: Runs, data: Data) -> None:
        self._displayed, self._runs, self._data = displayed, runs, data
        self._about: RequestKey | None = None
        self._evaluator: LayerStatisticsEvaluator | None = None
        self._start: list[LayerDistributions] | None = None

    def question(self) -> Request | None:
        """Requests the layer statistics of the displayed network, on some training examples."""
        dataset, run, network = self._data.dataset, self._runs.current, self._displayed.network
        if dataset is None or run.misfit(dataset) is not None:
            return None
        examples, at_start = dataset.train, run.parameters_at_start
        epoch = None if self._displayed.is_live else self._displayed.epochs

        def work() -> LayerStatistics:
            """Computes the statistics in the background thread, the only one that uses the evaluator."""
            about = RequestKey(run, dataset)
            if self._about != about:
                self._about, self._evaluator, self._start = about, None, None
            evaluator = self._evaluator = self._evaluator or LayerStatisticsEvaluator(network, examples)
            if self._start is None:
                self._start = evaluator.evaluate(network.with_parameters(at_start()))
            return LayerStatistics(evaluator.evaluate(network), self._start, epoch)

        return RequestKey(network, dataset), work

    def release(self) -> None:
        """Drops the buffers, which are large. Runs in the background thread."""
        self._evaluator = None
