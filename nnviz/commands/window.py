"""Opens the window: the default command."""

from __future__ import annotations

import argparse

from nnviz.app import run as run_window


def run(arguments: argparse.Namespace) -> int:
    """Runs the window until it is closed. Returns the exit code."""
    return run_window()
