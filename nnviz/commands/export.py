"""``export``: writes a saved network in a format of other programs."""

from __future__ import annotations

import argparse

from engine.storage import export_format, load_network
from nnviz.commands.checks import check_folder, check_keeps
from nnviz.formatting import text


def run(arguments: argparse.Namespace) -> int:
    """Writes the file in the format of its ending. Returns the exit code."""
    chosen = export_format(arguments.out)
    check_folder(arguments.out)
    check_keeps(arguments.out, arguments.file)
    network = load_network(arguments.file)
    chosen.save(network, arguments.out)
    print(f"exported to {text.path(arguments.out)}")
    if note := chosen.note(network):
        print(note)
    return 0
