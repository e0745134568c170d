"""Runs that leave the window in every way and come back: weights, curves, best epoch, figures and notes stay the same.

Each run is trained once, in one session. What a run is compared with was noted there, or was measured from its weights.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from pytestqt.qtbot import QtBot

from engine.datasets import DATASETS, Dataset, DataSource
from engine.datasets.painted_points import PAINTED_PLANE
from engine.experiment import Experiment
from engine.storage import save_network
from engine.sweeps.plan import plan_seeds
from engine.training.metrics import Evaluator, figures_of
from nnviz.library import Library
from nnviz.library.run_file import read_run
from nnviz.session.file_writing import network_for_file
from nnviz.session.run import Run
from nnviz.session.selection import Neuron
from nnviz.session.status import Status
from nnviz.sweeps.conductor import Conductor
from nnviz.sweeps.sweep_writer import SweepWriter
from tests.nnviz.conftest import RestoredModel
from tests.nnviz.helpers import is_shown
from tests.nnviz.sweeps.helpers import Here, worked

NOTE = "kept for the class of 2026"

TABLE = "size,colour,age,price\n" + "".join(
    f"{row % 7 + 1},{('red', 'green', 'blue')[row % 3]},{row % 11 or ''},{100 + 10 * (row % 7) + 5 * (row % 3)}\n"
    for row in range(80)
)


@dataclass(frozen=True)
class Made:
    """A run as the window knew it when it was made.

    Attributes:
        record: its number in the library.
        parameters: the weights and biases of its network.
        epochs: the epochs that they were trained.
        best: the epoch that early stopping restored; None for none.
        figures: "test_error" and so on, as the window shows them.
        curves: the points of every curve, as in a file.
        changes: the texts of its changes of settings, with their epochs.
    """

    record: int
    parameters: np.ndarray
    epochs: float
    best: float | None
    figures: dict[str, float]
    curves: dict[str, Any]
    changes: list[tuple[float, str]]


def made_of(run: Run) -> Made:
    assert run.storage.record is not None
    history, best = run.history, run.history.best
    curves = {name: points for name, points in history.as_dict().items() if name != "changes"}
    return Made(
        run.storage.record,
        run.network.parameters.copy(),
        run.epochs,
        None if best is None else float(best.epoch),
        run.figures(),
        curves,
        [(change.epoch, change.text) for change in history.changes],
    )


def measured(run: Run, data: Dataset) -> dict[str, float]:
    """The figures of a run's network, measured from its weights."""
    share = run.experiment.training.validation_share
    whole = data.with_validation(share) if share and data.validation is None else data
    parts = {
        name: Evaluator(run.network, split, data.target_scaling).evaluate() for name, split in whole.splits.items()
    }
    return figures_of(parts)


# ---- sessions, which know no window


class Started(RestoredModel):
    """A session that was started as the program starts one, with what is remembered in a file."""

    def __init__(self, qtbot: QtBot, settings: Path) -> None:
        super().__init__(settings)
        self.wait = lambda reached: qtbot.waitUntil(reached, timeout=20_000)
        self.settled()

    def settled(self) -> None:
        """Until the data are there, and examples of the user's own are read."""
        self.wait(lambda: is_shown(self.session.data) and self.session.user_examples.examples is not None)

    def load(self, name: str, **settings: object) -> None:
        self.session.data.load(name, settings)
        self.settled()

    def train(self, epochs: int | None = None, **settings: Any) -> None:
        """To the end."""
        if epochs is not None:
            self.session.settings.change("all", epochs=epochs, **settings)
        self.session.start()
        self.wait(lambda: self.session.state is Status.FINISHED)

    def save(self, path: Path) -> None:
        """Until the file is there."""
        saved: list[Path] = []
        self.session.files.save(path, lambda: saved.append(path))
        self.wait(lambda: bool(saved))


@contextmanager
def started(qtbot: QtBot, settings: Path) -> Iterator[Started]:
    program = Started(qtbot, settings)
    try:
        yield program
    finally:
        assert program.close()


# ---- how each run is made


def plane(program: Started) -> None:
    """A small network for two spirals."""
    program.load("spirals")
    program.session.settings.change("all", hidden=(8,), optimizer="adam", learning_rate=0.01, batch_size=20, seed=3)


