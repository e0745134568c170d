"""``sweep``: trains an experiment many times, with varied settings and seeds, and prints the best trials."""

from __future__ import annotations

import argparse
import sys
from dataclasses import replace

from engine.datasets import Dataset
from engine.sweeps.plan import Plan, plan_seeds
from nnviz.commands.checks import CommandError
from nnviz.commands.data_options import load_named, print_notes
from nnviz.commands.plan_command import PlanCommand, engine_for, plan_summary, run_plan
from nnviz.commands.run_recording import open_library, print_notice, print_warning, with_introduction, with_whole_paths
from nnviz.commands.sweep_options import check_sweep, cluster_of, plan_of
from nnviz.commands.train_options import described_experiment, fitted_experiment
from nnviz.library import Library, LibraryError
from nnviz.library.sweeps import FINISHED, SweepLibrary
from nnviz.sweeps.cluster_address import ClusterAddress
from nnviz.sweeps.conductor import check_installed
from nnviz.sweeps.sweep_writer import SweepWriter


def run(arguments: argparse.Namespace) -> int:
    """Starts or resumes a sweep. Returns the exit code."""
    check_sweep(arguments)
    cluster = cluster_of(arguments)
    return _begin(arguments, cluster) if arguments.resume is None else _go_on(arguments, cluster)


def _begin(arguments: argparse.Namespace, cluster: ClusterAddress | None) -> int:
    first = described_experiment(arguments)
    data = load_named(first.data, first.data_settings)
    plan = plan_of(arguments, fitted_experiment(arguments, data)).with_held_out(data)
    return _do_new(arguments, plan, data, cluster)


def run_seeds(arguments: argparse.Namespace) -> int:
    """Trains the same experiment with several seeds, for ``train --seeds``. Returns the exit code."""
    first = described_experiment(arguments)
    data = load_named(first.data, first.data_settings)
    plan = plan_seeds(fitted_experiment(arguments, data), arguments.seeds)
    arguments.json, arguments.workers = False, None
    return _do_new(arguments, plan, data)


def _do_new(arguments: argparse.Namespace, plan: Plan, data: Dataset, cluster: ClusterAddress | None = None) -> int:
    plan = replace(plan, experiments=tuple(with_whole_paths(each) for each in plan.experiments))
    plan.check_against(data)
    check_installed(plan)
    with engine_for(plan, data, arguments.workers, cluster, arguments.json) as make_executor:
        library = open_library() if arguments.record else None
        try:
            if not arguments.json:
                print_notes(data)
                print(plan_summary(plan, data))
            store = _new_store(library, plan, data, arguments.title or "", arguments.json)
            return run_plan(PlanCommand(plan, data, library, store, make_executor, arguments.json))
        finally:
            if library is not None:
                library.close()


def _new_store(library: Library | None, plan: Plan, data: Dataset, name: str, is_quiet: bool) -> SweepWriter | None:
    """Returns the writer of the runs; None, after a message, if they cannot be recorded."""
    if library is None:
        return None
    try:
        store = SweepWriter.of_new(library, plan, data.title, name, print_warning)
        line = with_introduction(library, f"recorded as {plan.kind_noun} {store.sweep}")
    except LibraryError as error:
        print_warning(f"The runs are not recorded: {error}")
        return None
    print(line, file=sys.stderr if is_quiet else sys.stdout)
    return store


def _go_on(arguments: argparse.Namespace, cluster: ClusterAddress | None) -> int:
    with Library() as library:
        if library.why_read_only is not None:
            raise CommandError(
                f"{library.notice or library.why_read_only} A sweep requires a library that can be written to."
            )
        print_notice(None if arguments.json else library.notice)
        record = SweepLibrary(library).get(arguments.resume)
        plan = _with_budget(arguments, record.plan, record.seconds)
        data = load_named(plan.base.data, plan.base.data_settings)
        if data.fingerprint != plan.base.fingerprint:
            raise CommandError(
                f"--resume {record.id}: the data of this sweep ({record.data}) have changed since it started, so its "
                f"runs could not be compared. Start a new sweep."
            )
        check_installed(plan)
        with engine_for(plan, data, arguments.workers, cluster, arguments.json) as make_executor:
            store = SweepWriter(library, record.id, print_warning)
            if plan != record.plan:
                store.note_plan(plan)
            if not arguments.json:
                print(f"continuing {plan.kind_noun} {record.id}")
                print(plan_summary(plan, data))
            many = PlanCommand(plan, data, library, store, make_executor, arguments.json)
            many.was_finished = record.status == FINISHED and plan == record.plan
            return run_plan(many)


def _with_budget(arguments: argparse.Namespace, plan: Plan, seconds: float) -> Plan:
    """Returns the plan with the new budget, if one is given; minutes count from now on."""
    if arguments.runs is not None:
        plan = replace(plan, runs=arguments.runs)
    if arguments.minutes is not None:
        plan = replace(plan, minutes=arguments.minutes + seconds / 60)
    return plan
