"""``explain``: explains predictions for images or examples, as one image, drawn as in the window."""

from __future__ import annotations

import argparse
import os
from dataclasses import dataclass

import numpy as np
from PyQt5.QtCore import QBuffer, QRect
from PyQt5.QtGui import QFontMetrics, QImage, QPainter
from PyQt5.QtWidgets import QApplication

from engine.basics.cli_option_names import shell_command
from engine.basics.validation import Array
from engine.datasets.description import Description
from engine.image_files import reads_drawings, shape_of_pictures
from engine.network.network import Network, check_fits
from engine.storage import load_network
from engine.storage.files import write_whole
from nnviz.cards.explanation import presentation as why_content
from nnviz.cards.explanation.content import LINE, Content, write
from nnviz.cards.explanation.explanation_data import (
    EMPTY,
    INTEGRATED,
    LAYERS,
    MEAN,
    OCCLUSION,
    PRODUCT,
    Contributions,
    Counterfactual,
    ExplanationQuery,
    InputSummary,
    contributions_for,
    counterfactual_of,
)
from nnviz.commands.checks import CommandError, check_folder, check_keeps, check_keeps_data
from nnviz.commands.network_data import chosen_data, load_data_for
from nnviz.commands.pictures import output_labels, picture_of_file
from nnviz.commands.tables import is_table
from nnviz.digits.drawing import SIDE
from nnviz.formatting import text
from nnviz.formatting.meaning import NO_MEANING, Meaning
from nnviz.ui import theme

METHODS = {
    "integrated-gradients": INTEGRATED,
    "gradient-times-input": PRODUCT,
    "occlusion": OCCLUSION,
    "layers": LAYERS,
}
_SCALE, _MARGIN, _HEIGHT = 2, 16, 6 * SIDE + LINE  # pixels of the image for one of the card; pixels of the card
_WIDTH = 3 * (6 * SIDE) + 2 * 10
_LEGENDS = {
    True: "orange: supports the class · blue: opposes it",
    False: "orange: raises the output · blue: lowers it",
}
_SETS = {"train": "training", "test": "test"}


@dataclass(frozen=True)
class _Explanation:
    """The explanation of one example, with a line about it and the meaning of the colours."""

    content: Content
    line: str
    legend: str


def run(arguments: argparse.Namespace) -> int:
    """Prints a line for each image or example, and writes one image of all. Returns the exit code."""
    check_folder(arguments.out)
    check_keeps(arguments.out, arguments.file, *arguments.pictures)
    network = load_network(arguments.file)
    arguments.one = _output(network, "--class", arguments.one)
    arguments.other = _output(network, "--against", arguments.other)
    explained = _of_pictures(network, arguments) if arguments.pictures else _of_examples(network, arguments)
    for each in explained:
        print(each.line)
    write_whole(arguments.out, _draw(explained, arguments.theme))
    print(f"written to {text.path(arguments.out)}")
    return 0


def _output(network: Network, option: str, wanted: str | None) -> int | None:
    """Returns the number of the requested output: of the class with this name, or else the number itself."""
    about = network.description or Description()
    names = {name: number for number, name in enumerate(about.output_names)}
    known = names if about.coding is None or not about.class_names else about.coding.class_by_name
    if wanted is None or wanted in known:
        return None if wanted is None else known[wanted]
    numbers = {str(number): number for number in range(network.shape[-1])}
    if wanted not in numbers:
        named = f" for {text.plain(', '.join(names), 100)}" if names else ""
        raise CommandError(
            f"{option} {text.name(wanted)} is not an output. The network has outputs 0 to {len(numbers) - 1}{named}."
        )
    return numbers[wanted]


# ---- pictures


def _of_pictures(network: Network, wanted: argparse.Namespace) -> list[_Explanation]:
    if wanted.data is not None or wanted.example:
        raise CommandError("Images and examples of data cannot be explained at once. Leave one of them out.")
    table = next(filter(is_table, wanted.pictures), None)
    if table is not None:
        way = f"--data {shell_command([table])} --example 0"
        raise CommandError(f"{table} is a table. Explain its rows by their number: {way}.")
    if shape_of_pictures(network) is None:
        raise CommandError(
            f"{wanted.file}: a network with {network.shape[0]} inputs cannot read images of 28 × 28. "
            f"Use one with 784 inputs, or one that was trained on images."
        )
    return [_of_picture(network, name, wanted) for name in wanted.pictures]


def _of_picture(network: Network, name: str, wanted: argparse.Namespace) -> _Explanation:
    picture, about = picture_of_file(network, name), network.description
    if reads_drawings(network) and not picture.any():
        raise CommandError(f"{name}: nothing is drawn on it. Give another image.")
    shape = shape_of_pictures(network) or picture.shape
    has_classes = about is None or not about.targets
    query = ExplanationQuery(network, picture, shape, has_classes, wanted.one, wanted.other, METHODS[wanted.method])
    empty = np.full_like(picture, network.background)
    bounds = np.zeros_like(picture), np.ones_like(picture)
    return _explained(text.path(name), query, empty, bounds, output_labels(network), NO_MEANING)


# ---- examples of data


