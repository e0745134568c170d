"""Tables, folders of images, networks and libraries at paths of any bytes."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
from PIL import Image

from engine.provenance import Provenance
from engine.storage import EXPORTS, load_network
from nnviz.library import Library
from tests.engine.helpers import ENDINGS
from tests.hostile.attack import attack, pick
from tests.hostile.commands import run_command
from tests.hostile.tables import shipped

_PARTS = (
    b"\xff",
    b"\xe9t\xe9",
    b"\xed\xa0\x80",
    b"\x1b[31m",
    b"\xc3\xa9",
    b" ",
    b"'",
    b"\\",
    b"\n",
    b"\r",
    b"$x",
    b"a",
)


@attack("odd paths", cases=20, seconds=60)
def odd_paths(rng: np.random.Generator, folder: Path) -> str:
    """What was trained is recorded with the exact path and opened again; no control character is printed."""
    os.environ["NNVIZ_LIBRARY"] = str(folder / _name(rng) / "library.sqlite")
    data = _data(rng, folder)
    network = str(folder / (_name(rng) + str(pick(rng, *ENDINGS))))
    title = ["--title", _name(rng)] if rng.random() < 0.5 else []
    code, printed, complained = run_command(["train", "--data", data, "--epochs", "1", *title, "--save", network])
    _check(printed + complained)
    assert code == 0, complained
    made = Provenance.read(load_network(network)).experiment
    assert made is not None
    with Library() as library:
        (run,) = library.runs()
        assert run.experiment.data == made.data == data
        assert library.network(run.id).description is not None
    exported = str(folder / _name(rng))
    outcomes = []
    for words in (
        ["evaluate", network],
        ["data", data],
        ["export", network, exported + str(pick(rng, *(each.ending for each in EXPORTS)))],
        ["runs", "show", "1"],
        ["runs", "export", "1", exported, "--paths"],
        ["runs", "import", os.path.join(exported, "run.nnvizrun")],
        ["runs"],
    ):
        code, printed, complained = run_command(words)
        _check(printed + complained)
        assert code == 0, f"{words}: {complained}"
        outcomes.append(words[0])
    return f"{len(outcomes)} commands"


def _check(printed: str) -> None:
    assert "\x1b" not in printed, f"a control character is printed: {printed!r}"


def _name(rng: np.random.Generator) -> str:
    """A name of some bytes, at least one of which is no UTF-8, or another that is seldom in names."""
    parts = [_PARTS[int(rng.integers(len(_PARTS)))] for _ in range(int(rng.integers(1, 5)))]
    return os.fsdecode(b"x" + b"".join(parts))


def _data(rng: np.random.Generator, folder: Path) -> str:
    """A table, or a folder of images."""
    place = folder / f"data {_name(rng)}"
    place.mkdir()
    if rng.random() < 0.6:
        file = place / f"{_name(rng)}.csv"
        file.write_bytes(shipped(rng))
        return str(file)
    for name in (f"a {_name(rng)}", f"b {_name(rng)}"):
        (place / name).mkdir()
        for number in range(6):
            pixels = rng.integers(0, 255, (8, 8), dtype=np.uint8)
            Image.fromarray(pixels).save(place / name / f"{number}{_name(rng)}.png")
    return str(place)
