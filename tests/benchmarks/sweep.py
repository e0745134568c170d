"""Many runs on this machine: how much faster two processes are than one, and what a run costs besides its training.

    python -m tests.benchmarks.sweep [--runs 20] [--epochs 5] [--rounds 1] [--json FILE]

MNIST, 784-64-32-10, each process with one thread for BLAS, recorded in a library on the disk of the temporary files.
The start of the pool is apart: its processes have their data before the clock starts. What a run costs besides its
training is the time of all processes, less what they spent on steps and on measuring after epochs, by the runs.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from pathlib import Path

from engine.datasets import Dataset
from engine.datasets.mnist import load_mnist
from engine.experiment import Experiment
from engine.machine import cores
from engine.many.one_run import Outcome, RunSpec
from engine.many.plan import Plan, seeds_of
from nnviz.library import Library
from nnviz.sweeps.conductor import Conductor
from nnviz.sweeps.executor import Message
from nnviz.sweeps.pool import Pool
from nnviz.sweeps.store import Store

FASTER, SECONDS_BESIDES = 1.7, 0.3  # at least, at most


class Timed(Pool):
    """Adds up what the runs spent on their training.

    Attributes:
        training: seconds.
    """

    training = 0.0

    def next(self, timeout: float) -> list[Message]:
        told = super().next(timeout)
        self.training += sum(each.training for each in told if isinstance(each, Outcome))
        return told


def measured(data: Dataset, plan: Plan, workers: int) -> dict[str, float]:
    """Seconds that the plan took, and those that each run took besides its training."""
    with tempfile.TemporaryDirectory() as folder, Library(Path(folder) / "library.sqlite") as library:
        start = time.perf_counter()
        with Timed(data, "mnist", {}, workers) as pool:
            warm_up(pool, plan.base.changed(epochs=1), workers)
            ready, pool.training = time.perf_counter(), 0.0
            conductor = Conductor(plan, data, pool, Store.of_new(library, plan, data.title, "", print), print)
            while not conductor.is_over:
                conductor.step()
            conductor.close(True)
            seconds = time.perf_counter() - ready
        runs = len(library.runs())
        nbytes = library.room.nbytes / runs
    besides = (seconds * workers - pool.training) / runs
    return {"seconds": seconds, "besides": besides, "pool": ready - start, "bytes of a run": nbytes}


def warm_up(pool: Pool, made: Experiment, workers: int) -> None:
    """Until each process has its data."""
    for number in range(workers):
        pool.submit(RunSpec(-1 - number, made))
    while pool.busy:
        pool.next(0.1)


def main() -> None:
    parser = argparse.ArgumentParser(description="Many runs on this machine")
    parser.add_argument("--runs", type=int, default=20)
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--rounds", type=int, default=1, help="one process and two, in turn")
    parser.add_argument("--json", metavar="FILE")
    arguments = parser.parse_args()
    data = load_mnist()
    plan = seeds_of(Experiment().changed(epochs=arguments.epochs).for_data(data), arguments.runs)
    print(f"{cores()} cores; {arguments.runs} runs of {arguments.epochs} epochs")
    told = []
    for _ in range(arguments.rounds):
        one, two = (measured(data, plan, workers) for workers in (1, 2))
        faster = one["seconds"] / two["seconds"]
        told.append({"one": one, "two": two, "faster": faster})
        for name, each in (("one process", one), ("two processes", two)):
            print(
                f"{name:<14}{each['seconds']:7.1f} s, {each['besides']:.3f} s a run besides training, "
                f"pool {each['pool']:.1f} s, {each['bytes of a run'] / 1e6:.1f} MB a run"
            )
        print(f"two are {faster:.2f} times as fast (at least {FASTER}); besides, at most {SECONDS_BESIDES} s")
    if arguments.json:
        Path(arguments.json).write_text(json.dumps(told, indent=1))


if __name__ == "__main__":
    main()
