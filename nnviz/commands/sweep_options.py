"""The options of ``sweep``, and the plan that they describe."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from engine.basics.validation import whole_number
from engine.experiment import Experiment
from engine.sweeps.plan import (
    DEFAULT_TRIALS,
    MOST_WORKERS,
    PRUNING,
    SAMPLERS,
    SWEEP,
    Plan,
    consecutive_seeds,
    default_pruning,
    default_sampler,
    plan_seeds,
)
from engine.sweeps.pruning import ASHA_FACTOR, HYPERBAND_FACTOR, LEAST_FINISHED
from engine.sweeps.search_space import POINTS, parse_dimension
from nnviz.commands.checks import CommandError
from nnviz.commands.setting_options import number, whole
from nnviz.commands.train_options import add_settings, check_sizes_once, settings_given
from nnviz.sweeps.cluster_address import ClusterAddress, address_of


def add_sweep(parser: argparse.ArgumentParser) -> None:
    """Adds the options of ``sweep``."""
    _add_search(parser.add_argument_group("search").add_argument)
    _add_execution(parser.add_argument_group("budget and execution").add_argument)
    _add_output(parser.add_argument_group("output").add_argument)
    add_settings(parser)


def _add_search(add: Callable[..., Any]) -> None:
    text = (
        "a setting that varies between trials; can be repeated. VALUES is a list (a,b,c), a range (lo..hi) or a "
        f"logarithmic range (log:lo..hi); lo..hi/9 has nine values on a grid (default: {POINTS}). NAME is that "
        "of an option below, as learning-rate, hidden or rotation"
    )
    add("--vary", metavar="NAME=VALUES", action="append", default=[], help=text)
    add("--seeds", type=whole, metavar="N", help="train each trial with N seeds, from --seed on (default: 1)")
    text = (
        "how trials are chosen: random samples each setting independently, grid tries all combinations, tpe samples "
        "near good results and requires Optuna (default: grid if all values are lists, else random)"
    )
    add("--sampler", choices=SAMPLERS, help=text)
    add("--sampler-seed", type=whole, metavar="S", help="seed of the sampler (default: 0)")
    text = (
        "rule that stops unpromising runs early by their validation error. median stops a run whose best error is "
        f"worse than the median of the finished runs at that epoch, once {LEAST_FINISHED} have finished. asha compares "
        f"at epochs 1, {ASHA_FACTOR}, {ASHA_FACTOR**2}, … and continues the best of every {ASHA_FACTOR}. hyperband "
        f"continues the best of every {HYPERBAND_FACTOR}, in several groups that start to compare at different epochs, "
        "so that slow starters get a chance. asha and hyperband require Optuna (default: median, none on a grid)"
    )
    add("--prune", choices=PRUNING, help=text)


def _add_execution(add: Callable[..., Any]) -> None:
    text = f"train at most N runs (default: the whole grid, or {DEFAULT_TRIALS} trials if it is infinite)"
    add("--runs", type=whole, metavar="N", help=text)
    add("--minutes", type=number, metavar="M", help="train for at most M minutes (default: no limit)")
    add("--workers", type=whole, metavar="N", help="number of processes, each on one core (default: all cores)")
    text = (
        "train on a Dask cluster: the scheduler's address, tcp://host:8786, a JSON file with the address and the TLS "
        "files, or a scheduler file of Dask; requires the package distributed (default: this machine)"
    )
    add("--dask", metavar="ADDRESS|FILE", help=text)
    text = "trust the cluster on HOST without TLS, although both sides send code; can be repeated (default: none)"
    add("--dask-trust", metavar="HOST", action="append", default=[], help=text)
    text = "send rows of your own data to a cluster on other computers (default: refuse)"
    add("--dask-send-rows", action="store_true", help=text)
    text = "continue the sweep with this number where it stopped (default: start a new one)"
    add("--resume", type=whole, metavar="ID", help=text)


def _add_output(add: Callable[..., Any]) -> None:
    add("--title", metavar="TEXT", help="name of the sweep (default: none)")
    add("--json", action="store_true", help="print the result as JSON, for other programs (default: a table)")
    add("--no-record", dest="record", action="store_false", help="keep the runs out of the library (default: recorded)")


def cluster_of(arguments: argparse.Namespace) -> ClusterAddress | None:
    """Returns the cluster that the options name; None for this machine. Raises SettingError, CommandError, OSError."""
    if arguments.dask is None:
        if arguments.dask_trust or arguments.dask_send_rows:
            option = "--dask-trust" if arguments.dask_trust else "--dask-send-rows"
            raise CommandError(f"{option} requires --dask, which names the cluster. Give both, or neither.")
        return None
    if arguments.workers is not None:
        raise CommandError("--workers cannot be given with --dask. The cluster has its own workers. Leave one out.")
    found = address_of(arguments.dask, arguments.dask_trust, arguments.dask_send_rows)
    found.check_trust()
    return found


def check_sweep(arguments: argparse.Namespace) -> None:
    """Raises CommandError for options that exclude each other."""
    check_sizes_once(arguments)
    if arguments.workers is not None:
        whole_number("--workers", arguments.workers, 1, "2", MOST_WORKERS)
    if arguments.resume is None:
        return
    fixed = ("vary", "seeds", "sampler", "prune", "sampler_seed", "title")
    given = settings_given(arguments) + [
        "--" + name.replace("_", "-") for name in fixed if getattr(arguments, name) not in (None, [])
    ]
    given += ["--epochs"] * (arguments.epochs is not None) + ["--no-record"] * (not arguments.record)
    if given:
        raise CommandError(
            f"{', '.join(given)} cannot be given with --resume {arguments.resume}, which continues with its own plan. "
            f"Leave these options out. Only --runs, --minutes, --workers and --dask may change."
        )


def plan_of(arguments: argparse.Namespace, experiment: Experiment) -> Plan:
    """Returns the plan that the options describe, for an experiment that fits the data.

    Raises CommandError or SettingError.
    """
    vary = tuple(parse_dimension(text) for text in arguments.vary)
    count = 1 if arguments.seeds is None else arguments.seeds
    if not vary:
        return _seeds_only(arguments, experiment, count)
    sampler = arguments.sampler or default_sampler(each.kind for each in vary)
    return Plan(
        SWEEP,
        (experiment,),
        consecutive_seeds(experiment.seed, count),
        vary,
        sampler,
        0 if arguments.sampler_seed is None else arguments.sampler_seed,
        arguments.runs,
        arguments.minutes,
        arguments.prune or default_pruning(sampler),
    )


def _seeds_only(arguments: argparse.Namespace, experiment: Experiment, count: int) -> Plan:
    """Returns a plan of several seeds of one experiment, in which no setting varies."""
    if arguments.seeds is None:
        remedy = "For example --vary learning-rate=log:0.01..1, or --seeds 5 alone."
        raise CommandError(f"--vary is missing: name a setting that varies between the runs. {remedy}")
    for name in ("sampler", "prune", "sampler_seed", "runs"):
        if getattr(arguments, name) is not None:
            option = "--" + name.replace("_", "-")
            raise CommandError(f"{option} requires --vary. Leave it out, or vary a setting.")
    return replace(plan_seeds(experiment, count), minutes=arguments.minutes)
