"""What is prepared once the window stands: not before, and not while it trains."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from pytestqt.qtbot import QtBot

from engine.basics.assets_folder import ASSETS
from nnviz.cards.importing.table_view import PreviewTable
from nnviz.session.status import Status
from nnviz.window import idle_preload
from nnviz.window.idle_preload import IdlePreload
from tests.conftest import MakeWindow
from tests.nnviz.conftest import Model
from tests.nnviz.helpers import is_shown, pause, train_for_a_while, wait_for


def test_nothing_is_prepared_while_it_trains(ready_model: Model, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(idle_preload, "_FIRST", 20)
    session = ready_model.session
    seen: list[Status] = []

    def pieces() -> Iterator[None]:
        while len(seen) < 20:
            seen.append(session.state)
            yield

    preload = IdlePreload(session, pieces(), session)
    session.step_batch()
    wait_for(qtbot, ready_model, Status.PAUSED)
    qtbot.waitUntil(lambda: len(seen) >= 3)
    train_for_a_while(qtbot, ready_model)
    qtbot.waitUntil(lambda: session.runs.current.epochs >= 3, timeout=20_000)
    pause(qtbot, ready_model)
    qtbot.waitUntil(lambda: len(seen) == 20)
    assert Status.TRAINING not in seen
    preload.end()


def test_what_numbers_and_an_import_need_is_made_at_rest(make_window: MakeWindow, qtbot: QtBot) -> None:
    """It is out of sight until then, and costs nothing."""
    window = make_window()
    wait_for(qtbot, window, Status.READY)
    assert window.curves.rmse is None
    assert window.import_overlay.sheet is None
    qtbot.waitUntil(lambda: bool(window.findChildren(PreviewTable)))
    page, sheet = window.curves.rmse, window.import_overlay.sheet
    assert page is not None
    assert sheet is not None
    assert not page.is_offered
    assert not page.is_filled
    assert not sheet.isVisible()
    assert window.curves.page is window.curves.error

    # What is prepared is used.
    table = window.findChildren(PreviewTable)
    window.session.data_import.open(str(ASSETS / "tables" / "mpg.csv"))
    qtbot.waitUntil(lambda: window.session.data_import.can_use)
    assert window.findChildren(PreviewTable) == table
    window.session.data_import.cancel()
    window.session.data.load("mpg")
    qtbot.waitUntil(lambda: is_shown(window.session.data))
    assert window.curves.page is page
