"""Paints the blocks of the diagram: the input, tiles, dots, the answer, and the words around them."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from PyQt5.QtCore import QPointF, QRectF, Qt
from PyQt5.QtGui import QColor, QFontMetrics, QImage, QPainter, QPen

from engine.pathways import Activity
from engine.validation import Array
from nnviz.look import text, theme
from nnviz.widgets.diagram.curves import mixed
from nnviz.widgets.diagram.layout import Block, Fold, Kind, Layout, Looks, Wish
from nnviz.widgets.diagram.ranks import Neuron, Ranks
from nnviz.widgets.diagram.tiles import Tiles
from nnviz.widgets.picture import grey_image

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
        names: of the outputs; plain text.
        is_class: whether the outputs are classes, so that bars go from 0 to 1; else their numbers are written.
        chosen: the chosen neuron.
        count: how many connections are drawn between two layers.
        planes: (neurons, cells) pictures of layers, by layer; of other layers with tiles the weights are shown.
        labels: a long and shorter names for each layer.
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
    hint: str = ""


@dataclass(frozen=True)
class Spot:
    """Words that can be clicked: ``layer`` −1 stands for the layers that are left out."""

    box: QRectF
    layer: int
    wants_more: bool


class Painting:
    """Paints one content in one layout. ``spots`` are the words that can be clicked, known after painting."""

    def __init__(self, looks: Looks, layout: Layout, ranks: Ranks, wish: Wish, tiles: dict[int, Tiles]) -> None:
        self._looks, self._layout, self._ranks, self._wish, self._tiles = looks, layout, ranks, wish, tiles
        self.spots: list[Spot] = []

    # ---- below the connections

    def ground(self, painter: QPainter, content: Content, reached: Array | None) -> None:
        """The input's picture and all tiles. ``reached``: (inputs,) what each adds to the neuron in focus."""
        for block in self._layout.blocks.values():
            if block.kind is Kind.PICTURE:
                self._picture(painter, block, content, reached)
            elif block.kind is Kind.TILES:
                self._mosaic(painter, block, content)

    def _picture(self, painter: QPainter, block: Block, content: Content, reached: Array | None) -> None:
        box, example, shape = QRectF(*block.box), content.activity.example, self._looks.picture
        painter.fillRect(box, Qt.black if example is not None else theme.colour("field"))
        assert shape is not None
        if reached is not None:
            painter.drawImage(box, _diverging_image(reached.reshape(shape)))
        elif example is not None:
            painter.drawImage(box, grey_image(example.reshape(shape)))
        else:
            painter.setFont(theme.font(theme.SMALL))
            painter.setPen(theme.colour("muted"))
            painter.drawText(box.adjusted(6, 0, -6, 0), int(Qt.AlignCenter | Qt.TextWordWrap), content.hint)
        painter.setPen(theme.colour("border"))
        painter.setBrush(Qt.NoBrush)
        painter.drawRect(box.adjusted(-0.5, -0.5, 0.5, 0.5))

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
        for box, level in zip(block.cells.tolist(), _stepped(brightness).tolist(), strict=True):
            veil.setAlphaF(_DIMMED * (1 - level))
            painter.fillRect(QRectF(*box), veil)
            if level > _BRIGHT:
                frame.setAlphaF(0.25 + 0.75 * level)
                painter.setPen(frame)
                painter.drawRect(QRectF(*box).adjusted(-0.5, -0.5, 0.5, 0.5))

    def _brightness(self, content: Content, block: Block) -> Array:
        """(shown,): activations from −1 to 1 of the largest in the layer."""
        values = content.activity.activations[block.layer]
        largest = float(np.abs(values).max(initial=0))
        shown = values[self._ranks.numbers(block.layer)]
        return shown / largest if largest > 0 else np.zeros_like(shown)

    # ---- above them

    def neurons(self, painter: QPainter, content: Content) -> None:
        """Dots and bars, and the words."""
        self.spots = []
        for block in self._layout.blocks.values():
            if block.kind is Kind.DOTS:
                self._dots(painter, block, content)
            elif block.kind is Kind.BARS:
                self._bars(painter, block, content)
            self._caption(painter, block, content)
        for fold in self._layout.folds:
            self._fold(painter, fold)

    def _dots(self, painter: QPainter, block: Block, content: Content) -> None:
        lit = content.activity.is_lit
        levels = _stepped(self._brightness(content, block)) if lit else np.zeros(block.shown)
        is_large = block.shown > _MANY
        painter.setRenderHint(QPainter.Antialiasing, not is_large)
        rim = QPen(theme.colour("border"), 1)
        inks = {level: mixed(theme.colour("accent"), max(level, 0.0), "field") for level in set(levels.tolist())}
        for box, level in zip(block.cells.tolist(), levels.tolist(), strict=True):
            if is_large:
                painter.fillRect(QRectF(*box), inks[level])
                continue
            painter.setPen(rim if level >= 0 else QPen(mixed(theme.colour("accent"), -level, "border"), 1.6))
            painter.setBrush(inks[level])
            painter.drawEllipse(QRectF(*box))
        painter.setRenderHint(QPainter.Antialiasing, False)

    def _bars(self, painter: QPainter, block: Block, content: Content) -> None:
        values = content.activity.activations[-1] if content.activity.is_lit else None
        height = block.cells[0][3]
        fitting = height >= 10
        painter.setPen(Qt.NoPen)
        for place, (box, number) in enumerate(
            zip(block.cells.tolist(), self._ranks.numbers(block.layer).tolist(), strict=True)
        ):
            groove, is_target = QRectF(*box), number == content.activity.target
            painter.fillRect(groove, theme.colour("field"))
            value = None if values is None else float(values[number])
            if value is not None and content.is_class:
                share = min(max(value, 0.0), 1.0)
                filled = QRectF(groove.left(), groove.top(), groove.width() * share, groove.height())
                painter.fillRect(filled, theme.colour("accent"))
            elif value is not None and fitting:
                self._figure(painter, groove, value)
            if fitting or place % 2 == 0:
                self._name(painter, groove, content.names[number], is_target)

    def _figure(self, painter: QPainter, groove: QRectF, value: float) -> None:
        painter.setFont(theme.font(theme.SMALL))
        painter.setPen(theme.colour("text"))
        painter.drawText(groove.adjusted(2, -4, -4, 4), int(Qt.AlignRight | Qt.AlignVCenter), short(value))

    def _name(self, painter: QPainter, groove: QRectF, name: str, is_target: bool) -> None:
        font = theme.font(theme.SMALL, bold=is_target)
        painter.setFont(font)
        painter.setPen(theme.colour("accent" if is_target else "muted"))
        room = QRectF(groove.right() + 6, groove.center().y() - 10, self._looks.names + 4, 20)
        words = QFontMetrics(font).elidedText(name, Qt.ElideRight, round(room.width()))
        painter.drawText(room, int(Qt.AlignLeft | Qt.AlignVCenter), words)

    # ---- words

    def _caption(self, painter: QPainter, block: Block, content: Content) -> None:
        """The layer's name under its block; what of it is not shown, under that, to be clicked."""
        font = theme.font(theme.SMALL)
        painter.setFont(font)
        painter.setPen(theme.colour("muted"))
        metrics, (left, top, width, height) = QFontMetrics(font), block.box
        room = self._room_of(block)
        names = content.labels[block.layer] if content.labels else ()
        words = next((name for name in names if metrics.horizontalAdvance(name) <= room), "")
        line = QRectF(left + width / 2 - room / 2, top + height + 2, room, 16)
        line.moveLeft(max(0.0, line.left()))
        painter.drawText(line, int(Qt.AlignCenter), words)
        self._requests(painter, block, line.translated(0, 15))

    def _room_of(self, block: Block) -> float:
        """The width between the middles of the gaps beside a block."""
        left, _, width, _ = block.box
        others = [other.box for other in self._layout.blocks.values() if other is not block]
        others += [fold.box for fold in self._layout.folds]
        before = max((box[0] + box[2] for box in others if box[0] < left), default=-left)
        after = min((box[0] for box in others if box[0] > left), default=2 * self._layout.width - left - width)
        return width + min(left - before, after - left - width) - 6

    def _requests(self, painter: QPainter, block: Block, line: QRectF) -> None:
        """Words that show more of a layer, or fewer."""
        wishes = []
        if block.hidden and block.kind is not Kind.PICTURE:
            wishes.append((f"… {text.count(block.hidden)} more", block.layer, True))
        if block.layer in self._wish.more:
            wishes.append(("fewer", block.layer, False))
        if block.layer == 0 and self._wish.unfolded:
            wishes.append(("fewer layers", -1, False))
        metrics = painter.fontMetrics()
        widths = [metrics.horizontalAdvance(words) for words, _, _ in wishes]
        x = line.center().x() - (sum(widths) + 10 * (len(widths) - 1)) / 2
        painter.setPen(theme.colour("accent"))
        for (words, layer, more), width in zip(wishes, widths, strict=True):
            box = QRectF(max(x, 0.0), line.top(), width, line.height())
            painter.drawText(box, int(Qt.AlignCenter), words)
            self.spots.append(Spot(box, layer, more))
            x += width + 10

    def _fold(self, painter: QPainter, fold: Fold) -> None:
        box = QRectF(*fold.box)
        painter.setFont(theme.font(theme.SMALL))
        painter.setPen(theme.colour("accent"))
        count = fold.last - fold.first + 1
        painter.drawText(box, int(Qt.AlignCenter), f"…\n{text.count(count)}\nlayers")
        self.spots.append(Spot(QRectF(box.left(), box.center().y() - 28, box.width(), 56), -1, True))


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


def paint_figure(painter: QPainter, block: Block, place: int, value: float) -> None:
    """Writes a number beside a neuron, in the colour of its sign."""
    painter.setFont(theme.font(theme.SMALL))
    words, box = short(value, signed=True), QRectF(*block.cells[place].tolist())
    size = painter.fontMetrics().size(0, words)
    ground = QRectF(0, 0, size.width() + 6, size.height())
    ground.moveCenter(box.center())
    if block.kind is not Kind.TILES:
        ground.moveRight(box.left() - 3)
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


def _stepped(levels: Array) -> Array:
    return np.round(levels * _LEVELS) / _LEVELS


def _diverging_image(values: Array) -> QImage:
    largest = max(float(np.abs(values).max(initial=0)), 1e-30)
    table = np.array(theme.diverging_table(theme.current()), np.uint32)
    pixels = np.ascontiguousarray(table[np.rint(values / largest * 127).astype(int) + 128])
    height, width = pixels.shape
    return QImage(pixels.tobytes(), width, height, 4 * width, QImage.Format_RGB32).copy()
