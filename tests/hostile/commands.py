"""The command line on networks whose numbers are at the edge, and on pictures that are damaged."""

from __future__ import annotations

import contextlib
import io
import re
from pathlib import Path

import numpy as np
from PIL import Image

from engine.network import Network
from engine.storage import save_network
from nnviz.commands.cli import main
from tests.hostile.attack import attack, pick
from tests.hostile.damage import odd_bytes, odd_name

_EDGES = (3e38, -3e38, 1e20, -1e20, 1e-45, 0.0, -0.0, 1.0)


@attack("commands", cases=25, seconds=40)
def command(rng: np.random.Generator, folder: Path) -> str:
    """A command ends with a code and one line of words, and never tells figures that are none."""
    network_file = folder / str(pick(rng, "net.json", "net.npz"))
    network = Network([784, 4, 10], [str(pick(rng, "relu", "sigmoid", "tanh")), "softmax"], "cross-entropy", rng=rng)
    if rng.random() < 0.7:
        places = rng.integers(0, len(network.parameters), int(pick(rng, 3, 300, 3000)))
        network.parameters[places] = rng.choice(_EDGES, len(places))
    network.provenance = {"data": odd_name(rng).replace("\ud800", "")}
    save_network(network, network_file)
    if rng.random() < 0.2:
        network_file.write_bytes(odd_bytes(rng, network_file.read_bytes()))
    drawn = np.full((40, 30), 255, np.uint8)
    drawn[5:35, 12:16] = 0
    picture = folder / "one.png"
    Image.fromarray(drawn).save(picture)
    words = pick(
        rng,
        ["predict", str(network_file), str(picture)],
        ["evaluate", str(network_file)],
        ["export", str(network_file), str(folder / "out.py")],
        ["train", "--epochs", "1", "--hidden", "3", "--resume", str(network_file)],
    )
    assert isinstance(words, list)
    code, told, complained = _run(words)
    assert code in (0, 1, 2), f"{words[0]} ended with code {code}"
    assert not re.search(r"\b(nan|inf)\b", told), f"{words[0]} tells what is no number: {told}"
    assert bool(complained) == bool(code), f"code {code}, and said: {complained}"
    assert code == 0 or complained.startswith("nnviz: "), complained
    return f"code {code}"


def _run(words: list[str]) -> tuple[int, str, str]:
    """The exit code, and what was printed."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            code = main(words)
        except SystemExit as ended:
            code = int(ended.code or 0)
    return code, out.getvalue(), err.getvalue()
