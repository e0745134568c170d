"""Test error, or RMSE, on data of many kinds: this engine beside scikit-learn's MLPClassifier and MLPRegressor.

    python -m tests.benchmarks.data [--only spirals penguins …] [--seeds 5] [--splits 20] [--json FILE]
    python -m tests.benchmarks.data --defaults    # what nothing but the defaults give; see tests/benchmarks/defaults.py

Both get the same split with inputs and targets scaled the same way, the same shape of ReLU, optimizer (Adam and its
constants), rate, batch size and number of epochs, without weight decay and without stopping early; both keep an
epoch's last, smaller batch. First weights and the order of examples are each library's own, drawn from the seed. For
two classes scikit-learn has one sigmoid, as always, where we have softmax.

A figure is the mean over the splits, for each seed, and then the median over the seeds. The points of a plane or a
curve are made again for each split; Fashion-MNIST has its publisher's split only, and three seeds. One process, one
thread. Only the figures are fit for comparison with others of one run; the seconds are there to say what to expect.
"""

from __future__ import annotations

import argparse
import json
import math
import statistics
import sys
import time
import warnings
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, fields, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from engine.basics.validation import Array
from engine.datasets import DATASETS, Dataset, Split
from engine.datasets.curve import CURVES, curve_dataset
from engine.datasets.mnist import load_mnist
from engine.datasets.plane import PLANES, plane_dataset
from engine.experiment import Experiment
from engine.training.settings import TrainingSettings
from tests.benchmarks import defaults
from tests.benchmarks.children import machine

FASHION = Path("/usr/share/datasets/fashion-mnist")  # of the Debian package dataset-fashion-mnist
MOST_RATIO = 1.05  # ours ÷ theirs, at most
HALF_A_ROW = 0.5  # or this number of further wrong test examples
TEST_SHARE = 0.2
Fit = Callable[["Task", Dataset, int], Array]


class AbsentError(Exception):
    """A data set is not there: the reason, in words."""


@dataclass(frozen=True)
class Task:
    """What is learned, and how, the same for both.

    Attributes:
        title: its name in the table.
        load: makes the data set of a split, by its number from 0. Raises AbsentError.
        splits, seeds: the most that are made.
    """

    title: str
    load: Callable[[int], Dataset]
    hidden: tuple[int, ...] = (64, 32)
    epochs: int = 100
    learning_rate: float = 0.01
    batch_size: int = 32
    initializer: str = "he"
    splits: int = 20
    seeds: int = 5

    def recipe(self) -> dict[str, Any]:
        """The settings in types that JSON can hold."""
        return {each.name: getattr(self, each.name) for each in fields(self) if each.name != "load"}


@dataclass(frozen=True)
class Pair:
    """Both on one split with one seed: their errors (share of wrong answers, or RMSE), and their seconds."""

    seed: int
    ours: float
    theirs: float
    our_seconds: float
    their_seconds: float


def _plane(name: str, split: int) -> Dataset:
    """600 points with noise of 0.03, made from the number of the split."""
    return plane_dataset(name, seed=split, test_share=TEST_SHARE)


def _curve(name: str, split: int) -> Dataset:
    """200 points with noise of 0.05."""
    return curve_dataset(name, seed=split, test_share=TEST_SHARE)


def _shipped(name: str, split: int) -> Dataset:
    """A table of the project's assets, divided by the number of the split."""
    return DATASETS[name].load({"seed": split, "test_share": TEST_SHARE})


def _fashion(split: int) -> Dataset:
    """Fashion-MNIST as it is divided by its publisher."""
    if not FASHION.is_dir():
        raise AbsentError(f"not there ({FASHION}; apt install dataset-fashion-mnist)")
    return load_mnist(FASHION)  # its files are named and made like those of MNIST


TASKS = {
    **{name: Task(PLANES[name].label, partial(_plane, name), initializer="he-spread") for name in PLANES},
    **{name: Task(CURVES[name].label, partial(_curve, name), epochs=200) for name in CURVES},
    "penguins": Task("Penguins", partial(_shipped, "penguins"), learning_rate=0.001),
    "mpg": Task("Auto MPG", partial(_shipped, "mpg"), learning_rate=0.001),
    "fashion": Task("Fashion-MNIST", _fashion, (128,), 10, 0.001, 100, splits=1, seeds=3),
}


