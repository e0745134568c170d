"""``predict``: answers to the rows of a table, or recognises digits on pictures."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np

from engine.network import Network
from engine.storage import load_network
from nnviz.commands.checks import CommandError
from nnviz.commands.pictures import picture_of_file
from nnviz.commands.tables import print_answers, rows_of_file

_TABLES = (".csv", ".tsv")


def run(arguments: argparse.Namespace) -> int:
    """Prints a table of answers for a table, or the two best answers for each picture. Returns the exit code."""
    network = load_network(arguments.file)
    is_of_tables = network.description is not None and network.description.coding is not None
    if not is_of_tables and not any(Path(name).suffix.lower() in _TABLES for name in arguments.inputs):
        return _recognise(network, arguments)
    if len(arguments.inputs) > 1:
        raise CommandError(f"{arguments.inputs[1]}: is one file too many. Give one table at a time.")
    rows = rows_of_file(network, arguments.inputs[0])
    outputs = network.predict(rows.inputs) if len(rows.inputs) else np.zeros((0, network.shape[-1]))
    print_answers(network, outputs, rows.has_gap)
    if rows.told:
        sys.stdout.flush()
        print(f"nnviz: {rows.told}", file=sys.stderr)
    return 0


def _recognise(network: Network, arguments: argparse.Namespace) -> int:
    pictures = np.stack([picture_of_file(name) for name in arguments.inputs])
    if network.shape[0] != pictures.shape[1] or network.shape[-1] != 10:
        raise CommandError(
            f"{arguments.file}: a network of {network.shape[0]} inputs and {network.shape[-1]} outputs cannot read "
            f"digits. It takes one of 784 inputs and 10 outputs."
        )
    for name, picture, answer in zip(arguments.inputs, pictures, network.predict(pictures), strict=True):
        best, second = np.argsort(answer)[::-1][:2]
        if not picture.any():
            print(f"{name}: nothing is drawn on it")
        else:
            print(f"{name}: {best} ({_percent(answer[best])}), then {second} ({_percent(answer[second])})")
    return 0


def _percent(output: float) -> str:
    """An output as the window shows it: of functions that leave 0…1, the nearest end."""
    return f"{100 * min(max(output, 0.0), 1.0):.1f} %"
