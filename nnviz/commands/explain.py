"""``explain``: why a network answers as it does to pictures, as one picture, drawn as in the window."""

from __future__ import annotations

import argparse
import os
from dataclasses import dataclass

import numpy as np
from PyQt5.QtCore import QBuffer, QRect
from PyQt5.QtGui import QImage, QPainter
from PyQt5.QtWidgets import QApplication

from engine.network import Network
from engine.storage import load_network
from engine.storage.files import write_whole
from nnviz.commands.checks import CommandError, check_folder
from nnviz.commands.pictures import picture_of_file
from nnviz.digits.drawing import SIDE
from nnviz.look import text, theme
from nnviz.panels import why_content
from nnviz.session.reasons import (
    INTEGRATED,
    LAYERS,
    OCCLUSION,
    PRODUCT,
    Query,
    Reasons,
    Turning,
    reasons_for,
    turning_of,
)
from nnviz.widgets.why.content import LINE, Content, write

METHODS = {
    "integrated-gradients": INTEGRATED,
    "gradient-times-input": PRODUCT,
    "occlusion": OCCLUSION,
    "layers": LAYERS,
}
_SCALE, _MARGIN, _HEIGHT = 2, 16, 6 * SIDE + LINE  # pixels of the picture for one of the card; pixels of the card
_WIDTH = 3 * (6 * SIDE) + 2 * 10


@dataclass(frozen=True)
class _Explained:
    """One picture's reasons, with the line that tells of them."""

    content: Content
    line: str


def run(arguments: argparse.Namespace) -> int:
    """Prints a line for each picture, and writes one picture of all. Returns the exit code. Raises CommandError."""
    check_folder(arguments.out)
    network = load_network(arguments.file)
    if network.shape[0] != SIDE * SIDE:
        raise CommandError(
            f"{arguments.file}: a network of {network.shape[0]} inputs cannot read pictures of 28 × 28. "
            f"It takes one of 784 inputs."
        )
    _check_is_about_pictures(arguments.file, network)
    for option, output in (("--class", arguments.one), ("--against", arguments.other)):
        if output is not None and not 0 <= output < network.shape[-1]:
            raise CommandError(f"{option} {output}: the network has outputs 0 to {network.shape[-1] - 1}.")
    explained = [_explained(network, name, arguments) for name in arguments.pictures]
    for each in explained:
        print(each.line)
    write_whole(arguments.out, _drawn(explained, arguments.theme))
    return 0


def _check_is_about_pictures(file: str, network: Network) -> None:
    about = network.description
    if about is not None and (about.columns or about.targets):
        what = "rows of a table" if about.columns else "numbers to predict"
        raise CommandError(
            f"{file}: a network for {what}. To explain pictures it takes one that tells classes of them."
        )


def _explained(network: Network, name: str, wanted: argparse.Namespace) -> _Explained:
    picture = picture_of_file(name)
    if not picture.any():
        raise CommandError(f"{name}: nothing is drawn on it.")
    query = Query(network, picture, (SIDE, SIDE), True, wanted.one, wanted.other, METHODS[wanted.method])
    reasons = reasons_for(query, np.zeros_like(picture))
    turning = turning_of(query, np.zeros_like(picture), np.ones_like(picture))
    if reasons is None or turning is None:
        raise CommandError(f"{name}: the network's outputs are not finite.")
    names = _names(network)
    content = why_content.layers(reasons) if reasons.layers else why_content.attributions(reasons, turning, names)
    return _Explained(content, f"{name}: {_told(reasons, turning, names)}")


def _names(network: Network) -> list[str]:
    known = network.description.class_names if network.description is not None else ()
    return [text.name(name) for name in known] or [str(number) for number in range(network.shape[-1])]


def _told(reasons: Reasons, turning: Turning, names: list[str]) -> str:
    asked = f"why {names[reasons.one]}" + ("" if reasons.other is None else f", not {names[reasons.other]}")
    answer = f"{names[reasons.outputs.argmax()]} ({100 * reasons.outputs.max():.1f} %)"
    share = "" if reasons.share is None else f"; adds up to {100 * reasons.share:.1f} %"
    change = why_content.change_line(turning, names)
    if turning.changed is not None:
        change += f" to {names[turning.to]}"
    return f"{answer}; {asked}{share}" + (f"; {change}" if change else "")


# ---- the picture


def _drawn(explained: list[_Explained], look: str) -> bytes:
    """All reasons below each other, each with its line, as a PNG file."""
    os.environ["QT_QPA_PLATFORM"] = "offscreen"
    app = QApplication.instance() or QApplication(["nnviz"])
    assert isinstance(app, QApplication)
    theme.apply(app, look)
    row = LINE + _HEIGHT + _MARGIN
    image = QImage(
        _SCALE * (_WIDTH + 2 * _MARGIN), _SCALE * (len(explained) * row + _MARGIN + LINE), QImage.Format_RGB32
    )
    image.fill(theme.colour("card"))
    painter = QPainter(image)
    painter.setRenderHint(QPainter.TextAntialiasing)
    painter.scale(_SCALE, _SCALE)
    for number, each in enumerate(explained):
        top = _MARGIN + number * row
        write(painter, QRect(_MARGIN, top, _WIDTH, LINE), each.line, "text")
        each.content.paint(painter, QRect(_MARGIN, top + LINE + 4, _WIDTH, _HEIGHT))
    painter.end()
    buffer = QBuffer()
    image.save(buffer, "PNG")
    return bytes(buffer.data())
