"""The arguments of ``runs``."""

from __future__ import annotations

import argparse
from collections.abc import Callable

Parser = argparse.ArgumentParser


def add_runs(runs: Parser, command: Callable[..., Parser]) -> None:
    """Adds the actions; ``command`` makes the parser of one, from the group of parsers, its name and a text."""
    runs.set_defaults(action="list")
    add = runs.add_argument
    add("--json", action="store_true", help="all facts, for other programs")
    add("--search", metavar="WORD", nargs="+", default=[], help="only runs with these words in settings, name or note")
    words = "by id, name, epochs, seconds, nbytes, test_error, …; errors and losses only within the same data"
    add("--sort", metavar="FIGURE", default="id", help=words)
    add("--ascending", action="store_true", help="the smallest first")
    actions = runs.add_subparsers(title="actions", metavar="ACTION")
    _add_one_run(actions, command)
    _add_others(actions, command)


def _add_one_run(actions: object, command: Callable[..., Parser]) -> None:
    show = command(actions, "show", "tell all that is known of a run")
    # Without a default of its own, which would take the place of what stands before the action.
    words = "with its curves, for other programs"
    show.add_argument("--json", action="store_true", default=argparse.SUPPRESS, help=words)
    text = "write a run into a folder: its network in every format, its curves as CSV, how it comes again, and "
    export = command(actions, "export", text + "one file for “runs import”")
    for parser in (show, export):
        parser.add_argument("id", type=int, metavar="ID", help="the number of the run")
    export.add_argument("folder", metavar="FOLDER", help="made if it is not there")
    export.add_argument("--paths", action="store_true", help="the paths of its data go along")
    export.add_argument("--rows", action="store_true", help="a copy of the file of its data goes along")
    show.set_defaults(action="show")
    export.set_defaults(action="export")


def _add_others(actions: object, command: Callable[..., Parser]) -> None:
    read = command(actions, "import", "add a run that was exported")
    read.add_argument("file", metavar="FILE", help="what “runs export” wrote, .nnvizrun")
    read.set_defaults(action="import")
    delete = command(actions, "delete", "delete runs for good")
    delete.add_argument("ids", type=int, metavar="ID", nargs="+", help="the numbers of the runs")
    delete.set_defaults(action="delete")
    thin = command(actions, "thin", "tell what old runs can do without where the library takes more than it may")
    thin.add_argument("--yes", action="store_true", help="do it")
    thin.add_argument("--budget", type=float, metavar="MB", help="how much the library may take from now on")
    thin.set_defaults(action="thin")
