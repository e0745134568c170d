"""How often each hint is right: runs of random settings, and again with what the hint changes.

    python -m tests.benchmarks.hints [--runs 250] [--examples 1000] [--only overfitting …] [--json FILE]

Each run has random settings (optimizer, learning rate, layers, activation, initial weights, regularisation,
augmentation, epochs) and a validation set. At its end, or where it diverges, its most urgent hint is applied, as the
window would, and the run is trained again from the start with the same seed. The hint is right if the validation error
(RMSE for Auto MPG) at the end is lower than without it, or if a run that diverged is finite now. The test error, at
which no hint looks here, is counted as well.

Chance is the share in which another seed alone does the same, in the same runs: a run that is worse than most with its
settings is often better with any other seed. A hint is better than chance if its whole interval is above that share.

The data are a part of MNIST, a part in which one digit is 85 % of the examples, two tables and two sets of points. The
hint "single-runs" trains other seeds, which changes no error, and has no figure. One process, one thread.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from engine.basics.errors import DivergenceError
from engine.datasets import DATASETS, Dataset, Split
from engine.experiment import MILD, Experiment
from engine.training.distributions import layer_activities
from engine.training.events import Epoch
from engine.training.history import History
from engine.training.optimizers import OPTIMIZERS
from nnviz.hints.rules import Hint, hints_for
from nnviz.hints.state import RunState
from tests.benchmarks.children import machine

WITHOUT_FIGURE = "single-runs"
MAJORITY = 0.85
TEST_EXAMPLES = 2000  # of the images
HELD_OUT = 0.3  # share of the training examples in the validation set
Z = 1.96  # of a 95 % interval


@dataclass(frozen=True)
class Result:
    """The end of a run.

    Attributes:
        score, test: last error or RMSE on the validation and on the test set; infinite if the run diverged.
        hint: the most urgent one; None if there is none.
    """

    score: float
    test: float
    hint: Hint | None


@dataclass(frozen=True)
class Trial:
    """A run of which there was a hint: without the hint, with it, and without it but with another seed."""

    data: str
    settings: str
    hint: str
    before: Result
    after: Result
    control: Result

    def entries(self) -> dict[str, Any]:
        """Returns it in types that JSON can hold; None for a run that diverged."""
        scores = {
            f"{name}_{when}": getattr(getattr(self, when), name)
            for when in ("before", "after", "control")
            for name in ("score", "test")
        }
        known = {name: score if math.isfinite(score) else None for name, score in scores.items()}
        return {"data": self.data, "settings": self.settings, "hint": self.hint, **known}


# ---- the data


def data_sets(examples: int) -> dict[str, Dataset]:
    """Returns the data sets by name."""
    digits = DATASETS["mnist"].load({})
    return {
        "digits": _part(digits, examples),
        "mostly one digit": _mostly_one(digits, examples),
        "penguins": DATASETS["penguins"].load({}),
        "mpg": DATASETS["mpg"].load({}),
        "spirals": DATASETS["spirals"].load({}),
        "moons": DATASETS["moons"].load({}),
    }


# How many of a hundred runs are of each data set.
SHARES = {"digits": 32, "mostly one digit": 20, "penguins": 12, "mpg": 14, "spirals": 14, "moons": 8}


def _part(digits: Dataset, examples: int) -> Dataset:
    test = digits.test
    return replace(digits, train=digits.train.head(examples), test=test and test.head(TEST_EXAMPLES))


def _mostly_one(digits: Dataset, examples: int) -> Dataset:
    """Returns digits of which most are ones."""

    def of(split: Split, count: int) -> Split:
        assert split.labels is not None
        ones, others = np.flatnonzero(split.labels == 1), np.flatnonzero(split.labels != 1)
        many = min(round(MAJORITY * count), len(ones))
        rows = np.concatenate([ones[:many], others[: round(many / MAJORITY) - many]])
        np.random.default_rng(1).shuffle(rows)
        return Split(split.inputs[rows], split.targets[rows], split.labels[rows], split.scale)

    assert digits.test is not None
    return replace(digits, train=of(digits.train, examples), test=of(digits.test, TEST_EXAMPLES))


# ---- the runs


def random_experiment(data: Dataset, rng: np.random.Generator) -> Experiment:
    """Returns an experiment with random settings that suit the data."""
    optimizer = str(rng.choice(["sgd", "sgd", "momentum", "adam", "adamw", "rmsprop"]))
    rate = OPTIMIZERS[optimizer].default_rate * 10 ** rng.uniform(-2, 1.7)
    layers = [(), (4,), (16,), (64, 32), (128,), (32, 32, 32)]
    hidden = layers[rng.integers(len(layers))]
    activation = str(rng.choice(["relu", "relu", "leaky-relu", "tanh", "sigmoid"]))
    experiment = Experiment().for_data(data).for_task(data)
    experiment = experiment.changed(
        hidden=hidden,
        activations=(*[activation] * len(hidden), experiment.output),
        optimizer=optimizer,
        learning_rate=float(f"{rate:.2g}"),
        batch_size=int(rng.choice([10, 20, 50])),
        epochs=int(rng.choice([5, 10, 20, 40] if data.is_picture else [10, 20, 40, 100])),
        weight_scale=float(rng.choice([1, 1, 1, 0.2, 6])),
        dropout=float(rng.choice([0, 0, 0, 0.5])) if hidden else 0.0,
        weight_decay=float(rng.choice([0, 0, 0, 0.01])),
        validation_share=HELD_OUT,
        seed=int(rng.integers(1000)),
    )
    if data.is_picture and rng.random() < 0.4:
        times = float(rng.choice([1, 2, 4]))
        strengths = {name: min(times, 3) * value for name, value in vars(MILD).items() if name != "elastic_sigma"}
        experiment = experiment.changed(augmentation=replace(MILD, **strengths))
    return experiment


def train(experiment: Experiment, data: Dataset) -> Result:
    """Trains a run to its end, or to where it diverges."""
    history, network = History(), experiment.build()
    trainer, dead, has_diverged = experiment.trainer(data, network), None, False
    try:
        for event in trainer.run():
            history.take_event(event)
            if isinstance(event, Epoch):
                dead = event.dead_layer
    except DivergenceError:
        has_diverged = True
    names = data.class_names or tuple(map(str, range(data.outputs)))
    state = RunState.of(
        experiment,
        data,
        history,
        is_over=not has_diverged,
        has_diverged=has_diverged,
        dead_layer=dead,
        class_names=names if data.is_classification else (),
    )
    hints = hints_for(replace(state, layers=layer_activities(network, data.train)))
    hints = [hint for hint in hints if hint.name != WITHOUT_FIGURE]
    if has_diverged:
        return Result(math.inf, math.inf, hints[0] if hints else None)
    return Result(*_scores(state, history), hints[0] if hints else None)


def _scores(state: RunState, history: History) -> tuple[float, float]:
    """Returns the scores of the network as the run left it: early stopping may have gone back to its best epoch."""
    place = -1 if history.best is None else state.epochs.index(history.best.epoch)
    return state.scores[place], state.figures[f"test_{state.measure}"][place]


def measure(runs: int, examples: int, seed: int, only: Sequence[str]) -> list[Trial]:
    """Trains the runs, and those of which there is a hint twice again."""
    sets, rng, found = data_sets(examples), np.random.default_rng(seed), []
    names = [name for name, share in SHARES.items() for _ in range(round(share * runs / 100))]
    for name in tqdm(names, unit="run"):
        data = sets[name]
        experiment = random_experiment(data, rng)
        before = train(experiment, data)
        if before.hint is not None and (not only or before.hint.name in only):
            after = train(experiment.changed(**before.hint.steps), data)
            control = train(experiment.changed(seed=experiment.seed + 1000), data)
            found.append(Trial(name, " ".join(experiment.command()), before.hint.name, before, after, control))
    return found


# ---- the table


def interval(right: int, count: int) -> tuple[float, float]:
    """Returns the 95 % interval of a share. Wilson 1927, "Probable inference"."""
    share, square = right / count, Z * Z
    middle = (share + square / (2 * count)) / (1 + square / count)
    half = Z * math.sqrt(share * (1 - share) / count + square / (4 * count * count)) / (1 + square / count)
    return middle - half, middle + half


def summary(trials: Sequence[Trial]) -> list[dict[str, Any]]:
    """Returns a row per hint, the most frequent first."""
    rows = []
    for name in dict.fromkeys(trial.hint for trial in trials):
        of = [trial for trial in trials if trial.hint == name]
        right = sum(trial.after.score < trial.before.score for trial in of)
        low, high = interval(right, len(of))
        rows.append(
            {
                "hint": name,
                "fired": len(of),
                "right": right,
                "equal": sum(trial.after.score == trial.before.score for trial in of),
                "test_right": sum(trial.after.test < trial.before.test for trial in of),
                "share": right / len(of),
                "chance": sum(trial.control.score < trial.before.score for trial in of) / len(of),
                "low": low,
                "high": high,
            }
        )
    return sorted(rows, key=lambda row: -row["fired"])


def print_table(rows: Sequence[Mapping[str, Any]], runs: int, seconds: float) -> None:
    """Prints a row for each hint."""
    print(f"\n  {'hint':<26}{'fired':>6}{'right':>7}{'equal':>7}{'share':>8}   95 % interval   chance   right on test")
    for row in rows:
        verdict = "" if row["low"] > row["chance"] else "not shown to be better than chance"
        limits = f"{row['low']:.0%} to {row['high']:.0%}"
        print(
            f"  {row['hint']:<26}{row['fired']:>6}{row['right']:>7}{row['equal']:>7}{row['share']:>8.0%}   {limits:<15}"
            f" {row['chance']:>6.0%}   {row['test_right']:>4} of {row['fired']:<5}  {verdict}".rstrip()
        )
    print(f"\n  {sum(row['fired'] for row in rows)} hints in {runs} runs, {seconds:.0f} s\n")


def main(given: Sequence[str] | None = None) -> int:
    """Measures, prints the table and a line of JSON."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.hints", description=__doc__.split("\n", 1)[0])
    parser.add_argument(
        "--runs", type=int, default=250, help="number of runs, about, without those again (default 250)"
    )
    parser.add_argument("--examples", type=int, default=1000, help="images in the training set (default 1,000)")
    parser.add_argument("--seed", type=int, default=1, help="seed of the random settings (default 1)")
    parser.add_argument("--only", nargs="+", default=[], metavar="HINT", help="train again for these hints only")
    parser.add_argument("--json", type=Path, metavar="FILE", help="writes every figure")
    options = parser.parse_args(given)
    start = time.perf_counter()
    trials = measure(options.runs, options.examples, options.seed, options.only)
    seconds, rows = time.perf_counter() - start, summary(trials)
    print_table(rows, options.runs, seconds)
    result = {
        "benchmark": "hints",
        "machine": machine(),
        "runs": options.runs,
        "examples": options.examples,
        "seed": options.seed,
        "hints": rows,
    }
    print(json.dumps(result))
    if options.json:
        options.json.write_text(json.dumps({**result, "trials": [trial.entries() for trial in trials]}, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
