"""Damaged files of every format that is read. Each must be refused in words, or be read as something whole."""

from __future__ import annotations

import contextlib
import gzip
import json
import os
from collections.abc import Callable
from functools import cache, partial
from pathlib import Path
from typing import Any

import numpy as np

from engine.basics.assets_folder import ASSETS
from engine.basics.errors import DivergenceError, EngineError
from engine.datasets.dataset import Dataset, Split, one_hot
from engine.datasets.idx import read_idx
from engine.datasets.user_examples import UserExamples, mix_in_user_examples, read_user_examples
from engine.network.network import Network
from engine.presets import load_preset
from engine.provenance import Provenance
from engine.storage import EXPORTS, load_network, save_checkpoint, save_network
from engine.training.settings import TrainingSettings
from engine.training.trainer import Trainer
from nnviz.jobs.network_reading import read_network
from tests.engine.helpers import ENDINGS
from tests.hostile.archives import odd_archive, odd_text
from tests.hostile.attack import attack
from tests.hostile.damage import as_json, odd_bytes, odd_json, odd_name, odd_value, odd_zip

_LONGEST_MESSAGE = 1500
# By format, what changes its parts and leaves it well-formed; of another format single bytes are changed.
_AWARE: dict[str, tuple[Callable[[np.random.Generator, bytes], bytes], ...]] = {
    ".json": (odd_json, odd_text),
    ".npz": (odd_zip, odd_archive),
}


def refused(read: Callable[[], Any]) -> Any:
    """What ``read`` returns, or the error with which it refuses, whose message must be one for people."""
    try:
        return read()
    except (EngineError, OSError) as error:
        text = str(error)
        assert text, "a message without words"
        assert len(text) < _LONGEST_MESSAGE, f"a message of {len(text)} characters"
        assert "Traceback" not in text
        return error


def _dataset() -> Dataset:
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 3, 40)
    split = Split(rng.random((40, 6), np.float32), one_hot(labels, 3), labels)
    return Dataset("made up", split, split, (2, 3), ("a", "b", "c"))


@cache
def _whole_networks() -> dict[str, bytes]:
    """Networks in files of every format, by name."""
    import tempfile

    found: dict[str, bytes] = {}
    with tempfile.TemporaryDirectory() as folder:
        data, settings = _dataset(), TrainingSettings(batch_size=8, epochs=4, optimizer="adam")
        network = Network([6, 5, 3], ["relu", "softmax"], "cross-entropy", rng=np.random.default_rng(1))
        trainer = Trainer(network, data, settings)
        for _, _event in zip(range(13), trainer.run(), strict=False):
            pass
        save_checkpoint(network, Path(folder, "a.npz"), trainer.state())
        found["trained.npz"] = Path(folder, "a.npz").read_bytes()
        for ending in ENDINGS:
            save_network(network, Path(folder, f"b{ending}"))
            found[f"ours{ending}"] = Path(folder, f"b{ending}").read_bytes()
        ancestor = json.loads(found["ours.json"])
        found["ancestor.json"] = as_json({key: ancestor[key] for key in ("shape", "weights", "biases")})
    return found


@attack("network files")
def network_file(rng: np.random.Generator, folder: Path) -> str:
    """Of every format. What can be read must predict, be saved and be read again as the same network."""
    whole = _whole_networks()
    name = list(whole)[int(rng.integers(len(whole)))]
    content = whole[name]
    aware = _AWARE.get(Path(name).suffix)
    damage = aware[int(rng.integers(len(aware)))] if aware and rng.random() < 0.7 else odd_bytes
    content = damage(rng, content)
    path = folder / name
    path.write_bytes(content)
    network = refused(lambda: load_network(path))
    opened = refused(lambda: read_network(path, _dataset()))
    if isinstance(network, Exception) or isinstance(opened, Exception):
        assert isinstance(network, Exception), f"the command line reads what the window refuses: {opened}"
        return "refused"
    _check_network(rng, network, folder)
    if opened.trainer is not None:
        _train_on(opened.trainer)
    return "read"


def _check_network(rng: np.random.Generator, network: Network, folder: Path) -> None:
    assert np.isfinite(network.parameters).all()
    inputs = rng.random((2, network.shape[0]), np.float32)
    answers = refused(lambda: network.predict(inputs))
    assert isinstance(answers, Exception) or np.isfinite(answers).all(), "an answer that is no number"
    Provenance.read(network)
    for ending in ENDINGS:
        copy = folder / f"copy{ending}"
        save_network(network, copy)
        again = load_network(copy)
        assert np.array_equal(again.parameters, network.parameters)
        assert again.shape == network.shape


