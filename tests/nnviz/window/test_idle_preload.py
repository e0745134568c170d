"""What is prepared once the window stands: not before, and not while it trains."""

from __future__ import annotations

from collections.abc import Iterator

from pytestqt.qtbot import QtBot

from engine.basics.assets_folder import ASSETS
from nnviz.cards.importing.table_view import PreviewTable
from nnviz.session.status import Status
from nnviz.window.idle_preload import IdlePreload
from tests.conftest import MakeWindow
from tests.nnviz.helpers import is_shown, pause, wait_for


def test_nothing_is_prepared_while_it_trains(make_window: MakeWindow, qtbot: QtBot) -> None:
    window = make_window()
    seen: list[Status] = []

    def pieces() -> Iterator[None]:
        while len(seen) < 40:
            seen.append(window.session.state)
            yield

    preload = IdlePreload(window.session, pieces(), window)
    wait_for(qtbot, window, Status.READY)
    window.session.start()
    wait_for(qtbot, window, Status.TRAINING)
    qtbot.waitUntil(lambda: window.session.runs.current.epochs >= 1, timeout=20_000)
    pause(qtbot, window)
    qtbot.waitUntil(lambda: len(seen) == 40)
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


def test_what_is_prepared_is_used(make_window: MakeWindow, qtbot: QtBot) -> None:
    window = make_window()
    wait_for(qtbot, window, Status.READY)
    qtbot.waitUntil(lambda: bool(window.findChildren(PreviewTable)))
    page, table = window.curves.rmse, window.findChildren(PreviewTable)
    window.session.data_import.open(str(ASSETS / "tables" / "mpg.csv"))
    qtbot.waitUntil(lambda: window.session.data_import.can_use)
    assert window.findChildren(PreviewTable) == table
    window.session.data_import.cancel()
    window.session.data.load("mpg")
    qtbot.waitUntil(lambda: is_shown(window.session.data))
    assert window.curves.page is page
