"""Runs that are passed on, and those that somebody else passed on: by menu, keys, and by dropping a file."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PyQt5.QtCore import QCoreApplication, QEvent, Qt
from PyQt5.QtWidgets import QCheckBox, QFileDialog, QLabel, QLineEdit, QMenu, QPushButton
from pytestqt.qtbot import QtBot

from engine.basics.errors import DataError
from engine.datasets import Dataset
from engine.storage import FORMATS, numpy_script, save_checkpoint
from nnviz.cards.runs.export_dialog import ExportDialog
from nnviz.library import Library
from nnviz.library.database import Database
from nnviz.library.run_file import write_run
from nnviz.session.library_work import LibraryWork
from nnviz.session.session import Session
from nnviz.window.main_window import MainWindow
from nnviz.window.preferences import Preferences
from nnviz.window.run_dialogs import RunDialogs
from tests.nnviz.cards.card_window import AnyWindow, CardWindow, MakeCards
from tests.nnviz.cards.runs.helpers import click_row, filled, show_runs, texts
from tests.nnviz.conftest import Model
from tests.nnviz.helpers import (
    action,
    announced,
    bring_to_front,
    choose_file,
    click,
    drop,
    ends_whole,
    find,
    press,
    train_epochs,
)
from tests.nnviz.library.helpers import an_experiment, record

WHOLE = {"run.nnvizrun", "command.txt", "curves.csv", "training.npz"}
WHOLE |= {f"network{each.ending}" for each in FORMATS} - {"network.onnx"}  # for which a package may be missing


@pytest.fixture
def numbers(few_digits: Dataset) -> list[int]:
    """The runs of the library, before there is a window."""
    return filled(few_digits)


@pytest.fixture
def runs_window(make_cards: MakeCards) -> Iterator[CardWindow]:
    """The list of runs alone, with its dialogs."""
    window, preferences = make_cards("runsDock"), Preferences(None)
    RunDialogs(window, window._frame, preferences)  # type: ignore[arg-type]
    yield window
    preferences.close()


def find_dialogs(window: CardWindow) -> RunDialogs:
    found = window.findChild(RunDialogs)
    assert found is not None
    return found


def ask(window: AnyWindow, qtbot: QtBot, row: int = 0) -> ExportDialog:
    """Chooses a run of the list, and asks for its export by its key."""
    table = show_runs(window, qtbot)
    bring_to_front(qtbot, window)
    click_row(qtbot, table, row)
    qtbot.keyClick(table, Qt.Key.Key_E, Qt.KeyboardModifier.ControlModifier)
    return dialog(window)


def dialog(window: AnyWindow) -> ExportDialog:
    found = find(window, ExportDialog, "exportRunDialog")
    assert found.isVisible()
    return found


def type_folder(qtbot: QtBot, box: ExportDialog, folder: Path) -> None:
    field = find(box, QLineEdit, "exportFolderEdit")
    field.selectAll()
    qtbot.keyClicks(field, str(folder))


def export(qtbot: QtBot, box: ExportDialog) -> None:
    click(qtbot, box, QPushButton, "exportRunButton")


def reported(window: MainWindow) -> str:
    """What the head bar says."""
    return find(window, QLabel, "activityLabel").text()


def listened(session: Session) -> list[str]:
    """What is announced from now on."""
    news: list[str] = []
    session.messages.announced.connect(lambda: news.append(announced(session)))
    return news


def names(folder: Path) -> set[str]:
    return {each.name for each in folder.iterdir()}


# ---- export


def test_a_run_of_the_list_is_written_into_a_new_folder_about_which_is_asked(
    numbers: list[int], runs_window: CardWindow, qtbot: QtBot, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = runs_window.session
    news = listened(session)
    box = ask(runs_window, qtbot)
    assert find(box, QLineEdit, "exportFolderEdit").text() == str(home / f"run-{numbers[2]}")
    export(qtbot, box)
    folder = home / f"run-{numbers[2]}"
    qtbot.waitUntil(folder.exists, timeout=20_000)
    qtbot.waitUntil(
        lambda: any(
            each.startswith(f"Run {numbers[2]} was exported to run-{numbers[2]}: run.nnvizrun, ") for each in news
        )
    )
    assert names(folder) - {"network.onnx"} == WHOLE
    assert session.messages.current is None
    again = ask(runs_window, qtbot)
    assert find(again, QLineEdit, "exportFolderEdit").text() == str(home / f"run-{numbers[2]}-2"), "nothing is replaced"
    qtbot.keyClick(again, Qt.Key.Key_Escape)

    # By the right button: a folder that cannot be made is reported and can be corrected, or chosen in a dialog.
    for name in ("there", "elsewhere"):
        (home / name).mkdir()
    table = show_runs(runs_window, qtbot)
    click_row(qtbot, table, 1)
    (entry,) = [each for each in table.actions() if each.objectName() == "actionExportRun"]
    entry.trigger()
    box = dialog(runs_window)
    assert box.windowTitle() == f"Export run {numbers[0]}"
    for name in ("exportPathsBox", "exportRowsBox"):
        assert not find(box, QCheckBox, name).isEnabled(), "data that are no file have no paths and rows"
    field = find(box, QLineEdit, "exportFolderEdit")
    error = find(box, QLabel, "exportFolderError")
    for typed, message in REFUSED_FOLDERS:
        field.setText(typed.format(home=home))
        export(qtbot, box)
        assert box.isVisible(), typed
        assert error.text().startswith(message.format(home=home))
        qtbot.keyClicks(field, "x")
        assert not error.isVisible(), typed
    field.setText(str(home / f"run-{numbers[0]}"))
    click(qtbot, box, QPushButton, "exportFolderButton")
    find(box, QFileDialog, "exportPlaceDialog").fileSelected.emit(str(home / "elsewhere"))
    assert field.text() == str(home / "elsewhere" / f"run-{numbers[0]}")
    qtbot.keyClick(box, Qt.Key.Key_Escape)

    # Of a run that was not read yet that is said.
    monkeypatch.setattr(session.library, "record", lambda run: None)
    find_dialogs(runs_window).export(numbers[0])
    assert session.messages.current is not None
    assert session.messages.current.text.startswith(f"Run {numbers[0]} is still being read.")


def test_a_run_is_imported_by_dropping_its_file_and_exported_from_the_file_menu(
    ready_window: MainWindow, qtbot: QtBot, passed_on: Path, home: Path
) -> None:
    """What is no run is reported, and adds nothing: chosen by the menu's key."""
    session = ready_window.session
    assert drop(ready_window.canvas, passed_on), "by the window, which Qt asks next"
    assert not ready_window.canvas._is_target
    assert drop(ready_window, passed_on)
    qtbot.waitUntil(lambda: announced(session) == "from-a-friend.nnvizrun was imported as run 1.")
    assert session.messages.announcement is not None
    for name in ("open-network", "runs"):
        session.messages.set_locks(name.__eq__)
        assert session.messages.offered(session.messages.announcement) == []
    session.messages.set_locks(lambda name: False)
    click(qtbot, ready_window, QPushButton, "announcementChoice1Button")
    qtbot.waitUntil(lambda: session.runs.current.storage.record == 1)
    assert session.runs.current.title == "a friend's"

    path = home / "notes.nnvizrun"
    path.write_text("somebody's notes")
    press(qtbot, ready_window, Qt.Key.Key_I, Qt.KeyboardModifier.ControlModifier)
    choose_file(qtbot, ready_window, "importRunDialog", path)
    messages = session.messages
    qtbot.waitUntil(lambda: messages.current is not None)
    assert messages.current is not None
    assert messages.current.is_error
    assert messages.current.text.startswith("notes.nnvizrun: damaged, or not an exported run")
    with Library() as library:
        assert len(library.runs()) == 1

    # The run in the window is exported from the file menu.
    messages.dismiss()
    session.reset()
    whole = action(ready_window, "actionExportWholeRun")
    assert whole not in find(ready_window, QMenu, "menuExport").actions(), "that exports the moment's network"
    whole.trigger()
    assert session.messages.current is not None
    assert "is not in the library" in session.messages.current.text
    session.messages.dismiss()
    session.records.set_on(True)
    train_epochs(qtbot, ready_window, 1)
    qtbot.waitUntil(lambda: session.runs.current.storage.record is not None)
    press(qtbot, ready_window, Qt.Key.Key_E, Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier)
    type_folder(qtbot, dialog(ready_window), home / "mine")
    export(qtbot, dialog(ready_window))
    qtbot.waitUntil((home / "mine").exists, timeout=20_000)
    assert names(home / "mine") - {"network.onnx"} == WHOLE


