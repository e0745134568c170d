"""Labels of the diagram: names of layers, inputs and outputs, and clickable texts.

They are measured once for a layout, because measuring takes longer than painting.
"""

from __future__ import annotations

from dataclasses import dataclass

from PyQt5.QtCore import QRectF, Qt
from PyQt5.QtGui import QFontMetrics, QPainter

from nnviz.cards.stage.diagram.layout import BlockKind, Fold, LayerBlock, Layout, LayoutOptions, LayoutSpec
from nnviz.formatting import text
from nnviz.ui import alignment, theme

LEGIBLE = 10  # Pixels of a row. Lower rows have a name at every second one, and no number.
_LINE = 16


@dataclass(frozen=True)
class ClickableText:
    """Text that shows more or less of a layer when clicked. ``layer`` −1: the omitted layers."""

    box: QRectF
    said: str
    layer: int
    wants_more: bool


class DiagramLabels:
    """All labels of a layout.

    Attributes:
        labels: a long name and shorter ones for each layer.
        names, sources: names of the outputs and of the inputs.
        spots: clickable texts.
    """

    def __init__(
        self,
        looks: LayoutSpec,
        layout: Layout,
        wish: LayoutOptions,
        labels: list[tuple[str, ...]],
        names: list[str],
        sources: list[str],
    ) -> None:
        self.labels, self.names, self.sources = labels, names, sources
        self._sources_width = looks.sources
        self.spots: list[ClickableText] = []
        self._layout, self._wish, self._width = layout, wish, looks.names + 4
        self._metrics = QFontMetrics(theme.font(theme.SMALL))
        self._rooms = {layer: self._room_of(block) for layer, block in layout.blocks.items()}
        self._captions: list[tuple[QRectF, str]] = []
        self._elided: dict[tuple[int, bool], str] = {}
        brevity = self._brevity()
        for block in layout.blocks.values():
            self._add_caption(block, brevity if block.kind is BlockKind.DOTS else 0)
        for fold in layout.folds:
            self._add_fold(fold)

    # ---- painting

    def paint(self, painter: QPainter) -> None:
        """Paints the names of layers and the clickable texts."""
        painter.setFont(theme.font(theme.SMALL))
        painter.setPen(theme.colour("muted"))
        for box, said in self._captions:
            painter.drawText(box, alignment.CENTER, said)
        painter.setPen(theme.colour("ink"))
        for spot in self.spots:
            painter.drawText(spot.box, alignment.CENTER, spot.said)

    def paint_sources(self, painter: QPainter, block: LayerBlock) -> None:
        """Paints the names of inputs to the left of their dots, if the layout has them."""
        if not self._layout.has_sources:
            return
        painter.setFont(theme.font(theme.SMALL))
        painter.setPen(theme.colour("muted"))
        for number, (left, top, _, height) in enumerate(block.cells.tolist()):
            room = QRectF(
                left - self._sources_width - 6, top + height / 2 - theme.px(10), self._sources_width, theme.px(20)
            )
            name = self._metrics.elidedText(self.sources[number], Qt.TextElideMode.ElideMiddle, self._sources_width)
            painter.drawText(room, alignment.RIGHT, name)

    def paint_names(self, painter: QPainter, block: LayerBlock, numbers: list[int], target: int | None) -> None:
        """Paints the names of outputs next to their bars, that of the target in bold."""
        plain, bold = theme.font(theme.SMALL), theme.font(theme.SMALL, bold=True)
        muted, ink = theme.colour("muted"), theme.colour("ink")
        painter.setFont(plain)
        painter.setPen(muted)
        for place, (box, number) in enumerate(zip(block.cells.tolist(), numbers, strict=True)):
            left, top, width, height = box
            is_target = number == target
            if height < LEGIBLE and place % 2 and not is_target:
                continue
            if is_target:
                painter.setFont(bold)
                painter.setPen(ink)
            room = QRectF(left + width + 6, top + height / 2 - theme.px(10), self._width, theme.px(20))
            painter.drawText(room, alignment.LEFT, self._name(number, is_target))
            if is_target:
                painter.setFont(plain)
                painter.setPen(muted)

    def _name(self, number: int, is_bold: bool) -> str:
        found = self._elided.get((number, is_bold))
        if found is None:
            metrics = QFontMetrics(theme.font(theme.SMALL, bold=is_bold))
            found = metrics.elidedText(self.names[number], Qt.TextElideMode.ElideMiddle, self._width)
            self._elided[number, is_bold] = found
        return found

    # ---- measuring

    def _add_caption(self, block: LayerBlock, brevity: int) -> None:
        """Adds the name of a layer below its block, and the clickable texts below the name."""
        names, room = self.labels[block.layer], self._rooms[block.layer]
        fitting = (name for name in names[min(brevity, len(names) - 1) :] if self._wide(name) <= room)
        said = next(fitting, "")
        left, top, width, height = block.box
        middle = max(left + width / 2, self._wide(said) / 2 + 1)  # The first block is at the edge.
        line = QRectF(middle - room / 2, top + height + 2, room, theme.px(_LINE))
        self._captions.append((line, said))
        self._add_requests(block, line.translated(0, theme.px(_LINE) - 1))

    def _brevity(self) -> int:
        """Returns the index of the longest name, of those for each layer, that fits for all layers of dots."""
        found = 0
        for layer, block in self._layout.blocks.items():
            if block.kind is BlockKind.DOTS and layer:
                fits = (
                    place for place, name in enumerate(self.labels[layer]) if self._wide(name) <= self._rooms[layer]
                )
                found = max(found, next(fits, 0))
        return found

    def _wide(self, said: str) -> int:
        return self._metrics.horizontalAdvance(said)

    def _room_of(self, block: LayerBlock) -> float:
        """Returns the width between the middles of the gaps around a block; of the first up to the next block."""
        left, _, width, _ = block.box
        others = [other.box for other in self._layout.blocks.values() if other is not block]
        others += [fold.box for fold in self._layout.folds]
        after = min((box[0] for box in others if box[0] > left), default=2 * self._layout.width - left - width)
        if block.layer == 0:
            return after - 6
        before = max((box[0] + box[2] for box in others if box[0] < left), default=-left)
        return width + min(left - before, after - left - width) - 6

    def _add_requests(self, block: LayerBlock, line: QRectF) -> None:
        wishes: list[tuple[str, int, bool]] = []
        if block.hidden and block.kind is not BlockKind.PICTURE:
            wishes.append((f"… {text.count(block.hidden)} more", block.layer, True))
        if block.layer in self._wish.more:
            wishes.append(("fewer", block.layer, False))
        if block.layer == 0 and self._wish.unfolded:
            wishes.append(("fewer layers", -1, False))
        widths = [self._wide(said) + 2 for said, _, _ in wishes]
        x = line.center().x() - (sum(widths) + 10 * (len(widths) - 1)) / 2
        for (said, layer, more), width in zip(wishes, widths, strict=True):
            self.spots.append(ClickableText(QRectF(max(x, 0.0), line.top(), width, line.height()), said, layer, more))
            x += width + 10

    def _add_fold(self, fold: Fold) -> None:
        left, top, width, height = fold.box
        box = QRectF(left, top + height / 2 - theme.px(28), width, theme.px(56))
        self.spots.append(ClickableText(box, f"…\n{text.count(fold.last - fold.first + 1)}\nlayers", -1, True))
