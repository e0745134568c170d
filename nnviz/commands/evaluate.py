"""``evaluate``: test error, confusion matrix, precision and recall of a saved network."""

from __future__ import annotations

import argparse
import math
from collections.abc import Sequence
from typing import Any

from engine.datasets import DATASETS
from engine.metrics import Evaluator, precision_of, recall_of
from engine.network import check_fits
from engine.storage import load_network


def run(arguments: argparse.Namespace) -> int:
    """Prints the figures on MNIST's test examples. Returns the exit code."""
    data = DATASETS["mnist"].load()
    network = load_network(arguments.file)
    check_fits(network, data.width, data.outputs, data.title)
    assert data.test is not None
    result = Evaluator(network, data.test).evaluate()
    assert result.error is not None
    assert result.confusion is not None
    wrong = round(result.error * len(data.test))
    print(f"test error {100 * result.error:.2f} % ({wrong:,} of {len(data.test):,}), loss {result.loss:.4f}\n")
    print(_table(result.confusion, data.class_names))
    print()
    print(_class_figures(result.confusion, data.class_names))
    beyond_three = result.top_error(3)
    assert beyond_three is not None
    print(f"\nnot among the three highest answers: {100 * beyond_three:.2f} %")
    return 0


def _table(confusion: Any, names: Sequence[str]) -> str:
    """The confusion matrix with its titles: a row for each true digit, a column for each answer."""
    width = max(5, len(str(confusion.max())) + 1)
    head = "true \\ answer " + "".join(name.rjust(width) for name in names)
    counts = ["".join(str(count).rjust(width) for count in row) for row in confusion]
    rows = [f"{name.rjust(13)} {row}" for name, row in zip(names, counts, strict=True)]
    return "\n".join([head, *rows])


def _class_figures(confusion: Any, names: Sequence[str]) -> str:
    """Precision and recall of each digit, in %; “–” for a digit that is never answered, or has no examples.

    Precision is the share right among its answers, recall the share found of its examples.
    """
    rows = {"digit": names}
    for title, shares in (("precision, %", precision_of(confusion)), ("recall, %", recall_of(confusion))):
        rows[title] = ["–" if math.isnan(share) else f"{100 * share:.1f}" for share in shares]
    return "\n".join(title.rjust(13) + " " + "".join(cell.rjust(6) for cell in cells) for title, cells in rows.items())
