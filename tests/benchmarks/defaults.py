"""Test error, or RMSE, on small data sets with nothing but the defaults: "First steps" beside scikit-learn's MLP.

    python -m tests.benchmarks.data --defaults [--only iris spirals …] [--json FILE]

Each set is opened as a user's own data are: tables and arrays from a file, images from a folder. Ours is the preset
"First steps" with what it adjusts to the data, as in the window and on the command line, and the network that a run
keeps. scikit-learn's model has the same hidden layers and the same encoded inputs and targets, its own defaults
otherwise, and is trained with and without early stopping. The better of the two on the test set counts.

A figure is the median over the splits. Sets, splits and scikit-learn's
settings were fixed before the defaults were changed: a set on which ours are worse is reported, not tuned for.
"""

from __future__ import annotations

import csv
import math
import statistics
import time
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from PIL import Image, ImageDraw

from engine.basics.validation import Array
from engine.datasets import Dataset, load_data
from engine.experiment import Experiment
from engine.presets import DEFAULT_PRESET, preset_named
from engine.training.events import Batch

SPLITS = range(5)  # seeds of the split
TEST_SHARE = 0.2
SEED = 1  # of weights and orders, the default of ours
THEIR_SETTINGS: dict[str, Any] = {"hidden_layer_sizes": (64, 32), "random_state": SEED}  # and their defaults
SHAPES = ("circle", "square", "triangle", "cross", "ring")
IMAGES = 42  # of each shape
SIDE = 28  # pixels


def write_table(name: str, folder: Path) -> str:
    """A table that scikit-learn ships, with class names in its last column. Returns the file's path."""
    from sklearn import datasets

    bunch = getattr(datasets, f"load_{name}")()
    names = bunch.get("target_names")
    targets = bunch.target if names is None else names[bunch.target]
    with (folder / f"{name}.csv").open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow([*bunch.feature_names, "target"])
        rows.writerows([*inputs, target] for inputs, target in zip(bunch.data.tolist(), targets, strict=True))
    return str(folder / f"{name}.csv")


def write_digits(folder: Path) -> str:
    """1,797 digits of 8 × 8 pixels, as arrays in a file. Returns its path."""
    from sklearn.datasets import load_digits

    digits = load_digits()
    np.savez(folder / "digits.npz", x=digits.images, y=digits.target)
    return str(folder / "digits.npz")


def write_shapes(name: str, folder: Path) -> str:
    """A folder of noisy images: dark shapes on light paper; "shapes-light": the same inverted. Returns its path."""
    rng = np.random.default_rng(0)
    for shape in SHAPES:
        (folder / name / shape).mkdir(parents=True)
        for number in range(IMAGES):
            pixels = 0.9 - 0.6 * drawn_shape(shape, rng) + rng.normal(0, 0.05, (SIDE, SIDE))
            pixels = 1 - pixels if name == "shapes-light" else pixels
            image = Image.fromarray(np.round(255 * pixels.clip(0, 1)).astype(np.uint8))
            image.save(folder / name / shape / f"{number}.png")
    return str(folder / name)


def drawn_shape(shape: str, rng: np.random.Generator) -> Array:
    """(SIDE, SIDE) 0…1: the shape at a random place, size and angle; circles, squares and triangles are filled."""
    fine = 4  # times as many pixels in both directions, to smooth the edges
    x, y = rng.uniform(0.4, 0.6, 2) * SIDE * fine
    radius, turn = rng.uniform(0.22, 0.36) * SIDE * fine, rng.uniform(-0.3, 0.3)
    image = Image.new("L", (SIDE * fine, SIDE * fine))
    draw = ImageDraw.Draw(image)

    def at(angle: float) -> tuple[float, float]:
        return x + radius * math.sin(turn + angle), y - radius * math.cos(turn + angle)

    if shape == "circle":
        draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=255)
    elif shape == "ring":
        draw.ellipse((x - radius, y - radius, x + radius, y + radius), outline=255, width=3 * fine)
    elif shape == "cross":
        for start in (0.25, 0.75):
            draw.line((at(start * math.pi), at((start + 1) * math.pi)), fill=255, width=3 * fine)
    else:
        corners = 3 if shape == "triangle" else 4
        draw.polygon([at(2 * math.pi * (corner + 0.5 * (corners == 4)) / corners) for corner in range(corners)], 255)
    return np.asarray(image.resize((SIDE, SIDE), Image.Resampling.BOX), np.float64) / 255


