"""Libraries that are harmed while a training records, and exported runs of unknown origin that a window opens."""

from __future__ import annotations

import gc
import os
import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing, suppress
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from PyQt5.QtCore import QCoreApplication, QEvent

from engine.basics.errors import EngineError
from engine.datasets import source_of
from nnviz.app import create_window
from nnviz.library import Library
from nnviz.library.errors import damage_mark
from nnviz.library.run_file import read_run, write_run
from nnviz.library.schema import PAGE_BYTES
from nnviz.session.status import Status
from nnviz.window.main_window import MainWindow
from tests.hostile.attack import attack, child_environment, pick
from tests.hostile.damage import odd_zip
from tests.hostile.files import refused
from tests.hostile.libraries import (
    TRAINING,
    WORDS,
    odd_figures,
    odd_header,
    read_all,
    record_one,
    record_orders,
    run_file,
    uninterrupted,
)
from tests.nnviz.library.helpers import an_experiment

_PATIENCE = 15  # seconds until something that should come is missed
_OPENINGS = 15  # after this number of cases, damage must be repaired


# ---- libraries under a training


@attack("libraries harmed while a training records", cases=6, seconds=120)
def harm_library(rng: np.random.Generator, folder: Path) -> str:
    """The training comes to its end. What was only rescued has all of it, and anything else opens again."""
    path = folder / "library.sqlite"
    with Library(path) as library:
        record_one(library)
    harm: Callable[[np.random.Generator, Path], bool] = pick(  # type: ignore[assignment]
        rng, _rescue, _rescue, _import, _import, _odd_pages, _no_beginning, _cut, _replace, _delete, _hold
    )
    environment = {**child_environment(), "NNVIZ_LIBRARY": str(path)}
    command = [sys.executable, "-c", TRAINING, *WORDS]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment, text=True) as child:
        assert child.stdout is not None
        child.stdout.readline()  # it is recorded from now on
        time.sleep(float(rng.random()) * 0.5)
        is_harmless = harm(rng, path)
        _, complained = child.communicate(timeout=_PATIENCE)
    assert child.returncode == 0, complained
    assert "Traceback" not in complained, complained
    if is_harmless:
        with Library(path) as library:
            assert library.notice is None
            (run,) = (run for run in library.runs() if run.experiment.data == "spirals")
            assert library.history(run.id).error.train.epochs == list(range(61)), complained
            np.testing.assert_array_equal(library.network(run.id).parameters, uninterrupted())
    _check_opens(path)
    return harm.__name__.strip("_")


def _check_opens(path: Path) -> None:
    """What is there is read and recorded in, after some repairs."""
    for _ in range(_OPENINGS):
        with suppress(EngineError), Library(path) as library:
            read_all(library)
            record_one(library)
            return
    raise AssertionError("it is damaged again and again")


def _rescue(rng: np.random.Generator, path: Path) -> bool:
    """Another program finds damage, and puts what it can read into a new file."""
    damage_mark(path).touch()
    with Library(path) as library:
        assert library.notice is not None
    return True


def _import(rng: np.random.Generator, path: Path) -> bool:
    """Another program lets runs of unknown origin in, reads and replays them."""
    for number in range(5):
        file = path.with_name(f"{number}.nnvizrun")
        file.write_bytes((odd_header if rng.random() < 0.5 else odd_figures)(rng, run_file()))
        with Library(path, seconds=30) as library:
            found = refused(lambda library=library, file=file: read_run(library, file))
            if isinstance(found, int):
                library.history(found), library.orders(found), library.network(found)
    with Library(path) as library:
        assert library.notice is None
    return True


def _odd_pages(rng: np.random.Generator, path: Path) -> bool:
    pages = path.stat().st_size // PAGE_BYTES
    with open(path, "r+b") as file:
        for page in rng.integers(1, pages, 3):
            file.seek(int(page) * PAGE_BYTES)
            file.write(rng.bytes(PAGE_BYTES))
    return False


def _no_beginning(rng: np.random.Generator, path: Path) -> bool:
    with open(path, "r+b") as file:
        file.write(bytes(PAGE_BYTES))
    return False


def _cut(rng: np.random.Generator, path: Path) -> bool:
    os.truncate(path, int(rng.integers(0, path.stat().st_size)))
    return False


def _replace(rng: np.random.Generator, path: Path) -> bool:
    """By another library, as a program does that copies files to and fro."""
    other = path.with_name("other.sqlite")
    with Library(other) as library:
        record_one(library)
        record_one(library)
    with suppress(FileNotFoundError):
        os.replace(f"{path}-wal", f"{path}-wal-aside")
    os.replace(other, path)
    return False


