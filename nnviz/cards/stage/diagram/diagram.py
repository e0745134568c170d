"""Widget that shows a network as a diagram, and reports the neurons that are pointed at and clicked."""

from __future__ import annotations

import time
from dataclasses import replace

from PyQt5.QtCore import QPoint, QPointF, QRect, QRectF, QSize, Qt, pyqtSignal
from PyQt5.QtGui import QFontMetrics, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPixmap, QResizeEvent
from PyQt5.QtWidgets import QFrame, QScrollArea

from engine.basics.validation import Array
from engine.explain.contribution_paths import Links
from nnviz.cards.stage.diagram.curves import paint_curves
from nnviz.cards.stage.diagram.labels import ClickableText, DiagramLabels
from nnviz.cards.stage.diagram.layout import (
    MORE,
    SHOWN,
    BlockKind,
    LayerBlock,
    Layout,
    LayoutOptions,
    LayoutSpec,
    lay_out,
)
from nnviz.cards.stage.diagram.painting import BlockPainter, DiagramContent, TileImage, paint_figures, paint_frame
from nnviz.cards.stage.diagram.shown_neurons import NeuronIndex, ShownNeurons, curves_of, links_to_show, neighbour
from nnviz.ui import theme
from nnviz.ui.painted_view import PaintedView

_MOST_NAME, _MOST_SOURCE = 90, 112  # largest width of the names of outputs and of inputs in pixels
_BAR = 10  # pixels, height of the scroll bar
_FIGURES = 6  # numbers at the strongest connections of a neuron in each direction


