"""Execution of the plans of ``sweep`` and ``train --seeds``: with a progress bar; Ctrl+C loses no result."""

from __future__ import annotations

import json
import math
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass

from tqdm import tqdm

from engine.datasets import Dataset
from engine.sweeps.plan import GRID, NONE, SWEEP, Plan
from engine.sweeps.results import FINISHED, Results
from engine.sweeps.shared_data import are_registered
from nnviz.commands import sweep_results
from nnviz.commands.interrupts import interrupts
from nnviz.commands.run_recording import print_notice, print_warning, printed_library_errors
from nnviz.formatting import text
from nnviz.formatting.result_text import format_seeds
from nnviz.library import Library
from nnviz.program_name import program_name
from nnviz.session.run_text import format_pending_thinning
from nnviz.sweeps.cluster_address import ClusterAddress
from nnviz.sweeps.conductor import Conductor
from nnviz.sweeps.executor import Executor
from nnviz.sweeps.pool import ProcessPool
from nnviz.sweeps.sweep_writer import SweepWriter

_SECONDS_BETWEEN_BEST, _SHARE_OF_BEST = 0.5, 0.05  # all trials are looked at for it, which takes so much of the time

MakeExecutor = Callable[[], AbstractContextManager[Executor]]


@dataclass
class PlanCommand:
    """A plan, with everything that its execution needs.

    Attributes:
        store: writer of the results; None if nothing is recorded.
        make_executor: makes the executor, which is closed at the end.
        is_json: whether the result is printed as JSON, with nothing else on the standard output.
        was_finished: whether all runs were done before.
    """

    plan: Plan
    data: Dataset
    library: Library | None
    store: SweepWriter | None
    make_executor: MakeExecutor
    is_json: bool
    was_finished: bool = False


def plan_summary(plan: Plan, data: Dataset) -> str:
    """Returns a summary of a plan, in a sentence or two."""
    seeds = format_seeds(len(plan.seeds))
    if plan.kind != SWEEP:
        trials = f"{len(plan.experiments)} experiments with " if len(plan.experiments) > 1 else ""
        return f"{trials}{seeds}: {plan.most_runs} runs"
    most = plan.most_trials
    count = "as many trials as time allows" if most is None else f"{most} trial{'s' * (most > 1)}"
    how = "on a grid" if plan.sampler == GRID else f"by {plan.sampler}" if plan.sampler != "random" else "at random"
    runs = "" if plan.most_runs is None else f": {plan.most_runs} runs"
    held = (
        "" if data.validation is not None else f", {100 * plan.base.training.validation_share:g} % of the training set"
    )
    rule = "no pruning" if plan.prune == NONE else f"unpromising runs are pruned by the rule “{plan.prune}”"
    return f"{count} {how}, {seeds} each{runs}. Compared by the validation set{held}; {rule}."


@contextmanager
def engine_for(
    plan: Plan, data: Dataset, workers: int | None, address: ClusterAddress | None, is_json: bool
) -> Iterator[MakeExecutor]:
    """Yields what makes the executor: of this machine, or of a cluster, which is connected to before anything begins.

    Args:
        workers: processes of this machine; None for as many as there are cores.

    Raises SettingError, ClusterError.
    """
    name, settings = plan.base.data, plan.base.data_settings
    if address is None:
        yield lambda: ProcessPool(data, name, settings, workers)
        return
    if not are_registered(name, settings):
        address.check_rows(text.name(data.title))
    from nnviz.sweeps.cluster import Cluster  # with Dask, which nothing else needs
    from nnviz.sweeps.cluster_executor import ClusterExecutor

    with Cluster(address) as cluster:
        status = cluster.status()
        print(text.plain(f"{status.address}: {status.summary}"), file=sys.stderr if is_json else sys.stdout)
        yield lambda: ClusterExecutor(cluster, data, name, settings)


def run_plan(many: PlanCommand) -> int:
    """Executes a plan, prints its results, and returns the exit code. Raises KeyboardInterrupt after Ctrl+C."""
    plan, data, store = many.plan, many.data, many.store
    is_done = is_written = False
    conductor = None
    with interrupts() as asked_to_stop:
        try:
            with many.make_executor() as executor:
                conductor = Conductor(plan, data, executor, store, print_warning)
                is_all_done = conductor.is_over
                _train(conductor, asked_to_stop)
                is_done = not asked_to_stop and not conductor.was_cut
        finally:
            is_written = _end(many, conductor, is_done)
    results = conductor.results
    _print_results(many, results, is_done)
    if many.was_finished or is_all_done:
        print_warning("nothing is left to train. Raise --runs or --minutes to continue.")
    if conductor.was_cut or asked_to_stop:
        _print_how_to_resume(store)
    if asked_to_stop:
        raise KeyboardInterrupt
    return 0 if is_written and is_done and any(_ended_well(results)) else 1


def _train(conductor: Conductor, asked_to_stop: list[bool]) -> None:
    """Takes steps until all runs are done, or a stop is requested. Only a terminal gets a bar."""
    results = conductor.results
    total, next_shown = conductor.plan.most_runs, -math.inf
    with tqdm(total=total, initial=results.over, unit=" runs", leave=False, mininterval=0.2, disable=None) as bar:
        while not conductor.is_over:
            ended = conductor.step()
            if ended and (now := time.monotonic()) >= next_shown:
                bar.set_postfix_str(sweep_results.format_best(conductor.plan, results) or "", refresh=False)
                taken = time.monotonic() - now
                next_shown = now + max(_SECONDS_BETWEEN_BEST, taken / _SHARE_OF_BEST)
            bar.update(len(ended))
            if asked_to_stop and not conductor.is_stopping:
                bar.set_postfix_str("stopping", refresh=True)
                conductor.stop()


def _end(many: PlanCommand, conductor: Conductor | None, is_done: bool) -> bool:
    """Writes pending results, releases the sweep, and thins old runs if the library is too large.

    Returns whether all results were written.
    """
    if many.store is None or many.library is None:
        return True
    if conductor is None:
        return many.store.close("stopped", many.data)
    if not conductor.close(is_done):
        print_warning(f"{many.store.waiting} runs could not be written. Resuming the sweep trains them again.")
        return False
    with printed_library_errors():
        plan = many.library.quota.enforce()
        if not many.is_json:
            print_notice(None if plan is None else format_pending_thinning(plan, "after the next run"))
    return True


def _ended_well(results: Results) -> list[bool]:
    return [run.status == FINISHED for run in results.runs]


def _print_results(many: PlanCommand, results: Results, is_done: bool) -> None:
    sweep = None if many.store is None else many.store.sweep
    if many.is_json:
        print(json.dumps(sweep_results.facts(many.plan, results, sweep, is_done), indent=1))
        return
    for line in sweep_results.lines(many.plan, results):
        print(line)


def _print_how_to_resume(store: SweepWriter | None) -> None:
    if store is None:
        print("stopped; it cannot be resumed, because its runs were not recorded", file=sys.stderr)
    else:
        print(f"stopped; continue with: {program_name()} sweep --resume {store.sweep}", file=sys.stderr)
