"""What the command line names is in the window at its start: a network, a run, a file of data, a data set."""

from __future__ import annotations

import gc
import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from PyQt5.QtWidgets import QApplication, QLabel
from pytestqt.qtbot import QtBot

from engine.basics.assets_folder import ASSETS
from engine.datasets import Dataset
from engine.network.network import Network
from engine.storage import save_checkpoint, save_network
from engine.training.trainer import Trainer
from nnviz.commands import cli
from nnviz.library import Library
from nnviz.library.run_file import write_run
from nnviz.session.status import Status
from nnviz.window.main_window import MainWindow
from tests.nnviz.cards.importing.import_helpers import wait
from tests.nnviz.conftest import Restart
from tests.nnviz.helpers import drop, find, is_shown, store_settings, stored_settings
from tests.nnviz.library.helpers import an_experiment, record

ROOT = Path(__file__).parents[3]


def ready(qtbot: QtBot, window: MainWindow) -> MainWindow:
    qtbot.waitUntil(lambda: is_shown(window.session.data), timeout=30_000)
    return window


@pytest.fixture
def network_file(home: Path) -> Path:
    path = home / "mine.json"
    save_network(Network([784, 6, 10], ["relu", "softmax"], "cross-entropy"), path)
    return path


def test_a_network(make_window: Any, qtbot: QtBot, network_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(network_file.parent)
    window = make_window(opens=network_file.name)
    qtbot.waitUntil(lambda: window.session.runs.current.storage.path == network_file)
    ready(qtbot, window)
    assert window.session.runs.current.network.shape == [784, 6, 10]
    assert window.session.undo.last() is None, "it is no step of the user's"
    qtbot.waitUntil(lambda: stored_settings().get("network") == str(network_file))  # also at the next start

    # One that is dropped is opened too.
    compact = network_file.with_suffix(".npz")
    save_network(Network([784, 5, 10], ["relu", "softmax"], "cross-entropy"), compact)
    for path in (compact, network_file):
        assert drop(window, path)
        qtbot.waitUntil(lambda path=path: window.session.runs.current.storage.path == path)
    assert not window.import_overlay.is_open


def test_a_checkpoint_goes_on_where_it_stopped(restart: Restart, qtbot: QtBot, few_digits: Dataset, home: Path) -> None:
    trainer: Trainer = an_experiment(few_digits, epochs=2, batch_size=500, hidden=(8,)).trainer(few_digits)
    events = trainer.run()
    for _ in range(4):
        next(events)
    path = home / "kept.npz"
    save_checkpoint(trainer.network, path, trainer.state())
    session = restart(network=path).session
    qtbot.waitUntil(lambda: session.runs.current.storage.path == path)
    assert session.state is Status.PAUSED


@pytest.mark.parametrize("is_damaged", [False, True])
def test_a_run_comes_into_the_library_and_the_window(
    make_window: Any, qtbot: QtBot, few_digits: Dataset, home: Path, is_damaged: bool
) -> None:
    """A later import leaves the window as it is, also if the first one failed."""
    path, first = home / "from-a-friend.nnvizrun", home / "first.nnvizrun"
    with Library(home / "other.sqlite") as other:
        run, _ = record(other, an_experiment(few_digits, epochs=1, batch_size=100, hidden=(8,)), few_digits)
        write_run(other, run, path)
        write_run(other, run, first)
    if is_damaged:
        first.write_bytes(first.read_bytes()[:200])
    window = make_window(opens=str(first))
    session = window.session
    if is_damaged:
        qtbot.waitUntil(lambda: session.messages.current is not None)
    else:
        qtbot.waitUntil(lambda: session.runs.current.storage.record == 1)
        assert session.runs.current.network.shape == [784, 8, 10]
    current = session.runs.current
    with qtbot.waitSignal(session.exchange.imported):
        session.exchange.read(path)
    looked: list[object] = []
    session.library_thread.run(lambda library: None, looked.append, looked.append)
    qtbot.waitUntil(lambda: bool(looked))
    assert session.runs.current is current


def test_a_window_that_is_closed_at_once_opens_nothing(
    make_window: Any, network_file: Path, qapp: QApplication, monkeypatch: pytest.MonkeyPatch
) -> None:
    window = make_window(opens=str(network_file))
    opened: list[object] = []
    monkeypatch.setattr("nnviz.window.session_restore.SessionRestore.load", lambda *_, **__: opened.append(True))
    window.close_unasked()
    qapp.processEvents()
    assert opened == []


def test_data_are_shown_in_the_sheet_before_they_are_used(make_window: Any, qtbot: QtBot, home: Path) -> None:
    """Those of a file at the start, and of a folder and of arrays later."""
    folder, arrays = home / "shapes", home / "arrays.npz"
    for name in ("round", "square"):
        (folder / name).mkdir(parents=True)
        for number in range(3):
            Image.new("L", (8, 8), 40 * number).save(folder / name / f"{number}.png")
    np.savez(arrays, x=np.arange(80.0).reshape(40, 2), y=np.arange(40) % 2)
    table = ASSETS / "tables" / "penguins.csv"
    window = ready(qtbot, make_window(opens=str(table)))
    importing = window.session.data_import
    for path in (table, folder, arrays):
        if path is not table:
            window.open_path(str(path))
        wait(qtbot, importing)
        assert importing.name == str(path)
        assert importing.can_use, importing.error
        assert window.import_overlay.is_open, path
        assert window.session.data.name == "mnist", "as it was left, until it is used"
        importing.cancel()


def test_a_data_set_with_a_new_network_that_fits(make_window: Any, qtbot: QtBot, network_file: Path) -> None:
    """The process below begins with another one."""
    store_settings(network=str(network_file), workspace="runs")
    window = ready(qtbot, make_window(data="mpg"))
    session = window.session
    assert window.workspace == "train", "where the data are in view"
    qtbot.waitUntil(lambda: session.state is Status.READY)
    assert session.data.name == "mpg"
    assert (session.runs.current.network.shape[0], session.runs.current.network.shape[-1]) == (9, 1)
    assert session.runs.current.storage.path is None
    assert session.undo.last() is None


def test_a_remembered_setting_that_is_no_longer_valid_is_a_message_over_the_last_data(
    restart: Restart, qtbot: QtBot
) -> None:
    path = ASSETS / "tables" / "penguins.csv"
    store_settings(imported=json.dumps([[str(path), {"gone": 3}, None]]))
    session = restart(data=str(path)).session
    qtbot.waitUntil(lambda: is_shown(session.data))
    message = session.messages.current
    assert message is not None
    assert "gone" in message.text
    assert session.data.name == "mnist"


def test_a_data_set_that_would_be_downloaded_is_offered_beside_the_last_one(
    restart: Restart, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("engine.datasets.download.Download.is_here", lambda self: False)
    session = restart(data="kuzushiji-mnist").session
    qtbot.waitUntil(lambda: is_shown(session.data))
    message = session.messages.current
    assert message is not None
    assert "is not on this computer" in message.text
    assert session.data.name == "mnist"


def test_a_damaged_network_is_a_message_over_a_usable_window(make_window: Any, qtbot: QtBot, home: Path) -> None:
    (home / "broken.json").write_text('{"shape": [2')
    window = ready(qtbot, make_window(opens=str(home / "broken.json")))
    qtbot.waitUntil(lambda: window.session.messages.current is not None)
    assert "broken.json" in find(window, QLabel, "messageText").text()
    assert window.session.state is Status.READY


# ---- the command line


def test_what_is_not_there_or_no_data_is_refused_without_a_window(
    capsys: pytest.CaptureFixture[str], home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(home)
    monkeypatch.setattr("nnviz.commands.window.run", lambda arguments: pytest.fail("a window"))
    (home / "image.png").write_bytes(b"\x89PNG\r\n\0\0")
    (home / "here.csv").write_text("a,b\n1,2\n")
    for words, reason in (
        (["trian"], "trian: there is no such command, file or folder. The commands are train, sweep, "),
        (["no.csv"], "no.csv: there is no such command, file or folder."),
        (["image.png"], "image.png: not a text file"),
        (["here.csv", "more"], "more cannot be given after the file here.csv"),
        (["--data", "no.csv"], "data is 'no.csv'"),
        (["--data", "image.png"], "image.png: not a text file"),
        (["--data", "xor", "train"], "--data xor must come after the command train"),
    ):
        try:
            code = cli.main(words)
        except SystemExit as end:
            code = int(end.code or 0)
        reported = capsys.readouterr()
        assert (code, reported.out) == (cli.USAGE_ERROR, "")
        assert reported.err.startswith(f"nnviz: {reason}")
        assert reported.err.count("\n") == 1


def test_a_command_goes_before_a_file_of_its_name(
    capsys: pytest.CaptureFixture[str], home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(home)
    (home / "data").write_text("a,b\n1,2\n")
    assert cli.main(["data"]) == 0
    assert "mnist" in capsys.readouterr().out


def test_what_is_named_is_handed_to_the_window(network_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[tuple[str | None, str | None]] = []
    monkeypatch.setattr("nnviz.app.run", lambda opens, data: opened.append((opens, data)) or 0)
    monkeypatch.setattr(gc, "disable", lambda: None)  # the window would enable it
    assert cli.main([str(network_file)]) == 0
    assert cli.main(["--data", "xor"]) == 0
    assert opened == [(str(network_file), None), (None, "xor")]


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such signals")
def test_the_program_as_it_is_started(home: Path, qtbot: QtBot) -> None:
    with subprocess.Popen(
        [sys.executable, "main.py", "--data", "xor"],
        cwd=ROOT,
        env={**os.environ, "QT_QPA_PLATFORM": "offscreen"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as program:
        try:
            qtbot.waitUntil(lambda: stored_settings().get("dataset") == "xor", timeout=60_000)
        finally:
            program.send_signal(signal.SIGTERM)
        said, _ = program.communicate(timeout=30)
    assert "Traceback" not in said
