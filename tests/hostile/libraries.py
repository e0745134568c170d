"""Libraries and exported runs that are damaged or made up, and trainings that are killed while they are recorded."""

from __future__ import annotations

import io
import json
import os
import re
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from engine.datasets import Dataset
from engine.experiment import Experiment
from engine.training.events import Event
from nnviz.library import Library, NotALibraryError, Recording
from nnviz.library.replay import edit_content, replay
from nnviz.library.run_file import read_run, write_run
from nnviz.library.schema import FIGURES, PAGE_BYTES, PARTS_OF_RUN
from nnviz.library.sweeps import SweepLibrary
from tests.hostile.attack import attack, child_environment, pick
from tests.hostile.commands import run_command
from tests.hostile.damage import as_json, odd_bytes, odd_document, odd_name, odd_zip
from tests.hostile.files import refused
from tests.nnviz.library.helpers import DATA, Clock, an_experiment, in_epoch, record, recorded
from tests.nnviz.sweeps.helpers import a_plan, swept

WORDS = ("train", "--data", "spirals", "--hidden", "60,40", "--optimizer", "adam", "--epochs", "60")
TRAINING = """
import sys
from nnviz.commands import cli
from nnviz.library import recording
recording.SECONDS_BETWEEN_COMMITS = 0
sys.exit(cli.main(sys.argv[1:]))
"""


@cache
def _whole() -> bytes:
    """A library of some runs, closed."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "library.sqlite"
        with Library(path) as library:
            for number in range(6):
                record(library, an_experiment(seed=number + 1, epochs=4), note=f"note {number}")
            record_orders(library, an_experiment(epochs=4), DATA)
            swept(library, a_plan("hidden=3,4", seeds=(1, 2)))
        return path.read_bytes()


def record_orders(library: Library, made: Experiment, data: Dataset) -> None:
    """A run of at least three epochs, with an order of each kind."""
    trainer, faster, clock = made.trainer(data), made.changed(learning_rate=0.02), Clock()
    recording = Recording(library, library.begin(made, data.title, note="orders"), trainer, clock=clock)
    recording.change(made, is_order=False)
    recording.leap()

    def order(event: Event) -> None:
        if in_epoch(2, 2)(event):
            trainer.change(faster.training)
            recording.change(faster, "learning rate 0.02")
        if in_epoch(3, 2)(event):
            before = trainer.network.parameters.copy()
            trainer.network.weights[0][1] = 0.5
            recording.log("edit", *edit_content(before, trainer.network.parameters), "neuron 2 edited")

    recorded(recording, clock, order)


@cache
def run_file() -> bytes:
    """An exported run, with orders."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "library.sqlite"
        path.write_bytes(_whole())
        with Library(path) as library:
            write_run(library, 7, Path(folder) / "run.nnvizrun")
        return (Path(folder) / "run.nnvizrun").read_bytes()


# ---- damaged libraries


@attack("damaged libraries", cases=30, seconds=60)
def damaged_library(rng: np.random.Generator, folder: Path) -> str:
    """Is refused in words, or read; what was there is still there, and a run can be recorded in what is opened."""
    path = folder / "library.sqlite"
    change: Callable[[np.random.Generator, Path], None] = pick(  # type: ignore[assignment]
        rng, _odd_bytes, _odd_pages, _odd_pages, _no_beginning, _cut, _odd_values, _odd_version, _odd_log
    )
    path.write_bytes(_whole())
    change(rng, path)
    before = path.read_bytes()
    for _ in range(15):  # damage that is met is repaired by the next one who opens it
        opened = refused(lambda: Library(path))
        if isinstance(opened, NotALibraryError):
            assert path.read_bytes() == before
            return "refused"
        if isinstance(opened, Exception):
            raise opened
        found = refused(lambda opened=opened: (read_all(opened), record_one(opened)))
        if isinstance(found, tuple):
            is_repaired = opened.notice is not None and opened.why_read_only is None
            opened.close()
            kept = [each.read_bytes() for each in folder.iterdir() if ".damaged" in each.name and "-" not in each.name]
            assert not is_repaired or before in kept or change in (_odd_log, _odd_values)
            return "repaired" if is_repaired else "read"
        unreadable = re.search(r"of run (\d+): it cannot be read .* Delete the run", str(found))
        if unreadable:
            opened.delete([int(unreadable[1])])  # the way out that it names
            opened.purge()
        opened.database.close()
        before = path.read_bytes()  # with what was recorded before the damage was met
    raise AssertionError(f"it is damaged again and again: {found}")


def _odd_bytes(rng: np.random.Generator, path: Path) -> None:
    path.write_bytes(odd_bytes(rng, path.read_bytes()))


