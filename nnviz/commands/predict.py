"""``predict``: predictions for the rows of a table, or for images."""

from __future__ import annotations

import argparse
import sys

import numpy as np

from engine.basics.validation import Array
from engine.image_files import reads_drawings, reads_pictures
from engine.network.network import Network
from engine.storage import load_network
from nnviz.commands.checks import CommandError
from nnviz.commands.pictures import output_labels, picture_of_file
from nnviz.commands.tables import is_table, print_predictions, read_rows
from nnviz.formatting import text


def run(arguments: argparse.Namespace) -> int:
    """Prints a table of predictions for a table, or the two most confident classes of each image.

    Returns the exit code.
    """
    network = load_network(arguments.file)
    is_of_tables = network.description is not None and network.description.coding is not None
    if not is_of_tables and not any(map(is_table, arguments.inputs)):
        return _recognise(network, arguments)
    if len(arguments.inputs) > 1:
        raise CommandError(f"{arguments.inputs[1]} is a second file. Give one table at a time.")
    rows = read_rows(network, arguments.inputs[0])
    outputs = network.predict(rows.inputs) if len(rows.inputs) else np.zeros((0, network.shape[-1]))
    print_predictions(network, outputs, rows.has_gap)
    if rows.note:
        sys.stdout.flush()
        print(f"nnviz: {rows.note}", file=sys.stderr)
    return 0


def _recognise(network: Network, arguments: argparse.Namespace) -> int:
    _check_reads_pictures(network, arguments.file)
    pictures = np.stack([picture_of_file(network, name) for name in arguments.inputs])
    draws = reads_drawings(network)
    for name, picture, outputs in zip(arguments.inputs, pictures, network.predict(pictures), strict=True):
        is_empty = draws and not picture.any()
        print(f"{text.path(name)}: {'nothing is drawn on it' if is_empty else _prediction_text(network, outputs)}")
    return 0


def _check_reads_pictures(network: Network, file: str) -> None:
    if not reads_pictures(network):
        raise CommandError(
            f"{file}: a network with {network.shape[0]} inputs and {network.shape[-1]} outputs cannot classify images "
            f"of digits. Use one with 784 inputs and 10 outputs, or one that was trained on images."
        )


def _prediction_text(network: Network, outputs: Array) -> str:
    """Returns the two most confident classes, or all predicted numbers in their units."""
    names, about = output_labels(network), network.description
    if about is not None and about.targets:
        numbers = about.answers(outputs[None])[0]
        digits = about.answer_digits(6)
        return ", ".join(f"{name} {number:.{digits}g}" for name, number in zip(names, numbers, strict=True))
    best = np.argsort(outputs)[::-1][:2]
    return ", then ".join(f"{names[each]} ({_percent(outputs[each])})" for each in best)


def _percent(output: float) -> str:
    """Returns an output in %, clipped to 0…100 as in the window."""
    return f"{100 * min(max(output, 0.0), 1.0):.1f} %"
