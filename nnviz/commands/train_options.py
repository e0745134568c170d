"""The options of ``train``, and the experiment that they describe."""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Sequence
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

from engine.basics.cli_option_names import ADJUSTED, DATA_OPTIONS, OPTIONS
from engine.basics.errors import SettingError
from engine.basics.validation import parse_hidden, parse_shape
from engine.datasets import Dataset, source_of
from engine.experiment import Experiment
from engine.network.activations import ACTIVATIONS
from engine.presets import DEFAULT_PRESET, preset_named
from engine.storage import FORMATS
from engine.training.augmentation import Augmentation
from engine.training.settings import RENAMED, TrainingSettings
from nnviz.commands.checks import CommandError, check_folder
from nnviz.commands.data_options import add_data_options, given_options, settings_for
from nnviz.program_name import program_name

# Fewer epochs than in the window, so that the command ends soon; all other defaults are the window's.
_DEFAULTS = Experiment().changed(epochs=10)
# Settings that follow the data's task unless they were chosen.
_FOLLOW_THE_TASK = ("output", "loss", "augmentation", "brightness", *(each.name for each in fields(Augmentation)))
# An optimizer, and the settings that suit it.
_OF_OPTIMIZER = ("optimizer", "learning_rate", "weight_decay")
# Options that --resume excludes: only the number of epochs and the learning rate may change.
_FIXED_BY_CHECKPOINT = (
    "preset",
    "data",
    *DATA_OPTIONS,
    "data_setting",
    "shape",
    "hidden",
    "activation",
    *(name for name in OPTIONS if name != "epochs"),
    "set",
)


def add_settings(parser: argparse.ArgumentParser) -> None:
    """Adds the options for the network, its data and its training."""
    defaults, settings = _DEFAULTS, _DEFAULTS.training
    add = parser.add_argument
    add("--preset", metavar="NAME", help="start from a preset: “Ancestor 2015”, “Nielsen 2013”, “Modern”, …")
    add_data_options(parser, defaults.data)
    shape, sizes = (",".join(map(str, each)) for each in (defaults.shape, defaults.hidden))
    add("--shape", metavar="SIZES", help=f"all layer sizes, separated by commas (of {defaults.data}: {shape})")
    add("--hidden", metavar="SIZES", help=f"those of the hidden layers; the ends follow the data (default: {sizes})")
    hidden = ", ".join(name for name in ACTIVATIONS if ACTIVATIONS[name].hidden)
    add("--activation", metavar="NAME", help=f"of all hidden layers, or one for each (default: relu): {hidden}")
    add("--epochs", type=int, metavar="N", help=f"passes over the training data (default: {settings.epochs})")
    add("--learning-rate", type=float, metavar="R", help=f"step size (default: {settings.learning_rate:g})")
    add("--batch-size", type=int, metavar="B", help=f"examples in a step (default: {settings.batch_size})")
    add("--optimizer", metavar="NAME", help=f"update rule (default: {settings.optimizer})")
    add("--schedule", metavar="NAME", help=f"learning rate over time (default: {settings.schedule})")
    add("--weight-decay", type=float, metavar="L", help="penalty on large weights (default: 0)")
    add("--dropout", type=float, metavar="P", help="share of hidden neurons left out in each step (default: 0)")
    add("--seed", type=int, metavar="S", help=f"seed of all random numbers (default: {settings.seed})")
    names = ["output", "loss", "initializer", "weight_scale", *(each.name for each in fields(TrainingSettings))]
    others = ", ".join(name for name in names if name not in (*OPTIONS, "evaluate"))
    how = f"any other setting, as often as needed: {others}"
    add("--set", metavar="NAME=VALUE", action="append", default=[], help=how)


def add_train(parser: argparse.ArgumentParser) -> None:
    add_settings(parser)
    add = parser.add_argument
    text = "train with so many seeds, from --seed on, at the same time; tells median, lowest and highest result"
    add("--seeds", type=int, metavar="N", help=text)
    kinds = "".join(f"{each.ending} is {each.help_name}, " for each in FORMATS[1:])
    text = f"where to save the network, at Ctrl+C too: {kinds}any other name is {FORMATS[0].help_name}"
    add("--save", metavar="FILE", help=text)
    add("--half", action="store_true", help="save an .npz in half precision")
    add("--title", metavar="TEXT", help="a name for the network, kept in its file")
    add(
        "--checkpoint",
        metavar="FILE",
        help="where to save the state of the training after each epoch and at Ctrl+C, as .npz",
    )
    text = "continue the training in a checkpoint, or the run of that number in the library, exactly where it stopped"
    add("--resume", metavar="FILE|ID", help=text)
    add("--quiet", action="store_true", help="print only the result: the figures of the network that is kept")
    text = f"do not keep the run in the library (“{program_name()} runs”)".replace("%", "%%")
    add("--no-record", dest="record", action="store_false", help=text)


