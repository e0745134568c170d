"""Samples a second: this engine against PyTorch, scikit-learn, JAX and its own bare matrix products.

    python -m tests.benchmarks.throughput [--epochs 5] [--shapes 784-128-10 …] [--peers torch …] [--threads 1 2]
                                          [--json FILE]

MNIST, cross-entropy behind softmax, plain SGD, batches of 100 in a new random order every epoch, float32. Every
contender runs with one thread and with all cores, each pair in a process of its own; all are asked for an epoch in
turn, so that only what stands in one table may be compared. What counts is the thread count with the better median of
its epochs, after one to warm up; a ratio is the median of the ratios of every round, for two cores of a virtual machine
may be near each other in one second and far apart in the next, and two threads be twice as fast.
Compiling (JAX) and preparing data are not counted; making the random order is. Three more figures of this engine: Adam
against SGD, the peak memory of a process that trains, and the time to distort all pictures once.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from engine.network.buffers import TrainingBuffers
from engine.network.matmul import product
from engine.network.network import Network
from engine.training.augmentation import Augmentation, Augmenter
from tests.benchmarks.children import Child, MissingPeerError, machine, thread_counts
from tests.benchmarks.peers import CONTENDERS, PEERS, TITLES, Contender, Job, Layers, Ours

SAMPLES = 60_000
JOBS = {
    "784-50-30-10": Job((50, 30), "sigmoid"),
    "784-128-10": Job((128,)),
    "784-512-256-10": Job((512, 256)),
}
# What this engine's samples per second should be, as a multiple of the peer's; for the floor, its share of our epoch.
TARGETS = {
    "784-50-30-10": {"torch": 2.8, "sklearn": 2.2, "jax": 1.05, "floor": 0.66},
    "784-128-10": {"torch": 1.9, "sklearn": 2.0, "jax": 1.0, "floor": 0.75},
    "784-512-256-10": {"torch": 1.1, "sklearn": 1.6, "jax": 0.88, "floor": 0.85},
}
SIDE_SHAPE = "784-128-10"
ADAM_TARGET = 1.33  # epoch with Adam ÷ epoch with SGD, at most
MEMORY_TARGET = 400  # MB, at most
DISTORTIONS = Augmentation(shift=2, rotation=15, scale=0.15, shear=0.15, elastic=1.5)  # affine and elastic
DISTORTION_TARGET = 2.0  # seconds for 60,000 pictures on one core, at most
FLOOR = "floor"
ASIDE = "tests.benchmarks.throughput:Aside"
SPECS = {**CONTENDERS, FLOOR: "tests.benchmarks.throughput:Floor"}
NAMES = {**TITLES, FLOOR: "matrix products"}
NOT_INSTALLED = "not installed (pip install '.[bench]')"


class Floor(Contender):
    """Nothing but the matrix products: what would be left if all else in the engine took no time."""

    def _build(self, chunk: int) -> float:
        rng = np.random.default_rng(self.job.seed)
        self._buffers = TrainingBuffers(self.network, self.job.batch_size)
        self._inputs = rng.random((self.job.batch_size, self.data.width), np.float32)
        for numbers in (*self._buffers.outputs, *self._buffers.deltas):
            numbers[...] = rng.random(numbers.shape, np.float32)
        return 0.0

    def _learn(self, batches: int) -> None:
        for _ in range(batches):
            matrix_products(self.network, self._inputs, self._buffers)

    def _layers(self) -> Layers:
        raise NotImplementedError("the matrix products learn nothing")


def matrix_products(network: Network, inputs: np.ndarray, buffers: TrainingBuffers) -> None:
    """The products of one step, in the layouts and the order of Network.forward and Network.backward.

    When those change theirs, this must follow. Each is written to an output of its own, also where a step would add it
    to the weights in the same pass. The sums over the batch for the biases are not counted.
    """
    below = [inputs, *buffers.outputs]
    for layer, weights in enumerate(network.weights):
        product(below[layer], weights.T, buffers.outputs[layer])
    for layer in range(len(network.weights) - 1, -1, -1):
        if layer:
            product(buffers.deltas[layer], network.weights[layer], buffers.deltas[layer - 1])
        product(buffers.deltas[layer].T, below[layer], buffers.weight_gradients[layer])


class Aside(Ours):
    """This engine, asked how much memory a training takes, and how long distorting pictures."""

    def _build(self, chunk: int) -> float:
        return 0.0  # the one trainer is made below

    def distort(self, epochs: int) -> dict[str, float]:
        """Distorts all training pictures, in batches of 100; returns the median ``seconds`` of an epoch."""
        train = self.data.train
        rng = np.random.default_rng(1)
        augmenter = Augmenter(DISTORTIONS, self.data.example_shape, 100)
        batch = np.empty((100, self.data.width), np.float32)
        taken = []
        for _ in range(epochs):
            seconds = 0.0
            for start in range(0, len(train), 100):
                train.take(slice(start, start + 100), batch)
                before = time.perf_counter()
                augmenter.apply(batch, rng)
                seconds += time.perf_counter() - before
            taken.append(seconds)
        return {"seconds": statistics.median(taken)}

    def peak_memory(self, job: dict[str, Any]) -> dict[str, float]:
        """Trains one epoch with evaluation; returns the ``megabytes`` this process ever held at once.

        A process inherits the peak of the one that started it, so the parent must stay smaller than this.
        """
        import resource  # not on Windows

        self.prepare(job, 1)
        for _ in self.run(evaluate=True):
            pass
        unit = 1 if sys.platform == "darwin" else 1024  # bytes there, kilobytes elsewhere
        return {"megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e6}


@dataclass(frozen=True)
class Entry:
    """How a contender did at one shape.

    Attributes:
        epochs: seconds of each, in the order of the rounds, by thread count.
    """

    epochs: dict[int, list[float]]

    @property
    def threads(self) -> int:
        """The better thread count, by the median of its epochs."""
        return min(self.epochs, key=lambda count: statistics.median(self.epochs[count]))

    @property
    def rounds(self) -> list[float]:
        """Seconds of an epoch in each round, with that thread count."""
        return self.epochs[self.threads]

    def ratio(self, other: Entry) -> float:
        """How many times as long as the other one it takes, as a median over the rounds."""
        return statistics.median(own / theirs for own, theirs in zip(self.rounds, other.rounds, strict=True))

    def as_dict(self) -> dict[str, Any]:
        """For the report: seconds are the median and the minimum over the rounds."""
        seconds = {"seconds": statistics.median(self.rounds), "fastest": min(self.rounds)}
        return {"threads": self.threads, **seconds, "epochs": self.epochs}


def started(names: Iterable[str], counts: Sequence[int], stack: ExitStack) -> tuple[dict[str, list[Child]], list[str]]:
    """A child for each contender and thread count, and the names of those whose library is missing."""
    children: dict[str, list[Child]] = {}
    missing: list[str] = []
    for name in tqdm(list(names), desc="starting", leave=False):
        try:
            children[name] = [stack.enter_context(Child(SPECS[name], threads)) for threads in counts]
        except MissingPeerError:
            missing.append(name)
    return children, missing


def in_turn(groups: Iterable[Sequence[Child]], rounds: int, batches: int, title: str) -> list[Entry]:
    """An entry for each group: one contender with its thread counts.

    All take turns, epoch by epoch, and every second round in the opposite order.
    """
    groups = list(groups)
    taken: dict[Child, list[float]] = {child: [] for group in groups for child in group}
    with tqdm(total=(rounds + 1) * len(taken), desc=title, leave=False) as progress:
        for turn in range(rounds + 1):
            for child in list(taken) if turn % 2 else list(taken)[::-1]:
                seconds = child.ask("learn", batches=batches)["seconds"]
                if turn:  # the first is to warm up
                    taken[child].append(seconds)
                progress.update()
    return [Entry({child.threads: taken[child] for child in group}) for group in groups]


def measure(children: dict[str, list[Child]], shape: str, rounds: int) -> dict[str, Entry]:
    """Everybody's epochs at one shape."""
    job = JOBS[shape]
    batches = SAMPLES // job.batch_size
    flat = [child for group in children.values() for child in group]
    for child in tqdm(flat, desc=f"{shape}: preparing", leave=False):
        child.ask("prepare", job=asdict(job), chunk=batches)
    return dict(zip(children, in_turn(children.values(), rounds, batches, shape), strict=True))