def fit_ours(task: Task, data: Dataset, seed: int) -> Array:
    """Learns with this engine. Returns the outputs for the test part, (k, outputs)."""
    is_classes = data.is_classification
    experiment = Experiment(
        shape=(data.width, *task.hidden, data.outputs),
        activations=("relu",) * len(task.hidden) + ("softmax" if is_classes else "identity",),
        loss="cross-entropy" if is_classes else "quadratic",
        initializer=task.initializer,
        training=_settings(task, seed),
    )
    trainer = experiment.trainer(data)
    for _ in trainer.run():
        pass
    return trainer.network.predict(_inputs(_test(data)))


def fit_theirs(task: Task, data: Dataset, seed: int) -> Array:
    """Does the same with scikit-learn."""
    from sklearn.exceptions import ConvergenceWarning

    model = _their_model(data.is_classification, task, _settings(task, seed))
    wanted = data.train.targets if data.train.labels is None else data.train.labels
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # that the epochs are over
        model.fit(_inputs(data.train), wanted[:, 0] if wanted.shape[1:] == (1,) else wanted)
    predict = model.predict_proba if data.is_classification else model.predict
    return np.asarray(predict(_inputs(_test(data)))).reshape(len(_test(data)), -1)


def _settings(task: Task, seed: int) -> TrainingSettings:
    return TrainingSettings(
        batch_size=task.batch_size,
        epochs=task.epochs,
        learning_rate=task.learning_rate,
        optimizer="adam",
        seed=seed,
        drop_last=False,
        evaluate=False,
    )


def _their_model(is_classes: bool, task: Task, settings: TrainingSettings) -> Any:
    """scikit-learn's model with the settings of ours."""
    from sklearn.neural_network import MLPClassifier, MLPRegressor

    return (MLPClassifier if is_classes else MLPRegressor)(
        hidden_layer_sizes=task.hidden,
        activation="relu",
        solver="adam",
        alpha=0,
        batch_size=settings.batch_size,
        learning_rate_init=settings.learning_rate,
        max_iter=settings.epochs,
        tol=0,
        n_iter_no_change=10**9,
        random_state=settings.seed,
        beta_1=settings.momentum,
        beta_2=settings.beta2,
        epsilon=settings.epsilon,
    )


def _inputs(split: Split) -> Array:
    """(k, width) float32, times the split's scale."""
    return np.multiply(split.inputs, np.float32(split.scale), dtype=np.float32)


def _test(data: Dataset) -> Split:
    assert data.test is not None
    return data.test


def figure_of(data: Dataset, outputs: Array) -> float:
    """The share of wrong answers, 0…1, or the RMSE in the unit of the raw targets, for outputs (k, outputs)."""
    test = _test(data)
    if test.labels is not None:
        return float(np.mean(outputs.argmax(axis=1) != test.labels))
    wanted, scaling = test.targets, data.target_scaling
    if scaling is not None:
        outputs, wanted = scaling.undo(outputs), scaling.undo(wanted)
    return math.sqrt(float(np.mean((np.asarray(outputs, np.float64) - wanted) ** 2)))


def _timed(fit: Fit, task: Task, data: Dataset, seed: int) -> tuple[float, float]:
    """Figure and seconds of one training."""
    start = time.perf_counter()
    outputs = fit(task, data, seed)
    seconds = time.perf_counter() - start
    return figure_of(data, outputs), seconds


def pairs_of(task: Task) -> tuple[list[Pair], Dataset]:
    """Trains both for each split and seed, in turn. Returns the results and the last split. Raises AbsentError."""
    pairs = []
    with tqdm(total=task.splits * task.seeds, desc=task.title, leave=False) as progress:
        for split in range(task.splits):
            data = task.load(split)
            for seed in range(1, task.seeds + 1):
                ours, our_seconds = _timed(fit_ours, task, data, seed)
                theirs, their_seconds = _timed(fit_theirs, task, data, seed)
                pairs.append(Pair(seed, ours, theirs, our_seconds, their_seconds))
                progress.update()
    return pairs, data


def median_of_means(pairs: Sequence[Pair], whose: str) -> float:
    """The mean over the splits for each seed, and of these the median."""
    seeds = sorted({pair.seed for pair in pairs})
    return statistics.median(
        statistics.fmean(getattr(pair, whose) for pair in pairs if pair.seed == seed) for seed in seeds
    )


