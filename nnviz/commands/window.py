"""Opens the window: the default command."""

from __future__ import annotations

import argparse
import gc
import os


def run(arguments: argparse.Namespace) -> int:
    """Runs the window until it is closed. Returns the exit code."""
    gc.disable()  # Loading modules leaves no garbage behind, and looking for it takes 40 ms. The window enables it.
    from nnviz.app import run as run_window

    return run_window(getattr(arguments, "file", None), getattr(arguments, "window_data", None))


def check(arguments: argparse.Namespace) -> None:
    """Raises CommandError or EngineError for a missing file, or one that is neither network, run nor data."""
    from engine.datasets import DATASETS, source_of
    from engine.datasets.loading import is_idx
    from engine.datasets.table.table_format import sniff
    from engine.storage import check_is_no_export, is_network_file
    from nnviz.commands.checks import CommandError
    from nnviz.lessons.package import SUFFIX
    from nnviz.library import is_exported_run

    if arguments.window_data is not None:
        source_of(arguments.window_data)
        if arguments.window_data in list(DATASETS):
            return
        arguments.file, arguments.window_data = arguments.window_data, None
    path = arguments.file
    if path is None:
        return
    if not os.path.exists(path):
        raise CommandError(f"{path}: there is no such file or folder. Check its name.")
    is_array = path.lower().endswith(".npz") or is_idx(path)
    is_lesson = path.lower().endswith((".md", SUFFIX))
    if is_lesson or os.path.isdir(path) or is_array or is_exported_run(path):
        return
    if is_network_file(path):
        check_is_no_export(path)
    else:
        sniff(path)  # refuses what is no table
