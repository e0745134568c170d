"""``data``, ``train`` and ``evaluate`` on odd tables, with odd options of data."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np

from engine.datasets import DATASETS
from engine.datasets.data_setting import SIDE
from engine.datasets.source import settings_with_option
from engine.datasets.table.table_source import format_settings
from engine.network.network import Network
from engine.storage import save_network
from tests.hostile.attack import attack, pick
from tests.hostile.commands import run_command
from tests.hostile.damage import odd_bytes, odd_name
from tests.hostile.tables import made_up, shipped

_SMALL = [name for name in DATASETS if not DATASETS[name].about]  # loading others takes long
_VALUES = ("", "0", "1", "-1", "0.5", "nan", "inf", "1e999", "yes", "no", "x", "classification", "regression", "median")
_OF_DATA = [setting for name in _SMALL for setting in DATASETS[name].settings]
_SETTINGS = sorted({each.name for each in (*_OF_DATA, *format_settings(), SIDE)} - set(settings_with_option()))


@attack("data commands", cases=20, seconds=60)
def data_command(rng: np.random.Generator, folder: Path) -> str:
    """It ends with a code, and one line of words unless all is well; no figure is none."""
    data, options = _data(rng, folder), _options(rng)
    network = folder / "net.npz"
    save_network(Network([2, 3, 2], ["relu", "softmax"], "cross-entropy", rng=rng), network)
    outcomes = []
    for words in (
        ["data", data],
        ["train", "--data", data, "--epochs", "1", "--hidden", "3", "--learning-rate", "0.01", "--save", str(network)],
        ["evaluate", str(network), *pick(rng, [], ["--data", data])],  # type: ignore[misc]
    ):
        code, reported, complained = run_command([*words, *options])
        assert code in (0, 1, 2), f"{words[0]} ended with code {code}"
        assert not re.search(r"\b(nan|inf)\b", _figures(reported)), f"{words} tells what is no number: {reported}"
        assert code == 0 or complained.startswith("nnviz: "), complained
        assert code == 0 or complained.count("\n") == 1, complained
        assert "\x1b" not in reported + complained
        outcomes.append(f"{words[0]} {code}")
    return ", ".join(outcomes)


def _figures(reported: str) -> str:
    """The lines with figures; in others there may be any name from a file."""
    return "\n".join(line for line in reported.splitlines() if line.startswith(("epoch", "test", "training")))


def _data(rng: np.random.Generator, folder: Path) -> str:
    if rng.random() < 0.3:
        return str(pick(rng, *_SMALL))
    path = folder / str(pick(rng, "some.csv", "some.tsv", "-odd.csv", "some.npz", "x-images-idx3-ubyte"))
    content = made_up(rng) if rng.random() < 0.6 else shipped(rng)
    path.write_bytes(odd_bytes(rng, content) if rng.random() < 0.4 else content)
    return str(folder) if rng.random() < 0.1 else str(path)


def _options(rng: np.random.Generator) -> list[str]:
    words = []
    for option in settings_with_option():
        if rng.random() < 0.1:
            value = pick(rng, "c0", "c1", "species", odd_name(rng).replace("\ud800", ""), *_VALUES)
            words.append(f"--{option.replace('_', '-')}={value}")
    while rng.random() < 0.3:
        words += ["--data-setting", f"{pick(rng, *_SETTINGS)}={pick(rng, *_VALUES, 'c0,c1', '[]', ';', 'tab')}"]
    return words
