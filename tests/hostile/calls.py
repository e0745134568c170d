"""Random calls on a session, in any order, at any moment. After each few, what must always hold is checked."""

from __future__ import annotations

import gc
import sys
import time
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from PyQt5.QtCore import QCoreApplication, QEvent

from engine.basics.errors import EngineError
from engine.datasets import DATASETS, Dataset, DataSource, Split
from engine.datasets.dataset import one_hot
from engine.storage import load_checkpoint, load_network
from engine.training.trainer import Trainer
from nnviz.cards.runs.storage import StorageModel
from nnviz.cards.settings.rate_search import RateSearch
from nnviz.cards.step_through.model import StepThrough
from nnviz.digits.strokes import Stroke
from nnviz.session.run import Run
from nnviz.session.session import Session
from nnviz.session.status import Stage, Status
from tests.engine.helpers import ENDINGS
from tests.hostile.attack import attack
from tests.nnviz.helpers import announced

_CALLS = 40
_PATIENCE = 60  # seconds until something that should come is missed; a large network takes seconds to write
_BUSY = (Status.LOADING, Status.BUILDING, Status.TRAINING)


@cache
def _application() -> QCoreApplication:
    _register("hostile-a", _made_up("a", 240, 784, 10, 1))
    _register("hostile-b", _made_up("b", 150, 784, 10, 2))
    _register("hostile-other", _made_up("other", 60, 12, 3, 3))

    def broken() -> Dataset:
        raise OSError(5, "the disk is gone")

    DATASETS.register("hostile-broken")(DataSource("broken", broken))
    return QCoreApplication([])


def _register(name: str, dataset: Dataset) -> None:
    DATASETS.register(name)(DataSource(name, lambda: dataset))


def _made_up(title: str, examples: int, width: int, classes: int, seed: int) -> Dataset:
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, classes, examples)
    split = Split(rng.random((examples, width), np.float32), one_hot(labels, classes), labels)
    shape = (28, 28) if width == 784 else (3, 4)
    return Dataset(title, split, split, shape, tuple(str(number) for number in range(classes)))