def test_paths_and_rows_go_along_only_where_that_is_ticked(runs_window: CardWindow, qtbot: QtBot, home: Path) -> None:
    mine = home / "private" / "mine.csv"
    mine.parent.mkdir()
    mine.write_text("a,b\n1,2\n")
    with Library() as library:
        record(library, replace(an_experiment(), data=str(mine)))
    for box_name in ("", "exportPathsBox", "exportRowsBox"):
        box = ask(runs_window, qtbot)
        for name in ("exportPathsBox", "exportRowsBox"):
            assert not find(box, QCheckBox, name).isChecked(), name
        if box_name:
            tick = find(box, QCheckBox, box_name)
            qtbot.mouseClick(tick, Qt.MouseButton.LeftButton, pos=tick.rect().center() - tick.rect().center() / 2)
            tick.setFocus()
            if not tick.isChecked():
                qtbot.keyClick(tick, Qt.Key.Key_Space)
            assert tick.isChecked()
        out = home / f"out{box_name}"
        type_folder(qtbot, box, out)
        export(qtbot, box)
        qtbot.waitUntil(out.exists, timeout=20_000)
        assert ("mine.csv" in names(out)) == (box_name == "exportRowsBox"), box_name
        assert (str(mine) in (out / "command.txt").read_text()) == (box_name == "exportPathsBox"), box_name
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)  # the dialog, before there is another one


