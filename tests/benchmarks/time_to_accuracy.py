"""Seconds of learning until 5 %, 3 % and 2 % of MNIST's test digits are misread, from a cold network.

    python -m tests.benchmarks.time_to_accuracy [--seeds 3] [--peers torch …] [--json FILE]

One recipe for everybody: the same first weights (He), optimizer, constants, learning rate at every step, batch size.
Each contender runs in a process of its own with the better of one thread and all cores, tried out beforehand; they
take turns. The test error is worked out after every quarter of the first epoch and after every later one, for all by
the same code from their weights, and its time is counted for nobody. Loading data and importing libraries is not
counted either, and everybody's process is warm from the trial; compiling (JAX) starts from nothing for every seed, is
counted, and is shown apart. An error counts as reached where it was first measured.
"""

from __future__ import annotations

import argparse
import json
import math
import statistics
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

from tqdm import tqdm

from engine.presets import preset_named
from engine.training.settings import TrainingSettings
from tests.benchmarks.children import Child, ChildError, MissingPeerError, machine, thread_counts
from tests.benchmarks.peers import CONTENDERS, PEERS, TITLES, Job

SAMPLES = 60_000
ERRORS = (0.05, 0.03, 0.02)
TRIALS = 3  # timed chunks that decide on a contender's threads, after one to warm up


@dataclass(frozen=True)
class CommonRecipe:
    """How a network is trained, as far as everybody can follow it."""

    hidden: tuple[int, ...]
    activation: str
    optimizer: str
    learning_rate: float
    batch_size: int
    epochs: int
    weight_decay: float
    schedule: str

    def job(self, seed: int) -> Job:
        """The recipe with a seed, as children take it."""
        return Job(**asdict(self), seed=seed)


def modern_recipe() -> CommonRecipe:
    """The recipe everybody follows: the project's preset "Modern". Raises ValueError where it has more than that."""
    experiment = preset_named("Modern").experiment
    training = experiment.training
    common = {name.name: getattr(training, name.name) for name in fields(CommonRecipe) if hasattr(training, name.name)}
    if training != TrainingSettings(**common):
        raise ValueError("the preset has settings that not everybody can follow")
    return CommonRecipe(hidden=experiment.hidden, activation=experiment.activations[0], **common)


@dataclass
class Run:
    """One contender's way from one seed.

    Attributes:
        seconds: learning so far, with compiling; ``compile_seconds`` of it.
        reached: error → seconds when it was first seen.
        error: the last measured.
        epochs: learned so far.
    """

    child: Child
    compile_seconds: float
    seconds: float
    reached: dict[float, float] = field(default_factory=dict)
    error: float = 1.0
    epochs: float = 0.0

    def learn(self, batches: int, per_epoch: int) -> None:
        """Some steps, and a look at the test error."""
        self.seconds += self.child.ask("learn", batches=batches)["seconds"]
        self.epochs += batches / per_epoch
        self.error = self.child.ask("test_error")["error"]
        for error in ERRORS:
            # Counts of 10,000, so half a digit is room enough for rounding.
            if self.error <= error + 0.00005:
                self.reached.setdefault(error, self.seconds)

    @property
    def finished(self) -> bool:
        """Whether nothing is left to be reached."""
        return len(self.reached) == len(ERRORS)


def parts_of_first_epoch(per_epoch: int) -> int:
    """Quarters, or as many equal parts as the batches allow: compiled code is made for one number of batches."""
    return next(parts for parts in (4, 3, 2, 1) if per_epoch % parts == 0)


def best_child(name: str, recipe: CommonRecipe, chunk: int, stack: ExitStack) -> Child:
    """The contender with the thread count that learns fastest. Raises ChildError where it cannot take part."""
    tried = [stack.enter_context(Child(CONTENDERS[name], threads)) for threads in thread_counts()]
    for child in tried:
        child.ask("prepare", job=asdict(recipe.job(0)), chunk=chunk)
    rounds = [[child.ask("learn", batches=chunk)["seconds"] for child in tried] for _ in range(TRIALS + 1)]
    medians = [statistics.median(seconds) for seconds in zip(*rounds[1:], strict=True)]
    best = tried[medians.index(min(medians))]
    for child in tried:
        if child is not best:
            child.close()
    return best


