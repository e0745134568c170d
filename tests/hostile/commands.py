"""The command line on networks whose numbers are at the edge, and on pictures that are damaged."""

from __future__ import annotations

import contextlib
import io
import os
import re
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
from PIL import Image

from engine.datasets import DATASETS, Dataset, DataSource
from engine.datasets.mnist import load_mnist
from engine.network.activations import ACTIVATIONS
from engine.network.network import Network
from engine.storage import load_network, save_checkpoint, save_network
from engine.training.settings import TrainingSettings
from engine.training.trainer import Trainer
from nnviz.commands.cli import main
from tests.engine.helpers import ENDINGS
from tests.hostile.attack import attack, pick
from tests.hostile.damage import odd_bytes, odd_name

_EDGES = (3e38, -3e38, 1e20, -1e20, 1e-45, 0.0, -0.0, 1.0)


@attack("commands", cases=25, seconds=40)
def command(rng: np.random.Generator, folder: Path) -> str:
    """A command ends with a code and one line of words, and never tells figures that are none."""
    network_file = folder / f"net{pick(rng, '.npz', *ENDINGS)}"
    _save(rng, _network(rng), network_file)
    if rng.random() < 0.2:
        network_file.write_bytes(odd_bytes(rng, network_file.read_bytes()))
    elif rng.random() < 0.05:
        network_file.unlink()
        os.mkfifo(network_file)
    drawn = np.full((40, 30), 255, np.uint8)
    drawn[5:35, 12:16] = 0
    picture = folder / "one.png"
    Image.fromarray(drawn).save(picture)
    words = pick(
        rng,
        ["predict", str(network_file), str(picture)],
        ["evaluate", str(network_file)],
        ["export", str(network_file), str(folder / "out.py")],
        ["export", str(network_file), str(folder / "out.onnx")],
        ["train", "--epochs", "2", "--resume", str(network_file), "--save", str(folder / "trained.json")],
    )
    assert isinstance(words, list)
    code, reported, complained = run_command(words)
    assert code in (0, 1, 2), f"{words[0]} ended with code {code}"
    assert not re.search(r"\b(nan|inf)\b", reported), f"{words[0]} tells what is no number: {reported}"
    assert bool(complained) == bool(code), f"code {code}, and said: {complained}"
    assert code == 0 or complained.startswith("nnviz: "), complained
    if code == 0 and words[0] == "train":
        assert np.isfinite(load_network(folder / "trained.json").parameters).all()
    return f"{words[0]}: code {code}"


def _network(rng: np.random.Generator) -> Network:
    """Its numbers may be at the edge of what fits into their type."""
    output, loss = pick(
        rng, ("softmax", "cross-entropy"), ("softmax", "cross-entropy"), ("sigmoid", "cross-entropy"),
        ("identity", "quadratic"), ("identity", "huber"), ("softplus", "quadratic"),
    )  # fmt: skip
    hidden = str(pick(rng, *(name for name in ACTIVATIONS if ACTIVATIONS[name].hidden)))
    dtype = pick(rng, np.float32, np.float32, np.float64)
    network = Network([784, 4, 10], [hidden, output], loss, rng=rng, dtype=dtype)  # type: ignore[arg-type]
    if rng.random() < 0.7:
        places = rng.integers(0, len(network.parameters), int(pick(rng, 1, 3, 300, 3000)))  # type: ignore[call-overload]
        edge = 5e269 if dtype is np.float64 else 1
        network.parameters[places] = rng.choice(_EDGES, len(places)) * edge
    network.provenance = {"data": odd_name(rng).replace("\ud800", ""), "title": odd_name(rng)}
    return network


@cache
def _digits() -> Dataset:
    """A few of MNIST, in its place."""
    whole = load_mnist()
    test = None if whole.test is None else whole.test.head(2000)
    return replace(whole, train=whole.train.head(1000), test=test)


def _save(rng: np.random.Generator, network: Network, file: Path) -> None:
    """Some checkpoints hold a training that can go on."""
    DATASETS.register("mnist")(DataSource("MNIST", _digits))
    if file.suffix == ".npz" and rng.random() < 0.6:
        settings = TrainingSettings(batch_size=100, epochs=2, learning_rate=float(rng.choice((0.1, 1e6))))
        save_checkpoint(network, file, Trainer(network, _digits(), settings).state())
    else:
        save_network(network, file)


def run_command(words: list[str]) -> tuple[int, str, str]:
    """The exit code, and what was printed."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            code = main(words)
        except SystemExit as ended:
            code = int(ended.code or 0)
    return code, out.getvalue(), err.getvalue().split("\r")[-1].strip(" ")  # without the progress bar