def _delete(rng: np.random.Generator, path: Path) -> bool:
    for each in path.parent.glob(f"{path.name}*"):
        if not each.name.endswith(".lock"):
            each.unlink(missing_ok=True)
    return False


def _hold(rng: np.random.Generator, path: Path) -> bool:
    """Another program writes for some seconds, or copies the file meanwhile."""
    with closing(sqlite3.connect(path, timeout=30, isolation_level=None)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        shutil.copyfile(path, path.with_name("copy"))
        time.sleep(float(rng.random()) * 2)
        connection.execute("ROLLBACK")
    return True


# ---- exported runs in a window


@cache
def _run_of_moons() -> bytes:
    """An exported run, with orders, of data that every window has."""
    with TemporaryDirectory() as folder, Library(Path(folder) / "library.sqlite") as library:
        data = source_of("moons").load({"points": 200})
        made = an_experiment(data, epochs=5).changed(data="moons", data_settings={"points": 200})
        record_orders(library, made, data)
        write_run(library, 1, Path(folder) / "run.nnvizrun")
        return (Path(folder) / "run.nnvizrun").read_bytes()


@attack("exported runs in a window", cases=10, seconds=120, megabytes=1500)
def run_in_window(rng: np.random.Generator, folder: Path) -> str:
    """Is refused in words; or it is compared, exported, opened, looked back at and continued, without a crash."""
    file, crashes = folder / "run.nnvizrun", list[object]()
    odd = pick(rng, odd_zip, odd_header, odd_header, odd_figures, odd_figures, odd_figures)
    file.write_bytes(odd(rng, _run_of_moons()))  # type: ignore[operator]
    for name in ("HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME", "XDG_STATE_HOME"):
        os.environ[name] = str(folder / name.lower())
    window = create_window()
    window.session.messages.crashed.connect(crashes.append)
    sys.excepthook = lambda kind, error, trace: crashes.append(error)
    window.show()
    try:
        session, imported, reported = window.session, list[int](), list[str]()
        session.exchange.imported.connect(imported.append)
        session.exchange.status_changed.connect(reported.append)  # the last one is "", when the import has ended
        _until("data", lambda: session.state is not Status.LOADING)
        session.exchange.read(file)
        _until("the end of the import", lambda: bool(reported) and not reported[-1])
        outcome = "refused"
        assert imported or session.messages.current is not None or crashes, "refused without a word"
        if imported:
            outcome = _use(rng, window, imported[0], folder)
    finally:
        window.close_unasked()
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
        gc.collect()
    assert not crashes, f"an exception that nobody handles: {crashes[0]!r}"
    with Library() as library:
        assert library.notice is None, "a run that was let in damages the library"
    return outcome


def _use(rng: np.random.Generator, window: MainWindow, run: int, folder: Path) -> str:
    session = window.session
    window.show_workspace("runs")
    _wait(0.2)
    session.comparison.toggle(run)
    _wait(0.2)
    session.exchange.export(run, folder / "out")
    is_open = list[bool]()
    session.library.open(run)
    with suppress(AssertionError):
        _until("the run", lambda: session.runs.current.storage.record == run, 5)
        is_open.append(True)
    for name in ("train", "inside", "runs", "train"):
        window.show_workspace(name)
        _wait(0.2)
        assert not window.grab().isNull()
    if not is_open:
        return "listed"
    _until("data", lambda: session.state not in (Status.LOADING, Status.BUILDING))
    for epoch in session.timeline.epochs[:: max(1, len(session.timeline.epochs) // 4)]:
        session.timeline.go_to(epoch)
        _wait(0.1)
    session.timeline.go_to(float(rng.random()) * 5)
    with suppress(EngineError):
        session.timeline.branch()
    _wait(0.5)
    session.timeline.go_live()
    with suppress(EngineError):
        session.start()
    _wait(0.5)
    session.pause()
    _until("rest", lambda: session.state not in (Status.TRAINING, Status.BUILDING, Status.LOADING))
    return "opened"


def _wait(seconds: float) -> None:
    """Lets events happen for a while."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        QCoreApplication.processEvents()
        time.sleep(0.002)


def _until(what: str, holds: Callable[[], bool], seconds: float = _PATIENCE) -> None:
    """Lets events happen until that holds, which must come."""
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, f"{what} did not come"
        _wait(0.005)
