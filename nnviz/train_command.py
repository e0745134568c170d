"""``train``: a training without a window, with presets, checkpoints, and Ctrl+C that loses nothing."""

from __future__ import annotations

import argparse
import json
import os
import shlex
import signal
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import fields, replace
from pathlib import Path
from types import FrameType
from typing import Any

import numpy as np
from tqdm import tqdm

from engine.activations import ACTIVATIONS
from engine.datasets.mnist import load_mnist
from engine.errors import SettingError
from engine.events import Batch, BestRestored, Epoch
from engine.metrics import Evaluator
from engine.neural_network import describe_epoch
from engine.presets import Preset, preset_named
from engine.settings import TrainingSettings
from engine.storage import load_checkpoint, save_checkpoint, save_network
from engine.training import Trainer
from engine.validation import parse_shape
from nnviz.configuration import Configuration

# Settings with an option of their own, see add_train.
_OPTIONS = ("epochs", "learning_rate", "batch_size", "optimizer", "schedule", "weight_decay", "dropout", "seed")
_DEFAULT_EPOCHS = 10


class CommandError(Exception):
    """A line for the person; the program ends with code 2."""


def train(arguments: argparse.Namespace) -> int:
    """Trains on MNIST, from a preset or from options, or goes on from a checkpoint. Returns the exit code."""
    for file in (arguments.save, arguments.checkpoint):
        if file is not None:
            check_folder(file)
    if arguments.half and not str(arguments.save).endswith(".npz"):
        raise CommandError("--half needs --save with a file that ends in .npz: JSON has no half precision.")
    trainer = _resumed(arguments) if arguments.resume else _begun(arguments)
    with _interrupts() as asked_to_stop:
        result = _train_with_progress(trainer, asked_to_stop, arguments.checkpoint)
    if asked_to_stop:
        if arguments.checkpoint is not None:
            print(f"stopped; go on with: train --resume {arguments.checkpoint} --checkpoint {arguments.checkpoint}")
        raise KeyboardInterrupt
    if arguments.half:  # its figures are those of what is saved
        parameters = trainer.network.parameters
        parameters[...] = parameters.astype(np.float16)
    if arguments.half or result is None or not trainer.settings.evaluate:
        result = _measured(trainer, result.epoch if result else trainer.epoch)
        print(describe_epoch(result, trainer.settings.epochs))
    if arguments.save is not None:
        trainer.network.provenance = _provenance(trainer, result, arguments)
        if arguments.half:
            save_checkpoint(trainer.network, arguments.save, half_precision=True)
        else:
            save_network(trainer.network, arguments.save)
        print(f"saved to {arguments.save}")
    return 0


def check_folder(file: str) -> None:
    """Before the work is done, not after it. Raises CommandError where ``file`` cannot be written."""
    folder = Path(file).absolute().parent
    if not folder.is_dir():
        raise CommandError(f"{file}: its folder does not exist. Make it first, or choose another place.")
    if not os.access(folder, os.W_OK):
        raise CommandError(f"{file}: its folder cannot be written to. Choose another place.")
    if Path(file).is_dir():
        raise CommandError(f"{file} is a folder. Name a file in it.")


# ---- what to train


def _begun(arguments: argparse.Namespace) -> Trainer:
    preset = _with_options(preset_named(arguments.preset) if arguments.preset else _usual(), arguments)
    data = load_mnist()
    if arguments.shape is not None:
        shape = parse_shape(arguments.shape)
        preset = replace(preset, hidden=shape[1:-1])
        network = preset.build(shape[0], shape[-1])
    else:
        network = preset.build(data.width, data.outputs)
    return Trainer(network, data, preset.training)


def _usual() -> Preset:
    """What the window starts with."""
    usual = Configuration()
    settings = replace(usual.training_settings(), epochs=_DEFAULT_EPOCHS)
    hidden = tuple(layer.neurons for layer in usual.layers)
    return Preset("", "", hidden, "relu", "softmax", "cross-entropy", "he", 1.0, settings)


def _with_options(preset: Preset, arguments: argparse.Namespace) -> Preset:
    chosen = {name: getattr(arguments, name) for name in _OPTIONS if getattr(arguments, name) is not None}
    for text in arguments.set:
        name, value = _assignment(text)
        chosen[name] = value
    if isinstance(chosen.get("augmentation"), dict):
        chosen["augmentation"] = {**preset.training.as_dict()["augmentation"], **chosen["augmentation"]}
    training = TrainingSettings.from_dict({**preset.training.as_dict(), **chosen})
    return replace(preset, activation=arguments.activation or preset.activation, training=training)


def _assignment(text: str) -> tuple[str, Any]:
    """``NAME=VALUE`` as a setting's name and its value, which is JSON or, failing that, text."""
    name, equals, value = text.partition("=")
    name = name.strip().replace("-", "_")
    if not equals:
        raise SettingError("--set", text, "must be NAME=VALUE", "For example --set momentum=0.95.")
    try:
        return name, json.loads(value)
    except ValueError:
        return name, value


def _resumed(arguments: argparse.Namespace) -> Trainer:
    network, state = load_checkpoint(arguments.resume)
    if state is None:
        raise CommandError(f"{arguments.resume}: holds a network, but no training to go on with.")
    trainer = Trainer.resume(network, load_mnist(), state)
    if arguments.epochs is not None:
        trainer.change(replace(trainer.settings, epochs=arguments.epochs))
    return trainer


# ---- training


