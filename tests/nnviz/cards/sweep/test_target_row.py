"""Where a sweep is done: the address of a cluster in the form, who is there, and what is asked before anything goes."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PyQt5.QtCore import Qt
from PyQt5.QtWidgets import QLabel, QPushButton
from pytestqt.qtbot import QtBot

from engine.basics.errors import Verbatim
from engine.datasets import Dataset, source_of
from engine.sweeps.results import STOPPED
from engine.sweeps.run_execution import RunOutcome
from engine.version import __version__
from nnviz.cards.sweep.model import SweepForm
from nnviz.library import Library
from nnviz.library.sweeps import SweepLibrary
from nnviz.sweeps.cluster import ClusterStatus, WorkerInfo, cluster_status
from nnviz.sweeps.cluster_address import ClusterAddress, ClusterError, address_of
from nnviz.sweeps.executor import ExecutorHalted, Message
from nnviz.ui import start_stop
from nnviz.ui.note import Note
from nnviz.window.main_window import MainWindow
from tests.conftest import MakeWindow
from tests.nnviz.cards.card_window import AnyWindow, CardWindow, MakeCards
from tests.nnviz.cards.stage.plane.plane_helpers import load
from tests.nnviz.cards.sweep.sweep_helpers import choose_entry
from tests.nnviz.helpers import click, find, find_field, retype, stored_settings
from tests.nnviz.jobs.plans_helpers import Beside, Does, choose_offer, reported
from tests.nnviz.sweeps.clusters import local_cluster, wait_for

HERE, GPU7 = "tcp://127.0.0.1:8786", "tcp://gpu7:8786"


@pytest.fixture
def ready_window(make_cards: MakeCards) -> CardWindow:
    return make_cards("theirCurvesDock", "whatDiffersDock")


class Clusters:
    """Clusters that are not there: who is asked, and what does their runs.

    Attributes:
        asked: the addresses where somebody was asked who is there.
        begun: those where runs were to be done.
        silent: those where nobody answers.
        held: those that answer when ``go`` is set.
    """

    def __init__(self, data: Dataset) -> None:
        self.asked: list[ClusterAddress] = []
        self.begun: list[ClusterAddress] = []
        self.silent: set[str] = set()
        self.held: set[str] = set()
        self.go, self.threads = threading.Event(), set()
        self.executor = Beside(data=data)

    def who(self, address: ClusterAddress) -> ClusterStatus:
        self.asked.append(address)
        self.threads.add(threading.current_thread())
        address.check_trust()
        self._answer(address)
        if address.url in self.held:
            self.go.wait(10)
        worker = WorkerInfo(f"tcp://{address.host}:40001", 4, 8 * 10**9, __version__, "3.10.12", "1.26.4")
        return ClusterStatus(address.url, (worker, worker), "2024.8.0")

    def _answer(self, address: ClusterAddress) -> None:
        if address.url in self.silent:
            value, rule = Verbatim(f"{address.url}, where nobody answers"), "must answer within 9 seconds"
            raise ClusterError("the cluster", value, rule, "Does a firewall let you through?")

    def connect(self, address: ClusterAddress) -> Clusters:
        self.begun.append(address)
        self._answer(address)
        return self

    def __enter__(self) -> Clusters:
        return self

    def __exit__(self, *error: object) -> None:
        pass


@pytest.fixture
def window(ready_window: CardWindow, qtbot: QtBot) -> CardWindow:
    """At the form, with the plane; two learning rates and one seed."""
    load(qtbot, ready_window, "spirals", points=60)
    session = ready_window.session
    session.records.set_on(True)
    session.settings.change("small", hidden=(4,), epochs=2, batch_size=10, learning_rate=0.2)
    ready_window.show_sweep_form()
    choose_entry(qtbot, ready_window, "sweepLearningRateKindButton", "list")
    retype(qtbot, ready_window, "sweepLearningRateValuesEdit", "0.05, 0.2")
    retype(qtbot, ready_window, "sweepSeedsEdit", "1")
    return ready_window


@pytest.fixture
def clusters(monkeypatch: pytest.MonkeyPatch) -> Iterator[Clusters]:
    made = Clusters(source_of("spirals").load({"points": 60}))
    monkeypatch.setattr("nnviz.sweeps.cluster.cluster_status", made.who)
    monkeypatch.setattr("nnviz.sweeps.cluster.Cluster", made.connect)
    monkeypatch.setattr("nnviz.sweeps.cluster_executor.ClusterExecutor", lambda *given: made.executor)
    yield made
    made.go.set()


def line(window: AnyWindow) -> str:
    """Beneath the address; empty where nothing is reported."""
    found = find(window, QLabel, "sweepWhereLabel")
    return found.text() if found.isVisible() else ""


def start(qtbot: QtBot, window: CardWindow) -> None:
    click(qtbot, window, QPushButton, "sweepStartButton")


def wait_for_end(qtbot: QtBot, window: CardWindow) -> None:
    qtbot.waitUntil(lambda: window.session.sweeps.plan_progress is None, timeout=30_000)


def statuses() -> list[str]:
    """Of the sweeps in the library."""
    with Library() as library:
        return [each.status for each in SweepLibrary(library).all()]


# ---- who is there


def test_what_is_no_address_is_reported_at_the_field_and_the_last_address_wins(
    window: CardWindow, clusters: Clusters, qtbot: QtBot
) -> None:
    note, button = find(window, Note, "sweepWhereError"), find(window, QPushButton, "sweepStartButton")
    for typed in ("nowhere", "http://gpu7:8786", "tls://gpu7:8786"):
        retype(qtbot, window, "sweepWhereEdit", typed)
        qtbot.waitUntil(note.isVisible)
        assert note.text().startswith("The address is "), typed
        assert "--" not in note.text(), typed
        assert not button.isEnabled(), typed
        assert note.text() in button.toolTip(), typed
        window.session.undo.undo()
        qtbot.waitUntil(button.isEnabled)
    assert not clusters.asked

    # The last address wins.
    clusters.held.add(HERE)
    retype(qtbot, window, "sweepWhereEdit", HERE)
    qtbot.waitUntil(lambda: len(clusters.asked) == 1)
    assert line(window) == "Connecting to the cluster …"
    retype(qtbot, window, "sweepWhereEdit", "tcp://127.0.0.2:1234")
    qtbot.waitUntil(lambda: "2 workers" in line(window))
    retype(qtbot, window, "sweepWhereEdit", "")
    clusters.go.set()
    assert window.session.sweep_target.close(5000)
    assert not line(window)
    assert "with 1 process" in window.session.models[SweepForm].estimate


def test_nobody_answers_and_nothing_begins(window: CardWindow, clusters: Clusters, qtbot: QtBot) -> None:
    clusters.silent.add(HERE)
    retype(qtbot, window, "sweepWhereEdit", HERE)
    qtbot.waitUntil(lambda: "where nobody answers: it must answer within 9 seconds" in line(window))
    start(qtbot, window)
    wait_for_end(qtbot, window)
    qtbot.waitUntil(lambda: "nobody answers" in reported(window.session))
    assert statuses() == []
    clusters.silent.clear()
    qtbot.keyClick(find_field(window, "sweepWhereEdit"), Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: "2 workers" in line(window))


def test_an_address_says_who_is_there_and_the_runs_are_done_there(
    window: CardWindow, clusters: Clusters, does: Does, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(start_stop, "REST", 0.0)  # seconds
    here = does()
    assert not line(window)
    retype(qtbot, window, "sweepWhereEdit", HERE)
    qtbot.waitUntil(lambda: line(window).startswith("2 workers with 8 cores and 16"))
    assert f"nnviz {__version__}, numpy 1.26.4, Python 3.10.12, Dask 2024.8.0" in line(window)
    assert threading.main_thread() not in clusters.threads
    qtbot.waitUntil(lambda: "2 runs of 2 epochs on 8 cores of the cluster" in window.session.models[SweepForm].estimate)
    start(qtbot, window)
    wait_for_end(qtbot, window)
    assert [each.url for each in clusters.begun] == [HERE]
    assert len(clusters.executor.done) == 2
    assert clusters.executor.is_closed
    assert not here.done
    assert statuses() == ["finished"]

    # Empty is this machine.
    retype(qtbot, window, "sweepWhereEdit", "")
    clusters.asked.clear()
    clusters.begun.clear()
    here = does(data=window.session.data.dataset)
    start(qtbot, window)
    wait_for_end(qtbot, window)
    assert len(here.done) == 2
    assert not clusters.asked
    retype(qtbot, window, "sweepWhereEdit", HERE)
    seeds = does(data=window.session.data.dataset)
    window.session.sweeps.toggle()
    wait_for_end(qtbot, window)
    assert len(seeds.done) == 5
    assert not clusters.begun


# ---- what is asked first


def test_another_computer_is_asked_about_before_anything_is_sent(
    window: CardWindow, clusters: Clusters, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    for typed in (GPU7, "", GPU7):
        retype(qtbot, window, "sweepWhereEdit", typed)
        if not typed:
            assert not reported(window.session), "another address takes the question back"
            continue
        qtbot.waitUntil(lambda: reported(window.session).startswith("Do you trust gpu7 and the network in between?"))
    choose_offer(window.session, "Do not send")
    assert line(window) == "nnviz sends nothing to gpu7 until you trust it. Start asks you."
    assert not clusters.asked
    start(qtbot, window)
    qtbot.waitUntil(lambda: "Do you trust gpu7" in reported(window.session))
    assert not clusters.begun
    choose_offer(window.session, "Trust gpu7")
    wait_for_end(qtbot, window)
    assert [each.trusted for each in clusters.begun] == [{"gpu7"}]
    assert not clusters.begun[0].may_send_rows
    qtbot.waitUntil(lambda: "2 workers" in line(window))
    retype(qtbot, window, "sweepWhereEdit", "tcp://gpu8:8786")
    qtbot.waitUntil(lambda: "Do you trust gpu8" in reported(window.session))

    # Data of one's own are asked about, also of a computer that is trusted.
    choose_offer(window.session, "Do not send")
    retype(qtbot, window, "sweepWhereEdit", GPU7)
    load(qtbot, window, "painted")
    clusters.begun.clear()
    clusters.executor = Beside(data=window.session.data.dataset)
    monkeypatch.setattr(start_stop, "REST", 0.0)  # seconds
    start(qtbot, window)
    assert "your own data, to gpu7?" in reported(window.session)
    choose_offer(window.session, "Do not send")
    assert not clusters.begun
    start(qtbot, window)
    choose_offer(window.session, "Send them to gpu7")
    wait_for_end(qtbot, window)
    assert [each.may_send_rows for each in clusters.begun] == [True]


def test_the_address_is_remembered_and_the_yes_is_not(
    whole_window: MainWindow, clusters: Clusters, qtbot: QtBot, make_window: MakeWindow
) -> None:
    window = whole_window
    window.show_sweep_form()
    retype(qtbot, window, "sweepWhereEdit", GPU7)
    qtbot.waitUntil(lambda: "Do you trust gpu7" in reported(window.session))
    choose_offer(window.session, "Trust gpu7")
    qtbot.waitUntil(lambda: stored_settings().get("sweep_where") == GPU7)
    qtbot.waitUntil(lambda: len(clusters.asked) == 1)
    again = make_window()
    qtbot.waitUntil(lambda: again.session.data.dataset is not None)
    again.show_sweep_form()
    qtbot.waitUntil(lambda: line(again).startswith("nnviz sends nothing to gpu7"))
    assert find_field(again, "sweepWhereEdit").text() == GPU7
    assert len(clusters.asked) == 1
    assert "trust" not in str(stored_settings()).lower()


# ---- a scheduler that goes away; a real one


class Gone(Beside):
    """The scheduler goes after the first run."""

    def next(self, timeout: float) -> list[Message]:
        if not self.done:
            return super().next(timeout)
        left, self._waiting = self._waiting, []
        gone: Any = ExecutorHalted("The scheduler of the cluster is gone. Finished runs are kept.")
        return [gone, *(RunOutcome(each.number, STOPPED) for each in left)]


def test_a_scheduler_that_goes_away_leaves_what_can_go_on_elsewhere(
    window: CardWindow, clusters: Clusters, does: Does, qtbot: QtBot
) -> None:
    dataset = window.session.data.dataset
    clusters.executor = Gone(data=dataset)
    messages: list[str] = []
    window.session.messages.changed.connect(lambda: messages.append(reported(window.session)))
    retype(qtbot, window, "sweepWhereEdit", HERE)
    start(qtbot, window)  # at once: it begins as soon as the address is read
    qtbot.waitUntil(lambda: bool(clusters.begun))
    wait_for_end(qtbot, window)
    qtbot.waitUntil(lambda: reported(window.session).startswith("The sweep was stopped after 1 of 2 runs"))
    assert "The scheduler of the cluster is gone. Finished runs are kept." in messages
    here = does(data=dataset)
    retype(qtbot, window, "sweepWhereEdit", "")
    choose_offer(window.session, "Resume")
    wait_for_end(qtbot, window)
    assert len(here.done) == 1
    assert statuses() == ["finished"]


def test_on_a_real_cluster(window: CardWindow, qtbot: QtBot, tmp_path: Path) -> None:
    with local_cluster(tmp_path / "cluster", 1) as cluster:
        wait_for(lambda: len(cluster_status(address_of(str(cluster.file))).workers) == 1)
        retype(qtbot, window, "sweepWhereEdit", str(cluster.file))
        qtbot.waitUntil(lambda: "1 worker with 1 core" in line(window), timeout=10_000)
        start(qtbot, window)
        qtbot.waitUntil(lambda: window.session.sweeps.plan_progress is not None)
        wait_for_end(qtbot, window)
        assert statuses() == ["finished"]
        with Library() as library:
            assert len(SweepLibrary(library).runs(1)) == 2
