"""``evaluate``: the figures of a saved network on the test examples of its data, or of others."""

from __future__ import annotations

import argparse
import math
import shutil
from collections.abc import Sequence

import numpy as np

from engine.basics.validation import Array
from engine.datasets import Dataset, Split
from engine.network.network import Network, check_fits
from engine.storage import load_network
from engine.training.metrics import Evaluation, Evaluator, in_figures, precision_of, recall_of
from nnviz.commands.data_options import print_notes
from nnviz.commands.network_data import ChosenData, chosen_data, load_data_for
from nnviz.commands.text_table import aligned_lines, display_width
from nnviz.formatting import text

_WIDTH = 100  # of a line, where the terminal does not say
_LONGEST_NAME, _LONGEST_HEAD = 24, 10  # of a class: as the title of a row, of a column
_MOST_CONFUSIONS = 10  # that are listed where the matrix would be too wide
_CHUNK = 10_000  # examples that are predicted at once


def run(arguments: argparse.Namespace) -> int:
    """Prints the figures. Returns the exit code. Raises CommandError or EngineError."""
    network = load_network(arguments.file)
    chosen = chosen_data(arguments, network)
    data = load_data_for(network, chosen)
    check_fits(network, data.width, data.outputs, text.name(data.title))
    part, split = _measured(data, chosen)
    result = Evaluator(network, split).evaluate()
    if data.is_classification:
        lines = _of_classes(result, data, part)
    else:
        lines = _of_numbers(network, split, data, part, result.loss)
    print(lines[0].strip())
    print(f"with the {len(split):,}{f' {part}' * bool(part)} examples of {text.name(data.title)}")
    if chosen.fingerprint not in ("", data.fingerprint):
        print(_other_data_note(data, chosen))
    elif chosen.is_elsewhere:
        same = f"the same content, fingerprint {data.fingerprint}"
        print(f"The network was trained with these data ({same}). They are split as for its training.")
    about = network.description
    known = () if about is None else about.class_names
    if known and data.class_names and about and data.description and not about.has_classes_of(data.description):
        print(f"The network's classes have other names: {text.plain(', '.join(map(text.name, known)), _WIDTH)}.")
    print_notes(data)
    print("\n".join(lines[1:]))
    return 0


def _other_data_note(data: Dataset, chosen: ChosenData) -> str:
    """Returns a warning that the network was trained with other data, and its consequence for the figures."""
    prints = f"(fingerprint then {chosen.fingerprint}, now {data.fingerprint})"
    if chosen.is_own and chosen.is_asked:
        return (
            f"The network was trained with {text.name(chosen.source.title)}, but with other settings of the data "
            f"{prints}. If it was trained on some of these examples, the figures are too optimistic."
        )
    if not chosen.is_own or chosen.source.file is None:
        return f"The network was trained with other data {prints}."
    which = "All its examples are evaluated, and the network" if data.test is None else "The network"
    return (
        f"{text.name(chosen.source.title)} has changed since the network was trained with it {prints}. "
        f"{which} may have been trained on many of these examples, so the figures may be too optimistic."
    )


def _measured(data: Dataset, chosen: ChosenData) -> tuple[str, Split]:
    """Returns the split to evaluate, with its name.

    It is the test set; if there is none, for the network's own data the examples held out from its training, or else
    the training set, and for other data all examples.
    """
    if data.test is not None:
        return "test", data.test
    if chosen.fingerprint not in ("", data.fingerprint):
        return "", data.train
    divided = data.divided(chosen.validation_share)
    return ("training", divided.train) if divided.validation is None else ("validation", divided.validation)


# ---- classes


def _of_classes(result: Evaluation, data: Dataset, part: str) -> list[str]:
    confusion, error = result.confusion, result.error
    assert confusion is not None
    assert error is not None
    total = int(confusion.sum())
    wrong = total - int(np.trace(confusion))
    first = f"{part} error {100 * error:.2f} % ({wrong:,} of {total:,}), loss {result.loss:.4f}"
    names = [text.name(data.class_name(number), _LONGEST_NAME) for number in range(data.outputs)]
    lines = [first, "", *_confusions(confusion, names), "", *_class_figures(confusion, names)]
    beyond_three = result.top_error(3) if len(names) > 3 else None
    if beyond_three is not None:
        lines += ["", f"top-3 error (true class not among the three highest outputs): {100 * beyond_three:.2f} %"]
    return lines