class Person:
    """Does things to a session, and remembers what must come of them."""

    def __init__(self, rng: np.random.Generator, folder: Path) -> None:
        _application()
        self.rng, self.folder = rng, folder
        self.session = Session()
        self.messages: list[str] = []
        self.saves: list[Path] = []
        self.crashes: list[BaseException] = []
        self.calls: list[str] = []
        self.session.messages.changed.connect(self._note_message)
        self.session.messages.crashed.connect(self.crashes.append)
        self.session.messages.announced.connect(lambda: self.messages.append(announced(self.session)))
        sys.excepthook = lambda kind, error, trace: self.crashes.append(error)
        self.session.data.load("hostile-a")

    def _note_message(self) -> None:
        message = self.session.messages.current
        if message is not None:
            self.messages.append(message.text)

    # ---- calls

    def call(self) -> None:
        """Makes one call."""
        kinds = [name for name in dir(self) if name.startswith("do_")]
        name = kinds[int(self.rng.integers(len(kinds)))]
        self.calls.append(name.removeprefix("do_"))
        try:
            getattr(self, name)()
        except EngineError as error:
            self.calls[-1] += f" (refused: {error.parameter})"

    def _any(self, *choices: Any) -> Any:
        choice = choices[int(self.rng.integers(len(choices)))]
        self.calls[-1] += f" {choice!r}" if not callable(choice) else ""
        return choice

    def do_start(self) -> None:
        self.session.start()

    def do_toggle(self) -> None:
        self.session.training.toggle()

    def do_pause(self) -> None:
        self.session.pause()

    def do_step_batch(self) -> None:
        self.session.step_batch()

    def do_step_epoch(self) -> None:
        self.session.step_epoch()

    def do_reset(self) -> None:
        self.session.reset()

    def do_undo(self) -> None:
        for _ in range(self._any(1, 1, 1, 2, 5)):
            self.session.undo.undo()

    def do_redo(self) -> None:
        for _ in range(self._any(1, 1, 2)):
            self.session.undo.redo()

    def do_hold(self) -> None:
        go_on = self.session.training.hold()
        self.wait(0.005)
        go_on()

    def do_room(self) -> None:
        self.session.models[StorageModel].set_memory_budget(self._any(2**20, 2**21, 64 * 2**20, 0, -1, float("nan")))

    def do_change(self) -> None:
        name, values = self._any(
            ("learning_rate", (0.01, 0.1, 1.0, 1e6, 1e30)),
            ("optimizer", ("sgd", "adam", "adamw")),
            ("epochs", (1, 2, 3, 50, 10**6)),
            ("batch_size", (1, 7, 30, 60)),
            ("seed", (1, 2, 3)),
            ("dropout", (0.0, 0.3)),
            ("patience", (0, 1, 2)),
            ("validation_share", (0.0, 0.2)),
            ("initializer", ("he", "orthogonal", "zeros")),
            ("rotation", (0.0, 10.0)),
        )
        self.session.settings.change(name, **{name: self._any(*values)})

    def do_shape(self) -> None:
        first, last = self.session.settings.fitting.shape[0], self.session.settings.fitting.shape[-1]
        hidden = self._any((), (5,), (8, 6), (40,), (700, 600))
        self.session.settings.change("shape", shape=(first, *hidden, last))

    def do_preset(self) -> None:
        presets = self.session.settings.presets
        self.session.settings.choose_preset(presets[int(self.rng.integers(len(presets)))])

    def do_data(self) -> None:
        self.session.data.load(self._any("hostile-a", "hostile-a", "hostile-b", "hostile-other", "hostile-broken"))

    def do_save(self) -> None:
        path = self.folder / f"saved{len(self.saves)}{self._any('.npz', *ENDINGS)}"
        self.saves.append(path)
        self.session.files.save(path)

    def do_export(self) -> None:
        path = self.folder / f"exported{len(self.saves)}.py"
        self.saves.append(path)
        self.session.files.export(path)

    def do_open(self) -> None:
        there = [path for path in self.saves if path.exists() and path.suffix != ".py"]
        if there:
            self.session.files.open(there[int(self.rng.integers(len(there)))], self._any(None, None, "a title"))

    def do_open_damaged(self) -> None:
        path = self.folder / "damaged.npz"
        path.write_bytes(b"PK\x03\x04" + self.rng.bytes(50))
        self.session.files.open(path)

    def do_draw(self) -> None:
        self.session.sketch.replace("stroke", (Stroke(self.rng.random((9, 2)) * 300 + 20),))

    def do_clear(self) -> None:
        self.session.sketch.replace("clear", ())

    def do_ask(self) -> None:
        question, data = self.session.question, self.session.dataset
        width = 784 if data is None else data.width
        asks = (question.set_example, question.move_example)
        self._any(*asks, lambda _: question.set_random_example(), lambda _: question.reset())(self.rng.random(width))

    def do_search_rate(self) -> None:
        self.session.models[RateSearch].search()

    def do_take_step(self) -> None:
        through = self.session.models[StepThrough]
        through.want(True)
        through.choose(self._any(True, False))
        self.wait(self._any(0.0, 0.05))
        through.take()

    def do_choose(self) -> None:
        self.session.messages.choose(self._any(0, 1))

    def do_wait(self) -> None:
        self.wait(float(self.rng.random()) * 0.05)

    # ---- waiting

    def wait(self, seconds: float) -> None:
        """Lets events happen for a while."""
        end = time.monotonic() + seconds
        while True:
            QCoreApplication.processEvents()
            if time.monotonic() >= end:
                return
            time.sleep(0.0005)

    def until(self, what: str, holds: Callable[[], bool]) -> None:
        """Lets events happen until that holds, which must come."""
        end = time.monotonic() + _PATIENCE
        while not holds():
            assert time.monotonic() < end, f"{what} did not come"
            self.wait(0.001)

    def settle(self) -> None:
        """Pauses, and waits until nothing goes on any more."""
        session = self.session
        session.pause()
        self.until("the step that is to be taken", lambda: not session.models[StepThrough].will_take)
        self.until("rest", lambda: session.state not in _BUSY and not session.training.will_start)
        self.until("the end of reading and writing", lambda: not session.files.activity)
        session.models[RateSearch].cancel()
        self.wait(0)

    # ---- what must hold

    def check(self) -> None:
        """Raises AssertionError where something does not hold that must, while nothing goes on."""
        assert not self.crashes, f"an exception that nobody handles: {self.crashes[0]!r}"
        session, run = self.session, self.session.runs.current
        assert session.displayed.network.parameters is run.parameters, "another network is displayed"
        assert np.isfinite(run.parameters).all(), "weights that are no numbers are displayed"
        if run.untouched:
            made = run.experiment.build().parameters
            assert np.array_equal(made, run.parameters), "an untouched network is not its seed's"
        self._check_worker(run)
        self._check_history(run)
        self._check_saves()
        self._check_file(run)

    def _check_worker(self, run: Run) -> None:
        def look(trainer: Trainer | None) -> tuple[int, int, Any] | None:
            return None if trainer is None else (trainer.epoch, trainer.batch, trainer.network.parameters.copy())

        found = self.session.training.runner.call(run.id, look)
        self.until("the worker's answer", found.done)
        place = found.result()
        if run.stage in (Stage.PAUSED, Stage.ENDED):
            assert place is not None, "the worker does not know a run that is paused"
            epoch, batch, parameters = place
            shown = (run.progress.epoch, run.progress.batch)
            assert (epoch, batch) == shown, f"the worker is at {(epoch, batch)}, the window says {shown}"
            assert np.array_equal(parameters, run.parameters), "the worker has other weights than are shown"
        else:
            assert np.array_equal(run.network.parameters, run.parameters), "what trains next is not what is shown"

    def _check_history(self, run: Run) -> None:
        for curve in (run.history.error.train, run.history.error.test, run.history.loss.train):
            epochs = list(curve.epochs)
            assert epochs == sorted(set(epochs)), f"epochs out of order: {epochs}"
            assert not epochs or epochs[-1] <= run.epochs or run.history.best is not None, "figures of the future"
        moments = [snapshot.epochs for snapshot in run.snapshots]
        assert moments == sorted(moments)
        assert not moments or moments[-1] <= max(run.epochs, run.progress.total_epoch), "snapshots of the future"

    def _check_saves(self) -> None:
        for path in self.saves:
            self.until(f"{path.name}, which was asked for,", lambda path=path: path.exists() or self._is_reported(path))
        assert not list(self.folder.glob(".*.part")), "half a file was left"

    def _is_reported(self, path: Path) -> bool:
        return any(path.name in text and "could not" in text for text in self.messages)

    def _check_file(self, run: Run) -> None:
        path = self.folder / "checked.npz"
        path.unlink(missing_ok=True)
        self.session.files.save(path)
        self.until("the file", path.exists)
        self.until("word of the file", lambda: announced(self.session) == "Saved to checked.npz")
        assert not run.unsaved, "just saved, and said to be unsaved"
        assert np.array_equal(load_network(path).parameters, run.parameters), "the file holds another network"
        _, state = load_checkpoint(path)
        if run.stage is not Stage.RESTING:
            assert state is not None, "the file holds no training"
            shown = (run.progress.epoch, run.progress.batch)
            assert (state.progress["epoch"], state.progress["batch"]) == shown, "the file is at another place"

    def save_and_close(self) -> None:
        """Closes at once after a save: it is on disk, with the network as it was between two steps."""
        self.calls.append("save and close")
        self.do_save()
        path, shape = self.saves[-1], self.session.runs.current.network.shape
        self.close()
        assert path.exists(), f"{path.name}, which was asked for, is missing"
        network = load_network(path)
        assert network.shape == shape, "the file holds another network"
        assert np.isfinite(network.parameters).all()
        for each in self.saves:
            assert each.exists() or self._is_reported(each), f"{each.name}, which was asked for, is missing"

    def close(self) -> None:
        """Closes the session. All its threads end."""
        end = time.monotonic() + _PATIENCE
        while not self.session.close():
            assert time.monotonic() < end, "the session does not end"
            time.sleep(0.01)
        assert not self.crashes, f"an exception at the end: {self.crashes[0]!r}"


