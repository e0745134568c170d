"""Work on the library that may take long: in order, reported while it lasts, and cancelled as a whole."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pytestqt.qtbot import QtBot

from engine.basics.errors import DataError
from nnviz.library import Library
from nnviz.session.library_work import LibraryWork, ReportFunction
from nnviz.session.messages import Messages
from tests.nnviz.library.helpers import an_experiment


@pytest.fixture
def messages() -> Messages:
    return Messages()


@pytest.fixture
def work(tmp_path: Path, messages: Messages, qtbot: QtBot) -> Iterator[LibraryWork]:
    made = LibraryWork(lambda: tmp_path / "library.sqlite", messages)
    yield made
    assert made.close(5000)


@pytest.fixture
def reported(work: LibraryWork, messages: Messages) -> list[str]:
    """The work in progress for the head bar, and what came of it, which is announced."""
    words: list[str] = []
    work.status_changed.connect(lambda status: words.append(status) if status else None)
    messages.announced.connect(lambda: words.append(announced(messages)))
    return words


def announced(messages: Messages) -> str:
    assert messages.announcement is not None
    return messages.announcement.text


def begin(library: Library, tell: ReportFunction) -> int:
    return library.begin(an_experiment())


def test_pieces_are_done_in_order_and_each_is_reported(work: LibraryWork, reported: list[str], qtbot: QtBot) -> None:
    for name in ("First", "Second"):
        work.run(name, begin, lambda run: f"It is run {run}", "It failed")
    qtbot.waitUntil(lambda: len(reported) == 4)
    assert reported == ["First …", "It is run 1", "Second …", "It is run 2"]


def test_an_error_is_reported_and_the_next_piece_is_done(
    work: LibraryWork, reported: list[str], messages: Messages, qtbot: QtBot
) -> None:
    def fail(*_: Any) -> None:
        raise DataError("rows", 3, "must be four", "Add one.")

    work.run("First", fail, str, "The first one failed")
    work.run("Second", begin, lambda run: f"It is run {run}", "The second one failed")
    qtbot.waitUntil(lambda: "It is run 1" in reported)
    assert messages.current is not None
    assert messages.current.text == "The first one failed: rows is 3: it must be four. Add one."


def test_cancelling_ends_what_is_done_and_what_waits(work: LibraryWork, reported: list[str], qtbot: QtBot) -> None:
    reached, goes_on, begun = threading.Event(), threading.Event(), []

    def wait(library: Library, tell: ReportFunction) -> None:
        reached.set()
        goes_on.wait(10)
        tell("half of it")
        begun.append("the other half")

    work.run("First", wait, str, "The first one failed")
    work.run("Second", lambda library, tell: begun.append("second"), str, "The second one failed")
    assert reached.wait(10)
    work.cancel()
    goes_on.set()
    qtbot.waitUntil(lambda: reported[-1] == "Second was cancelled")
    assert "First was cancelled" in reported
    assert not begun


def test_how_far_it_is_is_reported(
    work: LibraryWork, reported: list[str], qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nnviz.session.library_work._BETWEEN_NEWS", 0)
    goes_on = threading.Event()

    def half(library: Library, tell: ReportFunction) -> str:
        tell("half of it")
        goes_on.wait(10)
        return "done"

    work.run("First", half, str, "It failed")
    qtbot.waitUntil(lambda: reported[-1] == "First: half of it …")
    goes_on.set()
    qtbot.waitUntil(lambda: reported[-1] == "done")


def test_closing_ends_it_and_tells_nothing_more(work: LibraryWork, reported: list[str], qtbot: QtBot) -> None:
    reached, goes_on, ended = threading.Event(), threading.Event(), []

    def wait(library: Library, tell: ReportFunction) -> None:
        reached.set()
        goes_on.wait(10)
        try:
            tell("half of it")
        finally:
            ended.append("here")

    work.run("First", wait, str, "It failed")
    assert reached.wait(10)
    work.close(0)
    goes_on.set()
    assert work.close(5000)
    assert ended
    assert reported == ["First …"]


def test_an_outcome_that_cannot_be_reported_is_not_taken_for_work(
    work: LibraryWork, reported: list[str], qtbot: QtBot
) -> None:
    with qtbot.captureExceptions() as crashes:
        work.run("First", begin, lambda run: str(1 // 0), "It failed")
        work.run("Second", begin, lambda run: f"It is run {run}", "It failed")
        qtbot.waitUntil(lambda: reported[-1] == "It is run 2")
    assert [kind for kind, *_ in crashes] == [ZeroDivisionError]
    assert not work._waiting
