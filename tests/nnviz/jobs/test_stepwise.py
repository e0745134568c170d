"""Work in steps, in a thread of its own: progress, cancel, end. Among it a layer without each of its neurons."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from PyQt5 import sip
from pytestqt.qtbot import QtBot

from engine.explain import neurons
from engine.training.metrics import Evaluator
from nnviz.jobs import stepwise
from nnviz.jobs.stepwise import Steps, StepwiseTask, shares_only, yield_to_training
from tests.engine.explain.test_explain import network_of
from tests.engine.explain.test_neurons import pictures


@pytest.fixture
def work() -> Iterator[StepwiseTask]:
    made = StepwiseTask()
    yield made
    assert made.close(5000)


def without_each(network_shape: list[int], examples: int, layer: int = 1) -> Callable[[], Steps]:
    network = network_of(network_shape)
    split = pictures(examples, network_shape[0], network_shape[-1])
    return lambda: shares_only(neurons.ablate_each(network, split, layer))


def test_it_returns_what_the_steps_return(work: StepwiseTask, qtbot: QtBot) -> None:
    network, split = network_of([6, 5, 3]), pictures(200, 6, 3)
    work.start("layer 1", lambda: shares_only(neurons.ablate_each(network, split, 1)))
    assert work.is_running
    qtbot.waitUntil(lambda: not work.is_running)
    whole, each = work.result
    assert len(each) == 5
    assert whole.error == Evaluator(network, split).evaluate().error
    assert (work.about, work.share, work.was_stopped) == ("layer 1", 1.0, False)


def test_it_tells_how_far_it_is_and_can_be_stopped(work: StepwiseTask, qtbot: QtBot) -> None:
    work.start("large", without_each([50, 1000, 500, 10], 20_000))
    qtbot.waitUntil(lambda: work.share > 0)
    work.cancel()
    assert not work.is_running
    assert work.was_stopped
    work.start("small", without_each([4, 2, 3], 10))
    qtbot.waitUntil(lambda: not work.is_running)
    assert len(work.result[1]) == 2, "nothing of the first comes after it"
    work.forget()
    assert (work.about, work.result) == (None, None)


def test_what_the_steps_opened_is_closed_in_their_thread(qtbot: QtBot) -> None:
    """Also if the window's part is deleted meanwhile: an SQLite connection can be closed nowhere else."""
    begun, go_on, closed = threading.Event(), threading.Event(), list[bool]()

    def steps() -> Steps:
        thread = threading.get_ident()
        try:
            begun.set()
            go_on.wait(5)
            while True:
                yield 0.5, None
        finally:
            closed.append(threading.get_ident() == thread)

    gone = StepwiseTask()
    gone.start("it", steps)
    assert begun.wait(5)
    gone._thread.close(0)  # its outcome is dropped
    sip.delete(gone)
    go_on.set()
    assert gone._thread.close(5000)
    qtbot.waitUntil(lambda: bool(closed))
    assert closed == [True]


def test_what_was_found_so_far_stays_when_it_is_stopped(work: StepwiseTask, qtbot: QtBot) -> None:
    begun, go_on, is_over = threading.Event(), threading.Event(), threading.Event()

    def steps() -> Steps:
        begun.set()
        try:
            for number in range(1, 4):
                yield number / 3, list(range(number))
                assert go_on.wait(10)
        finally:
            is_over.set()

    work.start("numbers", steps)
    assert begun.wait(10)
    work.cancel()
    go_on.set()
    qtbot.waitUntil(is_over.is_set)
    assert (work.result, work.was_stopped) == (None, True)
    work.start("numbers", steps)
    qtbot.waitUntil(lambda: not work.is_running)
    assert work.partial == [0, 1, 2], "the last of it arrives too"


def test_an_error_is_reported(work: StepwiseTask, qtbot: QtBot) -> None:
    with qtbot.waitSignal(work.failed):
        work.start("the outputs", without_each([6, 5, 3], 10, layer=2))
    assert not work.is_running


@pytest.mark.parametrize("is_training", [False, True])
def test_it_rests_only_while_a_network_is_trained(is_training: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    rests: list[float] = []
    monkeypatch.setattr(stepwise.time, "sleep", rests.append)

    def steps() -> Any:
        yield 0.5, "some"
        yield 0.9, "more"
        return "all"

    considerate = yield_to_training(steps(), lambda: is_training)
    assert [next(considerate)[0], next(considerate)[0]] == [0.5, 0.9]
    with pytest.raises(StopIteration) as finished:
        next(considerate)
    assert finished.value.value == "all"
    assert len(rests) == (2 if is_training else 0)
    assert all(0 <= rest <= 0.5 for rest in rests)