@attack("session calls", cases=12, seconds=180)
def session_calls(rng: np.random.Generator, folder: Path) -> str:
    """A session with some dozens of calls, checked after every eight and at its end."""
    person = Person(rng, folder)
    try:
        if rng.random() < 0.8:
            person.settle()
        for number in range(_CALLS):
            person.call()
            if number % 8 == 7:
                person.settle()
                person.check()
    except BaseException as error:
        raise AssertionError(f"{error}\nafter: {'; '.join(person.calls)}") from error
    finally:
        person.close()
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
        gc.collect()
    return "kept its promises"


@attack("saves while training", cases=4, seconds=180)
def save_while_training(rng: np.random.Generator, folder: Path) -> str:
    """A save while training, and within milliseconds something takes the network away. It is written all the same."""
    person = Person(rng, folder)
    try:
        person.settle()
        person.session.settings.change("epochs", epochs=10**6)
        hidden = [(5,), (40,), (700, 600), (2000, 1000)][int(rng.integers(4))]
        person.session.settings.change("shape", shape=(784, *hidden, 10))
        person.session.start()
        person.until("the first steps", lambda: person.session.runs.current.epochs > 0.05)
        for _ in range(4):
            person.calls.append("save")
            person.do_save()
            person.wait(float(rng.random()) * 0.01)
            [person.do_reset, person.do_data, person.do_open, person.do_undo][int(rng.integers(4))]()
            person.wait(float(rng.random()) * 0.02)
            person.session.start()
            person.wait(float(rng.random()) * 0.02)
        if rng.random() < 0.5:
            person.settle()
            person.check()
        else:
            person.save_and_close()
    except BaseException as error:
        raise AssertionError(f"{error}\nafter: {'; '.join(person.calls)}") from error
    finally:
        person.close()
    return "all written"
