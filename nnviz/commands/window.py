"""Without a command, the window opens."""

from __future__ import annotations

import argparse

from nnviz.app import run as run_window


def run(arguments: argparse.Namespace) -> int:
    """Until it is closed. Returns the exit code."""
    return run_window()
