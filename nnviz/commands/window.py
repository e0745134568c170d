"""Opens the window: the default command."""

from __future__ import annotations

import argparse
import gc


def run(arguments: argparse.Namespace) -> int:
    """Runs the window until it is closed. Returns the exit code."""
    gc.disable()  # Loading modules leaves no garbage behind, and looking for it takes 40 ms. The window enables it.
    from nnviz.app import run as run_window

    return run_window()
