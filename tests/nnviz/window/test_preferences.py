"""The settings file: plain values only, written when they change, whatever is there already."""

from __future__ import annotations

import json
import os
import pickle
from pathlib import Path
from typing import Any

import pytest
from PyQt5.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from nnviz.app import create_window
from nnviz.window import preferences
from nnviz.window.main_window import MainWindow
from nnviz.window.preferences import Preferences
from nnviz.window.user_files import settings_file
from tests.nnviz.conftest import Restart
from tests.nnviz.helpers import drag_line, is_shown, pick, store_settings, stored_settings

pytestmark = pytest.mark.usefixtures("qapp")


# ---- values


def test_values_come_back(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "settings.json"
    first = Preferences(path)
    for key, value in (("text", "größer\n"), ("number", 0.25), ("whole", 7), ("yes", True), ("list", "[1, 2]")):
        first.set(key, value)
    assert first.close()
    again = Preferences(path)
    assert (again.text("text"), again.text("number"), again.text("none", "x")) == ("größer\n", "", "x")
    assert (again.number("number"), again.number("whole"), again.number("yes"), again.number("text")) == (
        0.25,
        7,
        1,
        None,
    )
    assert (again.document("list"), again.document("text"), again.document("none")) == ([1, 2], None, None)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x80\x04\x95",
        b"\xff\xfe\x00",
        b"[" * 100_000,
        b"[1]",
        b"null",
        b'{"a": ' + b"9" * 5000 + b"}",
        b'{"a": "' + b"x" * 1_000_001 + b'"}',
        pickle.dumps({"theme": "dark"}),
    ],
)
def test_a_file_that_is_none_is_left_out_with_a_line_in_the_log(
    tmp_path: Path, content: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "settings.json"
    path.write_bytes(content)
    read = Preferences(path)
    assert read.text("theme") == ""
    assert [record.name for record in caplog.records] == ["nnviz"]
    read.set("theme", "light")
    assert read.close()
    assert json.loads(path.read_bytes()) == {"theme": "light"}


@pytest.mark.parametrize("odd", ["null", "[1]", "{}", "NaN", "Infinity", "1e400", "9" * 300, f'"{"x" * 200_001}"'])
def test_an_odd_value_is_left_out_and_the_others_are_kept(
    tmp_path: Path, odd: str, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "settings.json"
    path.write_text(f'{{"theme": "dark", "odd": {odd}, "pen_width": 7}}')
    read = Preferences(path)
    assert (read.text("theme"), read.text("odd"), read.number("odd")) == ("dark", "", None)
    assert read.number("pen_width") == 7
    assert "odd" in caplog.text


def test_what_is_no_regular_file_is_neither_read_nor_replaced(tmp_path: Path) -> None:
    path = tmp_path / "settings.json"
    os.mkfifo(path)
    read = Preferences(path)
    read.set("theme", "dark")
    assert read.close()
    assert path.is_fifo()


def test_a_value_that_is_too_long_to_be_read_is_not_written(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = tmp_path / "settings.json"
    written = Preferences(path)
    written.set("theme", "dark")
    written.set("configuration", "x" * 1_000_000)
    written.close()
    assert json.loads(path.read_bytes()) == {"theme": "dark"}
    assert "configuration" in caplog.text


# ---- writing


def test_many_changes_are_written_once(tmp_path: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[bytes] = []
    monkeypatch.setattr(preferences, "write_whole", lambda _, content: written.append(content))
    kept = Preferences(tmp_path / "settings.json")
    for number in range(100):
        kept.set("pen_width", number)
    qtbot.waitUntil(lambda: bool(written))
    assert [json.loads(content) for content in written] == [{"pen_width": 99}]
    kept.set("pen_width", 99)
    kept.close()
    assert len(written) == 1


def test_what_changes_while_it_is_written_is_written_too(tmp_path: Path, qtbot: QtBot) -> None:
    path = tmp_path / "settings.json"
    kept = Preferences(path)
    kept.set("pen_width", 1)
    kept.write()
    kept.set("pen_width", 2)
    kept.write()
    qtbot.waitUntil(lambda: path.exists() and json.loads(path.read_bytes()) == {"pen_width": 2})
    kept.set("pen_width", 3)
    kept.write()
    kept.set("pen_width", 4)
    assert kept.close()
    assert json.loads(path.read_bytes()) == {"pen_width": 4}
    kept.set("pen_width", 5)
    assert json.loads(path.read_bytes()) == {"pen_width": 4}


def test_the_last_of_two_windows_wins(tmp_path: Path) -> None:
    path = tmp_path / "settings.json"
    one, other = Preferences(path), Preferences(path)
    one.set("theme", "dark")
    other.set("theme", "light")
    other.close()
    one.close()
    assert json.loads(path.read_bytes()) == {"theme": "dark"}


def test_choices_are_written_when_they_are_made_and_an_error_in_writing_is_reported_once(
    ready_window: MainWindow,
    qtbot: QtBot,
    home: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """The window stays open: nothing is left for its end."""
    window = ready_window
    pick(qtbot, window, "optimizerCombo", "Adam")
    qtbot.waitUntil(lambda: "adam" in stored("configuration"))
    window.draw.pen.setValue(31)
    qtbot.waitUntil(lambda: stored("pen_width") == 31)
    window.session.question.set_threshold(0.85)
    qtbot.waitUntil(lambda: stored("sure_from") == 0.85)
    window.curves.set_log("loss", not window.curves.is_log("loss"))
    qtbot.waitUntil(lambda: stored("log_loss") == int(window.curves.is_log("loss")))
    drag_line(window, "stack", 40)
    qtbot.waitUntil(lambda: "stack" in stored("split/train"))
    window.resize(1300, 800)
    qtbot.waitUntil(lambda: (json.loads(stored("place")) or [])[2:] == [1300, 800, 0])
    window.session.files.save(home / "mine.json")
    qtbot.waitUntil(lambda: stored("network") == str(home / "mine.json"))
    assert json.loads(stored("recent")) == [str(home / "mine.json")]

    # An error in writing is reported once and logged.
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(preferences, "write_whole", full)
    reported: list[str] = []
    messages = ready_window.session.messages
    messages.changed.connect(lambda: reported.append(messages.current.text if messages.current else ""))
    for width in (11, 12, 13):
        ready_window.draw.pen.setValue(width)
        with qtbot.waitCallback() as written:
            ready_window._preferences._thread.run(lambda: None, written, written)
            ready_window._preferences.write()
    qtbot.waitUntil(lambda: bool(reported))
    messages.dismiss()
    ready_window.close()
    assert [text for text in reported if text] == [text for text in reported if "No space left" in text][:1]
    assert caplog.text.count("could not be written") >= 2


# ---- in the window


def stored(key: str) -> Any:
    """What the settings file of this test's person holds under that name; JSON that says nothing if it is not there."""
    return stored_settings().get(key, "null")


def test_a_network_that_is_still_being_saved_at_the_end_is_remembered(
    ready_window: MainWindow, home: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """One that cannot be saved any more is logged."""
    ready_window.session.files.save(home / "mine.json")
    ready_window.session.files.save(home / "no such folder" / "x.json")
    ready_window.close()
    assert stored("network") == str(home / "mine.json")
    assert "x.json could not be saved" in caplog.text


def test_a_foreign_lock_holds_nothing_up(restart: Restart, qtbot: QtBot) -> None:
    settings_file().parent.mkdir(parents=True)
    settings_file().with_name("settings.json.lock").write_text("1\nnnviz\nanother machine\n")
    session = restart().session
    qtbot.waitUntil(lambda: is_shown(session.data))
    session.settings.change("epochs", epochs=1)
    qtbot.waitUntil(lambda: '"epochs": 1,' in stored("configuration"))


def test_settings_elsewhere(restart: Restart, tmp_path: Path) -> None:
    store_settings(theme="dark")
    model = restart(settings=tmp_path / "mine.json")
    model.session.question.set_threshold(0.85)
    model.close()
    assert json.loads((tmp_path / "mine.json").read_bytes())["sure_from"] == 0.85
    assert stored_settings() == {"theme": "dark"}


def test_nothing_is_remembered_without_a_file(qapp: QApplication, home: Path) -> None:
    window = create_window(settings=Preferences(None))
    window.draw.pen.setValue(17)
    window.close()
    assert not settings_file().exists()
