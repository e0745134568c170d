"""The arguments of ``runs``."""

from __future__ import annotations

import argparse
from collections.abc import Callable

from nnviz.commands.setting_options import number, whole

Parser = argparse.ArgumentParser


def add_runs(runs: Parser, command: Callable[..., Parser]) -> None:
    """Adds the actions; ``command`` makes the parser of one, from the group of parsers, its name and a text."""
    runs.set_defaults(action="list")
    add = runs.add_argument_group("which runs").add_argument
    text = "only runs with all these words in their settings, name or note (default: all runs)"
    add("--search", metavar="WORD", nargs="+", default=[], help=text)
    text = (
        "sort by id, name, epochs, seconds, nbytes, test_error, …, the largest first; errors and losses are compared "
        "within the same data only (default: id)"
    )
    add("--sort", metavar="FIGURE", default="id", help=text)
    add("--ascending", action="store_true", help="the smallest first (default: the largest first)")
    add = runs.add_argument_group("output").add_argument
    add("--json", action="store_true", help="print all facts as JSON, for other programs (default: a table)")
    text = (
        "Without an action, the runs are listed. “rate” is the learning rate. “test error” is the error of the "
        "training set if there is no test set, and the RMSE if the network predicts numbers."
    )
    actions = runs.add_subparsers(title="actions", metavar="ACTION", description=text)
    _add_one_run(actions, command)
    _add_others(actions, command)


def _add_one_run(actions: object, command: Callable[..., Parser]) -> None:
    show = command(actions, "show", "show settings and figures of a run, and how to reproduce it")
    text = (
        "write a run into a folder: its network in every format, its curves as CSV, how to reproduce it, and one file "
        "for “runs import”"
    )
    export = command(actions, "export", text)
    for parser in (show, export):
        parser.add_argument("id", type=whole, metavar="ID", help="number of the run")
    # Without a default of its own, which would replace a --json before the action.
    text = "print all facts and the curves as JSON, for other programs (default: a list)"
    show.add_argument_group("output").add_argument("--json", action="store_true", default=argparse.SUPPRESS, help=text)
    export.add_argument("folder", metavar="FOLDER", help="folder to write to; it is created if it does not exist")
    add = export.add_argument_group("privacy").add_argument
    add("--paths", action="store_true", help="include the paths of its data (default: left out)")
    add("--rows", action="store_true", help="include a copy of the data file (default: left out)")
    show.set_defaults(action="show")
    export.set_defaults(action="export")


def _add_others(actions: object, command: Callable[..., Parser]) -> None:
    read = command(actions, "import", "add an exported run to the library")
    read.add_argument("file", metavar="FILE", help="file that “runs export” wrote, .nnvizrun")
    read.set_defaults(action="import")
    delete = command(actions, "delete", "delete runs for good")
    delete.add_argument("ids", type=whole, metavar="ID", nargs="+", help="numbers of the runs")
    delete.set_defaults(action="delete")
    thin = command(actions, "thin", "show which snapshots old runs would lose to fit the limit of the library")
    add = thin.add_argument_group("storage").add_argument
    add("--yes", action="store_true", help="delete these snapshots (default: only show them)")
    text = "new limit of the library in MB, which is kept (default: the present limit)"
    add("--budget", type=number, metavar="MB", help=text)
    thin.set_defaults(action="thin")
