"""What a file holds, as plain values for JSON: computed when the file is written, and again by each later version."""

from __future__ import annotations

import csv
import hashlib
import math
import re
from collections.abc import Generator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from engine.basics.machine import this_machine
from engine.datasets import Dataset
from engine.datasets.loading import load_data
from engine.experiment import Experiment
from engine.network.network import Network
from engine.storage import load_checkpoint, load_network
from engine.training.trainer import Trainer
from nnviz.library import Library
from nnviz.library.replay import ReplayResult, replay
from nnviz.library.sweeps import SweepLibrary
from tests.frozen import FROZEN

# Files of a folder. The description of the data is in those that the command line wrote.
DESCRIBED = ("mnist.json", "mnist.npz", "penguins.json", "penguins.npz", "mpg.json", "mpg.npz")
NETWORKS = ("2015.json", "api.json", *DESCRIBED)
CHECKPOINTS = ("adam.checkpoint.npz", "momentum.checkpoint.npz")
TABLES = ("penguins", "mpg")

_TRAINED = ("continued", "replayed")
_RELATIVE = 1e-5  # by which sums in float32 may differ on another processor
_RELATIVE_TRAINED = 1e-2  # the same after some steps of training


def of_network_file(path: Path) -> dict[str, Any]:
    """Returns the content of a file with a network, and predictions that are computed with the network."""
    network = load_network(path)
    return {**of_network(network), "provenance": network.provenance}


def of_network(network: Network) -> dict[str, Any]:
    """Returns the layers of a network, its parameters as a digest, and predictions for three inputs."""
    width = network.shape[0]
    inputs = np.linspace(-1, 1, 3 * width, dtype=np.float32).reshape(3, width)
    return {
        "shape": list(network.shape),
        "activations": list(network.activations),
        "loss": network.loss,
        "dtype": str(network.parameters.dtype),
        "parameters": digest(network),
        "predictions": network.predict(inputs).tolist(),
    }


def of_checkpoint(path: Path) -> dict[str, Any]:
    """Returns the content of a checkpoint, and the network when the rest of the training is done."""
    network, state = load_checkpoint(path)
    assert state is not None
    made = Experiment.from_dict(network.provenance["experiment"])
    begun = {**of_network(network), "settings": dict(state.settings), "progress": dict(state.progress)}
    trainer = Trainer.resume(network, data_of(made), state)
    return {**begun, "continued": _continued(trainer), "machine": this_machine().as_dict()}


def of_library(path: Path) -> dict[str, Any]:
    """Returns all runs and sweeps of a library, with the network at each snapshot."""
    with Library(path) as library:
        runs = {str(run.id): of_run(library, run.id) for run in library.runs()}
        sweeps = {
            str(sweep.id): {
                **{name: getattr(sweep, name) for name in ("kind", "name", "note", "status", "data", "trials")},
                "plan": sweep.plan.as_dict(),
                "runs": SweepLibrary(library).runs(sweep.id),
            }
            for sweep in SweepLibrary(library).all()
        }
    return {"runs": runs, "sweeps": sweeps, "machine": this_machine().as_dict()}


def of_run(library: Library, number: int) -> dict[str, Any]:
    """Returns one run: its record, curves, networks, the rest of its training, and replayed places."""
    run, history = library.run(number), library.history(number)
    plain = ("name", "note", "starred", "parent", "left_at", "status", "data", "epochs", "test_error", "sweep", "trial")
    moments = library.snapshot_epochs(number)
    found: dict[str, Any] = {name: getattr(run, name) for name in plain}
    found |= {"figures": dict(run.figures), "experiment": run.experiment.as_dict()}
    found["changes"] = [[change.epoch, change.text] for change in run.changes]
    for name in ("error", "loss"):
        kept = getattr(history, name)
        found[name] = {"train": list(kept.train.values), "test": list(kept.test.values)}
    found["networks"] = {str(at): digest(library.network(number, at)) for at in moments}
    found["last"] = of_network(library.network(number))
    data, state = data_of(run.experiment), library.state(number)
    if state is not None and run.status != "finished":
        found["continued"] = _continued(Trainer.resume(state.network, data, state.training))
    if run.sweep is None:
        after_changes = [change.epoch + 2 / run.batches for change in run.changes]
        places = [moments[len(moments) // 2], *after_changes]
        replayed = {at: _end(replay(library, number, at, data)).trainer.network for at in places}
        found["replayed"] = {str(at): {"parameters": digest(network)} for at, network in replayed.items()}
    return found


def data_of(experiment: Experiment) -> Dataset:
    """Loads the data of an experiment."""
    return load_data(experiment.data, experiment.data_settings)


def digest(network: Network) -> str:
    """Returns a hash of all parameters, exact to the bit."""
    return hashlib.blake2b(network.parameters.tobytes(), digest_size=8).hexdigest()


def _continued(trainer: Trainer) -> dict[str, Any]:
    for _ in trainer.run():
        pass
    return of_network(trainer.network)


def _end(steps: Generator[float, None, ReplayResult]) -> ReplayResult:
    while True:
        try:
            next(steps)
        except StopIteration as end:
            found: ReplayResult = end.value
            return found


def predict_command(folder: Path, name: str) -> tuple[str, ...]:
    """Returns the arguments of the command line that predict the rows of ``<name>.csv``."""
    return "predict", str(folder / f"{name}.npz"), str(FROZEN / f"{name}.csv")


def table(text: str) -> list[list[str | float]]:
    """Returns the cells of a CSV text, numbers as such."""
    return [[_number(cell) for cell in row] for row in csv.reader(text.splitlines())]


def _number(cell: str) -> str | float:
    try:
        return float(cell)
    except ValueError:
        return cell


def first_numbers(text: str) -> list[float]:
    """Returns the numbers in the first line of a text."""
    line = text.splitlines()[0].replace(",", "")
    return [float(each) for each in re.findall(r"\d+(?:\.\d+)?", line)]


def check(found: Any, expected: Any) -> None:
    """Raises AssertionError, which names the place, unless all that is expected is there.

    Keys that a later version adds are allowed. Numbers may differ by rounding; texts and digests may not, except those
    of networks that are trained here on another machine than the one that wrote the file.
    """
    machine = expected.get("machine") if isinstance(expected, Mapping) else None
    _check(found, expected, "", _RELATIVE, machine in (None, this_machine().as_dict()))


def _check(found: Any, expected: Any, place: str, relative: float, is_exact: bool) -> None:
    if isinstance(expected, Mapping):
        assert isinstance(found, Mapping), place
        for key, value in expected.items():
            if key == "machine":
                continue
            assert key in found, f"{place}/{key} is missing"
            is_trained_elsewhere = not is_exact and any(f"/{name}" in place for name in _TRAINED)
            if not (is_trained_elsewhere and key == "parameters"):
                wide = _RELATIVE_TRAINED if is_trained_elsewhere else relative
                _check(found[key], value, f"{place}/{key}", wide, is_exact)
    elif isinstance(expected, list):
        assert isinstance(found, Sequence), place
        assert len(found) == len(expected), place
        for index, value in enumerate(expected):
            _check(found[index], value, f"{place}/{index}", relative, is_exact)
    elif isinstance(expected, float):
        assert isinstance(found, int | float), f"{place}: {found!r}, not {expected}"
        assert math.isclose(found, expected, rel_tol=relative, abs_tol=1e-6), f"{place}: {found}, not {expected}"
    else:
        assert found == expected, f"{place}: {found!r}, not {expected!r}"
