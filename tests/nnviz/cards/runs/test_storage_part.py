"""How much room runs take and may take: shown, typed, and made."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from PyQt5.QtCore import Qt
from PyQt5.QtWidgets import QLabel, QPushButton
from pytestqt.qtbot import QtBot

from nnviz.cards.runs.storage import StorageModel
from nnviz.library import Library
from nnviz.library.errors import read_only
from nnviz.library.quota import BUDGET, SNAPSHOT_BUDGET, Quota, ThinningPlan
from nnviz.session.snapshots import MOST_BYTES
from nnviz.ui.group import CollapsibleGroup
from nnviz.window.main_window import MainWindow
from tests.nnviz.cards.card_window import AnyWindow, CardWindow, MakeCards
from tests.nnviz.cards.runs.helpers import show_runs
from tests.nnviz.cards.runs.seed_helpers import copy_library
from tests.nnviz.helpers import announced, click, find, find_field, retype, train_epochs
from tests.nnviz.jobs.plans_helpers import choose_offer
from tests.nnviz.library.helpers import an_experiment, record


@pytest.fixture
def ready_window(make_cards: MakeCards) -> CardWindow:
    return make_cards("runsDock")


def train_large(count: int, path: Path | None = None) -> list[int]:
    """Runs with moments that can go, in the test's library unless a path is given."""
    made = an_experiment(epochs=40).changed(hidden=(400,))
    with Library(path) as library:
        return [record(library, made)[0] for _ in range(count)]


@pytest.fixture(scope="module")
def made_once(tmp_path_factory: pytest.TempPathFactory) -> dict[int, tuple[Path, list[int]]]:
    """Libraries of one and of two large runs, and their numbers."""
    folder = tmp_path_factory.mktemp("large")
    one, two = folder / "1.sqlite", folder / "2.sqlite"
    first = train_large(1, one)
    copy_library(one, two)
    return {1: (one, first), 2: (two, [*first, *train_large(1, two)])}


@pytest.fixture
def large_runs(made_once: dict[int, tuple[Path, list[int]]]) -> Callable[[int], list[int]]:
    """Makes the test's library one of a given number of large runs; returns their numbers."""

    def copy(count: int) -> list[int]:
        path, numbers = made_once[count]
        copy_library(path)
        return list(numbers)

    return copy


def open_room(window: AnyWindow, qtbot: QtBot) -> CollapsibleGroup:
    """Turns to Runs, opens the group with the mouse, and waits until its figures are there."""
    show_runs(window, qtbot)
    group = find(window, CollapsibleGroup, "roomGroup")
    qtbot.waitUntil(lambda: window.session.models[StorageModel].usage is not None)
    if not group.is_open:
        qtbot.mouseClick(group.head, Qt.MouseButton.LeftButton)
    return group


def words(window: CardWindow, name: str = "roomWords") -> str:
    return find(window, QLabel, name).text()


def value(window: CardWindow, name: str) -> str:
    return find_field(window, name).text()


# ---- what is shown


def test_without_a_library_nothing_is_taken_and_a_budget_that_is_typed_makes_one(
    ready_window: CardWindow, qtbot: QtBot
) -> None:
    group = open_room(ready_window, qtbot)
    assert group.head.summary == "0 bytes of 2 GB"
    assert [value(ready_window, f"{name}RoomEdit") for name in ("library", "run", "memory")] == ["2", "32", "64"]
    assert words(ready_window) == "No snapshots need to be removed."
    assert not find(ready_window, QPushButton, "thinButton").isEnabled()
    assert not ready_window.session.records.path.exists()

    # A wrong value is reported beside its field and changes nothing.
    open_room(ready_window, qtbot)
    room = ready_window.session.models[StorageModel]
    for name, typed, message in WRONG:
        field = retype(qtbot, ready_window, f"{name}RoomEdit", typed)
        note = find(ready_window, QLabel, f"{name}RoomError")
        assert note.isVisible(), name
        assert note.text().startswith(message)
        assert field.text() == typed, "it can be corrected"
        assert room.memory_budget == MOST_BYTES
        assert room.usage is not None
        assert (room.usage.plan.budget, room.usage.snapshot_budget) == (BUDGET, SNAPSHOT_BUDGET)
        qtbot.keyClick(field, Qt.Key.Key_Escape)
        assert not note.isVisible(), name
        assert value(ready_window, f"{name}RoomEdit") in ("2", "32", "64")

    # A budget that is typed first makes the library.
    retype(qtbot, ready_window, "libraryRoomEdit", "1")
    qtbot.waitUntil(lambda: group.head.summary.endswith(" of 1 GB"))
    with Library() as library:
        assert library.quota.budget == 10**9


