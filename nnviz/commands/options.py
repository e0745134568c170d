"""The arguments of the command line."""

from __future__ import annotations

import argparse
import math
import os
from collections.abc import Collection
from typing import Any, NoReturn

from engine.storage import FORMATS
from nnviz import __version__
from nnviz.commands.cli import USAGE_ERROR
from nnviz.commands.data_options import add_data_options, add_data_settings
from nnviz.commands.runs_options import add_runs
from nnviz.commands.sweep_options import add_sweep
from nnviz.commands.train_options import add_train
from nnviz.formatting.text import visible
from nnviz.program_name import program_name

_NETWORK_HELP = f"a saved network, {' or '.join([FORMATS[0].help_name, *(each.ending for each in FORMATS[1:])])}"


class _Parser(argparse.ArgumentParser):
    """Accepts only complete option names, so that a stored command has the same meaning in later versions.

    Attributes:
        commands: names of the commands that it accepts.
    """

    commands: Collection[str] = ()

    def __init__(self, prog: str | None = None, **options: Any) -> None:
        super().__init__(prog, **{**options, "allow_abbrev": False})

    def error(self, message: str) -> NoReturn:
        """Prints one line and exits with code 2."""
        self.exit(USAGE_ERROR, f"nnviz: {visible(message)}. Try {self.prog} --help.\n")


class _Defaults(argparse.ArgumentDefaultsHelpFormatter):
    """Shows the default of each option that has one."""

    def _get_help_string(self, action: argparse.Action) -> str | None:
        return action.help if action.default in (None, False, []) else super()._get_help_string(action)


def parse_arguments(words: list[str]) -> argparse.Namespace:
    """Parses a command line of at least one word. If the first word is no command, it is a file to open."""
    whole = parser()
    if words[0].startswith("-") or words[0] in whole.commands:
        arguments = whole.parse_args(words, argparse.Namespace(words=words))
        if arguments.window_data is not None and arguments.command != "window":
            whole.error(f"--data {arguments.window_data}: must come after the command {arguments.command}")
        return arguments
    if not os.path.exists(words[0]):
        known = ", ".join(whole.commands)
        whole.error(f"{words[0]}: is no command, and there is no such file or folder. Commands: {known}")
    if len(words) > 1:
        whole.error(f"{words[1]}: cannot be given after the file {words[0]}, which the window opens alone")
    return argparse.Namespace(command="window", file=words[0], window_data=None, words=words)


def parser() -> _Parser:
    about = "Watch a neural network learn. Without a command, the window opens: with FILE or --data, or as you left it."
    whole = _Parser(program_name(), description=about)
    whole.add_argument("--version", action="version", version=f"nnviz {__version__}")
    text = "open the window with these data: the name of a data set (“data” lists them), a file or a folder"
    whole.add_argument("--data", dest="window_data", metavar="NAME|FILE|FOLDER", help=text)
    whole.set_defaults(command="window", file=None)
    endings = ", ".join(each.ending for each in FORMATS)
    text = f"FILE is a network ({endings}), a run (.nnvizrun), a table, arrays (.npz, IDX) or a folder of images"
    commands = whole.add_subparsers(title="file or command", metavar="FILE | COMMAND", description=text)
    text = (
        "train a network, and print its train and test error: after each epoch, on a terminal at each tenth of the run"
    )
    add_train(_command(commands, "train", text, formatter_class=argparse.HelpFormatter))
    text = "train an experiment many times, with other settings or seeds, on all cores; goes on where it was stopped"
    add_sweep(_command(commands, "sweep", text, formatter_class=argparse.HelpFormatter))
    evaluate = _command(commands, "evaluate", "print how good a saved network is at the test examples of its data")
    predict = _command(commands, "predict", "answer to the rows of a table, or recognise digits on pictures")
    export = _command(commands, "export", "write a saved network in a format of other programs")
    for command in (evaluate, predict, export):
        command.add_argument("file", metavar="FILE", help=_NETWORK_HELP)
    add_data_options(evaluate, "what the network was trained with")
    text = "a table, CSV or TSV, with the columns that the network was trained with; the answers are printed as CSV. "
    text += "Or pictures of digits: any size, dark on light or light on dark"
    predict.add_argument("inputs", metavar="INPUT", nargs="+", help=text)
    text = "what to write: .py for one numpy script; .onnx for ONNX, whose input takes rows of numbers, which its "
    text += "metadata name: of a table one for each column, of a column of words one for each word"
    export.add_argument("out", metavar="OUT", help=text)
    _add_explain(_command(commands, "explain", "draw why a saved network answers as it does to pictures or examples"))
    _add_data(_command(commands, "data", "list the data sets there are, or tell how a file or folder is understood"))
    runs = _command(commands, "runs", "list the runs in the library; show, export, import, delete or thin them")
    add_runs(runs, _command_of_runs)
    _add_screenshot(_command(commands, "screenshot", "write a picture of the window, without a display"))
    whole.commands = commands.choices
    return whole


