"""The window's place and the layout of its cards: damaged ones are left out, others fit the screen."""

from __future__ import annotations

import json

import pytest
from PyQt5.QtCore import QMargins, QRect, QSize, Qt
from PyQt5.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from nnviz.window import arrangement
from tests.conftest import MakeWindow
from tests.nnviz.helpers import store_settings

pytestmark = pytest.mark.usefixtures("qapp")


@pytest.fixture
def widget() -> QWidget:
    """A window with the usual size."""
    widget = QWidget()
    widget.setGeometry(10, 20, 600, 500)
    return widget


def test_a_place_comes_back(widget: QWidget) -> None:
    stored = json.loads(arrangement.place_as_text(widget))
    other = QWidget()
    arrangement.put_in_place(other, stored)
    assert other.geometry() == QRect(10, 20, 600, 500)
    assert not other.isMaximized()
    arrangement.put_in_place(other, [*stored[:4], 1])
    assert other.isMaximized()


@pytest.mark.parametrize("state", [Qt.WindowState.WindowFullScreen, Qt.WindowState.WindowMaximized])
def test_dialogs_have_a_frame_over_a_window_without_one(widget: QWidget, state: Qt.WindowState) -> None:
    widget.setWindowState(state)
    assert arrangement.frame_of(widget).top() > 0


@pytest.mark.parametrize(
    "stored",
    [
        None, 5, "x", {}, [], [1, 2, 3, 4], [1, 2, 3, 4, 5, 6], [1, 2, 0, 400, 0], [1, 2, -600, 400, 0],
        [1, 2, 13_173_636, 400, 0], [-(10**9), 2, 600, 400, 0], [1, 2, 10**400, 400, 0], [1, 2, 1e9, 400, 0],
        [1, 2, float("nan"), 400, 0], [1, 2, "600", 400, 0], [1, 2, [600], 400, 0], [None] * 5,
    ],
)  # fmt: skip
def test_a_damaged_place_is_left_out(widget: QWidget, stored: object) -> None:
    arrangement.put_in_place(widget, stored)
    assert widget.geometry() == QRect(10, 20, 600, 500)


def test_a_place_off_all_screens_is_moved_onto_one(widget: QWidget) -> None:
    room = QApplication.primaryScreen().availableGeometry()
    for x, y in ((5000, 20), (20, 5000), (-5000, 20), (20, -5000), (20, -300)):
        arrangement.put_in_place(widget, [x, y, 600, 500, 0])
        assert widget.geometry() == QRect(room.topLeft(), QSize(600, 500))


def test_a_size_is_kept_within_bounds(widget: QWidget) -> None:
    arrangement.put_in_place(widget, [0, 0, 20_000, 20_000, 0])
    assert widget.width() <= 3840
    assert widget.height() <= 2160
    arrangement.put_in_place(widget, [0, 0, 1, 1, 0])
    assert widget.size() == QSize(300, 200)


@pytest.mark.parametrize(
    "stored",
    [None, 5, "x", [], {"whole": 5}, {"whole": {"column": "a"}}, {"whole": {"column": 0.0}}, {"whole": {"column": 7.0}},
     {"whole": {"column": float("nan")}}, {"whole": {"column": 10**400}}, {"whole": [0.5]}],
)  # fmt: skip
def test_damaged_shares_are_left_out(stored: object) -> None:
    assert arrangement.sound_shares(stored) == {}


def test_sound_shares_are_kept_beside_damaged_ones() -> None:
    sound = {"whole": {"column": 0.25, "rest": 0.75}}
    assert arrangement.sound_shares({**sound, "watch": None}) == sound


def test_the_window_stands_where_it_can_be_seen(make_window: MakeWindow) -> None:
    """A number of pixels that 0.4 froze at; a share of a column beyond the window."""
    store_settings(place="[0, 0, 1440, 13173636, 0]", **{"split/train": '{"whole": {"column": 1e300}}'})
    window = make_window()
    assert window.size() == QSize(1440, 900)
    assert QApplication.screenAt(window.geometry().topLeft()) is not None


# ---- the window on its screen


@pytest.mark.parametrize(
    ("place", "expected"),
    [
        (QRect(0, 0, 1440, 900), QRect(1, 20, 1278, 675)),  # as it opens at first
        (QRect(100, 50, 700, 500), QRect(100, 50, 700, 500)),
        (QRect(900, 500, 700, 500), QRect(579, 195, 700, 500)),
        (QRect(-200, -80, 700, 500), QRect(1, 20, 700, 500)),
    ],
)
def test_a_frame_is_put_into_the_screen(place: QRect, expected: QRect) -> None:
    room, frame = QRect(0, 0, 1280, 700), QMargins(1, 20, 1, 5)
    assert arrangement.within(room, frame, place) == expected
    assert room.contains(expected.marginsAdded(frame))


def on_screen(window: QWidget) -> bool:
    return bool(window.screen().availableGeometry().contains(window.frameGeometry()))


def test_a_window_larger_than_its_screen_is_made_smaller(qtbot: QtBot) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    window.resize(1440, 900)
    arrangement.ScreenFit(window, arrangement.stored_frame(None))
    window.show()
    qtbot.waitUntil(lambda: on_screen(window))
    window.setGeometry(100, 100, 1440, 900)
    window.screen().availableGeometryChanged.emit(QRect())  # as if a panel had come
    qtbot.waitUntil(lambda: on_screen(window))


@pytest.mark.parametrize("stored", [None, 5, [], [1, 2, 3], [1, 2, 3, -4], [1, 2, 3, 1000], [1, 2, 3, "4"], {}])
def test_a_damaged_frame_is_the_usual_one(stored: object) -> None:
    assert arrangement.stored_frame(stored) == arrangement.stored_frame(None)


def test_a_frame_comes_back() -> None:
    frame = QMargins(1, 20, 2, 5)
    assert arrangement.stored_frame(json.loads(arrangement.frame_as_text(frame))) == frame


def test_the_program_s_window_fits_the_screen(make_window: MakeWindow, qtbot: QtBot) -> None:
    window = make_window()
    window.resize(1440, 900)
    window.keep_on_screen()
    qtbot.waitUntil(lambda: on_screen(window))
