"""Slow work beside the interface: in order, reported where it was asked for; and no lane waits for another."""

from __future__ import annotations

import gc
import threading
import time
from collections.abc import Iterator

import pytest
from PyQt5.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from nnviz.jobs.serial_thread import SerialThread, close_all


@pytest.fixture
def lane(qapp: QApplication) -> Iterator[SerialThread]:
    """Ended after the test."""
    lane = SerialThread()
    yield lane
    assert lane.close(10_000)


def test_work_is_done_elsewhere_and_reported_here(lane: SerialThread, qtbot: QtBot) -> None:
    reported: list[tuple[int, int, int]] = []
    for number in range(5):
        lane.run(
            lambda number=number: (number, threading.get_ident()),
            lambda outcome: reported.append((*outcome, threading.get_ident())),
            lambda error: pytest.fail(str(error)),
        )
    qtbot.waitUntil(lambda: len(reported) == 5)
    assert [number for number, *_ in reported] == [0, 1, 2, 3, 4], "one after the other"
    here = threading.get_ident()
    assert all(worked != here and heard == here for _, worked, heard in reported)


def test_what_goes_wrong_is_reported_too(lane: SerialThread, qtbot: QtBot) -> None:
    failed: list[Exception] = []
    lane.run(lambda: 1 / 0, lambda _: pytest.fail("it did not work"), failed.append)
    qtbot.waitUntil(lambda: bool(failed))
    assert isinstance(failed[0], ZeroDivisionError)
    done: list[object] = []
    lane.run(lambda: 1, done.append, failed.append)
    qtbot.waitUntil(lambda: done == [1])


def test_a_lane_does_not_wait_for_another(lane: SerialThread, qtbot: QtBot) -> None:
    other, gate = SerialThread(), threading.Event()
    reported: list[str] = []
    other.run(lambda: gate.wait(10), lambda _: reported.append("slow"), lambda _: None)
    lane.run(lambda: None, lambda _: reported.append("quick"), lambda _: None)
    qtbot.waitUntil(lambda: reported == ["quick"])
    gate.set()
    qtbot.waitUntil(lambda: reported == ["quick", "slow"])
    assert other.close(10_000)


def test_after_the_end_nothing_is_reported(lane: SerialThread, qtbot: QtBot) -> None:
    done = threading.Event()
    reported: list[object] = []
    lane.run(done.set, reported.append, reported.append)
    assert lane.close(10_000)
    assert done.is_set(), "what was asked for is finished"
    lane.run(lambda: reported.append("begun"), reported.append, reported.append)
    qtbot.wait(1)
    assert reported == []


def test_an_outcome_that_comes_when_nobody_is_left_to_hear_it_is_dropped(qapp: QApplication) -> None:
    """Closing did not wait for it: it is on its way while what asked for it is taken apart."""
    gate, is_done = threading.Event(), threading.Event()
    reported: list[object] = []
    lane = SerialThread()

    def work() -> None:
        gate.wait(5)
        is_done.set()

    lane.run(work, reported.append, reported.append)
    assert not lane.close(0)
    gate.set()
    assert is_done.wait(5)
    assert lane.close(5000)
    del lane
    gc.collect()
    QApplication.processEvents()
    assert reported == []


def test_closing_several_waits_for_all_together(qapp: QApplication) -> None:
    gates = [threading.Event() for _ in range(3)]
    lanes = [SerialThread() for _ in gates]
    for lane, gate in zip(lanes, gates, strict=True):
        lane.run(lambda gate=gate: gate.wait(10), lambda _: None, lambda _: None)
    start = time.perf_counter()
    assert not close_all(lanes, 300)
    assert time.perf_counter() - start < 2 * 0.3
    for gate in gates:
        gate.set()
    assert close_all(lanes, -1)
