"""Writes files of all kinds with the version of nnviz that is imported, for every later version to open.

    python -m tests.frozen.write [FOLDER]

The folder is tests/frozen/version<major>_<minor> by default, and must not exist. Run the script once for each release.
"""

from __future__ import annotations

import gzip
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

for _name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_name] = "1"
os.environ["QT_QPA_PLATFORM"] = "offscreen"

# ruff: noqa: E402
import numpy as np

import engine
from engine import NeuralNetwork
from engine.experiment import Experiment
from engine.storage import save_checkpoint
from engine.version import __version__
from nnviz.cards.sweep.model import SweepForm
from nnviz.library import Library
from tests.frozen import FROZEN
from tests.frozen.contents import (
    CHECKPOINTS,
    DESCRIBED,
    NETWORKS,
    TABLES,
    data_of,
    first_numbers,
    of_checkpoint,
    of_library,
    of_network_file,
    predict_command,
    table,
)

MAIN = Path(engine.__file__).parents[1] / "main.py"


def run_command(*arguments: str | Path) -> str:
    """Runs nnviz on the command line; returns its output."""
    command = [sys.executable, str(MAIN), *map(str, arguments)]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout


def write_networks(folder: Path) -> None:
    """Writes networks by the API of 2015, and by the command line with what they were trained on."""
    network = NeuralNetwork([2, 3, 2])
    network.train([[0, 0], [0, 1], [1, 0], [1, 1]] * 5, [0, 1, 1, 0] * 5, 4, 3, 0.5)
    network.save(folder / "api.json")
    saved = json.loads((folder / "api.json").read_text())
    (folder / "2015.json").write_text(json.dumps({name: saved[name] for name in ("shape", "weights", "biases")}))
    for data, hidden, rate in (("penguins", 5, 0.2), ("mpg", 4, 0.01), ("mnist", 4, 0.2)):
        settings = ("--data", data, "--hidden", str(hidden), "--learning-rate", str(rate), "--epochs", "2")
        for name in (f"{data}.json", f"{data}.npz"):
            half = ("--half",) if name == "mnist.npz" else ()
            run_command("train", *settings, "--title", "Kept", *half, "--no-record", "--save", folder / name)


def write_checkpoints(folder: Path) -> None:
    """Writes trainings that stand within an epoch."""
    adam = {"optimizer": "adam", "learning_rate": 0.01, "dropout": 0.2, "schedule": "cosine", "validation_share": 0.2}
    momentum = {"optimizer": "momentum", "learning_rate": 0.05, "weight_decay": 0.001, "clip_norm": 1.0}
    kinds: tuple[tuple[str, str, dict[str, object]], ...] = (
        ("adam.checkpoint.npz", "penguins", adam),
        ("momentum.checkpoint.npz", "xor", momentum),
    )
    for name, data, settings in kinds:
        made = Experiment(data=data)
        dataset = data_of(made)
        made = made.for_data(dataset).changed(hidden=(6,), epochs=4, batch_size=20, seed=3, **settings)
        trainer = made.trainer(dataset)
        trainer.network.provenance = {"experiment": made.as_dict()}
        events = trainer.run()
        while (trainer.epoch, trainer.batch) != (1, 4):
            next(events)
        save_checkpoint(trainer.network, folder / name, trainer.state())


def write_library() -> None:
    """Records a run with a name, a note and a star, several seeds, and a sweep."""
    small = ("--hidden", "4", "--batch-size", "40", "--points", "200")
    run_command("train", "--data", "penguins", "--hidden", "5", "--epochs", "3", "--title", "Penguins")
    run_command("train", "--data", "xor", *small, "--epochs", "3", "--seeds", "2")
    rates = ("--vary", "learning_rate=0.05,0.2", "--vary", "optimizer=sgd,adam")
    run_command("sweep", "--data", "spirals", *small, "--epochs", "3", *rates, "--title", "Rates")
    with Library() as library:
        library.annotate(1, name="First", note="A note — with signs: ü", starred=True)


