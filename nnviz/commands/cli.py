"""The subcommands, for machines without a screen and for scripts; without one, the window."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NoReturn

import numpy as np

from engine.datasets import Dataset
from engine.datasets.mnist import load_mnist
from engine.errors import DivergenceError, EngineError
from engine.metrics import Evaluation, Evaluator
from engine.network import Network, check_fits
from engine.storage import export_onnx, export_script, load_network
from nnviz import __version__
from nnviz.commands.preflight import missing_for_offscreen, missing_for_window
from nnviz.commands.train import CommandError, add_train, check_folder
from nnviz.digits.drawing import picture_of_image
from nnviz.digits.photograph import grey_of_file

USAGE_ERROR = 2
INTERRUPTED = 130  # as shells say it


def main(argv: Sequence[str] | None = None) -> int:
    """Runs a subcommand, or opens the window. Returns the exit code."""
    words = list(sys.argv[1:] if argv is None else argv)
    arguments = _parser(words).parse_args(words)
    try:
        return int(arguments.run(arguments))
    except KeyboardInterrupt:
        return _complain("stopped", INTERRUPTED)
    except MemoryError:
        return _complain("there is not enough memory. Make the network or the batch smaller.", 1)
    except DivergenceError as error:
        return _complain(str(error), 1)
    except (CommandError, EngineError) as error:
        return _complain(str(error), USAGE_ERROR)
    except BrokenPipeError:  # whoever read along has read enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # nor may the flush at the end complain
        return 0
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        return _complain(f"{where}{error.strerror or error}", USAGE_ERROR)


def _complain(text: str, code: int) -> int:
    print(f"nnviz: {text}", file=sys.stderr)
    return code


# ---- the commands


def _window(arguments: argparse.Namespace) -> int:
    _stop_if_missing(missing_for_window())
    from nnviz.app import run

    return run()


def _evaluate(arguments: argparse.Namespace) -> int:
    data = load_mnist()
    network = _fitting_network(arguments.file, data)
    assert data.test is not None
    result = Evaluator(network, data.test).evaluate()
    assert result.error is not None
    assert result.confusion is not None
    wrong = round(result.error * len(data.test))
    print(f"test error {100 * result.error:.2f} % ({wrong:,} of {len(data.test):,}), loss {result.loss:.4f}\n")
    print(_table(result.confusion, data.class_names))
    print()
    print(_class_figures(result, data.class_names))
    beyond_three = result.top_error(3)
    assert beyond_three is not None
    print(f"\nnot among the three highest answers: {100 * beyond_three:.2f} %")
    return 0


def _table(confusion: Any, names: Sequence[str]) -> str:
    """The confusion matrix with its heads: a row for each true digit, a column for each answer."""
    width = max(5, len(str(confusion.max())) + 1)
    head = "true \\ answer " + "".join(name.rjust(width) for name in names)
    rows = [name.rjust(13) + " " + "".join(str(n).rjust(width) for n in row) for name, row in zip(names, confusion)]  # noqa: B905
    return "\n".join([head, *rows])


def _class_figures(result: Evaluation, names: Sequence[str]) -> str:
    """Precision (right among those answered so) and recall (found among those that are so) of every digit, in %."""
    assert result.precision is not None
    assert result.recall is not None
    rows = {"digit": names}
    for title, shares in (("precision, %", result.precision), ("recall, %", result.recall)):
        rows[title] = [f"{100 * share:.1f}" for share in shares]
    return "\n".join(title.rjust(13) + " " + "".join(cell.rjust(6) for cell in cells) for title, cells in rows.items())


def _predict(arguments: argparse.Namespace) -> int:
    network = load_network(arguments.file)
    pictures = np.stack([picture_of_image(_grey(Path(name))).ravel() for name in arguments.images])
    if network.shape[0] != pictures.shape[1] or network.shape[-1] != 10:
        raise CommandError(
            f"{arguments.file}: a network of {network.shape[0]} inputs and {network.shape[-1]} outputs cannot read "
            f"digits. It takes one of 784 inputs and 10 outputs."
        )
    for name, picture, answer in zip(arguments.images, pictures, network.predict(pictures), strict=True):
        best, second = np.argsort(answer)[::-1][:2]
        if not picture.any():
            print(f"{name}: nothing is drawn on it")
        else:
            print(f"{name}: {best} ({100 * answer[best]:.1f} %), then {second} ({100 * answer[second]:.1f} %)")
    return 0


def _grey(path: Path) -> Any:
    """A picture as (height, width) grey values; what is transparent counts as paper."""
    try:
        return grey_of_file(path)
    except OSError as error:
        why = error.strerror or str(error)
        raise CommandError(f"{path}: {why}. Give a PNG, JPEG or another common picture file.") from None


def _export(arguments: argparse.Namespace) -> int:
    exports = {".onnx": export_onnx, ".py": export_script}
    export = exports.get(Path(arguments.out).suffix.lower())
    if export is None:
        raise CommandError(f"{arguments.out}: its name must end in {' or '.join(exports)}.")
    check_folder(arguments.out)
    export(load_network(arguments.file), arguments.out)
    print(f"exported to {arguments.out}")
    return 0


def _screenshot(arguments: argparse.Namespace) -> int:
    _stop_if_missing(missing_for_offscreen())
    check_folder(arguments.out)
    os.environ["QT_QPA_PLATFORM"] = "offscreen"
    from nnviz.commands.screenshot import Scene, take

    scene = Scene(arguments.epochs, arguments.of, arguments.draw, arguments.hints)
    take(Path(arguments.out), arguments.theme, arguments.size, scene)
    return 0


def _stop_if_missing(missing: tuple[str, str] | None) -> None:
    if missing is not None:
        raise CommandError("\n".join(missing))


def _fitting_network(file: str, data: Dataset) -> Network:
    network = load_network(file)
    check_fits(network, data.width, data.outputs, data.title)
    return network


# ---- the arguments


class _Parser(argparse.ArgumentParser):
    """Takes options by their whole names only: the command in a file must mean the same in later versions."""

    def __init__(self, prog: str | None = None, **options: Any) -> None:
        super().__init__(prog, **{**options, "allow_abbrev": False})

    def error(self, message: str) -> NoReturn:
        """One line, and code 2."""
        self.exit(USAGE_ERROR, f"{self.prog}: {message}. Try {self.prog} --help.\n")


def _parser(words: Sequence[str]) -> argparse.ArgumentParser:
    parser = _Parser("nnviz", description="Watch a neural network learn. Without a command, the window opens.")
    parser.add_argument("--version", action="version", version=f"nnviz {__version__}")
    parser.set_defaults(run=_window)
    commands = parser.add_subparsers(title="commands", metavar="COMMAND")
    text = "train on MNIST, telling train and test error after each epoch"
    train = commands.add_parser("train", help=text, description=text[0].upper() + text[1:] + ".")
    add_train(train, words)
    evaluate = _command(commands, "evaluate", "test error and confusion matrix of a saved network", _evaluate)
    evaluate.add_argument("file", metavar="FILE", help="a saved network, JSON or .npz")
    predict = _command(commands, "predict", "tell which digits are on pictures", _predict)
    predict.add_argument("file", metavar="FILE", help="a saved network, JSON or .npz")
    predict.add_argument("images", metavar="IMAGE", nargs="+", help="any size, dark on light or light on dark")
    export = _command(commands, "export", "a saved network for use elsewhere", _export)
    export.add_argument("file", metavar="FILE", help="a saved network, JSON or .npz")
    export.add_argument("out", metavar="OUT", help="what to write: .onnx for ONNX, .py for one numpy script")
    _add_screenshot(commands)
    return parser


def _command(commands: Any, name: str, text: str, run: Callable[[argparse.Namespace], int]) -> _Parser:
    parser: _Parser = commands.add_parser(
        name,
        help=text,
        description=text[0].upper() + text[1:] + ".",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    parser.set_defaults(run=run)
    return parser


def _add_screenshot(commands: Any) -> None:
    shot = _command(commands, "screenshot", "a picture of the window, without a display", _screenshot)
    shot.add_argument("out", metavar="OUT.png", help="the picture to write")
    shot.add_argument("--epochs", type=int, default=0, metavar="N", help="train that long first")
    shot.add_argument("--of", type=int, default=0, metavar="N", help="in a run of so many epochs, which goes on")
    shot.add_argument("--theme", choices=("dark", "light"), default="dark", help="the window's colours")
    shot.add_argument("--size", type=_size, default=(1440, 900), metavar="WxH", help="in pixels")
    shot.add_argument("--draw", action="store_true", help="draw a seven on the canvas first")
    shot.add_argument("--hints", action="store_true", help="show the hints of the first start too")


def _size(text: str) -> tuple[int, int]:
    try:
        width, height = (int(part) for part in text.lower().split("x"))
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a size like 1440x900") from None
    if not (200 <= width <= 10000 and 200 <= height <= 10000):
        raise argparse.ArgumentTypeError(f"{text!r}: both sides must be from 200 to 10000 pixels")
    return width, height