def race(children: dict[str, Child], recipe: CommonRecipe, seed: int) -> dict[str, Run]:
    """Everybody from the same first weights, in turn, until all is reached or the epochs are over."""
    per_epoch = SAMPLES // recipe.batch_size
    parts = parts_of_first_epoch(per_epoch)
    runs = {}
    for name, child in children.items():
        compiling = child.ask("prepare", job=asdict(recipe.job(seed)), chunk=per_epoch // parts)["compile_seconds"]
        runs[name] = Run(child, compiling, compiling)
    stretches = [per_epoch // parts] * parts + [per_epoch] * (recipe.epochs - 1)
    for batches in tqdm(stretches, desc=f"seed {seed}", leave=False):
        for run in runs.values():
            if not run.finished:
                run.learn(batches, per_epoch)
    return runs


def summary(runs: Sequence[Run]) -> dict[str, Any]:
    """Medians over the seeds; None where the median seed did not get there."""
    reached = {error: statistics.median(run.reached.get(error, math.inf) for run in runs) for error in ERRORS}
    return {
        "threads": runs[0].child.threads,
        "seconds_to": {f"{error:.0%}": value if math.isfinite(value) else None for error, value in reached.items()},
        "compile_seconds": statistics.median(run.compile_seconds for run in runs),
        "seconds_per_epoch": statistics.median((run.seconds - run.compile_seconds) / run.epochs for run in runs),
        "last_errors": [run.error for run in runs],
        "seeds": [{f"{error:.0%}": run.reached.get(error) for error in ERRORS} for run in runs],
    }


def print_table(summaries: dict[str, dict[str, Any]], absent: dict[str, str]) -> None:
    """A row for each contender."""
    errors = "".join(f"{f'to {error:.0%}':>9}" for error in ERRORS)
    print(f"\n  {'contender':<14}{'threads':>8}{errors}{'of which compiling':>20}{'s/epoch':>9}{'last error':>12}")
    for name, row in summaries.items():
        times = "".join(f"{'never' if time is None else f'{time:.2f} s':>9}" for time in row["seconds_to"].values())
        last = f"{statistics.median(row['last_errors']):.2%}"
        compiling = f"{row['compile_seconds']:.2f} s"
        start = f"  {TITLES[name]:<14}{row['threads']:>8}{times}{compiling:>20}"
        print(f"{start}{row['seconds_per_epoch']:>9.2f}{last:>12}")
    for name, reason in absent.items():
        print(f"  {TITLES[name]:<14}  {reason}")


def differences(recipe: CommonRecipe) -> dict[str, str]:
    """What is not the same for all."""
    sklearn = ["only its loop over the batches is timed", "parts of the first epoch are calls of their own"]
    if recipe.schedule != "constant":
        sklearn.append(f"{recipe.schedule} is set from outside at every step")
    if recipe.optimizer == "adamw" and recipe.weight_decay:
        sklearn.append("Adam without weight decay, for it has no AdamW")
    return {"sklearn": "; ".join(sklearn), "jax": "compiling is included, and shown apart"}


def arguments(given: Sequence[str] | None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks.time_to_accuracy", description="Seconds of learning to a test error."
    )
    parser.add_argument("--seeds", type=int, default=3, metavar="N", help="runs from different first weights")
    parser.add_argument("--peers", nargs="*", choices=PEERS, default=PEERS, metavar="PEER", help=" ".join(PEERS))
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the JSON there, too")
    return parser.parse_args(given)


def main(given: Sequence[str] | None = None) -> int:
    """Measures, prints the table and a line of JSON."""
    chosen = arguments(given)
    recipe = modern_recipe()
    per_epoch = SAMPLES // recipe.batch_size
    chunk = per_epoch // parts_of_first_epoch(per_epoch)
    report: dict[str, Any] = {"machine": machine(), "recipe": asdict(recipe), "seeds": chosen.seeds}
    print(", ".join(f"{what}: {value or 'none'}" for what, value in report["machine"].items()))
    print(", ".join(f"{what}: {value}" for what, value in report["recipe"].items()))
    children: dict[str, Child] = {}
    absent: dict[str, str] = {}
    with ExitStack() as stack:
        for name in tqdm(["ours", *chosen.peers], desc="choosing threads", leave=False):
            try:
                children[name] = best_child(name, recipe, chunk, stack)
            except MissingPeerError:
                absent[name] = "not installed (pip install '.[bench]')"
            except ChildError as error:
                absent[name] = f"cannot take part: {error}"
        report["machine"]["kernels"] = children["ours"].kernels if "ours" in children else "unknown"
        print(f"OpenBLAS uses its kernels for: {report['machine']['kernels']}")
        races = [race(children, recipe, seed) for seed in range(1, chosen.seeds + 1)]
        summaries = {name: summary([runs[name] for runs in races]) for name in children}
    print_table(summaries, absent)
    notes = {name: note for name, note in differences(recipe).items() if name in summaries}
    for name, note in notes.items():
        print(f"  {TITLES[name]}: {note}.")
    report |= {"results": summaries, "absent": absent, "differences": notes}
    line = json.dumps(report)
    print("\n" + line)
    if chosen.json:
        chosen.json.write_text(line + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