def use_window() -> None:
    """Trains, branches and changes a run in the window, keeps examples, and lets the window remember its settings."""
    from PyQt5.QtWidgets import QAction, QApplication

    from nnviz.app import create_window
    from nnviz.session.selection import Neuron
    from nnviz.session.status import Status

    window = create_window()
    session = window.session
    window.show()

    def wait(is_reached: Callable[[], bool]) -> None:
        for _ in range(60_000):
            QApplication.processEvents()
            if is_reached():
                return
            session.thread().msleep(1)
        raise TimeoutError

    def load(name: str, **settings: object) -> None:
        session.data.load(name, settings)
        wait(
            lambda: (
                session.data.name == name and not session.data.loading and session.user_examples.examples is not None
            )
        )
        wait(lambda: session.state is Status.READY)

    def step(epochs: float) -> None:
        while session.runs.current.epochs < epochs:
            before = session.runs.current.epochs
            session.step_epoch()
            wait(lambda before=before: session.runs.current.epochs > before and session.state is not Status.TRAINING)

    wait(lambda: session.dataset is not None and session.state is Status.READY)
    wait(lambda: session.user_examples.examples is not None)
    window.canvas.set_strokes([np.array([[60.0, 40.0], [60.0, 120.0], [120.0, 120.0]])])
    wait(lambda: session.user_examples.can_add)
    session.user_examples.add(4)
    wait(lambda: session.user_examples.count == 1)
    load("moons", points=1000)
    session.settings.change("all", hidden=(5, 4), optimizer="adam", learning_rate=0.02, batch_size=10, epochs=1000)
    wait(lambda: session.state is Status.READY)
    step(2)
    session.edits.set_bias(Neuron(1, 0), 0.5)
    session.start()
    wait(lambda: session.runs.current.epochs > 2)
    session.settings.change("all", learning_rate=0.01, epochs=int(session.runs.current.epochs) + 20)
    wait(lambda: session.state is Status.FINISHED)
    wait(lambda: session.runs.current.storage.record is not None)
    first = session.runs.current
    session.timeline.go_to(2)
    session.timeline.branch()
    wait(lambda: session.runs.current is not first)
    step(3)
    wait(lambda: session.runs.current.storage.record is not None)
    session.sweeps.set_seeds(3)
    session.models[SweepForm].type_row("learning_rate", values="0.01, 0.02")
    session.question.set_threshold(0.8)
    window.findChild(QAction, "actionThemeDark").trigger()
    window.show_workspace("runs")
    window.close_unasked()
    for _ in range(100):
        QApplication.processEvents()
        if window.ended_whole:
            return
        window.end()
    raise TimeoutError


def main(folder: Path) -> None:
    folder.mkdir(parents=True)
    with tempfile.TemporaryDirectory() as name:
        home = Path(name)
        for part in ("config", "data", "cache", "state"):
            os.environ[f"XDG_{part.upper()}_HOME"] = str(home / part)
        os.environ["HOME"], os.environ["NNVIZ_LIBRARY"] = name, str(home / "library.sqlite")
        write_networks(folder)
        write_checkpoints(folder)
        write_library()
        use_window()
        run_command("runs", "export", "1", home / "exported")
        [exported] = (home / "exported").glob("*.nnvizrun")
        shutil.copy(exported, folder / "penguins.nnvizrun")
        shutil.copy(home / "config" / "nnviz" / "settings.json", folder / "settings.json")
        shutil.copytree(home / "data" / "nnviz" / "own", folder / "own")
        library = home / "library.sqlite"
        os.environ["NNVIZ_LIBRARY"] = str(home / "imported.sqlite")
        run_command("runs", "import", folder / "penguins.nnvizrun")
        expected = {
            **{each: of_network_file(folder / each) for each in NETWORKS},
            **{each: of_checkpoint(folder / each) for each in CHECKPOINTS},
            "library.sqlite.gz": of_library(library),
            "penguins.nnvizrun": of_library(home / "imported.sqlite"),
            "predict": {each: table(run_command(*predict_command(folder, each))) for each in TABLES},
            "evaluate": {each: first_numbers(run_command("evaluate", folder / each)) for each in DESCRIBED},
            "version": __version__,
        }
        (folder / "library.sqlite.gz").write_bytes(gzip.compress(library.read_bytes(), mtime=0))
    (folder / "expected.json").write_text(json.dumps(expected, indent=1) + "\n")


if __name__ == "__main__":
    named = "_".join(__version__.split(".")[:2])
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else FROZEN / f"version{named}")
