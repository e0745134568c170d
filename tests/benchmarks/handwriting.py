"""How many digits of real handwriting the window reads: pen strokes of 30 people, through the real canvas.

    python -m tests.benchmarks.handwriting [--network FILE] [--data FILE] [--json FILE]

The strokes are those of "Pen-Based Recognition of Handwritten Digits" (Alpaydin and Alimoglu, UCI, CC BY 4.0), which
nothing here was trained on. Each digit is put on the window's canvas with ``set_strokes``, scaled from its box of
500 × 500 to the canvas, with the pen as it is at the first start; what ``network_input`` makes of it is asked.
"""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from engine.basics.assets_folder import ASSETS
from engine.storage import load_network
from engine.training.metrics import confusion_matrix

DATA = Path(__file__).resolve().parents[3] / "shared" / "data" / "pen_digits.npz"
BOX = 500
TARGET = 0.94


def digits(file: Path) -> Iterator[tuple[int, list[np.ndarray]]]:
    """Each digit's label and its strokes, (n, 2) pen positions in the box, y down."""
    with np.load(file) as data:
        labels, points = data["label"], data["points"].astype(float)
        strokes = np.split(points, data["stroke_start"][1:])
        ends = [*data["sample_start"][1:], len(strokes)]
        for label, start, end in zip(labels, data["sample_start"], ends, strict=True):
            yield int(label), strokes[start:end]


def pictures(file: Path) -> tuple[np.ndarray, np.ndarray]:
    """Labels (n,), and what the canvas shows a network of each digit, (n, 784)."""
    os.environ["QT_QPA_PLATFORM"] = "offscreen"
    from nnviz.app import create_window

    window = create_window()
    canvas = window.canvas
    scale = min(canvas.width(), canvas.height()) / BOX
    labels, inputs = [], []
    for label, strokes in digits(file):
        canvas.set_strokes([stroke * scale for stroke in strokes])
        labels.append(label)
        inputs.append(canvas.network_input().copy())
    window.close()
    return np.array(labels), np.stack(inputs)


def report(labels: np.ndarray, answers: np.ndarray) -> dict[str, Any]:
    """Shares of right answers, of all and of each digit; and what each was taken for."""
    confusion = confusion_matrix(labels, answers, 10)
    right = np.diagonal(confusion)
    return {
        "digits": len(labels),
        "accuracy": float(right.sum() / len(labels)),
        "per_digit": [float(share) for share in right / confusion.sum(axis=1)],
        "confusion": confusion.tolist(),
    }


def print_table(result: dict[str, Any]) -> None:
    """A row for each digit, with what it was most often taken for."""
    print(f"  {'digit':>5}{'right':>9}   taken for")
    for digit, (share, row) in enumerate(zip(result["per_digit"], result["confusion"], strict=True)):
        wrong = sorted(((count, other) for other, count in enumerate(row) if other != digit and count), reverse=True)
        print(f"  {digit:>5}{share:>9.1%}   " + ", ".join(f"{other} ({count})" for count, other in wrong[:3]))
    verdict = "reached" if result["accuracy"] >= TARGET else "missed"
    print(f"\n  {result['accuracy']:.2%} of {result['digits']:,} digits (target ≥ {TARGET:.0%}: {verdict})\n")


def main(given: Sequence[str] | None = None) -> int:
    """Measures, prints the table and a line of JSON; 1 where the strokes are not there."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.handwriting", description="Real handwriting.")
    parser.add_argument("--network", type=Path, default=ASSETS / "networks" / "best.npz", metavar="FILE")
    parser.add_argument("--data", type=Path, default=DATA, metavar="FILE", help="pen_digits.npz")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the JSON there, too")
    chosen = parser.parse_args(given)
    if not chosen.data.is_file():
        print(f"{chosen.data.name} is not there: it is looked for in shared/data beside the checkout, or give --data.")
        return 1
    labels, inputs = pictures(chosen.data)
    result = report(labels, load_network(chosen.network).predict(inputs).argmax(axis=1))
    print(f"{chosen.network.name}, pen strokes of {chosen.data.name}")
    print_table(result)
    line = json.dumps({"network": chosen.network.name, **result})
    print(line)
    if chosen.json:
        chosen.json.write_text(line + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
