"""Which class an answer speaks for, how clearly, and the same drawing asked over a whole training."""

from __future__ import annotations

import weakref

import numpy as np
import pytest

from engine.network import Network
from nnviz.session.question import Answer, Replay, verdict_of
from nnviz.session.runs.current.snapshots import Snapshots


def network(seed: int = 1) -> Network:
    return Network([4, 3], ["softmax"], "cross-entropy", rng=np.random.default_rng(seed))


def drawing(value: float = 0.5) -> np.ndarray:
    return np.full(4, value, np.float32)


def test_the_best_and_the_second() -> None:
    verdict = verdict_of(np.array([0.1, 0.2, 0.7], np.float32))
    assert (verdict.best, verdict.second) == (2, 1)
    assert verdict.share == pytest.approx(0.7)
    assert verdict.second_share == pytest.approx(0.2)
    assert verdict.is_sure


@pytest.mark.parametrize(("sure_from", "is_sure"), [(0.0, True), (0.5, True), (0.75, True), (0.76, False), (1, False)])
def test_sure_from_the_threshold_on(sure_from: float, is_sure: bool) -> None:
    assert verdict_of(np.array([0.25, 0.75]), sure_from).is_sure is is_sure


def test_the_first_of_equals_wins() -> None:
    verdict = verdict_of(np.array([0.2, 0.4, 0.4]))
    assert (verdict.best, verdict.second) == (1, 2)


def test_outputs_that_are_no_probabilities_are_taken_as_they_are() -> None:
    """Sigmoids that say no to everything are not sure of anything, though one is always the largest."""
    unsure = verdict_of(np.array([0.02, 0.01, 0.0]))
    assert unsure.share == pytest.approx(0.02)
    assert not unsure.is_sure
    both = verdict_of(np.array([0.9, 0.95]))
    assert both.is_sure
    assert both.second_share == pytest.approx(0.9)


def test_shares_stay_within_0_and_1() -> None:
    verdict = verdict_of(np.array([1.7, -0.4]))
    assert (verdict.share, verdict.second_share) == (1, 0)


def test_the_outputs_are_not_touched() -> None:
    outputs = np.array([0.1, 0.9])
    verdict_of(outputs)
    np.testing.assert_array_equal(outputs, [0.1, 0.9])


def test_one_question_is_asked_once(monkeypatch: pytest.MonkeyPatch) -> None:
    answer, net, picture = Answer(), network(), drawing()
    first = answer.of(net, picture)
    assert answer.of(net, picture) is first
    assert answer.of(net, drawing()) is not first


@pytest.mark.parametrize("picture", [None, np.zeros(5, np.float32)])
def test_no_answer_where_nothing_can_be_asked(picture: np.ndarray | None) -> None:
    assert Answer().of(network(), picture) is None


# ---- the past


def past(count: int) -> Snapshots:
    moments = Snapshots()
    for epoch in range(count):
        moments.add(epoch, network(epoch).parameters)
    return moments


def test_a_replay_is_what_each_network_would_have_said() -> None:
    replay, moments = Replay(), past(5)
    replay.restart(drawing())
    assert replay.lacks(moments)
    assert replay.ask(network(), moments, 10)
    assert not replay.lacks(moments)
    epochs, answers = replay.series(moments)
    assert epochs == [0, 1, 2, 3, 4]
    for seed, answer in enumerate(answers):
        np.testing.assert_array_equal(answer, network(seed).predict(drawing()[None])[0])


def test_a_replay_goes_on_where_its_time_was_over() -> None:
    replay, moments = Replay(), past(5)
    replay.restart(drawing())
    rounds = 1
    while not replay.ask(network(), moments, 0):
        assert len(replay.series(moments)[0]) == rounds
        rounds += 1
    assert rounds == 5


def test_another_drawing_is_asked_anew() -> None:
    replay, moments = Replay(), past(3)
    replay.restart(drawing())
    replay.ask(network(), moments, 10)
    before = replay.series(moments)[1]
    replay.restart(drawing(0.1))
    assert replay.lacks(moments)
    replay.ask(network(), moments, 10)
    assert not np.array_equal(before, replay.series(moments)[1])


def test_what_is_known_is_not_asked_again() -> None:
    replay, moments = Replay(), past(1)
    known = np.array([0.0, 1.0, 0.0], np.float32)
    replay.restart(drawing())
    assert moments.newest is not None
    replay.know(moments.newest, known)
    assert replay.ask(network(), moments, 0)
    assert replay.series(moments)[1][0] is known


def test_an_answer_that_is_not_finite_is_left_out() -> None:
    replay, moments = Replay(), past(2)
    moments.add(2, np.full_like(network().parameters, np.inf))
    replay.restart(drawing())
    assert replay.ask(network(), moments, 10)
    assert replay.series(moments)[0] == [0, 1]


def test_moments_that_are_gone_are_let_go() -> None:
    """Their parameters are what takes the memory."""
    replay, moments = Replay(), past(4)
    replay.restart(drawing())
    replay.ask(network(), moments, 10)
    gone = weakref.ref(moments.newest)
    moments.forget_after(2)
    assert replay.series(moments)[0] == [0, 1, 2]
    assert gone() is None
