"""Texts about plans: progress, results, and questions about clusters."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

from engine.basics.errors import EngineError
from engine.datasets import source_of
from engine.experiment import Experiment
from nnviz.formatting import text
from nnviz.formatting.meaning import Meaning
from nnviz.formatting.result_text import figure_name, format_seeds, format_spread, format_trial
from nnviz.jobs.plans import InterruptedPlan, PlanEnd, PlanProgress

if TYPE_CHECKING:
    from engine.sweeps.plan import Plan
    from engine.sweeps.results import Results

_MOST_HOSTS = 3  # that are named


def plan_name(plan: Plan) -> str:
    """Returns "5 seeds", "race" or "sweep"."""
    return format_seeds(len(plan.seeds)) if _is_of_seeds(plan) else plan.kind


def _is_of_seeds(plan: Plan) -> bool:
    from engine.sweeps.plan import SEEDS

    return plan.kind == SEEDS


def is_sweep(plan: Plan) -> bool:
    """Whether the plan varies settings."""
    from engine.sweeps.plan import SWEEP

    return plan.kind == SWEEP


def format_recording_offer(plan: Plan) -> tuple[str, str]:
    """Returns why a plan needs recording, and the button that switches it on."""
    what = f"{plan_name(plan)} are" if _is_of_seeds(plan) else f"The runs of a {plan_name(plan)} are"
    do = f"train {plan_name(plan)}" if _is_of_seeds(plan) else f"start the {plan_name(plan)}"
    off = "recorded in the library, but File → Record runs in the library is off."
    return f"{what} {off}", f"Record runs and {do}"


# ---- on a cluster


def user_data_title(made: Experiment) -> str:
    """Returns the title of data that include the user's files, examples or points; empty for other data."""
    from engine.sweeps.shared_data import are_registered

    if are_registered(made.data, made.data_settings):
        return ""
    return text.name(source_of(made.data).title)


def format_hosts(hosts: Sequence[str]) -> str:
    """Returns "gpu7 and gpu8", or "gpu7, gpu8, gpu9 and 997 others"."""
    named = [text.name(host) for host in hosts[:_MOST_HOSTS]]
    if len(hosts) > _MOST_HOSTS:
        return f"{', '.join(named)} and {text.count(len(hosts) - _MOST_HOSTS)} others"
    return " and ".join(filter(None, (", ".join(named[:-1]), named[-1])))


def format_trust_question(url: str, hosts: Sequence[str]) -> str:
    """Returns the question whether hosts are trusted without TLS."""
    return (
        f"Do you trust {format_hosts(hosts)} and the network in between? nnviz sends code to the cluster "
        f"{text.name(url)} without TLS, so anyone who can change it on the way can run programs on both ends. Your "
        "answer holds until this window closes."
    )


def format_rows_question(title: str, hosts: Sequence[str]) -> str:
    """Returns the question whether the user's own data may leave this computer."""
    return (
        f"May nnviz send the rows of {title}, your own data, to {format_hosts(hosts)}? Your answer holds for all your "
        f"own data until this window closes."
    )


def format_cluster_error(error: Exception) -> str:
    """Returns why an address is invalid or does not respond, in sentences."""
    if isinstance(error, EngineError):  # of an address the parameter is called as on the command line
        words = error.message_for("the address") if error.parameter == "--dask" else str(error)
        return words[:1].upper() + words[1:]
    why = error.strerror if isinstance(error, OSError) and error.strerror else f"{type(error).__name__}: {error}"
    return f"The address cannot be used ({text.plain(why)}). Check it."


# ---- how far it is


def format_stop_count(plan_progress: PlanProgress) -> str:
    """Returns "■ 2/5" for the stop button, or "■ 2" if the total is not known."""
    runs = "" if plan_progress.runs is None else f"/{text.count(plan_progress.runs)}"
    return f"■ {text.count(plan_progress.done)}{runs}"


def format_progress(plan_progress: PlanProgress) -> str:
    """Returns "2 of 5 runs done, 12 s left"."""
    done = f"{_of(plan_progress.done, plan_progress.runs)} runs done"
    if plan_progress.seconds_left is None:
        return done
    left = text.duration(plan_progress.seconds_left) if plan_progress.seconds_left >= 1 else "less than 1 s"
    return f"{done}, {left} left"


def format_plan_end(end: PlanEnd) -> str:
    """Returns the results: "5 seeds: test error median 2.3 %, 2.2 to 2.6 %." Or how much was done before a stop."""
    results, plan = end.results, end.plan
    if not end.is_done and not results.over:
        return f"Stopped before a run finished ({plan_name(plan)})."
    over = _of(results.over, plan.most_runs)
    stopped = "" if end.is_done else f" Stopped after {over} runs, which are kept."
    if not _is_of_seeds(plan):
        how = f"is finished: {over} runs" if end.is_done else f"was stopped after {over} runs, which are kept"
        return f"The {plan_name(plan)} {how}.{_best(end) if is_sweep(plan) else ''}"
    return f"{plan_name(plan)}: {_figures_of_seeds(end)}.{_others(results)}{stopped}"


def _best(end: PlanEnd) -> str:
    """Returns the best trial so far."""
    results, chosen = end.results, end.results.chosen
    spread = None if chosen is None else chosen.spread(results.compared_by)
    if chosen is None or spread is None:
        return ""
    figures = f"{figure_name(results.compared_by)} {format_spread(results.quantity, spread, Meaning(end.dataset).unit)}"
    return f" Best trial: {format_trial(chosen)}, {figures}."


def _figures_of_seeds(end: PlanEnd) -> str:
    """Returns "test error median 2.3 %, 2.2 to 2.6 %", with the number of runs if not all count."""
    results = end.results
    spread = results.trials[0].spread(results.compared_by)
    if spread is None:
        return "no run finished"
    runs = "one run" if spread.count == 1 else f"{text.count(spread.count)} runs"
    of = "" if spread.count == len(end.plan.seeds) > 1 else f", of {runs}"
    figures = format_spread(results.quantity, spread, Meaning(end.dataset).unit)
    return f"{figure_name(results.compared_by)} {figures}{of}"


def _others(results: Results) -> str:
    """Returns the statuses of runs that do not count."""
    from engine.sweeps.results import FINISHED, STOPPED

    counts = Counter(results.trials[0].statuses)
    parts = [f"{count} {status}" for status, count in counts.items() if status not in (FINISHED, STOPPED)]
    return f" Not counted: {', '.join(parts)}." if parts else ""


def format_interrupted(broken: InterruptedPlan) -> str:
    """Returns a message that a plan can be resumed.

    "Training with 5 seeds was interrupted after 2 of 5 runs".
    """
    plan = broken.plan
    what = f"Training with {plan_name(plan)}" if _is_of_seeds(plan) else f"A {plan_name(plan)}"
    kept = " Finished runs are in the library." if broken.done else ""
    return f"{what} was interrupted after {_of(broken.done, plan.most_runs)} runs.{kept}"


def _of(done: int, runs: int | None) -> str:
    """Returns "2 of 5", or "2" if the total is not known."""
    return text.count(done) if runs is None else f"{text.count(done)} of {text.count(runs)}"