def plain(program: Started) -> None:
    plane(program)
    program.train(4)


def changed(program: Started) -> None:
    """The rate and the optimizer's momentum are changed between two epochs."""
    plane(program)
    session = program.session
    session.settings.change("all", epochs=4)
    for _ in range(2):
        session.step_epoch()
        program.wait(lambda: session.state is Status.PAUSED)
    session.settings.change("rate", learning_rate=0.002)
    session.settings.change("momentum", momentum=0.8)
    program.train()


def edited(program: Started) -> None:
    """Two edits after the last epoch, which make the network worse."""
    plain(program)
    run, before = program.session.runs.current, program.session.runs.current.figures()
    program.session.edits.set_bias(Neuron(2, 0), 30.0)
    program.session.edits.set_weight(Neuron(1, 2), 1, -4.0)
    program.wait(lambda: bool(run.edited) and (run.network.biases[1][0, 0], run.network.weights[0][2, 1]) == (30, -4))
    program.wait(lambda: bool(run.history.changes) and "weight 2" in run.history.changes[-1].text)
    assert run.figures()["test_error"] > before["test_error"]


def stopped(program: Started) -> None:
    """Early stopping restores an epoch before the last."""
    plane(program)
    program.train(60, learning_rate=0.1, validation_share=0.2, patience=3)
    assert program.session.runs.current.history.best is not None


def branched(program: Started) -> None:
    """From epoch 2 of another run, with another rate."""
    plain(program)
    session, parent = program.session, program.session.runs.current
    program.wait(lambda: 2 in session.timeline.epochs)
    session.timeline.go_to(2)
    session.settings.change("rate", learning_rate=0.05)
    session.timeline.branch()
    program.wait(lambda: session.runs.current is not parent)
    program.train()
    assert (session.runs.current.origin.parent_record, session.runs.current.origin.left_at) == (
        parent.storage.record,
        2,
    )


def seeds(program: Started) -> None:
    """The second of two runs that differ in their seed."""
    plane(program)
    data = program.session.dataset
    assert data is not None
    experiment = program.session.settings.experiment.changed(epochs=3, evaluate=True)
    with Library() as library:
        plan = plan_seeds(experiment, 2)
        store = SweepWriter.of_new(library, plan, data.title, "", lambda text: None)
        conductor = Conductor(plan, data, Here(data), store)
        worked(conductor)
        assert conductor.close(True)
        record = max(entry.id for entry in library.runs())
    before = program.session.runs.current
    program.session.library.open(record)
    program.wait(lambda: program.session.runs.current is not before)


def painted(program: Started) -> None:
    program.load(PAINTED_PLANE, painted="-0.5 0, -0.5 0.1, -0.4 0 | 0.5 0, 0.5 0.1, 0.4 0.1, 0.6 0.2")
    program.session.settings.change("all", hidden=(4,), batch_size=2)
    program.train(5)


def table(program: Started) -> None:
    """A price that depends on numbers, words and cells that are empty."""
    path = Path(os.environ["NNVIZ_LIBRARY"]).parents[1] / "prices.csv"
    path.write_text(TABLE)
    program.load(str(path), target="price")
    program.session.settings.change("all", hidden=(6,), optimizer="adam", learning_rate=0.01, batch_size=10)
    program.train(4)


def images(program: Started, are_standardised: bool = True) -> None:
    """A folder of light images with dark bars, which the network standardises."""
    folder, rng = Path(os.environ["NNVIZ_LIBRARY"]).parents[1] / "bars", np.random.default_rng(4)
    for number in range(40):
        pixels = rng.integers(210, 256, (10, 10)).astype(np.uint8)
        pixels[(slice(4, 6), slice(None))[:: 1 if number % 2 else -1]] = 30
        (folder / ("lying", "standing")[number % 2]).mkdir(parents=True, exist_ok=True)
        Image.fromarray(pixels).save(folder / ("lying", "standing")[number % 2] / f"{number}.png")
    program.load(str(folder), side=10)
    program.session.settings.change("all", hidden=(6,), optimizer="adam", learning_rate=0.01, batch_size=8)
    program.train(4)
    assert (program.session.runs.current.network.brightness is not None) == are_standardised


