"""Painting of the blocks of the diagram: tiles, dots, cells, output bars and heat maps."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from PyQt5.QtCore import QPointF, QRectF, Qt
from PyQt5.QtGui import QColor, QImage, QPainter, QPen

from engine.basics.validation import Array
from engine.explain.contribution_paths import Activity
from nnviz.cards.stage.diagram.curves import mixed
from nnviz.cards.stage.diagram.images import CurveImage, MatrixImage, TileImage, enlarged
from nnviz.cards.stage.diagram.labels import DiagramLabels
from nnviz.cards.stage.diagram.layout import TILES, BlockKind, LayerBlock, Layout
from nnviz.cards.stage.diagram.shown_neurons import NeuronIndex, ShownNeurons
from nnviz.ui import alignment, theme

CHOSEN = 3.0  # pixels of the ring of the chosen neuron
_LEVELS = 24  # levels of brightness, each with one colour
_DIMMED = 0.4  # opacity of the background over the tile of a silent neuron
_SILENT = 0.03  # activation, relative to the largest in the layer, below which a neuron is silent
_RINGED_OF_MANY = 0.35  # likewise, from which a tile has a ring if not all of the layer have one
_RING = 2.0  # pixels
_LEAST_RING = 0.2  # opacity
_LEAST_PERCENT = 0.005  # share of an output with a percent


@dataclass(frozen=True, eq=False)
class DiagramContent:
    """Content of the diagram.

    Attributes:
        activity: activations and contributions for the current input.
        limit: returns the weight of the last colour for a layer, from 1.
        names, sources: names of the outputs and of the inputs; plain text. Pixels need none.
        figures: text for each output that is a number; if empty, the number itself is shown.
        is_class: whether the outputs are classes, shown as bars from 0 to 1; other outputs are shown as numbers.
        chosen: the chosen neuron.
        count: number of connections between two layers.
        planes: (neurons, places) activations over the plane or the curve by layer. Other tiles show weights.
        is_curve: whether these are places of a curve.
        inks: colours of connections that oppose and that support the output.
        struck: neurons that are dead or switched off.
        is_hasty: whether other content follows soon, so that weak connections are painted coarsely.
    """

    activity: Activity
    limit: Callable[[int], float]
    names: list[str]
    is_class: bool
    chosen: NeuronIndex | None
    count: int
    planes: dict[int, Array] = field(default_factory=dict)
    is_curve: bool = False
    inks: tuple[str, str] = ("negative", "positive")
    struck: frozenset[NeuronIndex] = frozenset()
    is_hasty: bool = False
    sources: list[str] = field(default_factory=list)
    figures: list[str] = field(default_factory=list)


class BlockImages:
    """The images of all layers, which outlive a layout."""

    def __init__(self) -> None:
        self.weights: dict[int, TileImage] = {}
        self.activations: dict[int, TileImage] = {}
        self.curves: dict[int, CurveImage] = {}
        self.matrices: dict[int, MatrixImage] = {}


class BlockPainter:
    """Paints contents in one layout.

    Attributes:
        words: labels of the layout.
    """

    def __init__(self, layout: Layout, words: DiagramLabels, ranks: ShownNeurons, images: BlockImages) -> None:
        self.words = words
        self._layout, self._ranks, self._images = layout, ranks, images
        self._large = BlockImages()
        self._boxes = [[QRectF(*box) for box in block.cells.tolist()] for block in layout.blocks]

    # ---- below the connections

    def ground(self, painter: QPainter, content: DiagramContent) -> None:
        """Paints tiles, cells and heat maps."""
        for block, boxes in zip(self._layout.blocks, self._boxes, strict=True):
            if block.kind is BlockKind.TILES:
                self._mosaic(painter, block, content, self._ranks.numbers(block.layer), self._images)
                if content.activity.is_lit:
                    self._light(painter, block, boxes, np.abs(self._brightness(content, block)))
            elif block.kind is BlockKind.CELLS:
                self._cells(painter, block, content)
        for layer, box in self._layout.maps.items():
            self._map(painter, layer, QRectF(*box), content)

    def enlarged_tile(self, neuron: NeuronIndex, content: DiagramContent) -> QImage | None:
        """Returns a large image of the tile of a neuron; None if it has none."""
        layer, number = neuron
        block = self._layout.of(layer)
        if block is None or block.kind is not BlockKind.TILES:
            return None
        large = enlarged(block)
        image = QImage(round(large.box[2]), round(large.box[3]), QImage.Format.Format_RGB32)
        painter = QPainter(image)
        self._mosaic(painter, large, content, np.array([number]), self._large)
        painter.end()
        return image

    def _mosaic(
        self, painter: QPainter, block: LayerBlock, content: DiagramContent, numbers: Array, images: BlockImages
    ) -> None:
        """Paints the tiles of the neurons ``numbers``."""
        assert block.grid is not None
        layer = block.layer
        values = content.planes.get(layer)
        if values is None:
            weights, limit = content.activity.network.weights[layer - 1], content.limit(layer)
            tiles = images.weights.setdefault(layer, TileImage(is_ink=False))
            _paint_tiles(painter, block, tiles.image(weights, numbers, limit, block.grid))
        elif content.is_curve:
            curves = images.curves.setdefault(layer, CurveImage())
            painter.drawImage(QPointF(*block.box[:2]), curves.image(values, numbers, block))
        else:
            tiles = images.activations.setdefault(layer, TileImage(is_ink=True))
            _paint_tiles(painter, block, tiles.image(values, numbers, 1.0, block.grid))

    def _light(self, painter: QPainter, block: LayerBlock, boxes: list[QRectF], brightness: Array) -> None:
        """Fades the tiles of silent neurons, and rings those of active ones."""
        least = _SILENT if block.size <= TILES else _RINGED_OF_MANY
        veil, ring = theme.colour("card"), theme.colour("ink")
        veil.setAlphaF(_DIMMED)
        rings: dict[float, list[QRectF]] = {}  # boxes by opacity
        opacities = np.minimum(1.0, _LEAST_RING + np.round(brightness * _LEVELS) / _LEVELS).tolist()
        for box, level, opacity in zip(boxes, brightness.tolist(), opacities, strict=True):
            if level < _SILENT:
                painter.fillRect(box, veil)
            elif level >= least:
                rings.setdefault(opacity, []).append(box)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for opacity, ringed in rings.items():
            ring.setAlphaF(opacity)
            painter.setPen(QPen(ring, _RING, Qt.PenStyle.SolidLine, Qt.PenCapStyle.SquareCap, _JOIN))
            painter.drawRects(ringed)

    def _cells(self, painter: QPainter, block: LayerBlock, content: DiagramContent) -> None:
        assert block.grid is not None
        numbers = self._ranks.numbers(block.layer)
        if content.activity.is_lit:
            values = content.activity.activations[block.layer]
        else:
            values = np.zeros(block.size, np.float32)
        limit = max(float(np.abs(values).max(initial=0)), 1e-30)
        cells = self._images.activations.setdefault(block.layer, TileImage(is_ink=True))
        painter.drawImage(QPointF(*block.box[:2]), cells.image(values[:, None], numbers, limit, block.grid))

    def _map(self, painter: QPainter, layer: int, box: QRectF, content: DiagramContent) -> None:
        """Paints the weights into a layer."""
        matrix = self._images.matrices.setdefault(layer, MatrixImage())
        weights, size = content.activity.network.weights[layer - 1], (round(box.width()), round(box.height()))
        is_ink = bool(content.planes) and not content.is_curve  # Blue and orange are classes in the plane.
        image = matrix.image(weights, content.limit(layer), size, is_ink)
        is_smaller = image.width() > box.width() or image.height() > box.height()
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, is_smaller)
        painter.drawImage(box, image)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, False)

    def _brightness(self, content: DiagramContent, block: LayerBlock) -> Array:
        """Returns (shown,): activations relative to the largest absolute one in the layer."""
        values = content.activity.activations[block.layer]
        largest = float(np.abs(values).max(initial=0))
        shown = values[self._ranks.numbers(block.layer)]
        return shown / largest if largest > 0 else np.zeros_like(shown)

    # ---- above them

    def neurons(self, painter: QPainter, content: DiagramContent) -> None:
        """Paints dots, bars and labels."""
        for block, boxes in zip(self._layout.blocks, self._boxes, strict=True):
            if block.kind is BlockKind.DOTS:
                self._dots(painter, block, boxes, content)
                if block.layer == 0:
                    self.words.paint_sources(painter, block, self._ranks.numbers(0).tolist())
            elif block.kind is BlockKind.BARS:
                self._bars(painter, block, content)
        for neuron in content.struck:
            self._strike(painter, neuron)

    def _dots(self, painter: QPainter, block: LayerBlock, boxes: list[QRectF], content: DiagramContent) -> None:
        levels = self._brightness(content, block) if content.activity.is_lit else np.zeros(block.shown)
        stepped = (np.round(levels * _LEVELS) / _LEVELS).tolist()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        rim, ink = QPen(theme.colour("border"), 1), theme.colour("ink")
        inks = {level: mixed(ink, max(level, 0.0), "field") for level in set(stepped)}
        for box, level in zip(boxes, stepped, strict=True):
            painter.setPen(rim if level >= 0 else QPen(mixed(ink, -level, "border"), 1.6))
            painter.setBrush(inks[level])
            painter.drawEllipse(box)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)

    def _bars(self, painter: QPainter, block: LayerBlock, content: DiagramContent) -> None:
        values = content.activity.activations[-1].tolist() if content.activity.is_lit else []
        numbers = self._ranks.numbers(block.layer).tolist()
        rows = list(zip(block.cells.tolist(), numbers, strict=True))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        for box, number in rows:
            if content.is_class:
                self._bar(painter, box, values[number] if values else 0.0)
        rest = sum(values) - sum(values[number] for number in numbers) if values else 0.0
        if block.rest is not None and content.is_class:
            self._bar(painter, list(block.rest), rest)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        winner = int(np.argmax(values)) if values and content.is_class else content.activity.target
        for box, number in rows:
            if not values or not self.words.is_legible:
                continue
            if not content.is_class:
                self.words.paint_figure(
                    painter, box, content.figures[number] if content.figures else short(values[number])
                )
            elif self._layout.percents and values[number] >= _LEAST_PERCENT and number != winner:
                self.words.paint_percent(painter, box, _percent(values[number]))
        has_percents = content.is_class and self._layout.percents and self.words.is_legible
        if block.rest is not None and has_percents and rest >= _LEAST_PERCENT:
            self.words.paint_percent(painter, list(block.rest), _percent(rest))
        self.words.paint_names(painter, block, numbers, winner)

    def _bar(self, painter: QPainter, box: list[float], share: float) -> None:
        groove = QRectF(*box)
        round_ends = min(3.0, groove.height() / 2)
        painter.setBrush(theme.colour("field"))
        painter.drawRoundedRect(groove, round_ends, round_ends)
        if share >= _LEAST_PERCENT:
            groove.setWidth(max(2.0, groove.width() * min(share, 1.0)))
            painter.setBrush(theme.colour("ink"))
            painter.drawRoundedRect(groove, round_ends, round_ends)

    def _strike(self, painter: QPainter, neuron: NeuronIndex) -> None:
        """Strikes through a neuron that is dead or switched off."""
        block, place = self._layout.of(neuron[0]), self._ranks.place(neuron)
        if block is not None and place is not None:
            box = QRectF(*block.cells[place].tolist())
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(QPen(theme.colour("ink"), 2))
            painter.drawLine(box.bottomLeft(), box.topRight())
            painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)


_JOIN = Qt.PenJoinStyle.RoundJoin


def _paint_tiles(painter: QPainter, block: LayerBlock, image: QImage) -> None:
    """Paints the image of tiles. The last row stands where its cells are, in the middle if it is not full."""
    left, top, width, _ = block.box
    missing = -block.shown % block.columns
    if not missing or block.grid is None:
        painter.drawImage(QPointF(left, top), image)
        return
    start = block.cells[block.shown - block.columns + missing]
    split = int(start[1] - top)
    painter.drawImage(QPointF(left, top), image, QRectF(0, 0, width, split))
    last = (block.columns - missing) * block.grid.across.pitch
    painter.drawImage(QPointF(start[0], start[1]), image, QRectF(0, split, last, image.height() - split))


def paint_frame(painter: QPainter, block: LayerBlock, place: int, ink: QColor, width: float) -> None:
    """Outlines one neuron."""
    box = QRectF(*block.cells[place].tolist()).adjusted(-1.5, -1.5, 1.5, 1.5)
    painter.setPen(QPen(ink, width))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    if block.kind is BlockKind.DOTS:
        painter.drawEllipse(box)
    else:
        painter.drawRoundedRect(box, 2, 2)


def paint_figures(
    painter: QPainter,
    block: LayerBlock,
    figures: list[tuple[int, float]],
    at_right: bool,
    taken: list[QRectF],
    inks: tuple[str, str],
) -> None:
    """Paints numbers next to neurons in the colours of connections that oppose and support.

    A number that would cover another one or a ``taken`` place is left out. Painted ones are added to ``taken``.
    """
    painter.setFont(theme.font(theme.SMALL))
    for place, value in figures:
        words, box = short(value, signed=True), QRectF(*block.cells[place].tolist())
        size = painter.fontMetrics().size(0, words)
        ground = QRectF(0, 0, size.width() + 6, size.height())
        ground.moveCenter(box.center())
        if block.kind is not BlockKind.TILES and at_right:
            ground.moveLeft(block.box[0] + block.box[2] + 4)
        elif block.kind is not BlockKind.TILES:
            ground.moveRight(block.box[0] - 4)
        if any(ground.intersects(other) for other in taken):
            continue
        taken.append(ground)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.colour("card"))
        painter.drawRoundedRect(ground, 3, 3)
        painter.setPen(theme.colour(text_ink(inks[value > 0])))
        painter.drawText(ground, alignment.CENTER, words)


def text_ink(ink: str) -> str:
    """Returns the colour of a number for that of its connection: faint text would be hard to read."""
    return "ink" if ink == "faint" else ink


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"


def short(value: float, signed: bool = False) -> str:
    """Returns a number with two decimals, or three digits and more: 12.3, 0.04, −1234, −1.2e+05."""
    size = abs(value)
    words = f"{value:{'+.2f' if size < 10 else '+.3g' if size < 1000 else '+.0f' if size < 1e5 else '+.1e'}}"
    return (words if signed else words.lstrip("+")).replace("-", "−")