def _odd_pages(rng: np.random.Generator, path: Path) -> None:
    """Pages that are zero, rubbish, or another page."""
    content = bytearray(path.read_bytes())
    pages = len(content) // PAGE_BYTES
    for _ in range(int(rng.integers(1, 5))):
        to, source = (int(rng.integers(1, pages)) * PAGE_BYTES for _ in range(2))
        other = bytes(content[source : source + PAGE_BYTES])
        content[to : to + PAGE_BYTES] = pick(rng, bytes(PAGE_BYTES), rng.bytes(PAGE_BYTES), other)  # type: ignore[call-overload]
    path.write_bytes(content)


def _no_beginning(rng: np.random.Generator, path: Path) -> None:
    """The first bytes, at most a page, are zero."""
    content = path.read_bytes()
    size = int(pick(rng, 16, 100, PAGE_BYTES))  # type: ignore[call-overload]
    path.write_bytes(bytes(size) + content[size:])


def _cut(rng: np.random.Generator, path: Path) -> None:
    os.truncate(path, int(rng.integers(0, path.stat().st_size)))


def _odd_values(rng: np.random.Generator, path: Path) -> None:
    """Values that no library has, where SQLite would keep any."""
    with closing(sqlite3.connect(path)) as connection:
        for _ in range(int(rng.integers(1, 4))):
            table = str(
                pick(rng, "runs", "runs", "epochs", "moments", "states", "confusions", "orders", "meta", "sweeps")
            )
            names = [row[1] for row in connection.execute(f"PRAGMA table_info({table})")]
            name = names[int(rng.integers(len(names)))]
            value = pick(
                *(rng, "x", b"\xff\xfe", -1, 2**62, 1e12, 1e308, float("inf"), odd_name(rng).replace("\ud800", "")),
                *("[]", "null", '{"count": 1}'),
            )
            try:
                connection.execute(f"UPDATE OR IGNORE {table} SET {name} = ?", (value,))
            except (sqlite3.IntegrityError, sqlite3.InterfaceError):
                continue
        connection.commit()


def _odd_version(rng: np.random.Generator, path: Path) -> None:
    """Written by another version, or by another program."""
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(
            f"PRAGMA {pick(rng, 'user_version', 'application_id')} = {pick(rng, 0, 2, 7, 2**31 - 1, -1)}"
        )
        if rng.random() < 0.5:
            connection.execute("UPDATE meta SET value = ?", (str(pick(rng, "1", "2", "x", "9" * 400)),))
        connection.commit()


def _odd_log(rng: np.random.Generator, path: Path) -> None:
    """A log of another library, or rubbish, beside a whole one."""
    log = path.with_name(path.name + "-wal")
    log.write_bytes(odd_bytes(rng, rng.bytes(int(rng.integers(1, 100_000)))))


def read_all(library: Library) -> None:
    for run in library.runs():
        run.experiment, run.changes, run.best  # noqa: B018
        library.history(run.id), library.orders(run.id), library.state(run.id)
        if library.snapshot_epochs(run.id):
            assert np.isfinite(library.network(run.id).parameters).all()
        for at in library.snapshot_epochs(run.id):
            library.snapshot(run.id, at)
    library.quota.plan(1_000_000), library.runs("note"), library.interrupted()
    for sweep in SweepLibrary(library).all():
        SweepLibrary(library).runs(sweep.id)
        for name in ("plan", "trials"):
            found = refused(lambda sweep=sweep, name=name: getattr(sweep, name))
            assert not isinstance(found, Exception) or f"the {name} of sweep {sweep.id}: " in str(found)
    SweepLibrary(library).interrupted()


def record_one(library: Library) -> None:
    if library.why_read_only is not None:
        return
    made = an_experiment(epochs=2)
    run, clock = library.begin(made), Clock()
    trainer = made.trainer(DATA)
    recording = Recording(library, run, trainer, clock=clock)
    recorded(recording, clock)
    np.testing.assert_array_equal(library.network(run).parameters, trainer.network.parameters)


# ---- exported runs


@attack("exported runs", cases=100)
def exported_run(rng: np.random.Generator, folder: Path) -> str:
    """Is refused in words and adds nothing, or is a run that can be read."""
    file = folder / "run.nnvizrun"
    odd = pick(rng, odd_bytes, odd_zip, odd_header, odd_header, odd_figures, odd_figures)
    file.write_bytes(odd(rng, run_file()))  # type: ignore[operator]
    with Library(folder / "library.sqlite") as library:
        found = refused(lambda: read_run(library, file))
        if isinstance(found, Exception):
            assert not len(library.runs())
            return "refused"
        read_all(library)
    os.environ["NNVIZ_LIBRARY"] = str(folder / "library.sqlite")
    for words in (["runs"], ["runs", "--json"], ["runs", "show", "1"], ["runs", "show", "--json", "1"]):
        code, _, complained = run_command(words)
        assert code == 0, complained
    with Library(folder / "library.sqlite") as library:
        assert library.notice is None, "a run that was let in damages the library"
        refused(lambda: list(replay(library, 1, 3.5, DATA)))
    with Library(folder / "library.sqlite") as library:
        assert library.notice is None, "a run that was let in damages the library"
    return "read"


