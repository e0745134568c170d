"""What views need computed: the answer, its past, layer statistics, mistakes, what lights up, reasons, planes."""

from __future__ import annotations

from dataclasses import dataclass

from engine.basics.validation import Array
from engine.network.half_precision import pack_exactly
from engine.network.network import Network
from engine.training.distributions import LayerDistributions, LayerStatisticsEvaluator
from nnviz.jobs.latest import QUICK, Latest, Queries, Request, RequestKey
from nnviz.jobs.pace import Budget
from nnviz.session import question as asking
from nnviz.session.activity import activity_probe
from nnviz.session.asked_compared import compared_probes
from nnviz.session.asked_neuron import neuron_probes
from nnviz.session.asked_numbers import predicted_probe
from nnviz.session.asked_over import over_probes
from nnviz.session.asked_own import own_probes
from nnviz.session.comparison import Comparison
from nnviz.session.data import Data
from nnviz.session.displayed import Displayed
from nnviz.session.map import MAP, MAP_PLACE, Map, map_probes
from nnviz.session.messages import Messages
from nnviz.session.mistakes import Mistakes
from nnviz.session.own import Own
from nnviz.session.robustness import HowRobust
from nnviz.session.runs import Runs
from nnviz.session.selection import Selection
from nnviz.session.snapshots import Snapshot

ANSWER, PAST, STATISTICS, MISTAKES = "answer", "answers of the past", "layer statistics", "mistakes"
ACTIVITY = "activity"
_SECONDS_BETWEEN_PAST = 0.1  # at least, between two computations; they may take a tenth of a core's time
_SECONDS_BETWEEN_STATISTICS = 0.15  # likewise; a twentieth of a core's time
_SECONDS_BETWEEN_MISTAKES = 0.5  # likewise
_MOST_PAST = 64  # snapshots that answer


@dataclass(frozen=True)
class LayerStatistics:
    """The distributions of every layer, as displayed and before any training in this window.

    Attributes:
        epoch: the moment of the past that was displayed; None for now.
    """

    now: list[LayerDistributions]
    start: list[LayerDistributions]
    epoch: float | None


@dataclass(frozen=True)
class PastAnswers:
    """The answers to the example that is asked about, (outputs,) each, after so many epochs; only the finite ones."""

    epochs: list[float]
    answers: list[Array]


def new_queries(
    displayed: Displayed,
    question: asking.Question,
    runs: Runs,
    data: Data,
    selection: Selection,
    mistakes: Mistakes,
    map: Map,
    robustness: HowRobust,
    own: Own,
    comparison: Comparison,
    messages: Messages,
) -> Queries:
    """The kinds of probes. Each looks again when its question may have changed."""
    answers, layers = _Past(displayed, question, runs, data), _Statistics(displayed, runs, data)
    past = Latest(answers.question, Budget(_SECONDS_BETWEEN_PAST, 9), answers.release)
    statistics = Latest(layers.question, Budget(_SECONDS_BETWEEN_STATISTICS, 19), layers.release)
    by_name = {
        ANSWER: _answer(displayed, question, data),
        PAST: past,
        STATISTICS: statistics,
        MISTAKES: _mistakes(mistakes),
    }
    by_name[ACTIVITY] = activity_probe(displayed, question, selection, runs, data)
    by_name |= {**neuron_probes(displayed, question, runs, data, selection), **robustness.probes()}
    by_name |= {**map_probes(map, displayed), **over_probes(displayed, runs, data, selection)}
    by_name |= predicted_probe(displayed, runs, data, mistakes)
    by_name |= {**own_probes(own, displayed, runs, data), **compared_probes(comparison, question, data)}
    queries = Queries(messages.crashed.emit)
    queries.add(by_name)
    for signal in (displayed.changed, question.changed, data.changed):
        signal.connect(queries.look)
    runs.history_changed.connect(past.look)  # gaps in the past may be filled
    for signal in (runs.replaced, data.changed):
        signal.connect(statistics.forget)
        signal.connect(past.forget)
        for name in (MISTAKES, MAP, MAP_PLACE):
            signal.connect(by_name[name].forget)
    return queries


def _answer(displayed: Displayed, question: asking.Question, data: Data) -> Latest:
    def ask() -> Request | None:
        network, example = displayed.network, asking.asked(question, displayed, data)
        if example is None:
            return None
        return RequestKey(network, example), lambda: (network, example, asking.ask(network, example))

    def hand_over() -> None:
        question.take_answer(*(answer.result or (None, None, None)))

    answer = Latest(ask, quick=QUICK, size=lambda: displayed.network.shape)
    answer.changed.connect(hand_over)
    return answer


def _mistakes(mistakes: Mistakes) -> Latest:
    probe = Latest(mistakes.question, Budget(_SECONDS_BETWEEN_MISTAKES, 39))
    probe.changed.connect(lambda: mistakes.take(probe.result))
    mistakes.part_changed.connect(probe.forget)
    return probe


class _Past:
    """Answers of snapshots to the example; those that are known are kept until it changes."""

    def __init__(self, displayed: Displayed, question: asking.Question, runs: Runs, data: Data) -> None:
        self._displayed, self._question, self._runs, self._data = displayed, question, runs, data
        self._example: Array | None = None
        self._known: dict[Snapshot, Array | None] = {}

    def question(self) -> Request | None:
        """The answers to the example of snapshots of the current run, and of its network as it is displayed live.

        One of the snapshots is the moment that is looked back at.
        """
        example, run = asking.asked(self._question, self._displayed, self._data), self._runs.current
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
        """Runs in the lane's thread, the only one that uses ``_known``."""
        before = self._known if self._example is example else {}
        known = {moment: before[moment] for moment in moments if moment in before}
        for moment in moments:
            if moment not in known:
                known[moment] = asking.ask(network.with_parameters(moment.parameters), example)
        self._example, self._known = example, known
        latest = {moment.epochs: known[moment] for moment in moments}  # in their order; of each epoch the last one
        finite = {epochs: answer for epochs, answer in latest.items() if answer is not None}
        return PastAnswers(list(finite), list(finite.values()))

    def release(self) -> None:
        """Drops the snapshots, which are large. Runs in the lane's thread."""
        self._example, self._known = None, {}


class _Statistics:
    """Layer statistics; keeps the evaluator's buffers and the statistics of the start."""

    def __init__(self, displayed: Displayed, runs: Runs, data: Data) -> None:
        self._displayed, self._runs, self._data = displayed, runs, data
        self._about: RequestKey | None = None
        self._evaluator: LayerStatisticsEvaluator | None = None
        self._start: list[LayerDistributions] | None = None

    def question(self) -> Request | None:
        """The layer statistics of the displayed network, on some training examples."""
        dataset, run, network = self._data.dataset, self._runs.current, self._displayed.network
        if dataset is None or run.misfit(dataset) is not None:
            return None
        examples, at_start = dataset.train, run.parameters_at_start
        epoch = None if self._displayed.is_live else self._displayed.epochs

        def work() -> LayerStatistics:
            """Runs in the lane's thread, the only one that uses what is kept."""
            about = RequestKey(run, dataset)
            if self._about != about:
                self._about, self._evaluator, self._start = about, None, None
            evaluator = self._evaluator = self._evaluator or LayerStatisticsEvaluator(network, examples)
            if self._start is None:
                self._start = evaluator.evaluate(network.with_parameters(at_start()))
            return LayerStatistics(evaluator.evaluate(network), self._start, epoch)

        return RequestKey(network, dataset), work

    def release(self) -> None:
        """Drops the buffers, which are large. Runs in the lane's thread."""
        self._evaluator = None