def test_it_tells_what_is_taken_and_what_could_go_and_looks_once(
    ready_window: CardWindow, qtbot: QtBot, large_runs: Callable[[int], list[int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    large_runs(2)
    group = open_room(ready_window, qtbot)
    with Library() as kept:
        taken = kept.quota.nbytes
    assert group.head.summary.startswith(f"{taken / 1e6:.1f}".removesuffix(".0"))
    assert group.head.summary.endswith(" MB of 2 GB")
    qtbot.waitUntil(lambda: "could be removed" in words(ready_window))
    assert "snapshots of 2 old runs" in words(ready_window)
    assert "; none starred)." in words(ready_window)
    assert not find(ready_window, QLabel, "roomWarning").isVisible()
    assert not find(ready_window, QPushButton, "thinButton").isEnabled()

    # There may be thousands; the list is read every second while the network learns.
    looks: list[int | None] = []
    plan = Quota.plan

    def counted(room: Quota, budget: int | None = None) -> ThinningPlan:
        looks.append(budget)
        return plan(room, budget)

    monkeypatch.setattr(Quota, "plan", counted)
    library, room = ready_window.session.library, ready_window.session.models[StorageModel]
    for _ in range(3):
        with qtbot.waitSignal(library.listed):
            library.refresh()
        qtbot.waitUntil(lambda: not room._is_looking)
    assert not looks
    train_large(1)
    with qtbot.waitSignal(room.changed):
        library.refresh()
    assert "snapshots of 3 old runs" in words(ready_window)
    assert 0 in looks


def test_too_much_is_said_in_the_closed_card_before_anything_goes(
    ready_window: CardWindow, qtbot: QtBot, large_runs: Callable[[int], list[int]]
) -> None:
    (run,) = large_runs(1)
    with Library() as library:
        library.annotate(run, starred=True)
        library.quota.budget = 1_000_000
        before = library.snapshot_epochs(run)
    show_runs(ready_window, qtbot)
    warning = find(ready_window, QLabel, "roomWarning")
    qtbot.waitUntil(warning.isVisible)
    assert "of its 1 MB limit. After the next run, nnviz removes" in warning.text()
    assert "of 1 old run" in warning.text()
    assert "1 of them starred" in warning.text()
    with Library() as library:
        assert library.snapshot_epochs(run) == before


# ---- what may be taken


def test_the_librarys_budgets_are_typed_and_kept_in_the_library(
    ready_window: CardWindow, qtbot: QtBot, large_runs: Callable[[int], list[int]]
) -> None:
    large_runs(1)
    group = open_room(ready_window, qtbot)
    retype(qtbot, ready_window, "libraryRoomEdit", "0,5")
    qtbot.waitUntil(lambda: group.head.summary.endswith(" of 500 MB"))
    assert value(ready_window, "libraryRoomEdit") == "0.5"
    retype(qtbot, ready_window, "runRoomEdit", "8")
    room = ready_window.session.models[StorageModel]
    qtbot.waitUntil(lambda: room.usage is not None and room.usage.snapshot_budget == 8_000_000)
    with Library() as library:
        assert (library.quota.budget, library.quota.snapshot_budget) == (500_000_000, 8_000_000)


WRONG = [
    ("library", "0", "Library is 0: it must be a number from 0.001 to 10000 GB. Try 2."),
    ("library", "much", "Library is 'much': it must be a number. Try 2."),
    ("run", "0.5", "Snapshots per run is 0.5: it must be a number from 1 to 100000 MB. Try 32."),
    ("memory", "-3", "Snapshots in memory is -3: it must be a number from 1 to"),
    ("memory", "1e9", "Snapshots in memory is 1000000000: it must be a number from 1 to"),
    ("memory", "", "Snapshots in memory is '': it must be a number. Try 64."),
]


def test_a_library_that_cannot_be_changed_keeps_its_budget_and_says_so(
    ready_window: CardWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, large_runs: Callable[[int], list[int]]
) -> None:
    large_runs(1)
    group = open_room(ready_window, qtbot)

    def refuse(*_: object) -> None:
        raise read_only(ready_window.session.records.path, "its file is write-protected")

    monkeypatch.setattr(Quota, "_set", refuse)
    retype(qtbot, ready_window, "libraryRoomEdit", "1")
    messages = ready_window.session.messages
    qtbot.waitUntil(lambda: messages.current is not None)
    assert messages.current is not None
    assert "could not be saved in the library: library.sqlite: the library is read-only" in messages.current.text
    assert value(ready_window, "libraryRoomEdit") == "2"
    assert group.head.summary.endswith("of 2 GB")


def test_memory_is_changed_at_once(ready_window: CardWindow, qtbot: QtBot) -> None:
    session = ready_window.session
    session.settings.change("shape", hidden=(300, 100))
    train_epochs(qtbot, ready_window, 1)
    run = session.runs.current
    for tenth in range(10):
        run.snapshots.add(tenth / 10, run.parameters, run.network.shape)
    before = list(session.timeline.epochs)
    assert set(before) > {tenth / 10 for tenth in range(11)}
    open_room(ready_window, qtbot)
    retype(qtbot, ready_window, "memoryRoomEdit", "2")
    assert session.models[StorageModel].memory_budget == 2 * 2**20
    assert session.runs.current.snapshots.nbytes <= 2 * 2**20
    assert 2 < len(session.timeline.epochs) < len(before)


# ---- less of it


def test_thin_now_takes_what_was_reported(
    whole_window: MainWindow, qtbot: QtBot, large_runs: Callable[[int], list[int]]
) -> None:
    first, second = large_runs(2)
    with Library() as library:
        library.annotate(first, starred=True)
        library.quota.budget = library.quota.nbytes - 1000
        before = {run: library.snapshot_epochs(run) for run in (first, second)}
    open_room(whole_window, qtbot)
    assert "After the next run, " in words(whole_window)
    assert "of 1 old run, " in words(whole_window)
    assert not find(whole_window, QLabel, "roomWarning").isVisible(), "it is said once"
    click(qtbot, whole_window, QPushButton, "thinButton")
    qtbot.waitUntil(lambda: "No snapshots need to be removed." in words(whole_window))
    with Library() as library:
        assert library.snapshot_epochs(first) == before[first], "it has a star"
        assert len(library.snapshot_epochs(second)) < len(before[second])
        assert library.quota.nbytes <= library.quota.budget
    assert announced(whole_window.session).startswith("Removed: ")
    assert not find(whole_window, QLabel, "roomWarning").isVisible()


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """Thinning waits for this after its first run; what takes time takes long."""
    monkeypatch.setattr("nnviz.session.activities._LONG", 0)
    monkeypatch.setattr("nnviz.session.library_work._BETWEEN_NEWS", 0)
    goes_on, take_from = threading.Event(), Quota._take_from

    def slowly(self: Quota, *arguments: Any) -> None:
        take_from(self, *arguments)
        goes_on.wait(30)

    monkeypatch.setattr(Quota, "_take_from", slowly)
    yield goes_on
    goes_on.set()


def test_thinning_that_takes_long_says_how_far_it_is_and_can_be_cancelled(
    whole_window: MainWindow, qtbot: QtBot, slow: threading.Event, large_runs: Callable[[int], list[int]]
) -> None:
    session = whole_window.session
    first, second = large_runs(2)
    with Library() as library:
        library.quota.budget = 1_000_000
        before = library.snapshot_epochs(second)
    open_room(whole_window, qtbot)
    click(qtbot, whole_window, QPushButton, "thinButton")
    qtbot.waitUntil(lambda: session.messages.current is not None)
    message = session.messages.current
    assert message is not None
    assert message.text.startswith("Still thinning old runs")
    assert [choice.text for choice in message.choices] == ["Cancel"]
    choose_offer(session, "Cancel")
    slow.set()
    qtbot.waitUntil(lambda: announced(session) == "Thinning old runs was cancelled")
    with Library() as library:
        assert library.run(first).is_thinned
        assert library.snapshot_epochs(second) == before
    assert session.messages.current is None


def test_what_the_view_says_goes_after_the_next_training_does(
    ready_window: CardWindow, qtbot: QtBot, large_runs: Callable[[int], list[int]]
) -> None:
    (run,) = large_runs(1)
    with Library() as library:
        library.introduce()
        library.quota.budget = 1_000_000
        before = library.snapshot_epochs(run)
    open_room(ready_window, qtbot)
    qtbot.waitUntil(lambda: "After the next run," in words(ready_window))
    ready_window.session.records.set_on(True)
    train_epochs(qtbot, ready_window, 1)
    with Library() as library:
        qtbot.waitUntil(lambda: len(library.snapshot_epochs(run)) < len(before))
