"""The data of a saved network: those that are named, or that it was trained with, as the network takes them."""

from __future__ import annotations

import argparse
import os
from collections.abc import Mapping

from engine.datasets import Dataset, DataSource, source_of
from engine.datasets.mnist import DIGITS, SIDE
from engine.datasets.source import Value
from engine.datasets.table_format import FORMAT
from engine.errors import UnknownNameError
from engine.experiment import Experiment
from engine.lazy_dataclass import dataclass
from engine.network import Network
from engine.provenance import Provenance
from nnviz.commands.checks import CommandError
from nnviz.commands.data_options import given_options, load, settings_for
from nnviz.commands.other_data import coded_table, rescaled
from nnviz.commands.written import decimal_of
from nnviz.look import text


@dataclass(frozen=True)
class ChosenData:
    """What the data are, before they are loaded.

    Attributes:
        fingerprint: of the data that the network was trained with; empty if it is not known.
        is_own: whether these are the data that it was trained with, by their name.
        is_asked: whether other settings were given than it was trained with.
    """

    source: DataSource
    settings: Mapping[str, Value]
    fingerprint: str
    is_own: bool
    is_asked: bool


def chosen_data(arguments: argparse.Namespace, network: Network) -> ChosenData:
    """The data that were named, or else those that the network was trained with, or else MNIST if it fits."""
    experiment = Provenance.read(network).experiment
    source = _source(arguments, network, experiment)
    is_own = experiment is not None and _are_same(arguments.data, experiment.data)
    settings = dict(experiment.data_settings) if experiment is not None and is_own else {}
    given = settings_for(source, given_options(arguments))
    fingerprint = "" if experiment is None else experiment.fingerprint
    return ChosenData(source, settings | given, fingerprint, is_own, bool(given))


def _source(arguments: argparse.Namespace, network: Network, experiment: Experiment | None) -> DataSource:
    if arguments.data is not None:
        return source_of(arguments.data)
    if experiment is not None:
        try:
            return source_of(experiment.data)
        except UnknownNameError:
            where = f"was trained with {text.name(experiment.data)}, which is not there"
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


def loaded_data(network: Network, chosen: ChosenData) -> Dataset:
    """The data; others than it was trained with are made as the network takes them, if it knows how."""
    about, is_table = network.description, chosen.source.table is not None
    if about is not None and about.coding is not None and is_table and not chosen.is_own:
        return coded_table(about.coding, chosen.source, chosen.settings, decimal_of(network))
    data = load(chosen.source, chosen.settings)
    if about is None or data.fingerprint == chosen.fingerprint:
        return data
    if about.coding is not None and is_table and not chosen.is_asked:  # the file has changed
        how = {name: value for name, value in chosen.settings.items() if name in (*FORMAT, "numbers")}
        return coded_table(about.coding, chosen.source, how, decimal_of(network))
    return rescaled(about, data)


def _are_same(given: str | None, trained_with: str) -> bool:
    """Whether two names or paths mean the same data."""
    if given is None or given == trained_with:
        return True
    return os.path.exists(given) and os.path.exists(trained_with) and os.path.samefile(given, trained_with)