def check_options(arguments: argparse.Namespace) -> None:
    """Checks the options before anything is trained. Raises CommandError for options that exclude each other."""
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
                f"--save {arguments.save}: must be another file than that of {option}, or the network alone would "
                f"replace the training. Name another file."
            )
    check_sizes_once(arguments)
    if arguments.seeds is not None:
        _check_seeds_alone(arguments)
    given = [name for name in settings_given(arguments) if name != "--learning-rate"]
    if arguments.resume is not None and given:
        names = ", ".join(given)
        raise CommandError(
            f"{names}: cannot be given with --resume {arguments.resume}, whose training continues with its settings. "
            f"Leave these options out, or begin a new training without --resume."
        )


def check_sizes_once(arguments: argparse.Namespace) -> None:
    """Raises CommandError if the sizes of hidden layers are given twice."""
    if arguments.shape is not None and arguments.hidden is not None:
        raise CommandError("--hidden: cannot be given with --shape, which has the hidden layers too. Leave one out.")


def settings_given(arguments: argparse.Namespace) -> list[str]:
    """Returns the given options of :func:`add_settings` as they were typed, except --epochs."""
    given = (name for name in _FIXED_BY_CHECKPOINT if getattr(arguments, name) not in (None, []))
    return ["--" + name.replace("_", "-") for name in given]


def _check_seeds_alone(arguments: argparse.Namespace) -> None:
    """Raises CommandError for options about a single network if there are several seeds."""
    if arguments.quiet:
        raise CommandError(
            f"--quiet: cannot be given with --seeds {arguments.seeds}, whose result is a few lines. Leave it out."
        )
    for name in ("save", "checkpoint", "resume", "half"):
        if getattr(arguments, name):
            raise CommandError(
                f"--{name}: cannot be given with --seeds {arguments.seeds}, which trains several networks. Leave it "
                f"out: all of them are kept in the library (“{program_name()} runs export ID FOLDER” writes one into "
                f"files)."
            )


def described_experiment(arguments: argparse.Namespace) -> Experiment:
    """Returns the experiment that the options describe, not yet fitted to the data.

    Raises SettingError, and CommandError for options that the data do not have.
    """
    start = preset_named(arguments.preset).experiment if arguments.preset else _DEFAULTS
    chosen = {name: getattr(arguments, name) for name in ("data", *OPTIONS) if getattr(arguments, name) is not None}
    if given := given_options(arguments):
        chosen["data_settings"] = settings_for(source_of(chosen.get("data", start.data)), given)
    if arguments.shape is not None:
        chosen["shape"] = parse_shape(arguments.shape)
    if arguments.hidden is not None:
        chosen["hidden"] = parse_hidden(arguments.hidden)
    chosen |= _set_by_name(arguments)
    if isinstance(chosen.get("augmentation"), dict):
        entries = {**asdict(start.training.augmentation), **chosen["augmentation"]}
        chosen["augmentation"] = TrainingSettings.from_dict({"augmentation": entries}).augmentation
    if arguments.activation is None:
        return start.changed(**chosen)
    layers = start.changed(**{name: chosen[name] for name in ("shape", "hidden") if name in chosen}).hidden
    output = chosen.pop("output", start.output)
    return start.changed(**chosen, activations=(*_of_layers(arguments.activation, len(layers)), output))


def fitted_experiment(arguments: argparse.Namespace, data: Dataset) -> Experiment:
    """Returns the experiment that the options describe, fitted to the data.

    Settings that were not chosen follow the task of the data.

    Raises SettingError or DataError if the chosen settings do not fit the data.
    """
    described = described_experiment(arguments)
    fitted = described.for_data(data)
    if arguments.shape is not None:
        fitted = fitted.with_shape(described.shape)
    explicit = {name: described.value(name) for name in _set_by_name(arguments) if name in _FOLLOW_THE_TASK}
    if "loss" in explicit:
        described.check_task(data)
    fitted = _adjusted(arguments, fitted.for_task(data).changed(**explicit), data)
    fitted.check_task(data)
    return fitted if _chooses_batch_size(arguments) else _with_smaller_batches(fitted, data)