def odd_header(rng: np.random.Generator, content: bytes) -> bytes:
    """Other values in its JSON, or in that of its orders."""
    with np.load(io.BytesIO(content)) as arrays:
        members = {name: arrays[name] for name in arrays.files}
    document = json.loads(str(members["header"][()]))
    if rng.random() < 0.3:
        for order in document["parts"]["orders"]:
            if rng.random() < 0.7:
                odd = odd_document(rng, {"payload": json.loads(order["payload"])})
                order["payload"] = as_json(odd.get("payload")).decode()
    else:
        document = odd_document(rng, document)
    written = io.BytesIO()
    np.savez(written, **(members | {"header": np.array(as_json(document).decode())}))
    return written.getvalue()


def odd_figures(rng: np.random.Generator, content: bytes) -> bytes:
    """Figures, epochs and dates that are let in and that no training has."""
    with np.load(io.BytesIO(content)) as arrays:
        members = {name: arrays[name].copy() for name in arrays.files}
    document, numbers = json.loads(str(members["header"][()])), (1e308, -1e308, 1e-320, 0.0, -1.0, 1e6)
    times = (1e12, 1e6, 2.5, 1e-320, 0.0)
    rows = members["epochs"].reshape(-1, len(PARTS_OF_RUN["epochs"]))
    for _ in range(int(rng.integers(0, 12))):
        column = int(rng.integers(rows.shape[1]))
        rows[int(rng.integers(len(rows))), column] = rng.choice(times if column < 2 else (*numbers, np.nan))
    run = document["run"]
    for name in rng.choice((*FIGURES, "epochs", "seconds", "left_at", "created"), 3):
        run[name] = float(rng.choice(numbers if name in FIGURES else (1e11, 2.5, 0.0)))
    if rng.random() < 0.5:
        figures = {name: float(rng.choice(numbers)) for name in ("loss", "error", "rmse", "r2")}
        run["best"] = {"epoch": float(rng.choice(times)), "early": True, **figures}
    if rng.random() < 0.5:
        run["changes"] = [[float(rng.choice(times)), odd_name(rng).replace("\ud800", "")] for _ in range(4)]
    for table in document["parts"]:
        for row in document["parts"][table]:
            for name in {"epoch", "at", "before"} & set(row):
                if rng.random() < 0.03:
                    row[name] = float(rng.choice((1e6, 3.0, 0.0)))
    written = io.BytesIO()
    np.savez(written, **(members | {"header": np.array(as_json(document).decode())}))
    return written.getvalue()


# ---- kills


@attack("kills while recording", cases=6, seconds=60)
def kill_while_recording(rng: np.random.Generator, folder: Path) -> str:
    """Kills a training at any moment; the library opens, and going on equals the uninterrupted training to the bit."""
    path = folder / "killed.sqlite"
    environment = {**child_environment(), "NNVIZ_LIBRARY": str(path)}
    child = subprocess.Popen(
        [sys.executable, "-c", TRAINING, *WORDS], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment
    )
    assert child.stdout is not None
    if rng.random() < 0.8:
        child.stdout.readline()  # it is recorded from now on
    time.sleep(float(rng.random()) * 0.6)
    child.send_signal(signal.SIGKILL)
    child.wait()
    child.stdout.close()
    with Library(path) as library:
        assert library.notice is None
        assert library.database.rows("PRAGMA integrity_check") == [("ok",)]
        if not len(library.runs()) or library.state(1) is None:
            return "nothing written yet"
        run = library.run(1)
        assert library.history(1).completed == run.epochs
    os.environ["NNVIZ_LIBRARY"] = str(path)
    code, _, complained = run_command(["train", "--resume", "1"])
    assert code == 0, complained
    with Library(path) as library:
        np.testing.assert_array_equal(library.network(1).parameters, uninterrupted())
        assert library.history(1).error.train.epochs == list(range(61))
    return "gone on"


@cache
def uninterrupted() -> np.ndarray:
    with TemporaryDirectory() as folder:
        os.environ["NNVIZ_LIBRARY"] = str(Path(folder) / "library.sqlite")
        code, _, complained = run_command(list(WORDS))
        assert code == 0, complained
        with Library() as library:
            return library.network(1).parameters