class NetworkDiagram(PaintedView):
    """Blocks of neurons from left to right, and the strongest connections between them.

    Signals:
        pointed(layer, number): the neuron under the mouse, sent again if its numbers may have changed; (-1, -1) for
            none.
        chosen(layer, number): a neuron was clicked, or chosen by the arrow keys; (-1, -1) for a click on the
            background or Esc.
        arranged(): the layout has changed, perhaps in its width.

    Attributes:
        links: the shown connections.
        seconds: duration of the last repaint.
    """

    pointed = pyqtSignal(int, int)
    chosen = pyqtSignal(int, int)
    arranged = pyqtSignal()

    def __init__(self) -> None:
        super().__init__()
        self.links: list[Links] = []
        self.seconds = 0.0
        self._looks = LayoutSpec((1, 1))
        self._wish = LayoutOptions()
        self._room = QSize(400, 300)
        self._layout: Layout | None = None
        self._content: DiagramContent | None = None
        self._ranks = ShownNeurons()
        self._tiles: dict[int, TileImage] = {}
        self._picture = QPixmap()  # cached content without the frame of the neuron under the mouse
        self._pictured = QRect()  # place of the cached content; empty if that is outdated
        self._painting: BlockPainter | None = None
        self._names: tuple[list[str], list[str]] = [], []  # names of outputs and inputs
        self._name_width, self._source_width = 14, 0
        self._hovered: NeuronIndex | None = None  # under the mouse, or pointed at in another card
        self._elsewhere: NeuronIndex | None = None
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)  # paintEvent covers the whole widget
        theme.changed.connect(self._theme_changed)

    # ---- what is shown

    def set_looks(self, looks: LayoutSpec, names: list[str], sources: list[str] | None = None) -> None:
        """Sets the input of the layout, with the names of outputs and inputs.

        A network of another shape resets the user's layout options.
        """
        known = names, sources or []
        if known != self._names:
            self._names = known
            self._measure_names()
        looks = replace(looks, names=max(self._name_width, 14), sources=self._source_width)
        if looks != self._looks:
            if looks.shape != self._looks.shape:
                self._wish = LayoutOptions()
            self._looks, self._content, self._hovered = looks, None, None
            self._tiles.clear()
            self._lay_out()

    def _measure_names(self) -> None:
        names, sources = self._names
        self._name_width = _widest(names, theme.px(_MOST_NAME))
        self._source_width = _widest(sources, theme.px(_MOST_SOURCE))

    def _theme_changed(self) -> None:
        self._measure_names()
        self._looks = replace(self._looks, names=max(self._name_width, 14), sources=self._source_width)
        self._lay_out()

    def show_content(self, content: DiagramContent) -> None:
        """Shows the content; its network has the shape of the layout."""
        before = self._content
        self._content = content
        if content.chosen != (before and before.chosen):
            self._lay_out()
            return
        self._rank()

    def _lay_out(self) -> None:
        chosen = self._content.chosen if self._content is not None else None
        keep = [] if chosen is None else [chosen[0] - 1, chosen[0], chosen[0] + 1]
        width, height = self._room.width(), self._room.height()
        layout = lay_out(self._looks, width, height, self._wish, keep)
        if layout.width > width:
            height -= _BAR  # room for the scroll bar
            layout = lay_out(self._looks, width, height, self._wish, keep)
        self._layout = layout
        self._painting = None
        self.setFixedSize(layout.width, height)
        self._rank()
        self.arranged.emit()

    def _rank(self) -> None:
        if self._content is not None and self._layout is not None:
            self._ranks.update(self._content.activity, self._layout, self._content.chosen)
            self._update_hovered()
        self._redraw()

    def _redraw(self) -> None:
        self._pictured = QRect()
        self.update()

    def set_room(self, room: QSize) -> None:
        """Sets the size of the visible area, including a scroll bar, and updates the layout."""
        if room != self._room:
            self._room = room
            self._lay_out()

    @property
    def arrangement(self) -> Layout | None:
        """The layout."""
        return self._layout

    @property
    def ranks(self) -> ShownNeurons:
        """The shown neurons."""
        return self._ranks

    @property
    def focus(self) -> NeuronIndex | None:
        """Neuron whose connections are shown: the one under the mouse, else the chosen one.

        None shows the strongest connections of all neurons, also for a chosen output: the contributions to it.
        """
        if self._hovered is not None or self._content is None:
            return self._hovered
        chosen = self._content.chosen
        return None if chosen is None or chosen[0] == len(self._looks.shape) - 1 else chosen

    def box_of(self, neuron: NeuronIndex) -> QRectF | None:
        """Returns the rectangle of a neuron; None if it is not shown."""
        place, block = self._ranks.place(neuron), self._block(neuron)
        return None if place is None or block is None else QRectF(*block.cells[place].tolist())

    def _block(self, neuron: NeuronIndex) -> LayerBlock | None:
        return self._layout.blocks.get(neuron[0]) if self._layout is not None else None

    @property
    def spots(self) -> list[ClickableText]:
        """The clickable texts."""
        return [] if self._painting is None else self._painting.words.spots

    def ask_for(self, layer: int, more: bool) -> None:
        """Shows more neurons of a layer, or the default number. ``layer`` −1: shows all layers, or the default ones."""
        if layer < 0:
            self._wish = replace(self._wish, unfolded=more)
        else:
            wishes = {other: count for other, count in self._wish.more.items() if other != layer}
            block = self._block((layer, 0))
            if more and block is not None:
                wishes[layer] = MORE * block.shown
            self._wish = replace(self._wish, more=wishes)
        self._lay_out()

    # ---- painting

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paints the cached content, which is updated if something changed."""
        content, layout, visible = self._content, self._layout, self.visibleRegion().boundingRect()
        if content is not None and layout is not None and not self._pictured.contains(visible):
            self._paint_picture(content, layout, visible)
        painter = QPainter(self)
        if content is None:
            painter.fillRect(event.rect(), theme.colour("card"))
            return
        painter.drawPixmap(self._pictured.topLeft(), self._picture)
        if self._hovered is not None:
            self._paint_frame(painter, self._hovered, "muted", 2)
        if content.chosen is None:
            self._paint_focus(painter, QRectF(self.rect()), 4)

    def _paint_picture(self, content: DiagramContent, layout: Layout, visible: QRect) -> None:
        start = time.thread_time()
        ratio = self.devicePixelRatioF()
        size = visible.size() * ratio
        if self._picture.size() != size:  # An existing pixmap is reused: new memory takes longer to fill.
            self._picture = QPixmap(size)
            self._picture.setDevicePixelRatio(ratio)
        self._picture.fill(theme.colour("card"))
        painter = QPainter(self._picture)
        try:
            painter.translate(-visible.topLeft())
            self._paint_all(painter, content, layout, visible)
        finally:
            painter.end()
        self._pictured = visible
        self.seconds = time.thread_time() - start

    def _paint_all(self, painter: QPainter, content: DiagramContent, layout: Layout, visible: QRect) -> None:
        focus = self.focus
        self.links = links_to_show(content.activity, layout, self._ranks, focus, content.count)
        painting = self._painting_of(content, layout)
        painting.show_between(visible.left(), visible.right())
        painting.ground(painter, content, self._reached(content, focus))
        for links in self.links:
            if layout.is_between(links.layer, visible.left(), visible.right()):
                paint_curves(painter, curves_of(links, layout, self._ranks), content.is_hasty)
        painting.neurons(painter, content)
        if focus is not None:
            self._paint_figures(painter, layout)
        if content.chosen is not None:
            self._paint_frame(painter, content.chosen, "ink", 2.5)

    def _painting_of(self, content: DiagramContent, layout: Layout) -> BlockPainter:
        """Returns the painter of the layout. Labels are measured again only if they changed."""
        painting = self._painting
        said = content.labels, content.names, content.sources
        if painting is None or (painting.words.labels, painting.words.names, painting.words.sources) != said:
            words = DiagramLabels(self._looks, layout, self._wish, *said)
            painting = self._painting = BlockPainter(layout, words, self._ranks, self._tiles)
        return painting

    def _reached(self, content: DiagramContent, focus: NeuronIndex | None) -> Array | None:
        """Returns what each pixel adds to the weighted sum of a focused neuron of the first layer."""
        if focus is None or focus[0] != 1 or self._looks.picture is None or not content.activity.is_lit:
            return None
        reached: Array = content.activity.network.weights[0][focus[1]] * content.activity.activations[0]
        return reached

    def _paint_figures(self, painter: QPainter, layout: Layout) -> None:
        """Paints the values of the strongest connections of the focused neuron at their other ends."""
        own = None if self.focus is None else self.box_of(self.focus)
        taken = [] if own is None else [own]
        for links in self.links:
            into = self.focus == (links.layer, int(links.above[0])) if len(links.above) else False
            layer, ends = (links.layer - 1, links.below) if into else (links.layer, links.above)
            block = layout.blocks[layer]
            if block.kind is not BlockKind.PICTURE:
                places = self._ranks.places(layer, ends).tolist()
                figures = [pair for pair in zip(places, links.values.tolist(), strict=True) if pair[0] >= 0]
                paint_figures(painter, block, figures[: -_FIGURES - 1 : -1], into, taken)

    def _paint_frame(self, painter: QPainter, neuron: NeuronIndex, ink: str, width: float) -> None:
        place, block = self._ranks.place(neuron), self._block(neuron)
        if place is not None and block is not None:
            paint_frame(painter, block, place, theme.colour(ink), width)

    # ---- the mouse

    def _neuron_at(self, point: QPoint) -> NeuronIndex | None:
        found = self._layout.find(point.x(), point.y()) if self._layout is not None else None
        if found is None or self._content is None:
            return None
        return found[0], int(self._ranks.numbers(found[0])[found[1]])

    def _spot_at(self, point: QPoint) -> ClickableText | None:
        return next((spot for spot in self.spots if spot.box.contains(QPointF(point))), None)

    def point_at(self, neuron: NeuronIndex | None) -> None:
        """Shows a neuron that another card points at, as if the mouse were on it."""
        if neuron != self._elsewhere:
            self._elsewhere = neuron
            self._update_hovered()

    def _update_hovered(self) -> None:
        """Updates the neuron that is pointed at, and reports the one under the mouse."""
        under_mouse = None if self._mouse is None else self._neuron_at(self._mouse)
        hovered = under_mouse or (self._elsewhere if self._mouse is None else None)
        if hovered != self._hovered:
            self._hovered = hovered
            self._redraw()
        if self._mouse is not None:
            self._show_hand(under_mouse is not None or self._spot_at(self._mouse) is not None)
        self.pointed.emit(*(under_mouse or (-1, -1)))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Chooses a neuron or none, or shows more of a layer."""
        if event.button() != Qt.MouseButton.LeftButton:
            return
        self.mouseMoveEvent(event)
        spot = self._spot_at(event.pos())
        if spot is not None and self._hovered is None:
            self.ask_for(spot.layer, spot.wants_more)
        else:
            self.chosen.emit(*(self._hovered or (-1, -1)))

    # ---- the keyboard

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Handles keys: arrows move the choice, + and − show more or fewer neurons of its layer, Esc ends it."""
        chosen = self._content.chosen if self._content is not None else None
        key = event.key()
        if key == Qt.Key.Key_Escape and chosen is not None:
            self.chosen.emit(-1, -1)
        elif key in (Qt.Key.Key_Plus, Qt.Key.Key_Equal, Qt.Key.Key_Minus):
            self.ask_for(chosen[0] if chosen is not None else -1, key != Qt.Key.Key_Minus)
        elif self._layout is not None and self._content is not None:
            found = neighbour(self._layout, self._ranks, chosen, Qt.Key(key))
            if found is None:
                super().keyPressEvent(event)
            else:
                self._mouse = None  # The choice is shown instead of the neuron under the mouse.
                self._update_hovered()
                self.chosen.emit(*found)
        else:
            super().keyPressEvent(event)


def _widest(names: list[str], most: int) -> int:
    """Returns the pixels that the names need, at most ``most``."""
    metrics = QFontMetrics(theme.font(theme.SMALL, bold=True))
    return min(max((metrics.horizontalAdvance(name) for name in names[:SHOWN]), default=0), most)


class DiagramView(QScrollArea):
    """Scroll area of a diagram that is wider than the card."""

    def __init__(self, diagram: NetworkDiagram, name: str) -> None:
        super().__init__()
        self.setObjectName(name)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setMinimumSize(260, 150)
        self._diagram = diagram
        self.setWidget(diagram)
        diagram.arranged.connect(self._fit)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Updates the size of the diagram."""
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        """Shows the scroll bar if needed. The diagram gets the size with the bar, or both would alternate."""
        self._diagram.set_room(self.size())
        is_wide = self._diagram.width() > self.width()
        self.setHorizontalScrollBarPolicy(
            Qt.ScrollBarPolicy.ScrollBarAlwaysOn if is_wide else Qt.ScrollBarPolicy.ScrollBarAlwaysOff
        )

    def show_neuron(self, neuron: NeuronIndex) -> None:
        """Scrolls to a neuron."""
        box = self._diagram.box_of(neuron)
        if box is not None:
            self.ensureVisible(round(box.center().x()), round(box.center().y()), 60, 0)
