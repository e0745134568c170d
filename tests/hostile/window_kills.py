"""A window that is killed while it trains. The next one says so, and goes on as if nothing had happened."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from PyQt5.QtCore import QCoreApplication, QEvent

from engine.datasets import source_of
from nnviz.app import create_window
from nnviz.library import Library, RunRecord
from nnviz.session.status import Status
from nnviz.window.main_window import MainWindow
from tests.hostile.attack import attack, child_environment, pick
from tests.hostile.watched import VARIABLE, Note, read_notes

_MOST_LOST = 1  # seconds of epochs that are over
_PATIENCE = 60  # seconds until something that should come is missed
# By how long an epoch takes, milliseconds or most of a second: points and settings. None comes to its end.
_TRAININGS: dict[str, tuple[int, dict[str, Any]]] = {
    "short": (1500, {"hidden": (8,), "batch_size": 40}),
    "long": (8000, {"hidden": (100, 50), "batch_size": 1}),
}
_WINDOW = """
import ast, sys
import main
main.set_threads()
from nnviz.app import create_window
from nnviz.commands.screenshot import wait_until
from nnviz.jobs import child, training_process
from nnviz.session.status import Status
from tests.hostile.watched import watch
watch()
child._CODE = child._CODE.replace("from", "from tests.hostile.watched import watch; watch(); from", 1)
training_process.is_worthwhile = lambda: sys.argv[1] == "lent"
window = create_window()
window.show()
session = window.session
wait_until(window, lambda: session.state is not Status.LOADING)
session.data.load("moons", {"points": int(sys.argv[2])})
wait_until(window, lambda: session.state is not Status.LOADING)
session.settings.change("all", epochs=100_000, optimizer="adam", learning_rate=0.001, **ast.literal_eval(sys.argv[3]))
session.start()
wait_until(window, lambda: False)
"""


@attack("kills of a window that trains", cases=20, seconds=180, megabytes=1500)
def kill_window(rng: np.random.Generator, folder: Path) -> str:
    """Kills it at any moment. What is lost is little, the next window offers to go on, and that is exact."""
    where, epoch = str(pick(rng, "here", "lent")), str(pick(rng, *_TRAININGS))
    notes = _killed(rng, folder, where, *_TRAININGS[epoch])
    with Library() as library:
        assert library.notice is None
        assert library.database.rows("PRAGMA integrity_check") == [("ok",)]
        (left,) = library.interrupted()
        _check_loss(notes, left)
        kept = library.state(left.id)
        assert kept is not None
        assert kept.at == left.epochs
        measured = kept.epoch if kept.training.progress["measured"] else max(kept.epoch - 1, 0)
        known = library.history(left.id).completed
        assert known == measured, f"figures of {known} epochs, and a state after {measured} and batch {kept.batch}"
    with _next_window() as window:
        _go_on(window, left)
    _check_exact(left)
    processes = len({note.process for note in notes})
    return f"gone on with {epoch} epochs, {'lent' if processes > 1 else 'not lent'}"


def _killed(rng: np.random.Generator, folder: Path, where: str, points: int, settings: dict[str, Any]) -> list[Note]:
    """The notes of a window that trained for up to three seconds."""
    _set_home(folder)
    notes = folder / "notes"
    environment = {**child_environment(), VARIABLE: str(notes)}
    command = [sys.executable, "-c", _WINDOW, where, str(points), repr(settings)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, env=environment, text=True) as child:
        _until("the first state", lambda: child.poll() is not None or bool(read_notes(notes)))
        time.sleep(float(rng.random()) * 3)
        assert child.poll() is None, child.communicate()[1]
        child.send_signal(signal.SIGKILL)
        reported = child.communicate()[1]
    trained = {note.process for note in read_notes(notes)}
    _until("the end of the process that trained", lambda: not any(map(_is_alive, trained)))
    assert not any(note.what == "untaken" for note in read_notes(notes)), reported
    return read_notes(notes)


def _is_alive(process: int) -> bool:
    return Path(f"/proc/{process}").exists()


def _set_home(folder: Path) -> None:
    """Neither window reads or writes what is the person's."""
    for name in ("HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME", "XDG_STATE_HOME"):
        os.environ[name] = str(folder / name.lower())


def _check_loss(notes: list[Note], left: RunRecord) -> None:
    """What was written is there; and later epochs, but for the one in progress, ended within a second after that."""
    written = [note for note in notes if note.what == "written"]
    assert not any(note.what == "failed" for note in notes), "something could not be written"
    assert left.epochs >= max(note.at for note in written), "what was written is not there"
    then = max(note.seconds for note in notes if note.at == left.epochs)  # it may be killed before it notes the writing
    lost = [note for note in notes if note.what == "ended" and note.at > left.epochs]
    for note in lost:
        if note.seconds < lost[-1].seconds:  # the last ones, noted together, may have been about to be written
            assert note.seconds < then + _MOST_LOST, f"{note.at - left.epochs} epochs are lost"


@contextmanager
def _next_window() -> Iterator[MainWindow]:
    window = create_window()
    window.show()
    try:
        yield window
    finally:
        window.close_unasked()
        assert window.ended_whole
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


def _go_on(window: MainWindow, left: RunRecord) -> None:
    """Takes what the window offers, and trains some more epochs."""
    session = window.session
    _until("word of the run", lambda: session.messages.current is not None)
    reported = session.messages.current
    assert reported is not None
    assert f"Run {left.id} was interrupted at epoch" in reported.text, reported.text
    session.messages.choose(0)
    _until("the run", lambda: session.runs.current.storage.record == left.id)
    _until("an epoch", lambda: session.runs.current.history.completed > left.epochs)
    session.pause()
    _until("a pause", lambda: session.state is Status.PAUSED)


def _check_exact(left: RunRecord) -> None:
    """Where it stands now a training stands that nothing ever interrupted."""
    with Library() as library:
        assert library.interrupted() == []
        kept, run = library.state(left.id), library.run(left.id)
    assert kept is not None
    assert kept.at == run.epochs > left.epochs
    made = run.experiment
    trainer = made.trainer(source_of(made.data).load(made.data_settings))
    events = trainer.run()
    while (trainer.epoch, trainer.batch) != (kept.epoch, kept.batch):
        next(events)
    np.testing.assert_array_equal(kept.network.parameters, trainer.network.parameters)
    assert kept.training.progress["random"] == trainer.state().progress["random"]


def _until(what: str, holds: Callable[[], bool]) -> None:
    """Lets events happen until that holds, which must come."""
    end = time.monotonic() + _PATIENCE
    while not holds():
        assert time.monotonic() < end, f"{what} did not come"
        QCoreApplication.processEvents()
        time.sleep(0.002)
