"""The composition root: a window from a script, and the one hook for what nobody caught."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from PyQt5 import sip
from PyQt5.QtWidgets import QApplication, QMessageBox, QWidget
from pytestqt.qtbot import QtBot

from nnviz.app import _CrashReporter, _log_to_file, _report_unsaved_settings, create_window
from nnviz.window import user_files
from nnviz.window.main_window import MainWindow
from tests.nnviz.helpers import store_settings

ROOT = Path(__file__).parents[3]


SCRIPT = """
import sys
from nnviz.app import create_window
from PyQt5.QtCore import QEventLoop
from PyQt5.QtWidgets import QApplication
import numpy as np
window = create_window(settings=sys.argv[1])
assert not window.isVisible()
while window.session.data.dataset is None:
    QApplication.processEvents(QEventLoop.WaitForMoreEvents)
window.canvas.set_strokes([np.array([(60, 50), (180, 50), (120, 210)])])
assert window.canvas.network_input().shape == (784,)
assert window.session.prediction.shape == (10,)
window.session.question.set_threshold(0.75)
window.show()
window.session.start()
for _ in range(30):
    QApplication.processEvents()
print("done")
"""


def test_a_script_makes_its_own_application_and_ends_well(tmp_path: Path) -> None:
    """Although it closes no window and trains; and what was chosen is kept."""
    settings = tmp_path / "settings.json"
    command = [sys.executable, "-c", SCRIPT, str(settings)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert done.stdout == "done\n", done.stderr
    assert done.returncode == 0, done.stderr
    assert '"sure_from": 0.75' in settings.read_text()


def test_what_cannot_be_kept_is_reported_once_other_messages_are_dismissed(
    window: MainWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(**where: object) -> None:
        raise PermissionError("no rights")

    monkeypatch.setattr(user_files.tempfile, "TemporaryFile", refuse)
    window.session.messages.warn("something else went wrong")
    _report_unsaved_settings(window, PermissionError("no rights"))
    window.session.messages.dismiss()
    message = window.session.messages.current
    assert message is not None
    assert str(user_files.settings_file().parent) in message.text
    assert "settings and presets, recorded runs" in message.text


SECOND_APPLICATION = """
import gc
from PyQt5.QtWidgets import QApplication
from nnviz.app import create_window

def show():
    window = create_window()
    window.show()
    QApplication.processEvents()
    return window

QApplication([])  # one that is gone when the window is made
show()  # one that is forgotten
gc.collect()
application = QApplication.instance()
assert len([widget for widget in application.topLevelWidgets() if widget.isVisible()]) == 1
application = QApplication([])
show().close()
gc.collect()
application = QApplication([])
again = show()
QApplication.processEvents()
print("done")
"""


def test_a_script_that_makes_a_second_application_ends_well() -> None:
    """With a window that was forgotten, and with one that was closed.

    With an application, PyQt destroys what Python owns. Nothing of ours that is still needed may be among that.
    """
    store_settings(dataset="xor")  # which is quickly there
    command = [sys.executable, "-c", SECOND_APPLICATION]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert done.stdout == "done\n", done.stderr
    assert done.returncode == 0, done.stderr


def test_a_window_in_an_application_that_is_there_already(qapp: QApplication) -> None:
    """Is not shown by itself, and goes when it is closed: a script that asks it or closes it again gets an answer."""
    window = create_window("light")
    assert window.application is qapp
    assert QApplication.instance() is qapp
    assert not window.isVisible()
    window.show()
    canvas = window.canvas
    assert window.close()
    qapp.processEvents()
    assert sip.isdeleted(window)
    assert sip.isdeleted(canvas)
    assert not window.isVisible()
    assert window.close()


MANY_WINDOWS = """
import gc
from dataclasses import replace
from pathlib import Path
import numpy as np
from PyQt5.QtCore import QEventLoop
from PyQt5.QtWidgets import QApplication
from engine.datasets import DATASETS, Dataset
from engine.datasets.dataset import classification_split
from nnviz.app import create_window

def split(name, count):
    inputs = np.random.default_rng(1).random((count, 784))
    return classification_split(name, inputs, np.arange(count) % 10, 784, 10)

def load():  # a copy for each window
    return Dataset("noise", split("train", 5000), split("test", 500), (28, 28))

DATASETS.register("mnist")(replace(DATASETS["mnist"], make=load))