def adam_to_sgd(counts: Sequence[int], rounds: int) -> dict[str, Entry]:
    """This engine's epochs with SGD and with Adam, in turn."""
    sgd = JOBS[SIDE_SHAPE]
    jobs = {"sgd": sgd, "adam": replace(sgd, optimizer="adam", learning_rate=0.001)}
    batches = SAMPLES // sgd.batch_size
    with ExitStack() as stack:
        children = {name: [stack.enter_context(Child(SPECS["ours"], threads)) for threads in counts] for name in jobs}
        for name, group in children.items():
            for child in group:
                child.ask("prepare", job=asdict(jobs[name]), chunk=batches)
        return dict(zip(children, in_turn(children.values(), rounds, batches, "Adam and SGD"), strict=True))


def peak_memory(threads: int) -> float:
    """Megabytes of a process that loads MNIST, trains an epoch and evaluates."""
    with Child(ASIDE, threads) as child:
        return float(child.ask("peak_memory", job=asdict(replace(JOBS[SIDE_SHAPE], epochs=1)))["megabytes"])


def distortion_seconds(epochs: int) -> float:
    """Seconds to distort all training pictures once, on one core."""
    with Child(ASIDE, 1) as child:
        return float(child.ask("distort", epochs=epochs)["seconds"])