def _train_on(trainer: Trainer) -> None:
    with contextlib.suppress(DivergenceError):
        for _, _event in zip(range(30), trainer.run(), strict=False):
            pass
    assert np.isfinite(trainer.network.parameters).all() or trainer.batch


@attack("IDX files")
def idx_file(rng: np.random.Generator, folder: Path) -> str:
    """Plain and compressed; some are bombs."""
    sizes = [int(size) for size in rng.integers(0, 9, int(rng.integers(1, 4)))]
    header = bytes((0, 0, 8, len(sizes))) + b"".join(size.to_bytes(4, "big") for size in sizes)
    content = header + bytes(int(np.prod(sizes)))
    if rng.random() < 0.7:
        content = odd_bytes(rng, content)
    how = rng.random()
    if how < 0.02:
        content += bytes(2**25)
    elif how < 0.04:  # what is claimed is there, or nearly
        content = bytes((0, 0, 8, 2)) + (2**25).to_bytes(4, "big") + (1).to_bytes(4, "big")
        content += bytes(2**25 - int(rng.integers(2)))
    if rng.random() < 0.5:
        content = gzip.compress(content, 1, mtime=0)
        content = odd_bytes(rng, content) if rng.random() < 0.5 else content
    path = folder / "t-ubyte"
    if rng.random() < 0.01:
        os.mkfifo(path)
    else:
        path.write_bytes(content)
    return "refused" if isinstance(refused(lambda: read_idx(path)), Exception) else "read"


@attack("presets")
def preset(rng: np.random.Generator, folder: Path) -> str:
    """The shipped ones, damaged."""
    shipped = sorted((ASSETS / "presets").glob("*.json"))
    content = shipped[int(rng.integers(len(shipped)))].read_bytes()
    path = folder / "preset.json"
    path.write_bytes(odd_json(rng, content) if rng.random() < 0.7 else odd_bytes(rng, content))
    return "refused" if isinstance(refused(lambda: load_preset(path)), Exception) else "read"


@attack("exports")
def export(rng: np.random.Generator, folder: Path) -> str:
    """Names from outside in an exported script stay text: running it sets nothing and calls nothing."""
    network = Network([2, 3, 2], ["relu", "softmax"], "cross-entropy", rng=np.random.default_rng(2))
    names = [odd_name(rng) for _ in range(4)]
    network.provenance = {"data": names[0], names[1]: names[2], "title": names[3], "seed": names[1]}
    network.provenance |= {"epochs": odd_value(rng), "test_error": odd_value(rng), "experiment": odd_value(rng)}
    written = {}
    for each in EXPORTS:
        written[each.ending] = refused(partial(each.save, network, folder / f"net{each.ending}"))
    for ending, outcome in written.items():
        assert isinstance(outcome, Exception) or (folder / f"net{ending}").stat().st_size < 50_000
    path = folder / "net.py"
    if isinstance(written[".py"], Exception):
        return "refused"
    module: dict[str, Any] = {"__name__": "exported"}
    exec(compile(path.read_text(encoding="utf-8"), "net.py", "exec"), module)
    assert "HOSTILE" not in module, f"a name became code: {names}"
    outputs = module["predict"](np.zeros((1, 2)))
    assert np.allclose(outputs, network.predict(np.zeros((1, 2), np.float32)), atol=1e-5)
    return "exported"


@attack("own examples")
def own_file(rng: np.random.Generator, folder: Path) -> str:
    """A file of one's own examples. What can be read must be written again the same, and fit the data or be refused."""
    data = _dataset()
    own = UserExamples.empty_for(data)
    for number in range(int(rng.integers(1, 5))):
        own = own.with_more(UserExamples.one(data, data.train.example(number), number % 3))
    change = (odd_zip, odd_bytes)[int(rng.integers(2))]  # odd_archive knows the members of checkpoints
    path = folder / "own.npz"
    path.write_bytes(change(rng, own.as_bytes()))
    read = refused(lambda: read_user_examples(path))
    if isinstance(read, Exception):
        return "refused"
    path.write_bytes(read.as_bytes())
    assert read_user_examples(path).fingerprint == read.fingerprint
    mixed = refused(lambda: mix_in_user_examples(data, read)) if len(read) else None
    if isinstance(mixed, Dataset):
        assert np.isfinite(mixed.train.scaled_inputs()).all()
    return "read"
