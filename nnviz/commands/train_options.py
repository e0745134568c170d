"""The options of ``train``, and the experiment that they describe."""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from engine.basics.cli_option_names import ADJUSTED
from engine.basics.errors import SettingError
from engine.basics.validation import parse_hidden, parse_shape
from engine.datasets import Dataset, source_of
from engine.datasets.source import settings_with_option
from engine.experiment import DECLARED, Experiment
from engine.network.activations import ACTIVATIONS
from engine.presets import DEFAULT_PRESET, preset_named
from engine.storage import EXPORTS, SAVED_FORMATS
from engine.training.setting import ANY_DATA
from engine.training.settings import TrainingSettings
from nnviz.commands.checks import CommandError, check_folder
from nnviz.commands.data_options import add_data_options, given_options, settings_for
from nnviz.commands.setting_options import NETWORK, add_setting_options, options_given, settings_of, whole
from nnviz.program_name import program_name

# Fewer epochs than in the window, so that the command ends soon; all other defaults are the window's.
_DEFAULTS = Experiment().changed(epochs=10)
# Settings that follow the data's task unless they were chosen; those that exist for some data only do, too.
_FOLLOW_THE_TASK = ("output", "loss", "augmentation", "brightness")
# An optimizer, and the settings that suit it.
_OF_OPTIMIZER = ("optimizer", "learning_rate", "weight_decay")


def add_settings(parser: argparse.ArgumentParser) -> None:
    """Adds the options for the data, the network and its training."""
    defaults = _DEFAULTS
    add_data_options(parser, defaults.data)
    network = parser.add_argument_group(NETWORK)
    add = network.add_argument
    text = "start from the settings of a preset: “Ancestor 2015”, “Nielsen 2013”, “Modern”, …"
    add("--preset", metavar="NAME", help=f"{text} (default: none)")
    shape, sizes = (",".join(map(str, each)) for each in (defaults.shape, defaults.hidden))
    add("--shape", metavar="SIZES", help=f"all layer sizes, separated by commas (default for {defaults.data}: {shape})")
    text = f"sizes of the hidden layers, or none; the data determine inputs and outputs (default: {sizes})"
    add("--hidden", metavar="SIZES", help=text)
    hidden = ", ".join(name for name in ACTIVATIONS if ACTIVATIONS[name].hidden)
    text = f"activation of all hidden layers, or one for each, separated by commas: {hidden} (default: relu)"
    add("--activation", metavar="NAME", help=text)
    add_setting_options(parser, defaults, {NETWORK: network})


def add_train(parser: argparse.ArgumentParser) -> None:
    """Adds the options of ``train``."""
    add_settings(parser)
    add = parser.add_argument_group("several seeds").add_argument
    text = "train N runs in parallel, with seeds from --seed on; prints median, lowest and highest result (default: 1)"
    add("--seeds", type=whole, metavar="N", help=text)
    add = parser.add_argument_group("continue later").add_argument
    text = "write the state of the training to FILE (.npz) after each epoch and at Ctrl+C (default: none)"
    add("--checkpoint", metavar="FILE", help=text)
    text = "continue a checkpoint, or a run of the library, exactly where it stopped (default: start a new run)"
    add("--resume", metavar="FILE|ID", help=text)
    add = parser.add_argument_group("output").add_argument
    kinds = "".join(f"{each.ending} is {each.help_name}, " for each in SAVED_FORMATS[1:])
    exports = ", ".join(f"{each.ending} exports {each.help_name}" for each in EXPORTS)
    text = (
        f"save the network, at Ctrl+C too: {kinds}any other name is {SAVED_FORMATS[0].help_name}; {exports}, which "
        "cannot be opened again (default: not saved)"
    )
    add("--save", metavar="FILE", help=text)
    add("--half", action="store_true", help="save an .npz in half precision (default: full precision)")
    add("--title", metavar="TEXT", help="name of the network, stored in its file (default: none)")
    add("--quiet", action="store_true", help="print only the result, the figures of the saved network (default: all)")
    text = f"keep the run out of the library (“{program_name()} runs”; default: recorded)".replace("%", "%%")
    add("--no-record", dest="record", action="store_false", help=text)


