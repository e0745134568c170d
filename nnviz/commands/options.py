"""The arguments of the command line."""

from __future__ import annotations

import argparse
import math
import os
from collections.abc import Collection
from typing import Any, NoReturn

from engine.storage import EXPORTS, SAVED_FORMATS
from nnviz import __version__
from nnviz.commands.cli import USAGE_ERROR
from nnviz.commands.data_options import add_data_options, add_data_settings
from nnviz.commands.help_text import HelpFormatter, examples_of
from nnviz.commands.runs_options import add_runs
from nnviz.commands.setting_options import whole
from nnviz.commands.sweep_options import add_sweep
from nnviz.commands.train_options import add_train
from nnviz.formatting.text import visible
from nnviz.program_name import program_name

_LONGEST = 1_000_000  # seconds of a step of a lesson that is checked
_ENDINGS = [each.ending for each in SAVED_FORMATS]
_NETWORK_HELP = f"a saved network, {' or '.join([SAVED_FORMATS[0].help_name, *_ENDINGS[1:]])}"


class _Parser(argparse.ArgumentParser):
    """Accepts only complete option names, so that a stored command has the same meaning in later versions.

    Attributes:
        commands: names of the commands that it accepts.
    """

    commands: Collection[str] = ()

    def __init__(self, prog: str | None = None, **options: Any) -> None:
        super().__init__(prog, **{**options, "allow_abbrev": False})

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> tuple[Any, list[str]]:
        """Refuses unknown options itself, so that the error names the command whose help lists them."""
        found, unknown = super().parse_known_args(args, namespace)
        if unknown:
            self.error(f"unrecognized arguments: {' '.join(unknown)}")
        return found, unknown

    def error(self, message: str) -> NoReturn:
        """Prints one line and exits with code 2."""
        self.exit(USAGE_ERROR, f"nnviz: {visible(message.removeprefix('argument '))}. Try {self.prog} --help.\n")


def parse_arguments(words: list[str]) -> argparse.Namespace:
    """Parses a command line of at least one word. If the first word is no command, it is a file to open."""
    whole = parser()
    if words[0].startswith("-") or words[0] in whole.commands:
        arguments = whole.parse_args(words, argparse.Namespace(words=words))
        if arguments.window_data is not None and arguments.command != "window":
            whole.error(f"--data {arguments.window_data} must come after the command {arguments.command}")
        return arguments
    if not os.path.exists(words[0]):
        known = ", ".join(whole.commands)
        whole.error(f"{words[0]}: there is no such command, file or folder. The commands are {known}")
    if len(words) > 1:
        whole.error(f"{words[1]} cannot be given after the file {words[0]}. The window opens one file")
    return argparse.Namespace(command="window", file=words[0], window_data=None, words=words)


def parser() -> _Parser:
    """Returns the parser of the whole command line."""
    about = (
        "Train a neural network and watch it learn. Without a command, nnviz opens the window: with FILE or --data, or "
        "as you left it."
    )
    whole = _Parser(program_name(), description=about, epilog=examples_of(""), formatter_class=HelpFormatter)
    whole.add_argument("--version", action="version", version=f"nnviz {__version__}", help="print the version and exit")
    text = "open the window with these data: a data set by its name, a file or a folder (default: as you left it)"
    whole.add_argument("--data", dest="window_data", metavar="NAME|FILE|FOLDER", help=text)
    whole.set_defaults(command="window", file=None)
    text = (
        f"FILE is a network ({', '.join(_ENDINGS)}), a run (.nnvizrun), a lesson (.md, .nnvizlesson), a table, "
        "arrays (.npz, IDX) or a folder of images"
    )
    commands = whole.add_subparsers(title="file or command", metavar="FILE | COMMAND", description=text)
    text = (
        "train a network and print its train and test error after each epoch (on a terminal, after each tenth of the "
        "run)"
    )
    add_train(_command(commands, "train", text, usage="%(prog)s [OPTIONS]"))
    text = "train an experiment many times, with varied settings or seeds, on all cores or on a Dask cluster"
    add_sweep(_command(commands, "sweep", text, usage="%(prog)s [OPTIONS]"))
    _add_evaluate(_command(commands, "evaluate", "print the test error and other figures of a saved network"))
    _add_predict(_command(commands, "predict", "print the predictions for the rows of a table, or for images"))
    _add_export(_command(commands, "export", "write a saved network in a format of other programs"))
    _add_explain(_command(commands, "explain", "draw an explanation of a network's predictions for images or examples"))
    _add_data(_command(commands, "data", "list the data sets, or show how a file or folder is read"))
    runs = _command(commands, "runs", "list the runs in the library; show, export, import, delete or thin them")
    add_runs(runs, _command_of_runs)
    _add_lesson(_command(commands, "lesson", "open a lesson, check or pack lessons, or list the names for them"))
    _add_screenshot(_command(commands, "screenshot", "write an image of the window; needs no display"))
    whole.commands = commands.choices
    return whole


