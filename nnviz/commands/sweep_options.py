"""The options of ``sweep``, and the plan that they describe."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from engine.basics.errors import SettingError, Verbatim
from engine.basics.validation import whole_number
from engine.experiment import Experiment
from engine.sweeps.plan import (
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
from engine.sweeps.pruning import ASHA_FACTOR, HYPERBAND_FACTOR
from engine.sweeps.search_space import POINTS, parse_dimension
from nnviz.commands.checks import CommandError
from nnviz.commands.train_options import add_settings, check_sizes_once, settings_given
from nnviz.sweeps.cluster_address import ClusterAddress, address_of


def add_sweep(parser: argparse.ArgumentParser) -> None:
    add_settings(parser)
    add = parser.add_argument
    text = (
        "a setting that differs between trials, as often as needed: a,b,c for a list, lo..hi for a range, log:lo..hi "
        f"for one whose steps multiply; lo..hi/9 has nine values on a grid (usually {POINTS})"
    )
    add("--vary", metavar="NAME=VALUES", action="append", default=[], help=text)
    add("--seeds", type=int, metavar="N", help="train each trial with so many seeds (default: 1)")
    add("--runs", type=int, metavar="N", help="at most so many runs in all (default: 20 trials, or the whole grid)")
    add("--minutes", type=float, metavar="M", help="at most so many minutes")
    add("--workers", type=int, metavar="N", help="processes, each on one core (default: as many as there are cores)")
    _add_cluster(add)
    text = "how trials are found (default: grid where all values are lists, else random); tpe needs Optuna"
    add("--sampler", choices=SAMPLERS, help=text)
    text = (
        "the rule that stops hopeless runs by their validation error: median ends one whose best so far is worse than "
        f"the median of finished runs at that epoch, when five have finished; asha looks at epochs 1, {ASHA_FACTOR}, "
        f"{ASHA_FACTOR**2}, … and lets the best of every {ASHA_FACTOR} that came so far go on; hyperband does so with "
        f"every {HYPERBAND_FACTOR}, from another epoch on for each of several groups, so that slow starters get a "
        "chance; both need Optuna (default: median, on a grid none)"
    )
    add("--prune", choices=PRUNING, help=text)
    add("--sampler-seed", type=int, metavar="S", help="seed of what a sampler draws (default: 0)")
    add("--title", metavar="TEXT", help="a name for the sweep")
    add("--json", action="store_true", help="tell the result as JSON, for other programs")
    add("--resume", type=int, metavar="ID", help="go on with the sweep of that number, where it was stopped")
    add("--no-record", dest="record", action="store_false", help="do not keep the runs in the library")


def _add_cluster(add: Callable[..., Any]) -> None:
    text = (
        "do the runs on a Dask cluster: its scheduler, tcp://host:8786, or a JSON file with its address and the files "
        "of TLS, or a scheduler file of Dask's (needs the package distributed)"
    )
    add("--dask", metavar="ADDRESS|FILE", help=text)
    text = "trust the cluster on that host without TLS: what is sent there and back is code; as often as needed"
    add("--dask-trust", metavar="HOST", action="append", default=[], help=text)
    add("--dask-send-rows", action="store_true", help="let rows of your own data go to a cluster on other computers")


def cluster_of(arguments: argparse.Namespace) -> ClusterAddress | None:
    """Returns the cluster that the options name; None for this machine. Raises SettingError, CommandError, OSError."""
    if arguments.dask is None:
        if arguments.dask_trust or arguments.dask_send_rows:
            option = "--dask-trust" if arguments.dask_trust else "--dask-send-rows"
            raise CommandError(f"{option}: is about a cluster, which --dask names. Give both, or neither.")
        return None
    if arguments.workers is not None:
        raise CommandError("--workers: cannot be given with --dask, whose cluster has its own. Leave one out.")
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
            f"{', '.join(given)}: cannot be given with --resume {arguments.resume}, which goes on with its own plan. "
            f"Leave these options out; --runs, --minutes, --workers and --dask can be others."
        )


def plan_of(arguments: argparse.Namespace, experiment: Experiment) -> Plan:
    """Returns the plan that the options describe, for an experiment that fits the data. Raises SettingError."""
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
        raise SettingError("--vary", Verbatim("nothing"), "must name what differs between the runs", remedy)
    for name in ("sampler", "prune", "sampler_seed", "runs"):
        if getattr(arguments, name) is not None:
            option = "--" + name.replace("_", "-")
            raise CommandError(f"{option}: there is nothing to choose without --vary. Leave it out, or vary a setting.")
    return replace(plan_seeds(experiment, count), minutes=arguments.minutes)
