"""What is prepared once the window stands: not before, and not while it trains."""

from __future__ import annotations

from typing import Any

import pytest
from pytestqt.qtbot import QtBot

from engine import lazy_dataclass
from engine.assets_folder import ASSETS
from engine.lazy_dataclass import dataclass
from nnviz.panels.importing.table_view import PreviewTable
from nnviz.session.status import Status
from tests.conftest import MakeWindow
from tests.nnviz.helpers import is_shown, pause, wait_for


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


def test_what_numbers_and_an_import_need_is_made_at_rest(make_window: MakeWindow, qtbot: QtBot) -> None:
    """It is out of sight until then, and costs nothing."""
    window = make_window()
    wait_for(qtbot, window, Status.READY)
    assert window.curves.rmse is None
    assert window.importing.sheet is None
    qtbot.waitUntil(lambda: bool(window.findChildren(PreviewTable)))
    page, sheet = window.curves.rmse, window.importing.sheet
    assert page is not None
    assert sheet is not None
    assert not page.is_offered
    assert not page.is_filled
    assert not sheet.isVisible()
    assert window.curves.page is window.curves.error


def test_what_is_prepared_is_used(make_window: MakeWindow, qtbot: QtBot) -> None:
    window = make_window()
    wait_for(qtbot, window, Status.READY)
    qtbot.waitUntil(lambda: bool(window.findChildren(PreviewTable)))
    page, table = window.curves.rmse, window.findChildren(PreviewTable)
    window.session.importing.open(str(ASSETS / "tables" / "mpg.csv"))
    qtbot.waitUntil(lambda: window.session.importing.can_use)
    assert window.findChildren(PreviewTable) == table
    window.session.importing.cancel()
    window.session.data.load("mpg")
    qtbot.waitUntil(lambda: is_shown(window.session.data))
    assert window.curves.page is page
