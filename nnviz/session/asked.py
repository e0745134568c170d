"""What views need computed: the answer, mistakes, what lights up, planes."""

from __future__ import annotations

from nnviz.jobs.latest import QUICK, Latest, Queries, Request, RequestKey
from nnviz.jobs.pace import Budget
from nnviz.session import question as asking
from nnviz.session.activity import activity_probe
from nnviz.session.asked_compared import compared_probes
from nnviz.session.asked_neuron import neuron_probes
from nnviz.session.asked_numbers import predicted_probe
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
from nnviz.session.surface_query import surface_queries

ANSWER, MISTAKES = "answer", "mistakes"
ACTIVITY = "activity"
_SECONDS_BETWEEN_MISTAKES = 0.5  # at least, between two computations; they may take a fortieth of a core's time


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
    by_name = {ANSWER: _answer(displayed, question, data), MISTAKES: _mistakes(mistakes)}
    by_name[ACTIVITY] = activity_probe(displayed, question, selection, runs, data)
    by_name |= {**neuron_probes(displayed, question, runs, data, selection), **robustness.probes()}
    by_name |= {**map_probes(map, displayed), **surface_queries(displayed, runs, data, selection)}
    by_name |= predicted_probe(displayed, runs, data, mistakes)
    by_name |= {**own_probes(own, displayed, runs, data), **compared_probes(comparison, question, data)}
    queries = Queries(messages.crashed.emit)
    queries.add(by_name)
    for signal in (displayed.changed, question.changed, data.changed):
        signal.connect(queries.look)
    for signal in (runs.replaced, data.changed):
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
