"""The guards of conftest.py catch what leaks, and blame the test that did it."""

from __future__ import annotations

from pathlib import Path

import pytest

LEAKS = """
import threading
from PyQt5.QtCore import QRunnable, QThread, QThreadPool, QTimer
from PyQt5.QtWidgets import QLabel, QWidget

kept = []

def test_thread_of_python():
    gate = threading.Event()
    threading.Thread(target=gate.wait, daemon=True).start()

def test_thread_of_qt(qapp):
    kept.append(QThread())
    kept[-1].start()

def test_worker(qapp):
    from nnviz.jobs.worker import Worker
    kept.append(Worker())
    kept[-1].start()

def test_pool(qapp):
    class Nap(QRunnable):
        def run(self):
            QThread.msleep(300)
    kept.append(QThreadPool())
    kept[-1].start(Nap())

def test_timer(qapp):
    kept.append(QTimer())
    kept[-1].start(10)

def test_timer_of_a_widget(qapp):
    widget = QWidget()
    QTimer(widget).start(10_000)
    kept.append(widget)

def test_window(qapp):
    kept.append(QLabel("still here"))
    kept[-1].show()

def test_that_comes_after_them_is_clean(qapp):
    pass

def test_that_tidies_up_is_clean(qapp):
    thread, timer, label = QThread(), QTimer(), QLabel()
    kept.extend((thread, timer, label))
    thread.start()
    timer.start(10)
    label.show()
    thread.quit()
    thread.wait()
    timer.stop()
    label.hide()
"""


def test_leaks_fail_the_test_that_leaks(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[2]))
    monkeypatch.setenv("COLUMNS", "200")  # the summary is cut to the width of the terminal
    pytester.makeconftest("from tests.nnviz.guards import *")
    pytester.makepyfile(LEAKS)
    result = pytester.runpytest_subprocess("-rA", "-p", "no:cacheprovider")
    result.assert_outcomes(passed=9, errors=7)
    text = result.stdout.str()
    for guilty, what in (
        ("test_thread_of_python", "left behind: <Thread"),
        ("test_thread_of_qt", "left behind: QThread"),
        ("test_worker", "left behind: Worker"),
        ("test_pool", "left behind: QThreadPool"),
        ("test_timer", "left behind: QTimer"),
        ("test_timer_of_a_widget", "left behind: QTimer '' of QWidget"),
        ("test_window", "left behind: QLabel"),
    ):
        assert any(line.startswith("ERROR") and f"::{guilty} " in line and what in line for line in text.splitlines())


def test_a_test_sees_nobodys_settings(home: Path) -> None:
    from PyQt5.QtCore import QStandardPaths

    from nnviz.window.user_files import settings_file

    assert settings_file().is_relative_to(home)
    assert Path(QStandardPaths.writableLocation(QStandardPaths.StandardLocation.AppLocalDataLocation)).is_relative_to(
        home
    )