def _command(commands: Any, name: str, text: str, **how: Any) -> _Parser:
    made = _described(commands, name, name, text, **how)
    made.set_defaults(command=name)
    return made


def _command_of_runs(actions: Any, name: str, text: str) -> _Parser:
    return _described(actions, name, f"runs {name}", text)


def _described(commands: Any, name: str, words: str, text: str, **how: Any) -> _Parser:
    """Adds a command, with its description and its examples: those of ``words``."""
    about = text[0].upper() + text[1:] + "."
    how = {"description": about, "epilog": examples_of(words), "formatter_class": HelpFormatter, **how}
    made: _Parser = commands.add_parser(name, help=text, **how)
    return made


def _add_evaluate(evaluate: _Parser) -> None:
    evaluate.add_argument("file", metavar="FILE", help=_NETWORK_HELP)
    add_data_options(evaluate, "what the network was trained with")


def _add_predict(predict: _Parser) -> None:
    predict.add_argument("file", metavar="FILE", help=_NETWORK_HELP)
    text = (
        "a table (CSV, TSV) with the columns that the network was trained with: the predictions are printed as CSV. Or "
        "images of digits: any size, dark on light or light on dark"
    )
    predict.add_argument("inputs", metavar="INPUT", nargs="+", help=text)


def _add_export(export: _Parser) -> None:
    export.add_argument("file", metavar="FILE", help=_NETWORK_HELP)
    kinds = ", ".join(f"{each.ending} is {each.help_name}" for each in EXPORTS)
    export.add_argument("out", metavar="OUT", help=f"the file to write: {kinds}")


def _add_explain(explain: _Parser) -> None:
    explain.add_argument("file", metavar="NET", help=_NETWORK_HELP)
    text = "an image, any size, dark on light or light on dark (default: examples of the data)"
    explain.add_argument("pictures", metavar="IMAGE", nargs="*", help=text)
    add_data_options(explain, "what the network was trained with")
    add = explain.add_argument_group("explanation").add_argument
    text = "number of an example of the test set, or of all if there is no test set; can be repeated (default: 0)"
    add("--example", type=whole, metavar="N", action="append", help=text)
    methods = ("integrated-gradients", "gradient-times-input", "occlusion", "layers")
    text = f"method of the explanation: {', '.join(methods)} (default: {methods[0]})"
    add("--method", metavar="METHOD", choices=methods, default=methods[0], help=text)
    text = "class to explain, by its name, or the number of an output, from 0 (default: the predicted class)"
    add("--class", dest="one", metavar="C", help=text)
    text = (
        "class to compare with, by its name or number (default: the true class of a misclassified example if it is "
        "known, else the second most confident class)"
    )
    add("--against", dest="other", metavar="C", help=text)
    add = explain.add_argument_group("output").add_argument
    add("--out", default="why.png", metavar="FILE.png", help="image to write (default: why.png)")
    add("--theme", choices=("dark", "light"), default="dark", help="colours of the image (default: dark)")


