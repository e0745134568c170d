"""For all tests but those that start the program themselves: nobody's settings, no display, nothing left behind."""

from __future__ import annotations

import os
import sys

# As main.py sets them, and before numpy is first imported: tests are to measure what a person gets.
for _variable in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_variable, "1")
# The end-to-end tests hand no QT_… variable on to the program they start.
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
# Tests start the program a hundred times: it is compiled once, whatever the person prefers.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

# ruff: noqa: E402
import gc
import itertools
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import hypothesis
import pytest
from PyQt5.QtCore import QCoreApplication, QEvent, QThreadPool
from pytestqt.qtbot import QtBot

from engine.datasets import DATASETS, Dataset
from engine.datasets.mnist import load_mnist
from nnviz.window.main_window import MainWindow
from tests.engine.helpers import restored_later
from tests.nnviz.guards import nothing_left_behind
from tests.nnviz.helpers import ends_whole, is_shown

__all__ = ["nothing_left_behind"]

pytest_plugins = ["pytester"]

# How long an example takes depends on what else the machine does.
hypothesis.settings.register_profile("untimed", deadline=None)
hypothesis.settings.load_profile("untimed")

_FOLDERS = ("CONFIG_HOME", "DATA_HOME", "CACHE_HOME", "STATE_HOME", "RUNTIME_DIR")

MakeWindow = Callable[..., MainWindow]


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """One process more than cores: a test waits a good part of its time, for timers and for processes that start.

    Who wants to look into a test (--trace, -s; xdist itself knows --pdb) gets all of them in this process.
    """
    looks = config.option.trace or config.option.capture == "no"
    return 0 if looks else (os.cpu_count() or 1) + 1


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The files of the engine, which take least, come last: so all processes end at about the same time."""
    items.sort(key=lambda item: item.nodeid.startswith("tests/engine/"))


@pytest.fixture(scope="session", autouse=True)
def runtime_folder(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Qt asks for it once, when the application is made, and warns where there is none."""
    os.environ.setdefault("XDG_RUNTIME_DIR", str(tmp_path_factory.mktemp("runtime")))


@pytest.fixture(scope="module", autouse=True)
def quick_guards() -> None:
    """The guards walk through all objects; those that are here before a file's tests, the most, are left out."""
    gc.collect()  # what is frozen is never looked at again, and garbage would stay
    gc.freeze()


@pytest.fixture(scope="session")
def new_homes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Paths that nobody has used. pytest itself would look through all folders that there are, for each new one."""
    folder = tmp_path_factory.mktemp("homes")
    return (folder / str(number) for number in itertools.count())


@pytest.fixture(autouse=True)
def nobodys_settings(
    request: pytest.FixtureRequest, new_homes: Iterator[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A home without a past, for each test its own: nothing is read from the person's, nothing written there."""
    if request.node.get_closest_marker("e2e"):
        return  # they give a home to every program they start
    home = next(new_homes)
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    for name in _FOLDERS:
        folder = home / name.lower()
        folder.mkdir(mode=0o700)
        monkeypatch.setenv(f"XDG_{name}", str(folder))
    monkeypatch.delenv("DBUS_SESSION_BUS_ADDRESS", raising=False)  # the desktop's choice of theme
    monkeypatch.setenv("NNVIZ_LIBRARY", str(home / "library" / "library.sqlite"))  # processes that are started get it


@pytest.fixture(autouse=True)
def one_core(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Trainings stay in the test's process, where a test can look at them; unless it asks for ``two_cores``."""
    if "two_cores" not in request.fixturenames:
        monkeypatch.setattr("nnviz.jobs.training_process.is_worthwhile", lambda: False)


@pytest.fixture
def two_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    """Trainings that go on for a while get a process of their own, also where there is one core."""
    monkeypatch.setattr("nnviz.jobs.training_process.is_worthwhile", lambda: True)


@pytest.fixture
def home() -> Path:
    """The home of this test's person."""
    return Path.home()


# ---- data


@pytest.fixture(scope="session")
def mnist() -> Dataset:
    """The real MNIST, loaded once."""
    return load_mnist()


@pytest.fixture(scope="session")
def few_digits(mnist: Dataset) -> Dataset:
    """The first 2,000 and 500 of MNIST: an epoch takes hundredths of a second."""
    assert mnist.test is not None
    return Dataset(mnist.title, mnist.train.head(2000), mnist.test.head(500), mnist.example_shape, mnist.class_names)


@pytest.fixture
def load_with(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[], Dataset]], None]:
    """Puts another function in the place of the one that loads MNIST."""
    restored_later(monkeypatch, DATASETS)  # in the reverse order of all that is to be restored

    def put(load: Callable[[], Dataset]) -> None:
        DATASETS.register("mnist")(replace(DATASETS["mnist"], make=load))

    return put


# ---- windows


@pytest.fixture
def make_window(qtbot: QtBot, few_digits: Dataset, load_with: Callable[..., None]) -> Iterator[MakeWindow]:
    """Makes windows as a script would, shows them, and closes them at the end without a question.

    Their data is the beginning of MNIST: loading it is over before a test is.
    """
    load_with(lambda: few_digits)
    made: list[MainWindow] = []

    def make(records: bool = False, **begin: str) -> MainWindow:
        from nnviz.app import create_window

        window = create_window(**begin)
        window.session.records.set_on(records)  # recording has tests of its own
        made.append(window)
        window.show()
        return window

    yield make
    for window in made:
        close(window)


@pytest.fixture
def window(make_window: MakeWindow) -> MainWindow:
    """A window that still loads its data."""
    return make_window()


@pytest.fixture
def ready_window(window: MainWindow, qtbot: QtBot) -> MainWindow:
    """The same when the data is there."""
    qtbot.waitUntil(lambda: is_shown(window.session.data), timeout=30_000)
    return window


def close(window: MainWindow) -> None:
    """Whatever was learned is given up."""
    ends_whole(window)
    QThreadPool.globalInstance().waitForDone()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
