"""Queries that several cards share: the prediction, the mistakes, and activations all over the plane or the curve."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nnviz.jobs.latest import QUICK, Latest, Queries, Request, RequestKey
from nnviz.jobs.timing import TimeBudget
from nnviz.session import question as asking
from nnviz.session.data import Data
from nnviz.session.displayed import Displayed
from nnviz.session.mistakes import Mistakes
from nnviz.session.surface_query import surface_queries

if TYPE_CHECKING:
    from nnviz.session.session import Session

ANSWER, MISTAKES = "answer", "mistakes"
_SECONDS_BETWEEN_MISTAKES = 0.5  # at least, between two computations; they may take a fortieth of a core's time


def new_queries(session: Session) -> Queries:
    """Returns the queries. Models of cards add theirs. Each looks again when its request may have changed."""
    displayed, question, runs, data = session.displayed, session.question, session.runs, session.data
    queries = Queries(session.messages.crashed.emit)
    queries.add({ANSWER: _answer(displayed, question, data), MISTAKES: _mistakes(session.mistakes)})
    queries.add(surface_queries(displayed, runs, data, session.selection))
    for signal in (displayed.changed, question.changed):
        signal.connect(queries.look)
    return queries


def _answer(displayed: Displayed, question: asking.Question, data: Data) -> Latest:
    def request() -> Request | None:
        network, example = displayed.network, asking.active_input(question, displayed, data)
        if example is None:
            return None
        return RequestKey(network, example), lambda: (network, example, asking.predict(network, example))

    def hand_over() -> None:
        question.set_answer(*(answer.result or (None, None, None)))

    answer = Latest(request, quick=QUICK, size=lambda: displayed.network.shape)
    answer.changed.connect(hand_over)
    return answer


def _mistakes(mistakes: Mistakes) -> Latest:
    query = Latest(mistakes.request, TimeBudget(_SECONDS_BETWEEN_MISTAKES, 39), forget_on_new_run=True)
    query.changed.connect(lambda: mistakes.set_found(query.result))
    mistakes.part_changed.connect(query.forget)
    return query
