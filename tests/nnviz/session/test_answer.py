"""The verdict of an answer, and the answer to the drawing."""

from __future__ import annotations

import threading

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from engine.basics.validation import Array
from engine.experiment import Experiment
from engine.network.network import Network
from nnviz.session import question as asking
from nnviz.session.predicted_class import predicted_class_of
from nnviz.session.session import Session
from nnviz.session.shared_queries import ANSWER
from tests.nnviz.helpers import draw_grey


def test_the_best_and_the_second() -> None:
    verdict = predicted_class_of(np.array([0.1, 0.2, 0.7], np.float32))
    assert (verdict.best, verdict.second) == (2, 1)
    assert verdict.confidence == pytest.approx(0.7)
    assert verdict.second_confidence == pytest.approx(0.2)
    assert verdict.is_sure


@pytest.mark.parametrize(("threshold", "is_sure"), [(0.0, True), (0.5, True), (0.75, True), (0.76, False), (1, False)])
def test_an_answer_is_sure_from_the_confidence_threshold_on(threshold: float, is_sure: bool) -> None:
    assert predicted_class_of(np.array([0.25, 0.75]), threshold).is_sure is is_sure


def test_the_first_of_equals_wins() -> None:
    verdict = predicted_class_of(np.array([0.2, 0.4, 0.4]))
    assert (verdict.best, verdict.second) == (1, 2)


def test_outputs_that_are_no_probabilities_are_taken_as_they_are() -> None:
    """Sigmoids that say no to everything are not sure of anything, though one is always the largest."""
    unsure = predicted_class_of(np.array([0.02, 0.01, 0.0]))
    assert unsure.confidence == pytest.approx(0.02)
    assert not unsure.is_sure
    both = predicted_class_of(np.array([0.9, 0.95]))
    assert both.is_sure
    assert both.second_confidence == pytest.approx(0.9)


def test_confidences_stay_within_0_and_1() -> None:
    verdict = predicted_class_of(np.array([1.7, -0.4]))
    assert (verdict.confidence, verdict.second_confidence) == (1, 0)


def test_the_outputs_are_not_touched() -> None:
    outputs = np.array([0.1, 0.9])
    predicted_class_of(outputs)
    np.testing.assert_array_equal(outputs, [0.1, 0.9])


# ---- the drawing that is asked


@pytest.fixture
def session(small_session: Session) -> Session:
    return small_session


def test_an_answer_is_computed_only_for_cards_that_need_it(session: Session, qtbot: QtBot) -> None:
    draw_grey(session)
    assert session.question.answer is None
    with qtbot.waitSignal(session.question.answer_changed):
        session.queries.want("a test", (ANSWER,), True)
    np.testing.assert_array_equal(session.question.answer, session.prediction)
    session.sketch.draw(())
    assert session.question.answer is None, "nothing is asked any more"
    session.queries.want("a test", (ANSWER,), False)
    draw_grey(session)
    assert session.question.answer is None


def test_one_question_is_asked_once(session: Session, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[object] = []
    ask = asking.predict

    def counted(network: Network, picture: Array | None) -> Array | None:
        asked.append(picture)
        return ask(network, picture)

    monkeypatch.setattr(asking, "predict", counted)
    draw_grey(session)
    with qtbot.waitSignal(session.question.answer_changed):
        session.queries.want("a test", (ANSWER,), True)
    session.queries.look()
    assert session.prediction is session.question.answer
    assert len(asked) == 1
    with qtbot.waitSignal(session.question.answer_changed):
        draw_grey(session, 0.9)
    assert len(asked) == 2


def test_the_first_answer_of_a_network_of_another_size_is_not_computed_by_the_interface(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However quick the network before was."""
    asked: list[tuple[int, bool]] = []
    ask = asking.predict

    def watched(network: Network, picture: Array | None) -> Array | None:
        asked.append((len(network.shape), threading.current_thread() is threading.main_thread()))
        return ask(network, picture)

    monkeypatch.setattr(asking, "predict", watched)
    monkeypatch.setattr("nnviz.session.shared_queries.QUICK", 10.0)
    session = Session(Experiment(shape=(784, 3), activations=("softmax",)))
    session.queries.want("a test", (ANSWER,), True)
    for value in (0.5, 0.9):
        with qtbot.waitSignal(session.question.answer_changed):
            draw_grey(session, value)
    session.settings.change("shape", hidden=(500,))
    qtbot.waitUntil(lambda: len(asked) == 3)
    assert asked == [(2, False), (2, True), (3, False)]
    session.close()


def test_no_answer_where_nothing_can_be_asked(session: Session) -> None:
    assert session.prediction is None
    network = session.displayed.network
    assert asking.predict(network, None) is None
    assert asking.predict(network, np.zeros(5, np.float32)) is None
