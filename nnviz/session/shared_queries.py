"""Queries that several cards share: the prediction, the mistakes, and activations all over the plane or the curve."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.network.network import Network
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
SECOND_ANSWER, CHANGES = "answer of the second network", "changes of predictions"
_SECONDS_BETWEEN_MISTAKES = 0.5  # at least, between two computations; they may take a fortieth of a core's time


def new_queries(session: Session) -> Queries:
    """Returns the queries. Models of cards add theirs. Each looks again when its request may have changed."""
    displayed, question, runs, data = session.displayed, session.question, session.runs, session.data
    queries = Queries(session.messages.crashed.emit)
    queries.add({ANSWER: _answer(displayed, question, data), MISTAKES: _mistakes(session.mistakes)})
    queries.add(_second_network(session))

    def second() -> Network | None:
        side = session.side_by_side.second
        return None if side is None else side.network

    queries.add(surface_queries(displayed, runs, data, session.selection, second))
    for signal in (displayed.changed, question.changed, session.side_by_side.changed):
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


def _second_network(session: Session) -> dict[str, Latest]:
    """Returns the queries of the second network, which have no request while nothing is compared."""
    side_by_side, mistakes = session.side_by_side, session.mistakes
    size = lambda: session.displayed.network.shape  # noqa: E731
    answer = Latest(side_by_side.answer_request, quick=QUICK, size=size, forget_on_new_run=True)
    answer.changed.connect(lambda: side_by_side.set_answer(answer.result))
    budget = TimeBudget(_SECONDS_BETWEEN_MISTAKES, 39)
    changes = Latest(side_by_side.changes_request, budget, side_by_side.release, forget_on_new_run=True)
    changes.changed.connect(lambda: side_by_side.set_changes(changes.result))
    mistakes.part_changed.connect(changes.forget)
    return {SECOND_ANSWER: answer, CHANGES: changes}


def _mistakes(mistakes: Mistakes) -> Latest:
    query = Latest(mistakes.request, TimeBudget(_SECONDS_BETWEEN_MISTAKES, 39), forget_on_new_run=True)
    query.changed.connect(lambda: mistakes.set_found(query.result))
    mistakes.part_changed.connect(query.forget)
    return query