REFUSED_FOLDERS = [
    ("", "New folder “”: it must be a full path."),
    ("somewhere", "New folder “somewhere”: it must be a full path."),
    ("{home}/there", "New folder there: it already exists. Try there-2."),
    ("{home}/no/such/folder", "New folder in {home}/no/such: there is no such folder."),
]


def test_a_file_that_could_not_be_written_makes_an_export_incomplete(
    numbers: list[int], runs_window: CardWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise DataError("weights", 1, "must be finite", "Train it again.")

    monkeypatch.setitem(vars(numpy_script.FORMAT), "save", fail)
    export(qtbot, ask(runs_window, qtbot))
    messages = runs_window.session.messages
    qtbot.waitUntil(lambda: messages.current is not None, timeout=20_000)
    assert messages.current is not None
    assert f"Run {numbers[2]} was exported, but incompletely. network.py: weights is 1" in messages.current.text


def test_what_could_not_be_written_is_reported(
    numbers: list[int], runs_window: CardWindow, qtbot: QtBot, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "onnx", None)
    export(qtbot, ask(runs_window, qtbot))
    messages = runs_window.session.messages
    qtbot.waitUntil(lambda: messages.current is not None, timeout=20_000)
    assert messages.current is not None
    assert messages.current.text.startswith(f"Run {numbers[2]} was exported: run.nnvizrun, command.txt, curves.csv, ")
    assert "network.onnx needs another package. Install it with: " in messages.current.text, "nothing has failed"
    assert names(home / f"run-{numbers[2]}") == WHOLE
    messages.dismiss()

    # Of a disk that cannot be written to nothing is left.
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setitem(vars(numpy_script.FORMAT), "save", full)
    export(qtbot, ask(runs_window, qtbot))
    qtbot.waitUntil(lambda: messages.current is not None, timeout=20_000)
    assert messages.current is not None
    assert f"Run {numbers[2]} could not be exported: run-{numbers[2]}-2: No space left" in messages.current.text
    assert [each for each in names(home) if "run-" in each] == [f"run-{numbers[2]}"]


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """The export waits for this at its script; what takes time takes long."""
    monkeypatch.setattr("nnviz.session.activities._LONG", 0)
    monkeypatch.setattr("nnviz.session.library_work._BETWEEN_NEWS", 0)
    goes_on, write = threading.Event(), numpy_script.FORMAT.save

    def slowly(*arguments: Any) -> None:
        goes_on.wait(30)
        write(*arguments)

    monkeypatch.setitem(vars(numpy_script.FORMAT), "save", slowly)
    yield goes_on
    goes_on.set()


def test_an_export_that_takes_long_says_how_far_it_is_and_leaves_nothing_when_it_is_cancelled(
    numbers: list[int],
    ready_window: MainWindow,
    qtbot: QtBot,
    home: Path,
    slow: threading.Event,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """By its message, and by quitting."""
    messages = ready_window.session.messages
    expected = f"Still exporting run {numbers[2]}: writing network.py."
    export(qtbot, ask(ready_window, qtbot))
    qtbot.waitUntil(lambda: messages.current is not None and messages.current.text == expected, timeout=20_000)
    assert reported(ready_window) == f"Exporting run {numbers[2]}: writing network.py …"
    click(qtbot, ready_window, QPushButton, "messageChoice1Button")
    slow.set()
    qtbot.waitUntil(lambda: announced(ready_window.session) == f"Exporting run {numbers[2]} was cancelled")
    assert not [each for each in names(home) if "run-" in each]
    assert messages.current is None

    slow.clear()
    cancel, work = LibraryWork.cancel, ready_window.session.exchange._work

    def cancel_and_go_on(self: LibraryWork) -> None:
        cancel(self)
        if self is work:  # that of the storage, which is closed first, cancels no export
            slow.set()

    monkeypatch.setattr(LibraryWork, "cancel", cancel_and_go_on)
    export(qtbot, ask(ready_window, qtbot))
    qtbot.waitUntil(lambda: messages.current is not None and messages.current.text == expected, timeout=20_000)
    assert ends_whole(ready_window)
    assert not [each for each in names(home) if "run-" in each]


def test_an_export_that_is_cancelled_at_its_last_file_leaves_nothing(
    numbers: list[int], ready_model: Model, qtbot: QtBot, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nnviz.session.activities._LONG", 0)
    reached, goes_on = threading.Event(), threading.Event()

    def slowly(*arguments: Any, **options: Any) -> None:
        reached.set()
        goes_on.wait(30)
        save_checkpoint(*arguments, **options)

    monkeypatch.setattr("nnviz.library.export.save_checkpoint", slowly)
    session = ready_model.session
    news = listened(session)
    session.exchange.export(numbers[2], home / "exported")
    qtbot.waitUntil(lambda: reached.is_set() and session.messages.current is not None)
    session.messages.choose(0)
    goes_on.set()
    qtbot.waitUntil(lambda: bool(news))
    assert news == [f"Exporting run {numbers[2]} was cancelled"]
    assert not [each for each in names(home) if "exported" in each]


def test_an_imported_run_is_chosen_in_the_list_which_is_read_while_something_is_exported(
    numbers: list[int], runs_window: CardWindow, qtbot: QtBot, passed_on: Path, slow: threading.Event
) -> None:
    table = show_runs(runs_window, qtbot)
    next(each for each in table.actions() if each.objectName() == "actionImportRunHere").trigger()
    choose_file(qtbot, runs_window, "importRunDialog", passed_on)
    qtbot.waitUntil(lambda: len(texts(table)) == len(numbers) + 1)
    assert texts(table)[0][1] == "a friend's"
    assert table.current == 0

    # The list is read while something is exported.
    export(qtbot, ask(runs_window, qtbot))
    library = runs_window.session.library
    with qtbot.waitSignal(library.listed):
        library.find("bold")
    assert len(library.rows) == 1


# ---- import


@pytest.fixture
def passed_on(few_digits: Dataset, home: Path) -> Path:
    """A run in a file, which is in no library."""
    path = home / "from-a-friend.nnvizrun"
    with Library(home / "other.sqlite") as other:
        made = an_experiment(few_digits, epochs=1, batch_size=100, hidden=(8,))
        run, _ = record(other, made, few_digits, name="a friend's")
        write_run(other, run, path)
    return path


def test_an_import_that_is_cancelled_adds_nothing(
    ready_model: Model, qtbot: QtBot, passed_on: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nnviz.session.activities._LONG", 0)
    goes_on, insert = threading.Event(), Database.insert

    def slowly(*arguments: Any) -> int:
        goes_on.wait(30)
        return insert(*arguments)

    monkeypatch.setattr("nnviz.library.run_file._ROWS_AT_ONCE", 1)
    monkeypatch.setattr(Database, "insert", slowly)
    session = ready_model.session
    news = listened(session)
    session.exchange.read(passed_on)
    qtbot.waitUntil(lambda: session.messages.current is not None)
    session.messages.choose(0)
    goes_on.set()
    qtbot.waitUntil(lambda: "Importing from-a-friend.nnvizrun was cancelled" in news)
    with Library() as library:
        assert len(library.runs()) == 0


def test_a_file_that_is_gone_is_reported(ready_model: Model, qtbot: QtBot, home: Path) -> None:
    ready_model.session.exchange.read(home / "gone.nnvizrun")
    messages = ready_model.session.messages
    qtbot.waitUntil(lambda: messages.current is not None)
    assert messages.current is not None
    assert messages.current.text.startswith("gone.nnvizrun could not be imported: No such file")
