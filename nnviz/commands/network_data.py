"""The data of a saved network: those that are named, or that it was trained with, as the network takes them."""

from __future__ import annotations

import argparse
import os
from collections.abc import Mapping
from dataclasses import dataclass

from engine.basics.errors import EngineError, UnknownNameError
from engine.datasets import DATASETS, Dataset, DataSource, source_of
from engine.datasets.data_setting import Value
from engine.datasets.mnist import DIGITS, SIDE
from engine.datasets.table.table_format import FORMAT
from engine.experiment import Experiment
from engine.network.network import Network
from engine.provenance import Provenance
from nnviz.commands.checks import CommandError
from nnviz.commands.data_options import given_options, load, settings_for
from nnviz.commands.number_notation import decimal_mark_of
from nnviz.commands.other_data import coded_table, rescaled
from nnviz.formatting import text


@dataclass(frozen=True)
class ChosenData:
    """The chosen data, before they are loaded.

    Attributes:
        fingerprint: fingerprint of the data that the network was trained with; empty if it is not known.
        is_own: whether the network was trained with these data: recognised by their name, or by equal content.
        is_asked: whether settings were given that differ from those of the training.
        validation_share: validation share of the training if ``is_own``; else 0.
        found: the data, if they were loaded to compare their content and no other settings were given.
        is_elsewhere: whether the data have the content that the network was trained with, at another path.
    """

    source: DataSource
    settings: Mapping[str, Value]
    fingerprint: str
    is_own: bool
    is_asked: bool
    validation_share: float = 0.0
    found: Dataset | None = None
    is_elsewhere: bool = False


def chosen_data(arguments: argparse.Namespace, network: Network) -> ChosenData:
    """Returns the data that were named, else those of the network's training, else MNIST if it fits."""
    experiment = Provenance.read(network).experiment
    source = _source(arguments, network, experiment)
    given = settings_for(source, given_options(arguments))
    if experiment is None:
        return ChosenData(source, given, "", False, bool(given))
    is_there, settings = _are_same(arguments.data, experiment.data), dict(experiment.data_settings)
    found = None
    if not is_there:
        settings = _defaults_of(experiment.data) | settings
        found = _with_same_content(source, settings, network, experiment)
    is_own = is_there or found is not None
    settings = settings | given if is_own else given
    share = experiment.training.validation_share if is_own else 0.0
    known = experiment.fingerprint, is_own, bool(given), share
    return ChosenData(source, settings, *known, None if given else found, found is not None)


def _defaults_of(name: str) -> dict[str, Value]:
    """Returns the defaults of a registered data set, which a file with the same content lacks."""
    return {each.name: each.default for each in DATASETS[name].settings} if name in list(DATASETS) else {}


def _with_same_content(
    source: DataSource, settings: Mapping[str, Value], network: Network, experiment: Experiment
) -> Dataset | None:
    """Returns the source's data, made with the settings of the training; None if their content differs."""
    if not experiment.fingerprint:
        return None
    try:
        data = load(source, settings)
        if network.description is not None and data.description is not None:
            network.description.check_means_same(data.description)  # names are not part of the fingerprint
    except (CommandError, EngineError):  # it has other columns or settings
        return None
    return data if data.fingerprint == experiment.fingerprint else None


def _source(arguments: argparse.Namespace, network: Network, experiment: Experiment | None) -> DataSource:
    if arguments.data is not None:
        return source_of(arguments.data)
    if experiment is not None:
        try:
            return source_of(experiment.data)
        except UnknownNameError:
            where = f"was trained with {text.name(experiment.data)}, which does not exist"
    else:
        where = "does not say what it was trained with"
    ends = (network.shape[0], network.shape[-1])
    if ends != (SIDE * SIDE, DIGITS):
        remedy = "Name the data with --data."
        raise CommandError(
            f"{arguments.file}: {where}, and with {ends[0]:,} inputs and {ends[1]:,} outputs it cannot read MNIST, "
            f"which needs {SIDE * SIDE} and {DIGITS}. {remedy}"
        )
    return source_of("mnist")


def load_data_for(network: Network, chosen: ChosenData) -> Dataset:
    """Loads the data. Other data than those of the training are encoded as the network expects, if it can be done."""
    if chosen.found is not None:
        return chosen.found
    about, is_table = network.description, chosen.source.table is not None
    if about is not None and about.coding is not None and is_table and not chosen.is_own:
        return coded_table(about.coding, chosen.source, chosen.settings, decimal_mark_of(network))
    data = load(chosen.source, chosen.settings)
    if about is None or data.fingerprint == chosen.fingerprint:
        return data
    if about.coding is not None and is_table and not chosen.is_asked:  # the file has changed
        how = {name: value for name, value in chosen.settings.items() if name in (*FORMAT, "numbers")}
        return coded_table(about.coding, chosen.source, how, decimal_mark_of(network))
    return rescaled(about, data)


def _are_same(given: str | None, trained_with: str) -> bool:
    """Whether two names or paths mean the same data."""
    if given is None or given == trained_with:
        return True
    return os.path.exists(given) and os.path.exists(trained_with) and os.path.samefile(given, trained_with)