def _follows_data(arguments: argparse.Namespace, experiment: Experiment) -> bool:
    """Whether a preset is adjusted to the data: the named one, else the default one unless all of MNIST is used."""
    is_default = experiment.data == _DEFAULTS.data and "train_examples" not in experiment.data_settings
    return arguments.preset is not None or not is_default


def _adjusted(arguments: argparse.Namespace, experiment: Experiment, data: Dataset) -> Experiment:
    """Returns the experiment with what its preset adjusts to the data."""
    if not _follows_data(arguments, experiment):
        return experiment
    chosen = {name for name in ADJUSTED if getattr(arguments, name, None) is not None} | set(_set_by_name(arguments))
    changes = preset_named(arguments.preset or DEFAULT_PRESET).adjusted(data)
    adjusted = {name: changes[name] for name in ADJUSTED if name in changes}
    if "optimizer" in chosen and "optimizer" in adjusted:
        of_rule = experiment.changed(**{name: adjusted[name] for name in _OF_OPTIMIZER if name in adjusted})
        converted = of_rule.with_optimizer(experiment.training.optimizer)
        adjusted |= {name: converted.value(name) for name in _OF_OPTIMIZER}
    if "validation_share" in chosen and not experiment.training.validation_share:
        adjusted.pop("patience", None)  # without a validation set nothing can stop the training
    return experiment.changed(**{name: value for name, value in adjusted.items() if name not in chosen})


def line_of_adjustment(arguments: argparse.Namespace, experiment: Experiment, data: Dataset) -> str:
    """Returns a line about the preset's adjustment to the data; empty if it has none."""
    if not _follows_data(arguments, experiment):
        return ""
    return preset_named(arguments.preset or DEFAULT_PRESET).line_for(data, experiment.training)


def _chooses_batch_size(arguments: argparse.Namespace) -> bool:
    return arguments.batch_size is not None or "batch_size" in _set_by_name(arguments)


def _with_smaller_batches(experiment: Experiment, data: Dataset) -> Experiment:
    """Returns the experiment with all training examples in a batch, if there are fewer than in a default batch."""
    training = experiment.training
    examples = len(data.train) - round(training.validation_share * len(data.train))
    return experiment.changed(batch_size=max(1, min(training.batch_size, examples)))


def _set_by_name(arguments: argparse.Namespace) -> dict[str, Any]:
    return dict(_assignment(text) for text in arguments.set)


def _of_layers(text: str, layers: int) -> list[str]:
    """Returns the activation of each hidden layer.

    Raises SettingError for a wrong number of names or an unknown name.
    """
    names = [name.strip() for name in text.split(",")]
    choices = [name for name in ACTIVATIONS if ACTIVATIONS[name].hidden]
    for name in names:
        if name not in choices:
            rule = "must be an activation of hidden layers"
            raise SettingError("--activation", name, rule, f"Choose from: {', '.join(choices)}.")
    if len(names) not in (1, layers):
        rule = f"must name one activation for all hidden layers, or one for each of the {layers}"
        raise SettingError("--activation", text, rule, "For example relu.")
    return names * layers if len(names) == 1 else names


def _assignment(text: str) -> tuple[str, Any]:
    """Splits ``NAME=VALUE``; the value is read as JSON, or else as text. Raises SettingError."""
    name, equals, value = text.partition("=")
    name = name.strip().replace("-", "_")
    if not equals:
        raise SettingError("--set", text, "must be NAME=VALUE", "For example --set momentum=0.95.")
    if name in ("shape", "inputs", "outputs"):
        raise SettingError("--set", text, "must be a setting without an option of its own", "Use --shape or --hidden.")
    try:
        return RENAMED.get(name, name), json.loads(value)
    except ValueError:
        return RENAMED.get(name, name), value


def without_places(words: Sequence[str]) -> list[str]:
    """Returns the command line without private folders: --save without its folder, and no --checkpoint or --quiet.

    These options do not affect the network.
    """
    kept: list[str] = []
    rest = iter(words)
    for word in rest:
        option, equals, value = word.partition("=")
        if word == "--quiet":
            continue
        if option not in ("--save", "--checkpoint"):
            kept.append(word)
            continue
        file = value if equals else next(rest, "")
        if option == "--save":
            kept += [option, Path(file).name]
    return kept