def own(program: Started) -> None:
    """Digits, and one of the user's own that is mixed in after two epochs."""
    program.load("mnist")
    session = program.session
    session.settings.change("all", hidden=(5,))
    program.train(2, batch_size=50)
    session.question.set_random_example()
    session.user_examples.add(4)
    session.user_examples.train_on()
    program.wait(lambda: bool(session.user_examples.is_mixed_in.all() and session.user_examples.learned.all()))
    program.wait(lambda: session.state is Status.FINISHED and is_shown(session.data))


MAKE: dict[str, Callable[[Started], None]] = {
    make.__name__: make for make in (plain, changed, edited, stopped, branched, seeds, painted, table, images, own)
}


# ---- made once


@pytest.fixture(scope="module")
def homes(tmp_path_factory: pytest.TempPathFactory, mnist: Dataset) -> Iterator[Path]:
    """The home of the user who makes the runs, with few digits in place of MNIST."""
    assert mnist.test is not None
    few = Dataset(mnist.title, mnist.train.head(600), mnist.test.head(200), mnist.example_shape, mnist.class_names)
    source = DATASETS["mnist"]
    DATASETS.register("mnist")(DataSource(source.title, lambda: few))
    yield tmp_path_factory.mktemp("round trips")
    DATASETS.register("mnist")(source)


def at_home(monkeypatch: pytest.MonkeyPatch, home: Path) -> None:
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("XDG_DATA_HOME", str(home / "data"))
    monkeypatch.setenv("NNVIZ_LIBRARY", str(home / "library" / "library.sqlite"))
    monkeypatch.setattr("nnviz.jobs.training_process.is_worthwhile", lambda: False)
    monkeypatch.setattr("nnviz.jobs.data_process._is_large", lambda file: False)  # no process for few images


@pytest.fixture(scope="module")
def all_made() -> dict[str, Made]:
    """By name, those that were made already."""
    return {}