@contextmanager
def _interrupts() -> Iterator[list[bool]]:
    """Ctrl+C is noted in the list that is given, so that no step is torn apart; a second one ends at once."""
    asked: list[bool] = []

    def note(number: int, frame: FrameType | None) -> None:
        if asked:
            raise KeyboardInterrupt
        asked.append(True)

    before = signal.signal(signal.SIGINT, note)
    try:
        yield asked
    finally:
        signal.signal(signal.SIGINT, before)


def _train_with_progress(trainer: Trainer, asked_to_stop: list[bool], checkpoint: str | None) -> Epoch | None:
    """The last epoch's figures. Writes the checkpoint after every epoch, and where it is asked to stop."""
    result = None
    epochs, batches = trainer.settings.epochs, trainer.batches_per_epoch
    done = max(trainer.epoch - 1, 0) * batches + trainer.batch
    with tqdm(total=epochs * batches, initial=done, unit=" batches", leave=False, mininterval=0.2) as bar:
        for event in trainer.run():
            if isinstance(event, Batch):
                bar.update()
            elif isinstance(event, Epoch) and event.epoch > 0:
                result = event
                bar.write(describe_epoch(event, epochs))
            elif isinstance(event, BestRestored):
                bar.write(f"best held-out figures at epoch {event.epoch}: its weights are kept")
                result = _measured(trainer, event.epoch)
            if checkpoint is not None and (asked_to_stop or (isinstance(event, Epoch) and event.epoch > 0)):
                save_checkpoint(trainer.network, checkpoint, trainer.state())
            if asked_to_stop:
                break
    return result


def _measured(trainer: Trainer, epoch: int) -> Epoch:
    """The figures of the network as it is now, which is that of ``epoch``."""
    data = trainer.dataset
    train = Evaluator(trainer.network, data.train).evaluate()
    test = None if data.test is None else Evaluator(trainer.network, data.test).evaluate()
    return Epoch(epoch, train, test, 0.0)


def _provenance(trainer: Trainer, result: Epoch | None, arguments: argparse.Namespace) -> dict[str, Any]:
    """What the file will say about the network's past, with the command that makes it again."""
    settings = trainer.settings
    known: dict[str, Any] = {
        "data": trainer.dataset.title,
        "epochs": result.epoch if result else trainer.epoch,
        "batch_size": settings.batch_size,
        "learning_rate": settings.learning_rate,
        "seed": settings.seed,
    }
    if arguments.title:
        known["title"] = arguments.title
    if not arguments.resume:
        known["command"] = "python main.py " + shlex.join(_without_checkpoint(arguments.words))
    if result is not None:
        for name in ("train", "test"):
            figures = getattr(result, name)
            if figures is not None and figures.error is not None:
                known[f"{name}_error"] = figures.error
    return known


def _without_checkpoint(words: Sequence[str]) -> list[str]:
    """The command line without where the training was kept meanwhile, which makes no difference to the network."""
    kept: list[str] = []
    for word in words:
        if kept and kept[-1] == "--checkpoint":
            kept.pop()
        elif not word.startswith("--checkpoint="):
            kept.append(word)
    return kept


# ---- its arguments


def add_train(parser: argparse.ArgumentParser, words: Sequence[str]) -> None:
    """The options of ``train``; ``words``: the whole command line, for the file's past."""
    hidden = [name for name in ACTIVATIONS if ACTIVATIONS[name].hidden]
    usual = _usual()
    settings = usual.training
    add = parser.add_argument
    shape = ",".join(map(str, (784, *usual.hidden, 10)))
    add("--preset", metavar="NAME", help="start from a preset: “Ancestor 2015”, “Nielsen 2013”, “Modern”, …")
    add("--shape", metavar="SIZES", help=f"layer sizes, separated by commas (default: {shape})")
    add("--activation", choices=hidden, help="of the hidden layers (default: relu)")
    add("--epochs", type=int, metavar="N", help=f"passes over the training data (default: {settings.epochs})")
    add("--learning-rate", type=float, metavar="R", help=f"step size (default: {settings.learning_rate:g})")
    add("--batch-size", type=int, metavar="B", help=f"examples in a step (default: {settings.batch_size})")
    add("--optimizer", metavar="NAME", help=f"update rule (default: {settings.optimizer})")
    add("--schedule", metavar="NAME", help=f"learning rate over time (default: {settings.schedule})")
    add("--weight-decay", type=float, metavar="L", help="penalty on large weights (default: 0)")
    add("--dropout", type=float, metavar="P", help="share of hidden neurons left out in a step (default: 0)")
    add("--seed", type=int, metavar="S", help=f"of all chance (default: {settings.seed})")
    names = ", ".join(each.name for each in fields(TrainingSettings) if each.name not in (*_OPTIONS, "evaluate"))
    add(
        "--set",
        metavar="NAME=VALUE",
        action="append",
        default=[],
        help=f"any other setting, as often as needed: {names}",
    )
    add("--save", metavar="FILE", help="where to save the network: .npz compact, any other name as JSON")
    add("--half", action="store_true", help="save an .npz in half precision")
    add("--title", metavar="TEXT", help="a name for the network, kept in its file")
    add("--checkpoint", metavar="FILE", help="where to keep the training after each epoch and at Ctrl+C, as .npz")
    add("--resume", metavar="FILE", help="go on with the training in a checkpoint, exactly where it stopped")
    parser.set_defaults(words=list(words), run=train)