def _of_examples(network: Network, wanted: argparse.Namespace) -> list[_Explanation]:
    chosen = chosen_data(wanted, network)
    if chosen.source.file is not None:
        check_keeps_data(wanted.out, str(chosen.source.file), chosen.settings)
    data = load_data_for(network, chosen)
    check_fits(network, data.width, data.outputs, text.name(data.title))
    part, split = ("train", data.train) if data.test is None else ("test", data.test)
    numbers = wanted.example or [0]
    wrong = next((number for number in numbers if not 0 <= number < len(split)), None)
    if wrong is not None:
        raise CommandError(
            f"--example {wrong} is out of range. The {_SETS[part]} set has the examples 0 to {len(split) - 1:,}."
        )
    summary, meaning = InputSummary(data), Meaning(data)
    names = [meaning.output(number) for number in range(data.outputs)]
    baseline = EMPTY if data.is_picture else MEAN
    shape = data.example_shape if data.is_picture else (data.width,)
    has_classes = data.is_classification and data.outputs > 1
    asked = has_classes, wanted.one, wanted.other, METHODS[wanted.method], data.categories
    labels = [None] * len(split) if split.labels is None else split.labels.tolist()
    return [
        _explained(
            meaning.where(part, number),
            ExplanationQuery(network, split.example(number), shape, *asked, labels[number], baseline_name=baseline),
            summary.baseline(baseline),
            summary.bounds,
            names,
            meaning,
        )
        for number in numbers
    ]


# ---- both


def _explained(
    name: str, query: ExplanationQuery, baseline: Array, bounds: tuple[Array, Array], names: list[str], meaning: Meaning
) -> _Explanation:
    reasons, turning = contributions_for(query, baseline), counterfactual_of(query, *bounds, query.categories)
    if reasons is None or turning is None:
        raise CommandError(f"{name}: the network's outputs are not finite. Train it with a smaller learning rate.")
    if reasons.layers:
        content: Content = why_content.layers(reasons, meaning=meaning)
    else:
        content = why_content.attributions(reasons, turning, names, meaning=meaning)
    line = f"{name}: {_prediction_line(reasons, turning, names, meaning)}"
    return _Explanation(content, line, _LEGENDS[query.has_classes])


def _prediction_line(reasons: Contributions, turning: Counterfactual, names: list[str], meaning: Meaning) -> str:
    """Returns a line about a prediction.

    "7 (99.1 %); why 7, not 2; adds up to 99.6 %; smallest change found …", "mpg 27.2; why mpg; adds up to 100.1 %".
    """
    asked = f"why {names[reasons.one]}" + ("" if reasons.other is None else f", not {names[reasons.other]}")
    best = int(reasons.outputs.argmax())
    answer = f"{names[best]} ({100 * float(reasons.outputs[best]):.1f} %)"
    if not reasons.query.has_classes:
        answer = f"{names[reasons.one]} {meaning.answer(float(reasons.outputs[reasons.one]), reasons.one)}"
    share = "" if reasons.share is None else f"; adds up to {100 * reasons.share:.1f} %"
    if reasons.missing:
        share += f"; inexact: ± {why_content.figure(reasons.missing)}"
    change = why_content.change_line(turning, names, meaning)[0]
    if turning.changed is not None:
        change += f" to {names[turning.to]}"
    return f"{answer}; {asked}{share}" + (f"; {change}" if change else "")


# ---- the image


def _title_lines(words: str) -> list[str]:
    """Returns the line about an example as one or two lines that fit the image."""
    metrics = QFontMetrics(theme.font(theme.SMALL))
    parts = words.split("; ")
    count = len(parts)
    while count > 1 and metrics.horizontalAdvance("; ".join(parts[:count])) > _WIDTH:
        count -= 1
    return [each for each in ("; ".join(parts[:count]), "; ".join(parts[count:])) if each]


def _draw(explained: list[_Explanation], look: str) -> bytes:
    """Returns all explanations below each other, each with its line, as a PNG file."""
    os.environ["QT_QPA_PLATFORM"] = "offscreen"
    app = QApplication.instance() or QApplication(["nnviz"])
    assert isinstance(app, QApplication)
    theme.apply(app, look)
    titles = [_title_lines(each.line) for each in explained]
    above = LINE * max(map(len, titles))
    row = above + _HEIGHT + _MARGIN
    image = QImage(
        _SCALE * (_WIDTH + 2 * _MARGIN),
        _SCALE * (len(explained) * row + 2 * _MARGIN + LINE),
        QImage.Format.Format_RGB32,
    )
    image.fill(theme.colour("card"))
    painter = QPainter(image)
    painter.setRenderHint(QPainter.RenderHint.TextAntialiasing)
    painter.scale(_SCALE, _SCALE)
    for number, each in enumerate(explained):
        top = _MARGIN + number * row
        for place, line in enumerate(titles[number]):
            write(painter, QRect(_MARGIN, top + place * LINE, _WIDTH, LINE), line, "ink")
        each.content.paint(painter, QRect(_MARGIN, top + above + 4, _WIDTH, _HEIGHT))
    bottom = QRect(_MARGIN, _MARGIN + len(explained) * row, _WIDTH, LINE)
    write(painter, bottom, explained[0].legend)
    painter.end()
    buffer = QBuffer()
    image.save(buffer, "PNG")
    return bytes(buffer.data())