def print_shape(shape: str, entries: dict[str, Entry], missing: Iterable[str]) -> None:
    """The table of one shape, with the targets beside what was reached."""
    print(f"\n{shape} {JOBS[shape].activation}")
    titles = f"{'threads':>8}{'s/epoch':>10}{'fastest':>10}{'samples/s':>12}{'ours ÷ it':>11}{'target':>9}"
    print(f"  {'contender':<18}{titles}")
    for name, entry in entries.items():
        seconds = statistics.median(entry.rounds)
        figures = f"{entry.threads:>8}{seconds:>10.3f}{min(entry.rounds):>10.3f}{SAMPLES / seconds:>12,.0f}"
        print(f"  {NAMES[name]:<18}{figures}" + _judged(shape, name, entry.ratio(entries["ours"])))
    for name in missing:
        print(f"  {NAMES[name]:<18}  {NOT_INSTALLED}")


def _judged(shape: str, name: str, ratio: float) -> str:
    """Our samples per second ÷ theirs, which is their seconds ÷ ours; for the floor it is its share of our epoch."""
    if name == "ours":
        return ""
    target = TARGETS[shape][name]
    note = "  (its share of our epoch)" if name == FLOOR else ""
    return f"{ratio:>11.2f}{f'≥ {target:g}':>9}  {'reached' if ratio >= target else 'missed'}{note}"


def _at_most(title: str, value: float, target: float, unit: str = "") -> str:
    return f"{title}: {value:.3g}{unit} (target ≤ {target:g}{unit}: {'reached' if value <= target else 'missed'})"


def arguments(given: Sequence[str] | None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.throughput", description="Samples a second.")
    parser.add_argument("--epochs", type=int, default=5, metavar="N", help="epochs each, after one to warm up")
    parser.add_argument("--shapes", nargs="+", choices=JOBS, default=list(JOBS), metavar="SHAPE", help=" ".join(JOBS))
    parser.add_argument("--peers", nargs="*", choices=PEERS, default=PEERS, metavar="PEER", help=" ".join(PEERS))
    parser.add_argument(
        "--threads", nargs="+", type=int, default=thread_counts(), metavar="T", help="thread counts to try, for all"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the JSON there, too")
    return parser.parse_args(given)


def main(given: Sequence[str] | None = None) -> int:
    """Measures, prints the tables and a line of JSON."""
    chosen = arguments(given)
    report: dict[str, Any] = {"machine": machine(), "epochs": chosen.epochs, "shapes": {}}
    print(", ".join(f"{what}: {value or 'none'}" for what, value in report["machine"].items()))
    ours_threads = 1
    with ExitStack() as stack:
        children, missing = started(("ours", *chosen.peers, FLOOR), chosen.threads, stack)
        report["machine"]["kernels"] = children["ours"][0].kernels
        print(f"OpenBLAS uses its kernels for: {report['machine']['kernels']}")
        for shape in chosen.shapes:
            entries = measure(children, shape, chosen.epochs)
            print_shape(shape, entries, missing)
            ratios = {name: entry.ratio(entries["ours"]) for name, entry in entries.items() if name != "ours"}
            results = {name: entry.as_dict() for name, entry in entries.items()}
            report["shapes"][shape] = {"results": results, "ratios": ratios, "targets": TARGETS[shape]}
            if shape == SIDE_SHAPE:
                ours_threads = entries["ours"].threads
        report["idle_seconds"] = max(child.idle_seconds for group in children.values() for child in group)
    optimizers = adam_to_sgd(chosen.threads, chosen.epochs)
    report["optimizers"] = {name: entry.as_dict() for name, entry in optimizers.items()}
    report["adam_to_sgd"] = optimizers["adam"].ratio(optimizers["sgd"])
    report["peak_memory_mb"] = peak_memory(ours_threads)
    report["distortion_seconds"] = distortion_seconds(chosen.epochs)
    print("\n" + _at_most(f"Adam ÷ SGD, {SIDE_SHAPE}", report["adam_to_sgd"], ADAM_TARGET))
    print(_at_most("peak memory", report["peak_memory_mb"], MEMORY_TARGET, " MB"))
    title = f"distorting {SAMPLES:,} pictures, affine and elastic, one core"
    print(_at_most(title, report["distortion_seconds"], DISTORTION_TARGET, " s"))
    print(f"processor time of a process between two of its turns: at most {report['idle_seconds']:.2f} s\n")
    line = json.dumps(report)
    print(line)
    if chosen.json:
        chosen.json.write_text(line + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