@pytest.fixture
def home(homes: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    at_home(monkeypatch, homes)
    return homes


@pytest.fixture
def made(kind: str, home: Path, all_made: dict[str, Made], qtbot: QtBot) -> Made:
    """The run of that kind, made for the first test that needs it. Its files are in a folder of the home."""
    if kind not in all_made:
        folder = home / kind
        folder.mkdir()
        with started(qtbot, folder / "settings.json") as program:
            MAKE[kind](program)
            session, run = program.session, program.session.runs.current
            assert run.storage.record is not None
            all_made[kind] = made_of(run)
            with Library() as library:
                library.annotate(run.storage.record, note=NOTE)
            program.preferences.write()  # before the files, so that the library alone has the run
            assert program.preferences.close()
            for name in ("run.json", "checkpoint.npz"):
                program.save(folder / name)
            save_network(network_for_file(run.copy(), session.files.data_title(run)), folder / "run.npz")
            session.exchange.export(run.storage.record, folder / "exported", with_paths=True)
            program.wait(lambda: (folder / "exported").exists())
    return all_made[kind]


# ---- ways back


def opened(name: str) -> Callable[[Started, Path, Made], None]:
    def come_back(program: Started, folder: Path, made: Made) -> None:
        program.session.files.open(folder / name)

    return come_back


def from_runs(program: Started, folder: Path, made: Made) -> None:
    with Library() as library:
        record = library.run(made.record)
        shown = {name: made.figures[name] for name in record.figures if name in made.figures}
        assert record.figures == pytest.approx(shown)
        assert record.note == NOTE
    program.session.library.open(made.record)


def imported(program: Started, folder: Path, made: Made) -> None:
    with Library() as library:
        number = read_run(library, folder / "exported" / "run.nnvizrun")
        assert library.run(number).note == NOTE
    program.session.library.open(number)


BACK: dict[str, Callable[[Started, Path, Made], None]] = {
    "json": opened("run.json"),
    "npz": opened("run.npz"),
    "checkpoint": opened("checkpoint.npz"),
    "exported json": opened("exported/network.json"),
    "exported npz": opened("exported/network.npz"),
    "exported training": opened("exported/training.npz"),
    "runs": from_runs,
    "imported": imported,
}


def compare(program: Started, made: Made) -> None:
    """All that is known of the run that came back with what was known of it when it was made."""
    run, data = program.session.runs.current, program.session.dataset
    assert data is not None
    np.testing.assert_array_equal(run.network.parameters, made.parameters)
    np.testing.assert_array_equal(program.session.displayed.network.parameters, made.parameters)
    assert run.network.brightness == run.experiment.brightness == data.brightness
    assert run.epochs == made.epochs
    assert (None if run.history.best is None else run.history.best.epoch) == made.best
    assert run.figures() == pytest.approx(made.figures)
    by_hand = measured(run, data)
    assert {name: run.figures()[name] for name in by_hand} == pytest.approx(by_hand, rel=1e-5)
    curves = {name: points for name, points in run.history.as_dict().items() if name != "changes"}
    assert curves == made.curves
    assert [(change.epoch, change.text) for change in run.history.changes] == made.changes


# Each kind of run comes back from a file, a checkpoint and the library; those with the most to lose in more ways.
FEW = ("json", "checkpoint", "runs")
MORE = {"edited": BACK, "own": BACK, "stopped": ("npz", *FEW, "imported"), "images": ("npz", *FEW, "imported")}
WAYS = [(kind, back) for kind in MAKE for back in MORE.get(kind, FEW)]


@pytest.mark.parametrize(("kind", "back"), WAYS)
def test_it_comes_back_as_it_was(back: str, kind: str, made: Made, home: Path, tmp_path: Path, qtbot: QtBot) -> None:
    settings = tmp_path / "settings.json"
    document = json.loads((home / kind / "settings.json").read_text())
    settings.write_text(json.dumps({**document, "record": 0, "network": ""}))
    with started(qtbot, settings) as program:
        before = program.session.runs.current
        BACK[back](program, home / kind, made)
        program.wait(lambda: program.session.runs.current is not before)
        program.settled()
        compare(program, made)


@pytest.mark.parametrize("kind", MAKE)
def test_it_is_there_after_two_restarts(kind: str, made: Made, home: Path, tmp_path: Path, qtbot: QtBot) -> None:
    settings = tmp_path / "settings.json"
    shutil.copy(home / kind / "settings.json", settings)
    for _ in range(2):
        with started(qtbot, settings) as program:
            program.wait(lambda: program.session.runs.current.storage.record is not None)
            compare(program, made)
            assert program.session.runs.current.storage.record == made.record


def test_an_older_run_of_images_goes_on_as_it_was(
    home: Path, tmp_path: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It does not standardise, though a network that is made now for the same images would."""
    with started(qtbot, tmp_path / "older.json") as program:
        with monkeypatch.context() as older:
            for_data = Experiment.for_data
            older.setattr(Experiment, "for_data", lambda *given: for_data(*given).changed(brightness=None))
            images(program, are_standardised=False)
        program.save(tmp_path / "older_run.json")
        run = program.session.runs.current
        record, parameters = run.storage.record, run.network.parameters.copy()
        made = run.experiment
    assert record is not None
    assert "brightness" not in (tmp_path / "older_run.json").read_text()
    file = tmp_path / "older_run.json"
    for way in (lambda session: session.library.open(record), lambda session: session.files.open(file)):
        with started(qtbot, tmp_path / "new.json") as program:
            session, first = program.session, program.session.runs.current
            way(session)
            program.wait(lambda: session.runs.current is not first)  # noqa: B023
            program.settled()
            run, data = session.runs.current, session.dataset
            assert data is not None
            assert data.fingerprint == made.fingerprint
            assert data.brightness is not None
            np.testing.assert_array_equal(run.network.parameters, parameters)
            assert run.network.brightness is None
            assert session.settings.experiment.same_network(made)
            assert not session.training.starts_new_network
            program.train(2)
            assert session.messages.current is None
            assert session.runs.current is run
            assert run.network.brightness is run.experiment.brightness is None
            session.reset()
            program.wait(lambda: session.runs.current is not run)  # noqa: B023
            assert session.runs.current.network.brightness == data.brightness
            assert session.settings.experiment.brightness == data.brightness