def megabytes():
    lines = Path("/proc/self/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith("VmRSS")).split()[1]) / 1024

sizes = []
for _ in range(4):
    window = create_window("light")
    window.show()
    while window.session.dataset is None:
        QApplication.processEvents(QEventLoop.WaitForMoreEvents)
    window.close()
    QApplication.processEvents()
    gc.collect()
    sizes.append(megabytes())
print((sizes[-1] - sizes[1]) / 2)
"""
# One heap for all threads, and large blocks given back at once: else each thread of the first 16 windows keeps a heap
# of its own with some free megabytes, which look like a leak and are none.
PLAIN_ALLOCATOR = {"MALLOC_ARENA_MAX": "1", "MALLOC_MMAP_THRESHOLD_": "131072"}


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_closed_windows_do_not_pile_up() -> None:
    """Each one holds 4 MB of data, and widgets of some megabytes."""
    command, env = [sys.executable, "-c", MANY_WINDOWS], {**os.environ, **PLAIN_ALLOCATOR}
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, env=env)
    assert done.returncode == 0, done.stderr
    assert float(done.stdout) < 1


# ---- the hook


@pytest.fixture
def parent(qtbot: QtBot) -> QWidget:
    """What the hook asks of a window."""
    parent = QWidget()
    qtbot.addWidget(parent)
    parent.show()
    return parent


@pytest.fixture
def reporter(parent: QWidget) -> Iterator[_CrashReporter]:
    """Without its log handler afterwards."""
    log = logging.getLogger("nnviz")
    before = list(log.handlers)
    yield _CrashReporter(parent, _log_to_file())  # type: ignore[arg-type]
    for handler in set(log.handlers) - set(before):
        log.removeHandler(handler)
        handler.close()


def crash(reporter: _CrashReporter, text: str) -> None:
    """As Python would hand over what nobody caught."""
    try:
        raise ZeroDivisionError(text)
    except ZeroDivisionError as error:
        reporter.report(type(error), error, error.__traceback__)


def boxes(window: QWidget) -> list[QMessageBox]:
    """Those that can be seen."""
    return [box for box in window.findChildren(QMessageBox, "crashBox") if box.isVisible()]


def test_it_shows_the_traceback_and_logs_it(
    parent: QWidget, reporter: _CrashReporter, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    crash(reporter, "a bug")
    (box,) = boxes(parent)
    assert "ZeroDivisionError: a bug" in box.informativeText()
    assert "Traceback" in box.detailedText()
    assert "in crash" in box.detailedText()
    (log,) = home.rglob("nnviz.log")
    assert str(log) in box.informativeText()
    assert "ZeroDivisionError: a bug" in log.read_text()
    assert "ZeroDivisionError: a bug" in capsys.readouterr().err
    assert not box.isModal(), "the window can be used meanwhile"
    box.close()
    assert parent.isVisible()


def test_a_crash_at_every_view_opens_one_box(parent: QWidget, reporter: _CrashReporter) -> None:
    for number in range(5):
        crash(reporter, f"bug {number}")
    (box,) = boxes(parent)
    for number in range(5):
        assert f"bug {number}" in box.detailedText()
    box.close()
    crash(reporter, "another")
    (box,) = boxes(parent)
    box.close()


def test_without_a_place_for_the_log_it_is_shown_all_the_same(
    parent: QWidget, monkeypatch: pytest.MonkeyPatch, home: Path
) -> None:
    (home / "file").write_text("")
    monkeypatch.setenv("XDG_DATA_HOME", str(home / "file"))
    crash(_CrashReporter(parent, _log_to_file()), "a bug")  # type: ignore[arg-type]
    (box,) = boxes(parent)
    assert "ZeroDivisionError: a bug" in box.informativeText()
    box.close()


PROGRAM = """
import gc, sys
from PyQt5.QtCore import QTimer
from PyQt5.QtWidgets import QMessageBox
from main import main
from nnviz import app

make = app.create_window

def create_window():
    window = make()

    def broken():
        QTimer.singleShot(0, look)
        raise KeyError("from a slot")

    def look():
        box = window.findChild(QMessageBox, "crashBox")
        print(box.isVisible(), "KeyError: 'from a slot'" in box.detailedText(), window.isVisible())
        print(gc.isenabled())
        box.close()
        window.close()

    QTimer.singleShot(0, broken)
    return window

app.create_window = create_window
sys.exit(main([]))
"""


def test_a_slot_that_raises_does_not_end_the_program(home: Path) -> None:
    """Nor does it leave garbage uncollected, as the start does."""
    store_settings(dataset="xor")
    done = subprocess.run([sys.executable, "-c", PROGRAM], cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert done.stdout == "True True True\nTrue\n", done.stderr
    assert done.returncode == 0
    assert "KeyError: 'from a slot'" in done.stderr
    assert [log for log in home.rglob("nnviz.log") if "from a slot" in log.read_text()]


def test_what_the_session_calls_a_crash_goes_to_the_hook(
    window: MainWindow, parent: QWidget, reporter: _CrashReporter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "excepthook", reporter.report)
    window.session.messages.show_error("It could not be done", KeyError("odd"))
    (box,) = boxes(parent)
    assert "KeyError" in box.informativeText()
    box.close()
