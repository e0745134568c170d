"""The program as a process of its own: what it remembers when it is killed, and how it ends when it is asked to end."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from PyQt5 import sip
from PyQt5.QtCore import QObject
from PyQt5.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from engine.storage import load_network
from nnviz.window.system_signals import SystemSignals
from tests.nnviz.helpers import store_settings, stored_settings

ROOT = Path(__file__).parents[3]
pytestmark = pytest.mark.skipif(os.name == "nt", reason="Windows has no such signals")

# Chooses, and says "chosen" when that is in the file. With "train" it trains then; with "save" it saves another file,
# which ends when there is one named "go". Signals that the tests' own process ignores, as under nohup or in the
# background of a script, have their default handlers again: a child inherits what is ignored. The alarm ends a program
# that a signal did not reach, so that no test waits for its next line without end.
PROGRAM = """
import json, signal, sys, time
signal.signal(signal.SIGHUP, signal.SIG_DFL)
signal.signal(signal.SIGTERM, signal.SIG_DFL)
signal.signal(signal.SIGINT, signal.default_int_handler)
signal.alarm(120)
from pathlib import Path
from PyQt5.QtCore import QTimer
from nnviz import app
from nnviz.session.status import Status
from nnviz.window.user_files import settings_file
import nnviz.session.files as files

make, after = app.create_window, sys.argv[2]

def create_window():
    window = make()
    session = window.session
    chosen = []

    def look():
        if session.state is Status.READY and not chosen:
            chosen.append(True)
            session.settings.change("learning rate", learning_rate=0.07)
            window.draw.pen.setValue(31)
            window.set_theme("dark")
            session.files.save(Path(sys.argv[1], "mine.json"))
        stored = json.loads(settings_file().read_text()) if settings_file().exists() else {}
        if not (chosen and stored.get("network") and stored.get("pen_width") == 31):
            QTimer.singleShot(20, look)
        elif after == "train":
            session.settings.change("epochs", epochs=100_000)
            session.start()
            session.displayed.changed.connect(say)
        else:
            if after == "save":
                hide = window.hide
                window.hide = lambda: print("hidden", flush=True) or hide()
                files.save_network = slow_save
                session.files.save(Path(sys.argv[1], "late.json"))
            say()

    def say():
        if chosen[0]:
            chosen[0] = False
            print("chosen", flush=True)

    QTimer.singleShot(0, look)
    return window

def slow_save(network, path, save=files.save_network):
    while not Path(sys.argv[1], "go").exists():
        time.sleep(0.01)
    save(network, path)

app.create_window = create_window
sys.exit(app.run())
"""


class Started:
    """The program, once it has chosen."""

    def __init__(self, home: Path, then: str = "") -> None:
        store_settings(dataset="xor")  # which is quickly there
        self.process = subprocess.Popen(
            [sys.executable, "-c", PROGRAM, str(home), then],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.said = self.next_line()

    def next_line(self) -> str:
        """What it says next."""
        assert self.process.stdout is not None
        return self.process.stdout.readline()

    def end(self) -> tuple[int, str]:
        """Its exit code, and what it complained about."""
        _, errors = self.process.communicate(timeout=60)
        return self.process.returncode, errors


@pytest.fixture
def start(home: Path) -> Iterator[type[Started]]:
    """Starts programs and ends those that are left."""
    started: list[Started] = []

    class Kept(Started):
        def __init__(self, home: Path, then: str = "") -> None:
            started.append(self)
            super().__init__(home, then)

    yield Kept
    for program in started:
        if program.process.poll() is None:
            program.process.kill()
            program.process.communicate()


def are_remembered(home: Path, is_trained_on: bool = False) -> None:
    """The choices, and the network: its file, or its run in the library if it was trained after it was saved."""
    stored = stored_settings()
    assert json.loads(stored["configuration"])["training"]["learning_rate"] == 0.07
    assert stored["pen_width"] == 31
    assert stored["network"] == ("" if is_trained_on else str(home / "mine.json"))
    assert bool(stored["record"]) == is_trained_on
    assert json.loads(stored["recent"]) == [str(home / "mine.json")]


def test_killed_it_forgets_nothing(start: type[Started], home: Path) -> None:
    program = start(home)
    assert program.said == "chosen\n"
    program.process.kill()
    assert program.end()[0] == -signal.SIGKILL
    are_remembered(home)


def test_a_signal_closes_it_without_a_question(start: type[Started], home: Path) -> None:
    program = start(home, "train")
    assert program.said == "chosen\n"
    program.process.send_signal(signal.SIGTERM)
    code, errors = program.end()
    assert code == 0, errors
    assert "Traceback" not in errors
    are_remembered(home, is_trained_on=True)


def test_a_file_that_is_being_saved_is_waited_for(start: type[Started], home: Path) -> None:
    program = start(home, "save")
    program.process.send_signal(signal.SIGTERM)
    assert program.next_line() == "hidden\n"
    program.process.send_signal(signal.SIGHUP)  # as at the end of a session
    (home / "go").touch()
    code, errors = program.end()
    assert code == 0, errors
    assert "Traceback" not in errors
    assert load_network(home / "late.json").shape == load_network(home / "mine.json").shape
    assert stored_settings()["network"] == str(home / "late.json")


def test_a_second_ctrl_c_ends_it_at_once(start: type[Started], home: Path) -> None:
    program = start(home, "save")
    program.process.send_signal(signal.SIGINT)
    assert program.next_line() == "hidden\n"
    program.process.send_signal(signal.SIGINT)
    assert program.end()[0] == -signal.SIGINT
    assert not (home / "late.json").exists()


SIGNALS = (signal.SIGHUP, signal.SIGINT, signal.SIGTERM) if os.name != "nt" else ()


@pytest.fixture
def handlers() -> Iterator[None]:
    """Those of the tests' own process are as they were afterwards."""
    before = {name: signal.getsignal(name) for name in SIGNALS}
    yield
    signal.set_wakeup_fd(-1)
    for name, handler in before.items():
        signal.signal(name, handler)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # its sockets live as long as a program
def test_each_of_them_closes_it(qapp: QApplication, qtbot: QtBot, handlers: None) -> None:
    for name in SIGNALS:
        signal.signal(name, signal.SIG_DFL)
    parent, closed = QObject(), []
    SystemSignals(parent, lambda: closed.append(True))
    assert signal.SIG_DFL not in map(signal.getsignal, SIGNALS)
    for number, name in enumerate(SIGNALS, start=1):
        os.kill(os.getpid(), name)
        qtbot.waitUntil(lambda number=number: len(closed) == number)  # type: ignore[misc]
    sip.delete(parent)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_signal_that_the_program_was_asked_to_ignore_stays_ignored(qapp: QApplication, handlers: None) -> None:
    """As by nohup, so that a training goes on when the terminal is closed."""
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    parent = QObject()
    SystemSignals(parent, lambda: None)
    assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    assert callable(signal.getsignal(signal.SIGTERM))
    sip.delete(parent)
