"""What recording costs: trainings with and without it, in turn; and how fast a large library opens.

    python -m tests.benchmarks.recording [--rounds 5] [--epochs N] [--optimizers sgd adam] [--json FILE]

MNIST, as ``train`` trains it: with the evaluation after every epoch. Both ways of a pair are one after the other, so
that a slow moment of the machine hits both; the ratio is the median of the ratios of all rounds, and beside it stands
what the recording itself took of the training's time, which is steadier. The library is on the disk of the temporary
files.
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

from engine.datasets import Dataset
from engine.datasets.mnist import load_mnist
from engine.experiment import Experiment
from nnviz.library import Library, Recording

SHAPES = {"784-64-32-10": ((784, 64, 32, 10), 16), "784-512-256-10": ((784, 512, 256, 10), 4)}
TARGET = 0.03  # of the training's time, at most
OPENING_TARGETS = {1_000: 0.5, 10_000: 2.0}  # seconds, at most


def trained(data: Dataset, made: Experiment, folder: str | None) -> tuple[float, float]:
    """Seconds that a training took, and those that its recording took; it is recorded if a folder is given."""
    trainer, inside = made.trainer(data), 0.0
    library = None if folder is None else Library(Path(folder) / "library.sqlite")
    recording = None if library is None else Recording(library, library.begin(made, data.title), trainer)
    start = time.perf_counter()
    for event in trainer.run():
        if recording is not None:
            before = time.perf_counter()
            recording.take_event(event)
            inside += time.perf_counter() - before
    if recording is not None:
        before = time.perf_counter()
        recording.finish()
        inside += time.perf_counter() - before
    seconds = time.perf_counter() - start
    if library is not None:
        library.close()
    return seconds, inside


def measure_cost(data: Dataset, made: Experiment, rounds: int) -> dict[str, float]:
    """The cost of recording, as shares of the training's time."""
    ratios, shares = [], []
    trained(data, made.changed(epochs=1), None)
    for number in range(rounds):
        with tempfile.TemporaryDirectory() as folder:
            ways: tuple[str | None, ...] = (None, folder) if number % 2 else (folder, None)
            reported = {way: trained(data, made, way) for way in ways}
        ratios.append(reported[folder][0] / reported[None][0] - 1)
        shares.append(reported[folder][1] / reported[folder][0])
    return {"slower": statistics.median(ratios), "inside": statistics.median(shares)}


def measure_opening(count: int) -> dict[str, float]:
    """Seconds until a library of that size has opened and listed fifty runs; until it is sorted, searched."""
    made = Experiment()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "library.sqlite"
        with Library(path) as library, library.database.writing():
            for number in range(count):
                run = library.begin(made.changed(seed=number + 1), "MNIST", note=f"number {number}")
                library.database.update_run(run, {"test_error": number * 7919 % 1000 / 1000})
        seconds = {}
        start = time.perf_counter()
        with Library(path) as library:
            seconds["opened"] = _page(library, start)
            for name, how in (("sorted", {"sort": "test_error"}), ("searched", {"search": "number 77"})):
                seconds[name] = _page(library, time.perf_counter(), **how)
    return seconds


def _page(library: Library, start: float, **how: Any) -> float:
    for record in library.runs(**how)[:50]:
        record.experiment  # noqa: B018  # what a list shows
    return time.perf_counter() - start


def main() -> None:
    parser = argparse.ArgumentParser(description="What recording costs")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--epochs", type=int, help="of every training; by default as many as take some seconds")
    parser.add_argument("--optimizers", nargs="+", default=["sgd", "adam"])
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    data, figures = load_mnist(), {}
    for name, (shape, epochs) in SHAPES.items():
        for optimizer in arguments.optimizers:
            made = Experiment().changed(shape=shape, epochs=arguments.epochs or epochs).for_data(data)
            cost = measure_cost(data, made.with_optimizer(optimizer), arguments.rounds)
            figures[f"{name} {optimizer}"] = cost
            verdict = "" if cost["inside"] <= TARGET else f"   more than {TARGET:.0%}"
            print(f"{name} {optimizer:5} {cost['inside']:6.2%} of the time; {cost['slower']:+6.2%} slower{verdict}")
    for count, target in OPENING_TARGETS.items():
        seconds = measure_opening(count)
        figures[f"{count} runs"] = seconds
        reported = ", ".join(f"{name} {1000 * value:.0f} ms" for name, value in seconds.items())
        print(f"{count:,} runs: {reported}{'' if seconds['opened'] <= target else f'   more than {target} s'}")
    if arguments.json:
        arguments.json.write_text(json.dumps(figures, indent=1))


if __name__ == "__main__":
    main()
