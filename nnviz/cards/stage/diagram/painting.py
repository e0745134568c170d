"""Painting of the blocks of the diagram: the input, tiles, dots and output bars."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from PyQt5 import sip
from PyQt5.QtCore import QPointF, QRectF, Qt
from PyQt5.QtGui import QColor, QImage, QPainter, QPen, QPixmap

from engine.basics.validation import Array
from engine.explain.contribution_paths import Activity
from nnviz.cards.stage.diagram.curves import mixed
from nnviz.cards.stage.diagram.labels import LEGIBLE, DiagramLabels
from nnviz.cards.stage.diagram.layout import BlockKind, LayerBlock, Layout
from nnviz.cards.stage.diagram.shown_neurons import NeuronIndex, ShownNeurons
from nnviz.ui import alignment, theme
from nnviz.ui.picture import grey_image
from nnviz.ui.weights.heat_map import tile_colours
from nnviz.ui.weights.mosaic import MosaicGrid, Renderer

_LEVELS = 24  # levels of brightness, each with one colour
_DIMMED = 0.5  # opacity of the background over the tile of a neuron without activation
_BRIGHT = 0.06  # Activation, relative to the largest in the layer, from which a tile has a frame.
_MANY = 500  # Dots from which they are painted as squares without antialiasing.


@dataclass(frozen=True, eq=False)
class DiagramContent:
    """Content of the diagram.

    Attributes:
        activity: activations and contributions for the current input.
        limit: weight of the last colour of tiles.
        names, sources: names of the outputs and of the inputs; plain text. Pixels need none.
        figures: text for each output that is a number; if empty, the number itself is shown.
        is_class: whether the outputs are classes, shown as bars from 0 to 1; other outputs are shown as numbers.
        chosen: the chosen neuron.
        count: number of connections between two layers.
        planes: (neurons, cells) outputs over the plane by layer. Tiles of other layers show weights.
        labels: a long name and shorter ones for each layer.
        is_hasty: whether other content follows soon, so that weak connections are painted coarsely.
        hints: text in the place of an image if there is no input, and shorter versions.
    """

    activity: Activity
    limit: float
    names: list[str]
    is_class: bool
    chosen: NeuronIndex | None
    count: int
    planes: dict[int, Array] = field(default_factory=dict)
    labels: list[tuple[str, ...]] = field(default_factory=list)
    is_hasty: bool = False
    hints: tuple[str, ...] = ("",)
    sources: list[str] = field(default_factory=list)
    figures: list[str] = field(default_factory=list)


class BlockPainter:
    """Paints the visible part of contents in one layout.

    Attributes:
        words: labels of the layout.
    """

    def __init__(self, layout: Layout, words: DiagramLabels, ranks: ShownNeurons, tiles: dict[int, TileImage]) -> None:
        self.words = words
        self._layout, self._ranks, self._tiles = layout, ranks, tiles
        self._input: tuple[Array | None, QPixmap] = (None, QPixmap())
        self._visible = (0.0, 0.0)
        self._seen: dict[int, Array] = {}  # the visible cells by layer
        self._boxes: dict[int, list[QRectF]] = {}  # their rectangles

    def show_between(self, left: float, right: float) -> None:
        """Sets the visible horizontal interval."""
        if (left, right) == self._visible:
            return
        self._visible = left, right
        for layer, block in self._layout.blocks.items():
            if block.kind is not BlockKind.PICTURE:
                starts, widths = block.cells[:, 0], block.cells[:, 2]
                self._seen[layer] = np.flatnonzero((starts <= right) & (starts + widths >= left))
                self._boxes[layer] = [QRectF(*box) for box in block.cells[self._seen[layer]].tolist()]

    def _levels(self, block: LayerBlock, levels: Array) -> list[tuple[QRectF, float]]:
        """Returns the rectangles of the visible cells with their rounded levels."""
        stepped = np.round(levels[self._seen[block.layer]] * _LEVELS) / _LEVELS
        return list(zip(self._boxes[block.layer], stepped.tolist(), strict=True))

    # ---- below the connections

    def ground(self, painter: QPainter, content: DiagramContent, reached: Array | None) -> None:
        """Paints the input's image and all tiles. ``reached``: (inputs,) contributions to the focused neuron."""
        for block in self._layout.blocks.values():
            if block.kind is BlockKind.PICTURE:
                self._picture(painter, block, content, reached)
            elif block.kind is BlockKind.TILES:
                self._mosaic(painter, block, content)

    def _picture(self, painter: QPainter, block: LayerBlock, content: DiagramContent, reached: Array | None) -> None:
        box, example = QRectF(*block.box), content.activity.example
        painter.fillRect(box, Qt.GlobalColor.black if example is not None else theme.colour("field"))
        shape = len(block.cells) // block.columns, block.columns
        if reached is not None:
            painter.drawImage(box, _diverging_image(reached.reshape(shape)))
        elif example is not None:
            painter.drawPixmap(box.topLeft(), self._input_pixmap(example, shape, box))
        else:
            painter.setFont(theme.font(theme.SMALL))
            painter.setPen(theme.colour("muted"))
            place, flags = box.adjusted(6, 0, -6, 0), alignment.CENTER | Qt.TextFlag.TextWordWrap
            for words in content.hints:
                if place.contains(painter.boundingRect(place, flags, words)):
                    painter.drawText(place, flags, words)
                    break
        painter.setPen(theme.colour("border"))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRect(box.adjusted(-0.5, -0.5, 0.5, 0.5))

    def _input_pixmap(self, example: Array, shape: tuple[int, int], box: QRectF) -> QPixmap:
        """Returns the scaled example, which is cached."""
        if self._input[0] is not example:
            image = grey_image(example.reshape(shape))
            size = box.size().toSize()
            self._input = (
                example,
                QPixmap.fromImage(
                    image.scaled(size, Qt.AspectRatioMode.IgnoreAspectRatio, Qt.TransformationMode.FastTransformation)
                ),
            )
        return self._input[1]

    def _mosaic(self, painter: QPainter, block: LayerBlock, content: DiagramContent) -> None:
        assert block.grid is not None
        numbers = self._ranks.numbers(block.layer)
        values = content.planes.get(block.layer)
        limit = content.limit if values is None else max(float(np.abs(values).max(initial=0)), 1e-6)
        values = content.activity.network.weights[block.layer - 1] if values is None else values
        tiles = self._tiles.setdefault(block.layer, TileImage())
        painter.drawImage(QPointF(*block.box[:2]), tiles.image(values, numbers, limit, block.grid))
        if content.activity.is_lit:
            self._light(painter, block, np.abs(self._brightness(content, block)))

    def _light(self, painter: QPainter, block: LayerBlock, brightness: Array) -> None:
        """Fades the tiles of inactive neurons, and frames those of active ones."""
        painter.setBrush(Qt.BrushStyle.NoBrush)
        veil, frame = theme.colour("card"), theme.colour("ink")
        for box, level in self._levels(block, brightness):
            veil.setAlphaF(_DIMMED * (1 - level))
            painter.fillRect(box, veil)
            if level > _BRIGHT:
                frame.setAlphaF(0.25 + 0.75 * level)
                painter.setPen(frame)
                painter.drawRect(box.adjusted(-0.5, -0.5, 0.5, 0.5))

    def _brightness(self, content: DiagramContent, block: LayerBlock) -> Array:
        """Returns (shown,): activations relative to the largest absolute one in the layer."""
        values = content.activity.activations[block.layer]
        largest = float(np.abs(values).max(initial=0))
        shown = values[self._ranks.numbers(block.layer)]
        return shown / largest if largest > 0 else np.zeros_like(shown)

    # ---- above them

    def neurons(self, painter: QPainter, content: DiagramContent) -> None:
        """Paints dots, bars and labels."""
        for block in self._layout.blocks.values():
            if block.kind is BlockKind.DOTS:
                self._dots(painter, block, content)
                if block.layer == 0:
                    self.words.paint_sources(painter, block)
            elif block.kind is BlockKind.BARS:
                self._bars(painter, block, content)
        self.words.paint(painter)

    def _dots(self, painter: QPainter, block: LayerBlock, content: DiagramContent) -> None:
        lit = content.activity.is_lit
        cells = self._levels(block, self._brightness(content, block) if lit else np.zeros(block.shown))
        is_large = block.shown > _MANY
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, not is_large)
        rim = QPen(theme.colour("border"), 1)
        ink, levels = theme.colour("ink"), {level for _, level in cells}
        inks = {level: mixed(ink, max(level, 0.0), "field") for level in levels}
        for box, level in cells:
            if is_large:
                painter.fillRect(box, inks[level])
                continue
            painter.setPen(rim if level >= 0 else QPen(mixed(ink, -level, "border"), 1.6))
            painter.setBrush(inks[level])
            painter.drawEllipse(box)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)

    def _bars(self, painter: QPainter, block: LayerBlock, content: DiagramContent) -> None:
        values = content.activity.activations[-1].tolist() if content.activity.is_lit else []
        numbers = self._ranks.numbers(block.layer).tolist()
        field, ink = theme.colour("field"), theme.colour("ink")
        for box, number in zip(block.cells.tolist(), numbers, strict=True):
            groove = QRectF(*box)
            painter.fillRect(groove, field)
            if values and content.is_class:
                groove.setWidth(groove.width() * min(max(values[number], 0.0), 1.0))
                painter.fillRect(groove, ink)
            elif values and groove.height() >= LEGIBLE:
                self._figure(painter, groove, content.figures[number] if content.figures else short(values[number]))
        self.words.paint_names(painter, block, numbers, content.activity.target)

    def _figure(self, painter: QPainter, groove: QRectF, words: str) -> None:
        painter.setFont(theme.font(theme.SMALL))
        painter.setPen(theme.colour("ink"))
        painter.drawText(groove.adjusted(2, -4, -4, 4), alignment.RIGHT, words)


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
    painter: QPainter, block: LayerBlock, figures: list[tuple[int, float]], at_right: bool, taken: list[QRectF]
) -> None:
    """Paints numbers next to neurons in the colours of their signs.

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
        painter.setPen(theme.colour("positive" if value > 0 else "negative"))
        painter.drawText(ground, alignment.CENTER, words)


def short(value: float, signed: bool = False) -> str:
    """Returns a number with three digits and a minus sign: 12.3, 0.04, −1.2e+05."""
    small = abs(value) < 1e5
    words = f"{value:+.2f}" if abs(value) < 10 else f"{value:+.3g}" if not small else f"{value:+.1e}"
    return (words if signed else words.lstrip("+")).replace("-", "−")


def _diverging_image(values: Array) -> QImage:
    largest = max(float(np.abs(values).max(initial=0)), 1e-30)
    table = np.array(theme.diverging_table(theme.current()), np.uint32)
    pixels = np.ascontiguousarray(table[np.rint(values / largest * 127).astype(int) + 128])
    height, width = pixels.shape
    return QImage(pixels.tobytes(), width, height, 4 * width, QImage.Format.Format_RGB32).copy()


class TileImage:
    """Image of the tiles of a layer: (neurons, cells) values from −limit to limit. Rendered only if they changed."""

    def __init__(self) -> None:
        self._renderer: Renderer | None = None
        self._image: QImage | None = None
        self._pixels: Array = np.zeros((0, 0), np.uint32)  # pixels of the image
        self._shown: tuple[object, ...] = ()

    def image(self, values: Array, numbers: Array, limit: float, grid: MosaicGrid) -> QImage:
        """Returns the image of the neurons ``numbers``. Keeps a reference to ``values`` to compare with."""
        shown = (values, numbers, limit, theme.current(), grid)
        if self._image is None or not _are_same(shown, self._shown):
            self._shown = shown
            self._render(values if len(numbers) == len(values) else values[numbers], limit, grid)
        assert self._image is not None
        return self._image

    def _render(self, values: Array, limit: float, grid: MosaicGrid) -> None:
        renderer = self._renderer
        if renderer is None or (renderer.grid, renderer.neurons) != (grid, len(values)):
            renderer = self._renderer = Renderer(grid, len(values))
            self._pixels = np.zeros(renderer.size, np.uint32)
            address = sip.voidptr(self._pixels.ctypes.data)  # The image shares the array's memory.
            height, width = renderer.size
            self._image = QImage(address, width, height, self._pixels.strides[0], QImage.Format.Format_RGB32)
        renderer.render(values, limit / np.sqrt(renderer.averaged))
        renderer.paint(tile_colours(theme.current()), self._pixels)


def _are_same(now: tuple[object, ...], before: tuple[object, ...]) -> bool:
    """Whether all elements are identical objects, or equal ones that are no arrays."""
    return len(now) == len(before) and all(
        one is other or (not isinstance(one, np.ndarray) and one == other)
        for one, other in zip(now, before, strict=True)
    )
