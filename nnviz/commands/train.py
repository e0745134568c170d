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
from engine.network import Network
from engine.neural_network import describe_epoch
from engine.presets import Preset, preset_named
from engine.settings import TrainingSettings
from engine.storage import load_checkpoint, save_checkpoint, save_network
from engine.storage.files import mode_of_file
from engine.tape import Tape
from engine.training import Trainer
from engine.validation import parse_shape
from nnviz.session.configuration import Configuration
from nnviz.session.run import epochs_before, past_of

# Settings with an option of their own, see add_train.
_OPTIONS = ("epochs", "learning_rate", "batch_size", "optimizer", "schedule", "weight_decay", "dropout", "seed")
_DEFAULT_EPOCHS = 10
# Of a training that goes on only the epochs may be changed.
_FIXED_BY_CHECKPOINT = ("preset", "shape", "activation", *(name for name in _OPTIONS if name != "epochs"), "set")


class CommandError(Exception):
    """A line for the person; the program ends with code 2."""


def train(arguments: argparse.Namespace) -> int:
    """Trains on MNIST, from a preset or from options, or goes on from a checkpoint. Returns the exit code."""
    _check(arguments)
    trainer, before = (_begun(arguments), 0) if arguments.resume is None else _resumed(arguments)
    place = trainer.epoch, trainer.batch
    with _interrupts() as asked_to_stop:
        result = _train_with_progress(trainer, before, asked_to_stop, arguments)
        if asked_to_stop:
            _stopped(trainer, before, arguments)
            raise KeyboardInterrupt
        if arguments.resume is not None and (trainer.epoch, trainer.batch) == place:
            print(_already_finished(trainer, arguments.resume))
        _finished(trainer, before, result, arguments)
    return 0


# ---- before


def _check(arguments: argparse.Namespace) -> None:
    """Before the work is done, not after it. Raises CommandError for options that do not go together."""
    for file in (arguments.save, arguments.checkpoint):
        if file is not None:
            check_folder(file)
    if arguments.half and Path(arguments.save or "").suffix.lower() != ".npz":
        saved = f"--save {arguments.save} does not" if arguments.save else "there is no --save"
        raise CommandError(
            f"--half needs --save with a file that ends in .npz, and {saved}: JSON has no half precision."
        )
    for option, file in (("--checkpoint", arguments.checkpoint), ("--resume", arguments.resume)):
        if file and arguments.save and os.path.realpath(file) == os.path.realpath(arguments.save):
            raise CommandError(
                f"--save {arguments.save}: must be another file than that of {option}, whose training would be lost "
                f"under the network alone. Name another file."
            )
    given = [name for name in _FIXED_BY_CHECKPOINT if getattr(arguments, name) not in (None, [])]
    if arguments.resume is not None and given:
        names = ", ".join("--" + name.replace("_", "-") for name in given)
        raise CommandError(
            f"{names}: cannot be given with --resume {arguments.resume}, whose training goes on as it was begun. "
            f"Leave out what is named here, or begin anew without --resume."
        )


def check_folder(file: str) -> None:
    """Before the work is done, not after it. Raises CommandError where ``file`` cannot be written."""
    if Path(file).is_dir():
        raise CommandError(f"{file} is a folder. Name a file in it.")
    try:
        mode_of_file(file)
    except OSError as error:
        raise CommandError(f"{file}: {error.strerror}. Name another file.") from None
    folder = Path(os.path.realpath(file)).parent  # where a link points to
    if not folder.is_dir():
        raise CommandError(f"{file}: its folder does not exist. Make it first, or choose another place.")
    if not os.access(folder, os.W_OK):
        raise CommandError(f"{file}: its folder cannot be written to. Choose another place.")


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


def _resumed(arguments: argparse.Namespace) -> tuple[Trainer, int]:
    """The training to go on with, and how many epochs its network had behind it when that was begun."""
    network, state = load_checkpoint(arguments.resume)
    if state is None:
        raise CommandError(
            f"{arguments.resume}: holds a network, but no training to go on with. Give a file that --checkpoint wrote."
        )
    trainer = Trainer.resume(network, load_mnist(), state)
    if arguments.epochs is not None:
        if arguments.epochs < trainer.epoch:
            raise CommandError(
                f"--epochs {arguments.epochs}: must be at least {trainer.epoch}, the epoch that {arguments.resume} "
                f"has come to. Ask for more, or leave it out."
            )
        trainer.change(replace(trainer.settings, epochs=arguments.epochs))
    whole = trainer.epoch if state.progress["measured"] else max(trainer.epoch - 1, 0)
    return trainer, epochs_before(past_of(network, whole)[1], whole)


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


def _train_with_progress(
    trainer: Trainer, before: int, asked_to_stop: list[bool], arguments: argparse.Namespace
) -> Epoch | None:
    """The last epoch's figures. Writes the checkpoint after every epoch, and where it is asked to stop.

    What is known of the network's past, its curves among it, is kept up to date for both files.
    """
    result, checkpoint, network = None, arguments.checkpoint, trainer.network
    tape = Tape.from_dict(network.provenance.get("curves"))
    epochs, batches = trainer.settings.epochs, trainer.batches_per_epoch
    done = max(trainer.epoch - 1, 0) * batches + trainer.batch
    with tqdm(total=epochs * batches, initial=done, unit=" batches", leave=False, mininterval=0.2) as bar:
        for event in trainer.run():
            if isinstance(event, Batch):
                bar.update()
            elif isinstance(event, Epoch):
                tape.add_epoch(before + event.epoch, event)
                past = _provenance(trainer, before, event, arguments.title)
                network.provenance = _with_curves(past, tape.as_dict())
                if event.epoch > 0:
                    result = event
                    bar.write(describe_epoch(event, epochs))
            elif isinstance(event, BestRestored):
                bar.write(f"best validation figures at epoch {event.epoch}: its weights are kept")
                result = _measured(trainer, event.epoch)
            if checkpoint is not None and (asked_to_stop or (isinstance(event, Epoch) and event.epoch > 0)):
                save_checkpoint(network, checkpoint, trainer.state())
            if asked_to_stop:
                break
    return result


