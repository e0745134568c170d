"""Networks whose files say odd things about their data. Each is refused in words, or answers and is exported whole."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np

from engine.basics.errors import EngineError
from engine.datasets.brightness import Brightness
from engine.datasets.description import Description
from engine.datasets.scaling import Scaling
from engine.network.network import Network
from engine.storage import export_onnx, export_script, load_network, save_network
from nnviz.commands.checks import CommandError
from nnviz.commands.tables import read_rows
from tests.engine.described import prepare_mpg, prepare_penguins, whole_rows, write_rows
from tests.engine.helpers import ENDINGS
from tests.hostile.attack import attack, pick
from tests.hostile.damage import odd_document, odd_name
from tests.hostile.files import refused


@cache
def _whole() -> tuple[Network, ...]:
    """Networks of tables, one of plain numbers with names, and one of images that it standardises."""
    networks = []
    plain = Description("plain", (), ("a", "b"), ("p", "q", "r"), (), Scaling(np.arange(3.0), np.ones(3)))
    images = Description("images", (2, 3), ("p", "q"), brightness=Brightness(0.9, 0.8, 0.2))
    for about in (prepare_penguins().dataset.description, prepare_mpg().dataset.description, plain, images):
        assert about is not None
        inputs, outputs = len(about.columns) or math.prod(about.example_shape), len(about.output_names)
        network = Network([inputs, 3, outputs], ["tanh", "identity"], rng=np.random.default_rng(1))
        network.description = about
        networks.append(network)
    return tuple(networks)


def _with_names(rng: np.random.Generator, entries: Any) -> Any:
    """The same with odd names in some places, so that much of it is still whole."""
    if isinstance(entries, dict):
        return {key: each if key in ("kind", "mean") else _with_names(rng, each) for key, each in entries.items()}
    if isinstance(entries, list):
        return [_with_names(rng, each) for each in entries]
    return f"{odd_name(rng)}{rng.integers(1000)}" if isinstance(entries, str) and rng.random() < 0.5 else entries


@attack("descriptions", cases=60)
def description(rng: np.random.Generator, folder: Path) -> str:
    """Of what can be read, no name becomes code, and the answers are those of the same network saved again."""
    whole = _whole()[int(rng.integers(len(_whole())))]
    assert whole.description is not None
    odd = _with_names(rng, whole.description.as_dict())
    if rng.random() < 0.7:
        odd = odd_document(rng, odd)
    path = folder / f"net{pick(rng, *ENDINGS)}"
    with patch.object(Description, "as_dict", lambda self: odd):
        save_network(whole, path)
    network = refused(lambda: load_network(path))
    if isinstance(network, Exception):
        return "refused"
    _check_answers(network, folder)
    _check_exports(network, folder)
    return "read"


def _check_answers(network: Network, folder: Path) -> None:
    again = folder / "again.npz"
    save_network(network, again)
    for asked in ("penguins.csv", "mpg.csv"):
        rows = _rows(network, str(write_rows(folder / asked, whole_rows(asked)[:20])))
        assert rows is None or not len(rows) or np.isfinite(network.predict(rows)).all()
    raw = np.ones((2, network.shape[0]))
    both = [_outcome(each, raw) for each in (network, load_network(again))]
    assert np.array_equal(*both)


def _rows(network: Network, file: str) -> Any:
    """The rows of a table as the network takes them; None if they are refused, in one line."""
    said = ""
    try:
        rows = read_rows(network, file).inputs
        if len(rows):
            network.predict(rows)
    except (CommandError, EngineError) as error:
        said = str(error)
    assert len(said) < 1600
    assert not said.count("\n")
    return None if said else rows


def _outcome(network: Network, raw: Any) -> Any:
    about = network.description or Description()
    ask: Callable[[], Any] = lambda: about.answers(network.predict(about.inputs_of(raw)))  # noqa: E731
    answers = refused(ask)
    return [] if isinstance(answers, Exception) else answers


def _check_exports(network: Network, folder: Path) -> None:
    refused(lambda: export_onnx(network, folder / "net.onnx"))
    path = folder / "net.py"
    if isinstance(refused(lambda: export_script(network, path)), Exception):
        return
    module: dict[str, Any] = {"__name__": "exported"}
    exec(compile(path.read_text(encoding="utf-8"), "net.py", "exec"), module)
    assert "HOSTILE" not in module
    raw = np.ones((2, network.shape[0]))
    outputs = _outcome(network, raw)
    assert not len(outputs) or np.allclose(module["predict"](raw), outputs, rtol=1e-4, atol=1e-5)