# Each returns what data can be opened by: a registered name, or a path in the folder that it is given.
SETS: dict[str, Callable[[Path], str]] = {
    "iris": lambda folder: write_table("iris", folder),
    "wine": lambda folder: write_table("wine", folder),
    "breast_cancer": lambda folder: write_table("breast_cancer", folder),
    "digits": write_digits,
    "diabetes": lambda folder: write_table("diabetes", folder),
    "penguins": lambda folder: "penguins",
    "mpg": lambda folder: "mpg",
    "spirals": lambda folder: "spirals",
    "shapes-dark": lambda folder: write_shapes("shapes-dark", folder),
    "shapes-light": lambda folder: write_shapes("shapes-light", folder),
}


def fit_ours(name: str, data: Dataset) -> dict[str, float]:
    """Trains with the defaults. Returns the figure, epochs, steps and seconds of training."""
    experiment = preset_named(DEFAULT_PRESET).applied_to(Experiment().for_data(data, name), data)
    start = time.perf_counter()
    trainer = experiment.trainer(data)
    steps = sum(isinstance(event, Batch) for event in trainer.run())
    seconds = time.perf_counter() - start
    assert data.test is not None
    figure = figure_of(data, trainer.network.predict(inputs_of(data, "test")))
    return {"figure": figure, "epochs": trainer.epoch, "steps": steps, "seconds": seconds}


def fit_theirs(data: Dataset, early_stopping: bool) -> float:
    """Trains scikit-learn's model. Returns the figure."""
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.neural_network import MLPClassifier, MLPRegressor

    kind = MLPClassifier if data.is_classification else MLPRegressor
    model = kind(**THEIR_SETTINGS, early_stopping=early_stopping)
    wanted = data.train.targets if data.train.labels is None else data.train.labels
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # that the epochs are over
        model.fit(inputs_of(data, "train"), wanted[:, 0] if wanted.shape[1:] == (1,) else wanted)
    predict = model.predict_proba if data.is_classification else model.predict
    return figure_of(data, np.asarray(predict(inputs_of(data, "test"))))


def inputs_of(data: Dataset, split: str) -> Array:
    """(k, width) float32: the inputs of that split as the network gets them."""
    examples = data.splits[split]
    return np.multiply(examples.inputs, np.float32(examples.scale), dtype=np.float32)


def figure_of(data: Dataset, outputs: Array) -> float:
    """The share of wrong predictions, 0…1, or the RMSE in the target's unit, on the test set."""
    assert data.test is not None
    if data.test.labels is not None:
        return float(np.mean(outputs.argmax(axis=1) != data.test.labels))
    outputs = np.asarray(outputs, np.float64).reshape(len(data.test), -1)
    return math.sqrt(float(np.mean((data.raw_targets(outputs) - data.raw_targets(data.test.targets)) ** 2)))


def measure(name: str, folder: Path) -> dict[str, Any]:
    """Returns a set's row: medians over the splits, and all figures."""
    path = SETS[name](folder)
    ours, theirs = [], []
    for split in SPLITS:
        data = load_data(path, {"seed": split, "test_share": TEST_SHARE})  # a table's last column is its target
        ours.append(fit_ours(path, data))
        theirs.append((fit_theirs(data, False), fit_theirs(data, True)))
    plain, stopped = (statistics.median(figures) for figures in zip(*theirs, strict=True))
    medians = {key: statistics.median(row[key] for row in ours) for key in ours[0]}
    return {
        "measure": "error" if data.is_classification else "RMSE",
        "examples": len(data.train),
        **medians,
        "theirs": min(plain, stopped),
        "their_early_stopping": stopped < plain,
        "all_ours": [row["figure"] for row in ours],
        "all_theirs": theirs,
    }


COLUMNS = ("ours", "theirs", "stops", "epochs", "steps", "seconds")
HEADER = f"  {'data':<14}{'train':>6}  {'measure':<8}" + "".join(f"{column:>9}" for column in COLUMNS)


def table_row(name: str, row: dict[str, Any]) -> str:
    """A line of the table; "stops" says whether scikit-learn's better model stopped early."""
    is_share = row["measure"] == "error"
    ours, theirs = (f"{row[key]:.2%}" if is_share else f"{row[key]:.4g}" for key in ("figure", "theirs"))
    stops = "yes" if row["their_early_stopping"] else "no"
    cells = (ours, theirs, stops, f"{row['epochs']:.0f}", f"{row['steps']:.0f}", f"{row['seconds']:.1f}")
    return f"  {name:<14}{row['examples']:>6}  {row['measure']:<8}" + "".join(f"{cell:>9}" for cell in cells)


def measured(only: Sequence[str]) -> dict[str, Any]:
    """Measures one set after another, and prints each row as soon as it is known. Returns all for the JSON."""
    print(HEADER)
    results: dict[str, Any] = {}
    with TemporaryDirectory() as folder:
        for name in only:
            results[name] = measure(name, Path(folder))
            print(table_row(name, results[name]), flush=True)
    return {"results": results}