def _confusions(confusion: Array, names: Sequence[str]) -> list[str]:
    """Returns the confusion matrix with a row per true class, or its largest counts if the matrix is too wide."""
    heads = [text.plain(name, _LONGEST_HEAD) for name in names]
    rows = [
        ["true \\ predicted", *heads],
        *([name, *map(str, row)] for name, row in zip(names, confusion, strict=True)),
    ]
    lines = aligned_lines(rows, texts=0)
    return lines if _fits(lines) else _largest(confusion, names)


def _largest(confusion: Array, names: Sequence[str]) -> list[str]:
    wrong = confusion.copy()
    np.fill_diagonal(wrong, 0)
    order = np.argsort(-wrong, axis=None, kind="stable")[:_MOST_CONFUSIONS]
    places = [(int(row), int(column)) for row, column in zip(*np.unravel_index(order, wrong.shape), strict=True)]
    rows = [[names[row], names[column], str(wrong[row, column])] for row, column in places if wrong[row, column]]
    if not rows:
        return ["no mistakes"]
    return ["most frequent mistakes", *aligned_lines([["true", "predicted", "examples"], *rows], texts=2)]


def _class_figures(confusion: Array, names: Sequence[str]) -> list[str]:
    """Returns precision and recall of each class, in %; “–” for a class that is never predicted, or has no examples.

    The classes stand next to each other, or below each other if that is too wide.
    """
    shares = (precision_of(confusion), recall_of(confusion))
    figures = [["–" if math.isnan(share) else f"{100 * share:.1f}" for share in of_all] for of_all in shares]
    heads = [text.plain(name, _LONGEST_HEAD) for name in names]
    rows = [["class", *heads], ["precision, %", *figures[0]], ["recall, %", *figures[1]]]
    lines = aligned_lines(rows, texts=0)
    return lines if _fits(lines) else aligned_lines(list(zip(["class", *names], *rows[1:], strict=True)))


def _fits(lines: Sequence[str]) -> bool:
    """Whether a line of the terminal is long enough for these."""
    return max(map(display_width, lines)) <= max(shutil.get_terminal_size((_WIDTH, 24)).columns, _WIDTH)


# ---- numbers


def _of_numbers(network: Network, split: Split, data: Dataset, part: str, loss: float) -> list[str]:
    """Returns RMSE, R² and MAE of each predicted number, in its unit."""
    predicted, wanted = data.raw_targets(_outputs(network, split)), data.raw_targets(split.targets)
    names = [text.name(data.target_name(number)) for number in range(data.outputs)]
    rows = []
    for name, outputs, right in zip(names, predicted.T, wanted.T, strict=True):
        squares, deviations = np.square(outputs - right), np.square(right - right.mean())
        r2 = f"{1 - squares.sum() / deviations.sum():.4f}" if deviations.any() else "–"
        rows.append([name, in_figures(math.sqrt(squares.mean())), r2, in_figures(np.abs(outputs - right).mean())])
    first = f"{part} RMSE {rows[0][1]}, R² {rows[0][2]}, MAE {rows[0][3]} ({names[0]}), loss {loss:.4g}"
    if len(rows) == 1:
        return [first]
    return [f"{part} loss {loss:.4g}", "", *aligned_lines([["predicted", "RMSE", "R²", "MAE"], *rows])]


def _outputs(network: Network, split: Split) -> Array:
    """Returns the outputs for all examples, (k, outputs)."""
    starts = range(0, len(split), _CHUNK)
    inputs = (split.at(slice(start, start + _CHUNK)) for start in starts)
    parts = [network.predict(each.scaled_inputs()) for each in inputs]
    return np.concatenate(parts)
