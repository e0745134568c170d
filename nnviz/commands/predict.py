"""``predict``: recognises digits on pictures."""

from __future__ import annotations

import argparse

import numpy as np

from engine.storage import load_network
from nnviz.commands.checks import CommandError
from nnviz.commands.pictures import picture_of_file


def run(arguments: argparse.Namespace) -> int:
    """Prints the two best answers for each picture. Returns the exit code."""
    network = load_network(arguments.file)
    pictures = np.stack([picture_of_file(name) for name in arguments.images])
    if network.shape[0] != pictures.shape[1] or network.shape[-1] != 10:
        raise CommandError(
            f"{arguments.file}: a network of {network.shape[0]} inputs and {network.shape[-1]} outputs cannot read "
            f"digits. It takes one of 784 inputs and 10 outputs."
        )
    for name, picture, answer in zip(arguments.images, pictures, network.predict(pictures), strict=True):
        best, second = np.argsort(answer)[::-1][:2]
        if not picture.any():
            print(f"{name}: nothing is drawn on it")
        else:
            print(f"{name}: {best} ({_percent(answer[best])}), then {second} ({_percent(answer[second])})")
    return 0


def _percent(output: float) -> str:
    """An output as the window shows it: of functions that leave 0…1, the nearest end."""
    return f"{100 * min(max(output, 0.0), 1.0):.1f} %"
