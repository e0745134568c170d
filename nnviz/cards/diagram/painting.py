"""Paints the blocks of the diagram: the input, tiles, dots and the answer."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from PyQt5.QtCore import QPointF, QRectF, Qt
from PyQt5.QtGui import QColor, QImage, QPainter, QPen, QPixmap

from engine.basics.validation import Array
from engine.explain.contribution_paths import Activity
from nnviz.cards.diagram.curves import mixed
from nnviz.cards.diagram.layout import Block, Kind, Layout
from nnviz.cards.diagram.ranks import Neuron, Ranks
from nnviz.cards.diagram.tiles import Tiles
from nnviz.cards.diagram.words import LEGIBLE, Words
from nnviz.ui import theme
from nnviz.ui.picture import grey_image

_LEVELS = 24  # of brightness; dots of one level share a colour
_DIMMED = 0.5  # how far the tile of a neuron without activation fades into the background
_BRIGHT = 0.06  # activation, of the largest in the layer, from which a tile has a frame
_MANY = 500  # dots from which they are squares without smooth edges


@dataclass(frozen=True, eq=False)
class Content:
    """What the diagram shows.

    Attributes:
        activity: the network at the current example.
        limit: the weight of the last colour of the tiles.
        names, sources: of the outputs and of the inputs; plain text. Pixels need none.
        figures: what is written for each output that is a number; without it, the number itself.
        is_class: whether the outputs are classes, so that bars go from 0 to 1; else their numbers are written.
        chosen: the chosen neuron.
        count: how many connections are drawn between two layers.
        planes: (neurons, cells) pictures of layers, by layer; of other layers with tiles the weights are shown.
        labels: a long and shorter names for each layer.
        is_hasty: whether another content will soon follow, so that weak connections are drawn coarsely.
        hint: what is said in the place of a picture that is missing.
    """

    activity: Activity
    limit: float
    names: list[str]
    is_class: bool
    chosen: Neuron | None
    count: int
    planes: dict[int, Array] = field(default_factory=dict)
    labels: list[tuple[str, ...]] = field(default_factory=list)
    is_hasty: bool = False
    hint: str = ""
    sources: list[str] = field(default_factory=list)
    figures: list[str] = field(default_factory=list)


class Painting:
    """Paints contents in one layout, as far as they are visible.

    Attributes:
        words: those of the layout.
    """

    def __init__(self, layout: Layout, words: Words, ranks: Ranks, tiles: dict[int, Tiles]) -> None:
        self.words = words
        self._layout, self._ranks, self._tiles = layout, ranks, tiles
        self._input: tuple[Array | None, QPixmap] = (None, QPixmap())
        self._visible = (0.0, 0.0)
        self._seen: dict[int, Array] = {}  # the places of the cells that are visible, by layer
        self._boxes: dict[int, list[QRectF]] = {}  # where these are

    def show_between(self, left: float, right: float) -> None:
        """Says what is visible, from left to right."""
        if (left, right) == self._visible:
            return
        self._visible = left, right
        for layer, block in self._layout.blocks.items():
            if block.kind is not Kind.PICTURE:
                starts, widths = block.cells[:, 0], block.cells[:, 2]
                self._seen[layer] = np.flatnonzero((starts <= right) & (starts + widths >= left))
                self._boxes[layer] = [QRectF(*box) for box in block.cells[self._seen[layer]].tolist()]

    def _levels(self, block: Block, levels: Array) -> list[tuple[QRectF, float]]:
        """The visible cells, each with its level, in steps."""
        stepped = np.round(levels[self._seen[block.layer]] * _LEVELS) / _LEVELS
        return list(zip(self._boxes[block.layer], stepped.tolist(), strict=True))

    # ---- below the connections

    def ground(self, painter: QPainter, content: Content, reached: Array | None) -> None:
        """The input's picture and all tiles. ``reached``: (inputs,) what each adds to the neuron in focus."""
        for block in self._layout.blocks.values():
            if block.kind is Kind.PICTURE:
                self._picture(painter, block, content, reached)
            elif block.kind is Kind.TILES:
                self._mosaic(painter, block, content)

    def _picture(self, painter: QPainter, block: Block, content: Content, reached: Array | None) -> None:
        box, example = QRectF(*block.box), content.activity.example
        painter.fillRect(box, Qt.black if example is not None else theme.colour("field"))
        shape = len(block.cells) // block.columns, block.columns
        if reached is not None:
            painter.drawImage(box, _diverging_image(reached.reshape(shape)))
        elif example is not None:
            painter.drawPixmap(box.topLeft(), self._input_pixmap(example, shape, box))
        else:
            painter.setFont(theme.font(theme.SMALL))
            painter.setPen(theme.colour("muted"))
            place, flags = box.adjusted(6, 0, -6, 0), int(Qt.AlignCenter | Qt.TextWordWrap)
            for words in (content.hint, content.hint.partition(" to ")[0]):  # "draw something to light the network"
                if place.contains(painter.boundingRect(place, flags, words)):
                    painter.drawText(place, flags, words)
                    break
        painter.setPen(theme.colour("border"))
        painter.setBrush(Qt.NoBrush)
        painter.drawRect(box.adjusted(-0.5, -0.5, 0.5, 0.5))

    def _input_pixmap(self, example: Array, shape: tuple[int, int], box: QRectF) -> QPixmap:
        """The example in its size on the screen; while the network learns it stays the same."""
        if self._input[0] is not example:
            image = grey_image(example.reshape(shape))
            size = box.size().toSize()
            self._input = example, QPixmap.fromImage(image.scaled(size, Qt.IgnoreAspectRatio, Qt.FastTransformation))
        return self._input[1]

    def _mosaic(self, painter: QPainter, block: Block, content: Content) -> None:
        assert block.grid is not None
        numbers = self._ranks.numbers(block.layer)
        values = content.planes.get(block.layer)
        limit = content.limit if values is None else max(float(np.abs(values).max(initial=0)), 1e-6)
        values = content.activity.network.weights[block.layer - 1] if values is None else values
        tiles = self._tiles.setdefault(block.layer, Tiles())
        painter.drawImage(QPointF(*block.box[:2]), tiles.image(values, numbers, limit, block.grid))
        if content.activity.is_lit:
            self._light(painter, block, np.abs(self._brightness(content, block)))

    def _light(self, painter: QPainter, block: Block, brightness: Array) -> None:
        """Fades tiles of neurons that are not active, and frames those that are."""
        painter.setBrush(Qt.NoBrush)
        veil, frame = theme.colour("card"), theme.colour("accent")
        for box, level in self._levels(block, brightness):
            veil.setAlphaF(_DIMMED * (1 - level))
            painter.fillRect(box, veil)
            if level > _BRIGHT:
                frame.setAlphaF(0.25 + 0.75 * level)
                painter.setPen(frame)
                painter.drawRect(box.adjusted(-0.5, -0.5, 0.5, 0.5))

    def _brightness(self, content: Content, block: Block) -> Array:
        """(shown,): activations from −1 to 1 of the largest in the layer."""
        values = content.activity.activations[block.layer]
        largest = float(np.abs(values).max(initial=0))
        shown = values[self._ranks.numbers(block.layer)]
        return shown / largest if largest > 0 else np.zeros_like(shown)

    # ---- above them

    def neurons(self, painter: QPainter, content: Content) -> None:
        """Dots and bars, and the words."""
        for block in self._layout.blocks.values():
            if block.kind is Kind.DOTS:
                self._dots(painter, block, content)
                if block.layer == 0:
                    self.words.paint_sources(painter, block)
            elif block.kind is Kind.BARS:
                self._bars(painter, block, content)
        self.words.paint(painter)

    def _dots(self, painter: QPainter, block: Block, content: Content) -> None:
        lit = content.activity.is_lit
        cells = self._levels(block, self._brightness(content, block) if lit else np.zeros(block.shown))
        is_large = block.shown > _MANY
        painter.setRenderHint(QPainter.Antialiasing, not is_large)
        rim = QPen(theme.colour("border"), 1)
        accent, levels = theme.colour("accent"), {level for _, level in cells}
        inks = {level: mixed(accent, max(level, 0.0), "field") for level in levels}
        for box, level in cells:
            if is_large:
                painter.fillRect(box, inks[level])
                continue
            painter.setPen(rim if level >= 0 else QPen(mixed(accent, -level, "border"), 1.6))
            painter.setBrush(inks[level])
            painter.drawEllipse(box)
        painter.setRenderHint(QPainter.Antialiasing, False)

    def _bars(self, painter: QPainter, block: Block, content: Content) -> None:
        values = content.activity.activations[-1].tolist() if content.activity.is_lit else []
        numbers = self._ranks.numbers(block.layer).tolist()
        field, accent = theme.colour("field"), theme.colour("accent")
        for box, number in zip(block.cells.tolist(), numbers, strict=True):
            groove = QRectF(*box)
            painter.fillRect(groove, field)
            if values and content.is_class:
                groove.setWidth(groove.width() * min(max(values[number], 0.0), 1.0))
                painter.fillRect(groove, accent)
            elif values and groove.height() >= LEGIBLE:
                self._figure(painter, groove, content.figures[number] if content.figures else short(values[number]))
        self.words.paint_names(painter, block, numbers, content.activity.target)

    def _figure(self, painter: QPainter, groove: QRectF, words: str) -> None:
        painter.setFont(theme.font(theme.SMALL))
        painter.setPen(theme.colour("text"))
        painter.drawText(groove.adjusted(2, -4, -4, 4), int(Qt.AlignRight | Qt.AlignVCenter), words)