def _add_data(data: _Parser) -> None:
    text = "a data set by its name, a table (CSV, TSV), an .npz, an IDX file or a folder (default: list the data sets)"
    data.add_argument("data", metavar="NAME|FILE|FOLDER", nargs="?", help=text)
    add_data_settings(data)


def _add_lesson(lesson: _Parser) -> None:
    text = (
        "lesson to open; or “check” or “pack” and lessons, which needs no display: pack writes each lesson with its "
        "files into one file .nnvizlesson next to it, and replaces an earlier one"
    )
    lesson.add_argument("words", metavar="FILE", nargs="*", help=text)
    text = "list directives, facts, cards and controls (default: open a lesson)"
    limit = "seconds that a step may take when a lesson is checked (default: 600)"
    lesson.add_argument("--limit", type=_seconds, default=600.0, metavar="SECONDS", help=limit)
    lesson.add_argument("--names", action="store_true", help=text)


def _add_screenshot(shot: _Parser) -> None:
    shot.add_argument("out", metavar="OUT.png", help="image to write")
    add_data_options(shot, "mnist")
    add = shot.add_argument_group("training").add_argument
    add("--epochs", type=whole, default=0, metavar="N", help="train for N epochs first (default: 0)")
    text = "total epochs of the run, so that the image shows it in progress (default: as --epochs, the run has ended)"
    add("--of", type=whole, default=0, metavar="N", help=text)
    add("--at", type=_epoch, metavar="EPOCH", help="show the window at this earlier epoch (default: the last one)")
    add("--side-by-side", action="store_true", help="show that epoch and the last one side by side; requires --at")
    add = shot.add_argument_group("lesson").add_argument
    add("--lesson", metavar="FILE", help="lesson to open (default: none)")
    text = "step of the lesson to show; those before it are solved (default: 1)"
    add("--step", type=whole, default=1, metavar="N", help=text)
    add = shot.add_argument_group("runs").add_argument
    text = "runs of the library to compare, by number, as 3,5; requires --workspace runs (default: none)"
    add("--compare", type=_numbers, default=[], metavar="IDS", help=text)
    text = "sweep of the library: show its trials and compare the best three; requires --workspace runs (default: none)"
    add("--sweep", type=whole, metavar="ID", help=text)
    text = "view of the trials of --sweep: as dots, as parallel coordinates, or the best so far (default: dots)"
    add("--view", choices=("dots", "parallel", "best"), help=text)
    add = shot.add_argument_group("window").add_argument
    text = "which cards are shown (default: train)"
    add("--workspace", choices=("train", "inside", "runs"), default="train", help=text)
    add("--theme", choices=("dark", "light"), default="dark", help="colours of the window (default: dark)")
    text = "width and height in pixels (default: 1440x900)"
    add("--size", type=_size, default=(1440, 900), metavar="WxH", help=text)
    add("--draw", action="store_true", help="draw a seven on the canvas first (default: an empty canvas)")
    add("--hints", action="store_true", help="show hints about the run (default: no hints)")


def _epoch(text: str) -> float:
    try:
        epoch = float(text)
    except ValueError:
        epoch = math.nan
    if not (math.isfinite(epoch) and epoch >= 0):
        raise argparse.ArgumentTypeError(f"{text!r} is not an epoch. It must be at least 0, for example 3.4")
    return epoch


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = math.nan
    if not 0 < seconds <= _LONGEST:
        raise argparse.ArgumentTypeError(f"{text!r} is not a time. It must be above 0 and at most {_LONGEST} seconds")
    return seconds


def _numbers(text: str) -> list[int]:
    try:
        return list(dict.fromkeys(int(part) for part in text.split(",")))
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a list of run numbers. For example 3,5") from None


def _size(text: str) -> tuple[int, int]:
    try:
        width, height = (int(part) for part in text.lower().split("x"))
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a size. For example 1440x900") from None
    if not (200 <= width <= 10000 and 200 <= height <= 10000):
        raise argparse.ArgumentTypeError(f"{text!r} is out of range. Both sides must be from 200 to 10000 pixels")
    return width, height
