"""The subcommands, for machines without a screen and for scripts; without one, the window."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
from PIL import Image, ImageOps
from tqdm import tqdm

from engine.activations import ACTIVATIONS
from engine.datasets import Dataset
from engine.datasets.mnist import load_mnist
from engine.errors import DivergenceError, EngineError
from engine.events import Batch, Epoch
from engine.metrics import Evaluator
from engine.network import Network, check_fits
from engine.neural_network import describe_epoch
from engine.settings import TrainingSettings
from engine.storage import load_network, save_network
from engine.training import Trainer
from engine.validation import parse_shape
from nnviz import __version__
from nnviz.configuration import LOSS, OUTPUT_ACTIVATION, Configuration
from nnviz.drawing import picture_of_image
from nnviz.preflight import missing_for_offscreen, missing_for_window

USAGE_ERROR = 2
INTERRUPTED = 130  # as shells say it


class CommandError(Exception):
    """A line for the person; the program ends with code 2."""


def main(argv: Sequence[str] | None = None) -> int:
    """Runs a subcommand, or opens the window. Returns the exit code."""
    arguments = _parser().parse_args(argv)
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


def _train(arguments: argparse.Namespace) -> int:
    shape = parse_shape(arguments.shape)
    settings = TrainingSettings(
        batch_size=arguments.batch_size,
        epochs=arguments.epochs,
        learning_rate=arguments.learning_rate,
        seed=arguments.seed,
    )
    if arguments.save is not None:
        _check_folder(arguments.save)
    activations = [arguments.activation] * (len(shape) - 2) + [OUTPUT_ACTIVATION]
    network = Network(shape, activations, LOSS, "he", np.random.default_rng(settings.seed))
    trainer = Trainer(network, load_mnist(), settings)
    result = _train_with_progress(trainer)
    if arguments.save is not None:
        network.provenance = _provenance(trainer, result)
        save_network(network, arguments.save)
        print(f"saved to {arguments.save}")
    return 0


def _check_folder(file: str) -> None:
    """Before the work is done, not after it."""
    if not Path(file).absolute().parent.is_dir():
        raise CommandError(f"{file}: its folder does not exist. Make it first, or choose another place.")
    if not os.access(Path(file).absolute().parent, os.W_OK):
        raise CommandError(f"{file}: its folder cannot be written to. Choose another place.")
    if Path(file).is_dir():
        raise CommandError(f"{file} is a folder. Name a file in it.")


def _train_with_progress(trainer: Trainer) -> Epoch | None:
    result = None
    epochs = trainer.settings.epochs
    with tqdm(total=epochs * trainer.batches_per_epoch, unit=" batches", leave=False, mininterval=0.2) as bar:
        for event in trainer.run():
            if isinstance(event, Batch):
                bar.update()
            elif isinstance(event, Epoch) and event.epoch > 0:
                result = event
                bar.write(describe_epoch(event, epochs))
    return result


def _provenance(trainer: Trainer, result: Epoch | None) -> dict[str, Any]:
    settings = trainer.settings
    known: dict[str, Any] = {
        "data": trainer.dataset.title,
        "epochs": settings.epochs,
        "batch_size": settings.batch_size,
        "learning_rate": settings.learning_rate,
        "seed": settings.seed,
    }
    if result is not None and result.train is not None and result.test is not None:
        known.update(train_error=result.train.error, test_error=result.test.error)
    return known


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
    return 0


def _table(confusion: Any, names: Sequence[str]) -> str:
    """The confusion matrix with its heads: a row for each true digit, a column for each answer."""
    width = max(5, len(str(confusion.max())) + 1)
    head = "true \\ answer " + "".join(name.rjust(width) for name in names)
    rows = [name.rjust(13) + " " + "".join(str(n).rjust(width) for n in row) for name, row in zip(names, confusion)]  # noqa: B905
    return "\n".join([head, *rows])


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
        with Image.open(path) as image:
            upright = ImageOps.exif_transpose(image)
            if "A" in upright.getbands() or "transparency" in upright.info:
                upright = _on_paper(upright.convert("RGBA"))
            deep = upright.mode in ("I", "F", "I;16", "I;16B")
            return np.asarray(upright if deep else upright.convert("L"), np.float64)
    except (OSError, Image.DecompressionBombError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else "not a picture that can be read"
        raise CommandError(f"{path}: {reason}. Give a PNG, JPEG or another common picture file.") from None


def _on_paper(layers: Image.Image) -> Image.Image:
    """On white; on black where nothing would be seen on white."""
    on_white = Image.alpha_composite(Image.new("RGBA", layers.size, "white"), layers).convert("L")
    darkest, lightest = on_white.getextrema()
    if darkest != lightest:
        return on_white
    return Image.alpha_composite(Image.new("RGBA", layers.size, "black"), layers)


def _screenshot(arguments: argparse.Namespace) -> int:
    _stop_if_missing(missing_for_offscreen())
    _check_folder(arguments.out)
    os.environ["QT_QPA_PLATFORM"] = "offscreen"
    from nnviz.screenshot import take

    take(Path(arguments.out), arguments.epochs, arguments.theme, arguments.size, arguments.draw)
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
    def error(self, message: str) -> NoReturn:
        """One line, and code 2."""
        self.exit(USAGE_ERROR, f"{self.prog}: {message}. Try {self.prog} --help.\n")


def _parser() -> argparse.ArgumentParser:
    parser = _Parser("nnviz", description="Watch a neural network learn. Without a command, the window opens.")
    parser.add_argument("--version", action="version", version=f"nnviz {__version__}")
    parser.set_defaults(run=_window)
    commands = parser.add_subparsers(title="commands", metavar="COMMAND")
    _add_train(commands)
    evaluate = _command(commands, "evaluate", "test error and confusion matrix of a saved network", _evaluate)
    evaluate.add_argument("file", metavar="FILE", help="a network saved as JSON")
    predict = _command(commands, "predict", "tell which digits are on pictures", _predict)
    predict.add_argument("file", metavar="FILE", help="a network saved as JSON")
    predict.add_argument("images", metavar="IMAGE", nargs="+", help="any size, dark on light or light on dark")
    _add_screenshot(commands)
    return parser


def _command(commands: Any, name: str, text: str, run: Callable[[argparse.Namespace], int]) -> _Parser:
    parser: _Parser = commands.add_parser(
        name, help=text, description=text.capitalize() + ".", formatter_class=argparse.ArgumentDefaultsHelpFormatter
    )
    parser.set_defaults(run=run)
    return parser


def _add_train(commands: Any) -> None:
    hidden = [name for name in ACTIVATIONS if ACTIVATIONS[name].hidden]
    train = _command(commands, "train", "train on MNIST, telling train and test error after each epoch", _train)
    usual = Configuration()
    train.add_argument("--shape", default=",".join(map(str, usual.shape)), help="layer sizes, separated by commas")
    train.add_argument("--epochs", type=int, default=10, metavar="N", help="passes over the training data")
    train.add_argument("--learning-rate", type=float, default=usual.learning_rate, metavar="R", help="step size")
    train.add_argument("--batch-size", type=int, default=usual.batch_size, metavar="B", help="examples in a step")
    train.add_argument("--activation", choices=hidden, default="relu", help="of the hidden layers")
    train.add_argument(
        "--seed", type=int, default=usual.seed, metavar="S", help="of the weights and of the order of examples"
    )
    train.add_argument("--save", metavar="FILE", default=argparse.SUPPRESS, help="where to save the network, as JSON")
    train.set_defaults(save=None)


def _add_screenshot(commands: Any) -> None:
    shot = _command(commands, "screenshot", "a picture of the window, without a display", _screenshot)
    shot.add_argument("out", metavar="OUT.png", help="the picture to write")
    shot.add_argument("--epochs", type=int, default=0, metavar="N", help="train that long first")
    shot.add_argument("--theme", choices=("dark", "light"), default="dark", help="the window's colours")
    shot.add_argument("--size", type=_size, default=(1440, 900), metavar="WxH", help="in pixels")
    shot.add_argument("--draw", action="store_true", help="draw a seven on the canvas first")


def _size(text: str) -> tuple[int, int]:
    try:
        width, height = (int(part) for part in text.lower().split("x"))
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a size like 1440x900") from None
    if not (200 <= width <= 10000 and 200 <= height <= 10000):
        raise argparse.ArgumentTypeError(f"{text!r}: both sides must be from 200 to 10000 pixels")
    return width, height