def check_options(arguments: argparse.Namespace) -> None:
    """Checks the options before anything is trained. Raises CommandError for options that exclude each other."""
    for file in (arguments.save, arguments.checkpoint):
        if file is not None:
            check_folder(file)
    if arguments.half and Path(arguments.save or "").suffix.lower() != ".npz":
        saved = f"--save {arguments.save} does not" if arguments.save else "there is no --save"
        raise CommandError(
            f"--half requires --save with a file that ends in .npz, but {saved}. Only .npz has half precision."
        )
    for option, file in (("--checkpoint", arguments.checkpoint), ("--resume", arguments.resume)):
        if file and arguments.save and os.path.realpath(file) == os.path.realpath(arguments.save):
            raise CommandError(
                f"--save {arguments.save} is also the file of {option}, and the network alone would replace the "
                f"checkpoint. Name another file."
            )
    check_sizes_once(arguments)
    if arguments.seeds is not None:
        _check_seeds_alone(arguments)
    given = [name for name in settings_given(arguments) if name != "--learning-rate"]
    if arguments.resume is not None and given:
        names = ", ".join(given)
        raise CommandError(
            f"{names} cannot be given with --resume {arguments.resume}, which continues with its own settings. "
            f"Leave these options out, or start a new run without --resume."
        )


def check_sizes_once(arguments: argparse.Namespace) -> None:
    """Raises CommandError if the sizes of hidden layers are given twice."""
    if arguments.shape is not None and arguments.hidden is not None:
        raise CommandError("--hidden cannot be given with --shape, which includes the hidden layers. Leave one out.")


def settings_given(arguments: argparse.Namespace) -> list[str]:
    """Returns the given options of :func:`add_settings` as they were typed, except --epochs."""
    names = ("preset", "data", *settings_with_option(), "data_setting", "shape", "hidden", "activation")
    given = ["--" + name.replace("_", "-") for name in names if getattr(arguments, name) not in (None, [])]
    return given + [option for option in options_given(arguments) if option != "--epochs"]


def _check_seeds_alone(arguments: argparse.Namespace) -> None:
    """Raises CommandError for options about a single network if there are several seeds."""
    if arguments.quiet:
        raise CommandError(
            f"--quiet cannot be given with --seeds {arguments.seeds}, which prints a result per seed. Leave it out."
        )
    for name in ("save", "checkpoint", "resume", "half"):
        if getattr(arguments, name):
            raise CommandError(
                f"--{name} cannot be given with --seeds {arguments.seeds}, which trains several networks. Leave it "
                f"out. The library keeps all of them, and “{program_name()} runs export ID FOLDER” exports one."
            )


def described_experiment(arguments: argparse.Namespace) -> Experiment:
    """Returns the experiment that the options describe, not yet fitted to the data.

    Raises SettingError, and CommandError for options that the data do not have.
    """
    start = preset_named(arguments.preset).experiment if arguments.preset else _DEFAULTS
    chosen: dict[str, Any] = {} if arguments.data is None else {"data": arguments.data}
    if given := given_options(arguments):
        chosen["data_settings"] = settings_for(source_of(chosen.get("data", start.data)), given)
    if arguments.shape is not None:
        chosen["shape"] = parse_shape(arguments.shape)
    if arguments.hidden is not None:
        chosen["hidden"] = parse_hidden(arguments.hidden)
    chosen |= settings_of(arguments)
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
    of_some_data = [name for name, setting in DECLARED.items() if setting.exists_for is not ANY_DATA]
    following = {*_FOLLOW_THE_TASK, *of_some_data}
    explicit = {name: described.value(name) for name in settings_of(arguments) if name in following}
    if "loss" in explicit:
        described.check_task(data)
    fitted = _adjusted(arguments, fitted.for_task(data).changed(**explicit), data)
    fitted.check_task(data)
    return fitted if "batch_size" in settings_of(arguments) else _with_smaller_batches(fitted, data)


def _follows_data(arguments: argparse.Namespace, experiment: Experiment) -> bool:
    """Whether a preset is adjusted to the data: the named one, else the default one unless all of MNIST is used."""
    is_default = experiment.data == _DEFAULTS.data and "train_examples" not in experiment.data_settings
    return arguments.preset is not None or not is_default


def _adjusted(arguments: argparse.Namespace, experiment: Experiment, data: Dataset) -> Experiment:
    """Returns the experiment with what its preset adjusts to the data."""
    if not _follows_data(arguments, experiment):
        return experiment
    chosen = set(settings_of(arguments))
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


def _with_smaller_batches(experiment: Experiment, data: Dataset) -> Experiment:
    """Returns the experiment with all training examples in a batch, if there are fewer than in a default batch."""
    training = experiment.training
    examples = len(data.train) - round(training.validation_share * len(data.train))
    return experiment.changed(batch_size=max(1, min(training.batch_size, examples)))


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