def summary(pairs: Sequence[Pair], data: Dataset) -> dict[str, Any]:
    """The row of the table. ``ratio`` is None where they make no mistake."""
    ours, theirs = median_of_means(pairs, "ours"), median_of_means(pairs, "theirs")
    rows = len(_test(data))
    differences = [pair.ours - pair.theirs for pair in pairs]
    row_worse = data.is_classification and ours - theirs <= HALF_A_ROW / rows
    return {
        "measure": "error" if data.is_classification else "RMSE",
        "ours": ours,
        "theirs": theirs,
        "ratio": ours / theirs if theirs else None,
        "reached": bool(ours <= MOST_RATIO * theirs or row_worse),
        "difference": statistics.fmean(differences),
        "uncertainty": statistics.stdev(differences) / math.sqrt(len(pairs)) if len(pairs) > 1 else None,
        "test_rows": rows,
        "our_seconds": statistics.median(pair.our_seconds for pair in pairs),
        "their_seconds": statistics.median(pair.their_seconds for pair in pairs),
        "pairs": [asdict(pair) for pair in pairs],
    }


def _figure(value: float, measure: str) -> str:
    return f"{value:.2%}" if measure == "error" else f"{value:.4f}"


def table_row(title: str, row: dict[str, Any]) -> str:
    """A line of the table: figures, ratio, the mean difference with its standard error, seconds a training."""
    ours, theirs, difference = (_figure(row[name], row["measure"]) for name in ("ours", "theirs", "difference"))
    if row["uncertainty"] is not None:
        difference += f" ± {_figure(row['uncertainty'], row['measure'])}"
    ratio = "-" if row["ratio"] is None else f"{row['ratio']:.2f}"
    seconds = f"{row['our_seconds']:.2f} / {row['their_seconds']:.2f} s"
    start = f"  {title:<15}{row['measure']:<8}{ours:>9}{theirs:>9}{ratio:>8}{'yes' if row['reached'] else 'no':>6}"
    return f"{start}{difference:>20}{seconds:>18}"


HEADER = (
    f"  {'data':<15}{'measure':<8}{'ours':>9}{'theirs':>9}{'ratio':>8}{'goal':>6}{'difference':>20}{'a training':>18}"
)


def arguments(given: Sequence[str] | None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks.data", description="Test error beside scikit-learn's."
    )
    text = "compare the defaults, on five splits of small sets: " + " ".join(defaults.SETS)
    parser.add_argument("--defaults", action="store_true", help=text)
    parser.add_argument("--only", nargs="+", metavar="DATA", help=" ".join(TASKS))
    parser.add_argument("--seeds", type=int, default=5, metavar="N", help="first weights and orders")
    parser.add_argument("--splits", type=int, default=20, metavar="N", help="splits of each small set")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the JSON there, too")
    chosen = parser.parse_args(given)
    known = defaults.SETS if chosen.defaults else TASKS
    unknown = [name for name in chosen.only or () if name not in known]
    if unknown:
        parser.error(f"--only {unknown[0]}: it must be one of {' '.join(known)}")
    chosen.only = chosen.only or list(known)
    return chosen


def measured(chosen: argparse.Namespace) -> dict[str, Any]:
    """Measures one set after another, and prints each row as soon as it is known. Returns all for the JSON."""
    results: dict[str, Any] = {}
    absent: dict[str, str] = {}
    print(HEADER)
    for name in chosen.only:
        task = TASKS[name]
        task = replace(task, splits=min(task.splits, chosen.splits), seeds=min(task.seeds, chosen.seeds))
        try:
            results[name] = {"recipe": task.recipe(), **summary(*pairs_of(task))}
            print(table_row(task.title, results[name]), flush=True)
        except AbsentError as error:
            absent[name] = str(error)
            print(f"  {task.title:<15}{error}", flush=True)
    return {"results": results, "absent": absent}


def main(given: Sequence[str] | None = None) -> int:
    """Measures, prints the table and a line of JSON."""
    chosen = arguments(given)
    try:
        from threadpoolctl import threadpool_limits  # comes with scikit-learn
    except ModuleNotFoundError:
        print("scikit-learn is not installed (pip install '.[bench]')")
        return 1
    report: dict[str, Any] = {"machine": machine(("scikit-learn",)), "most_ratio": MOST_RATIO}
    print(", ".join(f"{what}: {value or 'none'}" for what, value in report["machine"].items()))
    with threadpool_limits(1):
        report |= defaults.measured(chosen.only) if chosen.defaults else measured(chosen)
    line = json.dumps(report)
    print("\n" + line)
    if chosen.json:
        chosen.json.write_text(line + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
