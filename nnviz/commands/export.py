"""``export``: writes a saved network in a format of other programs."""

from __future__ import annotations

import argparse
from pathlib import Path

from engine.storage import export_onnx, load_network
from nnviz.commands.checks import CommandError, check_folder, check_keeps
from nnviz.exported_script import export_script
from nnviz.formatting import text

_EXPORTS = {".onnx": export_onnx, ".py": export_script}


def run(arguments: argparse.Namespace) -> int:
    """Writes the file in the format of its ending. Returns the exit code."""
    export = _EXPORTS.get(Path(arguments.out).suffix.lower())
    if export is None:
        raise CommandError(f"{arguments.out}: its name must end in {' or '.join(_EXPORTS)}.")
    check_folder(arguments.out)
    check_keeps(arguments.out, arguments.file)
    network = load_network(arguments.file)
    export(network, arguments.out)
    print(f"exported to {text.path(arguments.out)}")
    if export is export_onnx and network.description is not None and network.description.columns:
        print(f"its input takes rows of {network.shape[0]:,} numbers; its metadata “inputs” names each of them")
    return 0