def paint_frame(painter: QPainter, block: Block, place: int, ink: QColor, width: float) -> None:
    """Outlines one neuron."""
    box = QRectF(*block.cells[place].tolist()).adjusted(-1.5, -1.5, 1.5, 1.5)
    painter.setPen(QPen(ink, width))
    painter.setBrush(Qt.NoBrush)
    painter.setRenderHint(QPainter.Antialiasing)
    if block.kind is Kind.DOTS:
        painter.drawEllipse(box)
    else:
        painter.drawRoundedRect(box, 2, 2)


def paint_figures(
    painter: QPainter, block: Block, figures: list[tuple[int, float]], at_right: bool, taken: list[QRectF]
) -> None:
    """Writes numbers beside neurons, in the colours of their signs.

    Those that would cover another or a place that is ``taken`` are left out; theirs are added to it.
    """
    painter.setFont(theme.font(theme.SMALL))
    for place, value in figures:
        words, box = short(value, signed=True), QRectF(*block.cells[place].tolist())
        size = painter.fontMetrics().size(0, words)
        ground = QRectF(0, 0, size.width() + 6, size.height())
        ground.moveCenter(box.center())
        if block.kind is not Kind.TILES and at_right:
            ground.moveLeft(block.box[0] + block.box[2] + 4)
        elif block.kind is not Kind.TILES:
            ground.moveRight(block.box[0] - 4)
        if any(ground.intersects(other) for other in taken):
            continue
        taken.append(ground)
        painter.setPen(Qt.NoPen)
        painter.setBrush(theme.colour("card"))
        painter.drawRoundedRect(ground, 3, 3)
        painter.setPen(theme.colour("positive" if value > 0 else "negative"))
        painter.drawText(ground, int(Qt.AlignCenter), words)


def short(value: float, signed: bool = False) -> str:
    """A number in three digits, with a real minus sign: 12.3, 0.04, −1.2e+05."""
    small = abs(value) < 1e5
    words = f"{value:+.2f}" if abs(value) < 10 else f"{value:+.3g}" if not small else f"{value:+.1e}"
    return (words if signed else words.lstrip("+")).replace("-", "−")


def _diverging_image(values: Array) -> QImage:
    largest = max(float(np.abs(values).max(initial=0)), 1e-30)
    table = np.array(theme.diverging_table(theme.current()), np.uint32)
    pixels = np.ascontiguousarray(table[np.rint(values / largest * 127).astype(int) + 128])
    height, width = pixels.shape
    return QImage(pixels.tobytes(), width, height, 4 * width, QImage.Format_RGB32).copy()