def _command(commands: Any, name: str, text: str, **how: Any) -> _Parser:
    how = {"formatter_class": _Defaults, **how}
    made: _Parser = commands.add_parser(name, help=text, description=text[0].upper() + text[1:] + ".", **how)
    made.set_defaults(command=name)
    return made


def _command_of_runs(actions: Any, name: str, text: str) -> _Parser:
    made: _Parser = actions.add_parser(name, help=text, description=text[0].upper() + text[1:] + ".")
    return made


def _add_explain(explain: _Parser) -> None:
    explain.add_argument("file", metavar="NET", help=_NETWORK_HELP)
    text = "any size, dark on light or light on dark; without any, examples of the data are explained"
    explain.add_argument("pictures", metavar="PICTURE", nargs="*", help=text)
    add_data_options(explain, "what the network was trained with")
    text = "the number of an example of the test part, from 0, or of all where there is none; as often as needed"
    explain.add_argument("--example", type=int, metavar="N", action="append", help=text)
    methods = ("integrated-gradients", "gradient-times-input", "occlusion", "layers")
    explain.add_argument("--method", choices=methods, default=methods[0], help="how it is explained")
    text = "the class that is explained, by its name; else the number of an output, from 0; without it, the answer"
    explain.add_argument("--class", dest="one", metavar="C", help=text)
    text = "what it is compared with, likewise; default: the true class of a mistake, if known, else the second best"
    explain.add_argument("--against", dest="other", metavar="C", help=text)
    explain.add_argument("--out", default="why.png", metavar="FILE.png", help="the picture to write")
    explain.add_argument("--theme", choices=("dark", "light"), default="dark", help="its colours")


def _add_data(data: _Parser) -> None:
    text = "a data set of the list, a table (CSV, TSV), an .npz, an IDX file or a folder; without it, the list"
    data.add_argument("data", metavar="NAME|FILE|FOLDER", nargs="?", help=text)
    add_data_settings(data)


def _add_screenshot(shot: _Parser) -> None:
    shot.add_argument("out", metavar="OUT.png", help="the picture to write")
    add_data_options(shot, "mnist")
    shot.add_argument("--epochs", type=int, default=0, metavar="N", help="train so many epochs first")
    shot.add_argument(
        "--of", type=int, default=0, metavar="N", help="of a training of so many epochs, which is still running"
    )
    shot.add_argument("--at", type=_epoch, metavar="EPOCH", help="look back at that epoch of the training")
    text = "the numbers of runs of the library, as 3,5: compare them in --workspace runs"
    shot.add_argument("--compare", type=_numbers, default=[], metavar="IDS", help=text)
    text = "the number of a sweep of the library: show its trials in --workspace runs, the best three compared"
    shot.add_argument("--sweep", type=int, metavar="ID", help=text)
    shot.add_argument("--view", choices=("dots", "parallel", "best"), help="how trials are shown")
    shot.add_argument("--theme", choices=("dark", "light"), default="dark", help="the window's colours")
    shot.add_argument("--workspace", choices=("train", "inside", "runs"), default="train", help="which cards")
    shot.add_argument("--size", type=_size, default=(1440, 900), metavar="WxH", help="in pixels")
    shot.add_argument("--draw", action="store_true", help="draw a seven on the canvas first")
    shot.add_argument("--hints", action="store_true", help="show the hints of the first start too")


def _epoch(text: str) -> float:
    try:
        epoch = float(text)
    except ValueError:
        epoch = math.nan
    if not (math.isfinite(epoch) and epoch >= 0):
        raise argparse.ArgumentTypeError(f"{text!r} is no epoch: it must be a number from 0 on, for example 3.4")
    return epoch


def _numbers(text: str) -> list[int]:
    try:
        return list(dict.fromkeys(int(part) for part in text.split(",")))
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r}: numbers of runs look like 3,5") from None


def _size(text: str) -> tuple[int, int]:
    try:
        width, height = (int(part) for part in text.lower().split("x"))
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a size like 1440x900") from None
    if not (200 <= width <= 10000 and 200 <= height <= 10000):
        raise argparse.ArgumentTypeError(f"{text!r}: both sides must be from 200 to 10000 pixels")
    return width, height
