"""What is prepared once the window stands: never before, and not while it trains."""

from __future__ import annotations

from typing import Any

import pytest
from pytestqt.qtbot import QtBot

from engine import lazy_dataclass
from engine.lazy_dataclass import dataclass
from nnviz.session.status import Status
from tests.conftest import MakeWindow
from tests.nnviz.helpers import pause, wait_for


def some_waiting(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Three classes of which there is no object yet; no other waits."""
    monkeypatch.setattr(lazy_dataclass, "_WAITING", [])

    class Plain:
        """One of them."""

        number: int = 1

    content = {"__doc__": Plain.__doc__, "__annotations__": {"number": "int"}, "__module__": __name__, "number": 1}
    return [dataclass(type(f"Late{number}", (), dict(content))) for number in range(3)]


def are_made(classes: list[Any]) -> bool:
    return all("__repr__" in vars(each) for each in classes)


def test_classes_are_made_when_the_data_are_there(
    make_window: MakeWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    classes = some_waiting(monkeypatch)
    window = make_window()
    assert not are_made(classes)
    wait_for(qtbot, window, Status.READY)
    qtbot.waitUntil(lambda: are_made(classes))


def test_none_is_made_while_it_trains(make_window: MakeWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    window = make_window()
    made: list[Status] = []

    def make_next() -> bool:
        made.append(window.session.state)
        return len(made) < 40

    monkeypatch.setattr("nnviz.window.main_window.make_next", make_next)
    wait_for(qtbot, window, Status.READY)
    window.session.start()
    wait_for(qtbot, window, Status.TRAINING)
    qtbot.waitUntil(lambda: window.session.runs.current.epochs >= 1, timeout=20_000)
    pause(qtbot, window)
    qtbot.waitUntil(lambda: len(made) == 40)
    assert Status.TRAINING not in made