# ---- after


def _finished(trainer: Trainer, before: int, result: Epoch | None, arguments: argparse.Namespace) -> None:
    """Tells the last figures where they were not told yet, and saves the network."""
    if arguments.half:
        _halve(trainer.network)
    if arguments.half or result is None or not trainer.settings.evaluate:
        result = _measured(trainer, result.epoch if result else trainer.epoch)
        print(describe_epoch(result, trainer.settings.epochs))
    if arguments.save is not None:
        past = _provenance(trainer, before, result, arguments.title)
        if arguments.resume is None:
            past["command"] = "python main.py " + shlex.join(_without_places(arguments.words))
        _save(trainer.network, past, arguments)
        print(f"saved to {arguments.save}")


def _stopped(trainer: Trainer, before: int, arguments: argparse.Namespace) -> None:
    """At Ctrl+C: saves what was learned so far, and tells how to go on."""
    place = f"epoch {trainer.epoch} of {trainer.settings.epochs}, after batch {trainer.batch} of "
    place += str(trainer.batches_per_epoch)
    if not trainer.epoch:
        print("stopped before the first step: there is nothing to save yet")
    elif arguments.save is None:
        print(f"stopped in {place}")
    else:
        trainer.back_to_finite()
        if arguments.half:
            _halve(trainer.network)
        whole = trainer.epoch if trainer.batch == trainer.batches_per_epoch else trainer.epoch - 1
        _save(trainer.network, _provenance(trainer, before, _measured(trainer, whole), arguments.title), arguments)
        print(f"stopped in {place}; the network as it is there is saved to {arguments.save}")
    if arguments.checkpoint is not None:
        print(f"go on with: {_command_to_go_on(arguments)}")
    elif trainer.epoch:
        print("its training cannot go on from there: that takes --checkpoint FILE from the start")


def _command_to_go_on(arguments: argparse.Namespace) -> str:
    words = ["python", "main.py", "train", "--resume", arguments.checkpoint, "--checkpoint", arguments.checkpoint]
    for name in ("save", "title"):
        if getattr(arguments, name):
            words += [f"--{name}", getattr(arguments, name)]
    return shlex.join([*words, "--half"] if arguments.half else words)


def _already_finished(trainer: Trainer, file: str) -> str:
    epochs = trainer.settings.epochs
    if trainer.epoch < epochs:
        return f"{file} is already finished: early stopping ended it at epoch {trainer.epoch} of {epochs}"
    return f"{file} is already finished: epoch {trainer.epoch} of {epochs}; to go on raise --epochs"


def _halve(network: Network) -> None:
    """So that the figures are those of what is saved."""
    network.parameters[...] = network.parameters.astype(np.float16)


def _save(network: Network, past: dict[str, Any], arguments: argparse.Namespace) -> None:
    network.provenance = _with_curves(past, network.provenance.get("curves"))
    if arguments.half:
        save_checkpoint(network, arguments.save, half_precision=True)
    else:
        save_network(network, arguments.save)


def _measured(trainer: Trainer, epoch: int) -> Epoch:
    """The figures of the network as it is now, which is that of ``epoch``."""
    data = trainer.dataset
    train = Evaluator(trainer.network, data.train).evaluate()
    test = None if data.test is None else Evaluator(trainer.network, data.test).evaluate()
    return Epoch(epoch, train, test, 0.0)


def _provenance(trainer: Trainer, before: int, result: Epoch, title: str | None) -> dict[str, Any]:
    """What the file will say about the network's past, with the epochs ``before`` this training."""
    settings = trainer.settings
    known: dict[str, Any] = {
        "data": trainer.dataset.title,
        "epochs": before + result.epoch,
        "batch_size": settings.batch_size,
        "learning_rate": settings.learning_rate,
        "seed": settings.seed,
    }
    if title:
        known["title"] = title
    for name in ("train", "test"):
        figures = getattr(result, name)
        if figures is not None and figures.error is not None:
            known[f"{name}_error"] = figures.error
    return known


def _with_curves(past: dict[str, Any], curves: object) -> dict[str, Any]:
    """The past of a network that has been measured tells its curves too."""
    return {**past, "curves": curves} if curves else past


def _without_places(words: Sequence[str]) -> list[str]:
    """The command line as anybody may read it: files in whatever folder, and nothing of a checkpoint.

    Where the training was kept meanwhile makes no difference to the network.
    """
    kept: list[str] = []
    rest = iter(words)
    for word in rest:
        option, equals, value = word.partition("=")
        if option not in ("--save", "--checkpoint"):
            kept.append(word)
            continue
        file = value if equals else next(rest, "")
        if option == "--save":
            kept += [option, Path(file).name]
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
    add("--save", metavar="FILE", help="where to save the network, at Ctrl+C too: .npz compact, any other name as JSON")
    add("--half", action="store_true", help="save an .npz in half precision")
    add("--title", metavar="TEXT", help="a name for the network, kept in its file")
    add("--checkpoint", metavar="FILE", help="where to keep the training after each epoch and at Ctrl+C, as .npz")
    add("--resume", metavar="FILE", help="go on with the training in a checkpoint, exactly where it stopped")
    parser.set_defaults(words=list(words), run=train)
