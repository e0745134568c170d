"""Widget that shows a network as a diagram, and reports the neurons that are pointed at and clicked."""

from __future__ import annotations

import time
from dataclasses import replace

from PyQt5.QtCore import QPoint, QRectF, QSize, Qt, pyqtSignal
from PyQt5.QtGui import (
    QFocusEvent,
    QFontMetrics,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPixmap,
    QResizeEvent,
)

from engine.explain.contribution_paths import Links
from nnviz.cards.stage.diagram.captions import Captions, paint_fold
from nnviz.cards.stage.diagram.curves import paint_curves
from nnviz.cards.stage.diagram.labels import DiagramLabels, name_size, others_text
from nnviz.cards.stage.diagram.layout import APART, LayerBlock, Layout, LayoutSpec, lay_out
from nnviz.cards.stage.diagram.painting import (
    CHOSEN,
    BlockImages,
    BlockPainter,
    DiagramContent,
    paint_figures,
    paint_frame,
)
from nnviz.cards.stage.diagram.shown_neurons import NeuronIndex, ShownNeurons, curves_of, links_to_show, neighbour
from nnviz.ui import theme
from nnviz.ui.painted_view import ENTER, PaintedView

_MOST_NAME, _MOST_SOURCE = 90, 112  # largest width of the names of outputs and of inputs, in pixels at 100 percent
_MEASURED = 200  # names that are measured
_FIGURES = 6  # numbers at the strongest connections of a neuron in each direction
_LEAST = QSize(250, 150)


class NetworkDiagram(PaintedView):
    """Blocks of neurons from left to right, the strongest connections between them, and captions below them.

    Signals:
        pointed(layer, number): the neuron under the mouse, sent again if its numbers may have changed; (-1, -1) for
            none.
        map_pointed(layer): the layer whose heat map is under the mouse.
        chosen(layer, number): a neuron was clicked, or chosen by the arrow keys; (-1, -1) for a click on the
            background or Esc.
        opened(layer): the heat map or the caption of a layer was clicked, or Enter was pressed while one of its
            neurons is chosen.
        arranged: the layout has changed, perhaps in the layers that have captions.

    Attributes:
        links: the shown connections.
        captions: the captions of the layers, and the legend.
        seconds: duration of the last repaint.
    """

    pointed = pyqtSignal(int, int)
    map_pointed = pyqtSignal(int)
    chosen = pyqtSignal(int, int)
    opened = pyqtSignal(int)
    arranged = pyqtSignal()

    def __init__(self) -> None:
        super().__init__()
        self.links: list[Links] = []
        self.seconds = 0.0
        self._spec = LayoutSpec((1, 1))
        self._layout: Layout | None = None
        self._content: DiagramContent | None = None
        self._ranks = ShownNeurons()
        self._images = BlockImages()
        self._picture = QPixmap()  # cached content without the frame of the neuron under the mouse
        self._is_pictured = False
        self._painting: BlockPainter | None = None
        self._names: tuple[list[str], list[str]] = [], []  # names of outputs and inputs
        self._hovered: NeuronIndex | None = None  # under the mouse, or pointed at in another card
        self._elsewhere: NeuronIndex | None = None
        self.captions = Captions(self)
        self.captions.opened.connect(self.opened)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)  # paintEvent covers the whole widget
        self.setMinimumSize(_LEAST)
        theme.changed.connect(self._theme_changed)

    # ---- what is shown

    def set_spec(self, spec: LayoutSpec, names: list[str], sources: list[str] | None = None) -> None:
        """Sets the input of the layout, with the names of outputs and inputs."""
        self._names = names, sources or []
        spec = self._measured(spec)
        if spec != self._spec:
            self._spec, self._content, self._hovered = spec, None, None
            self._images = BlockImages()
            self._lay_out()

    def _measured(self, spec: LayoutSpec) -> LayoutSpec:
        """Returns the input of the layout with the widths of all names."""
        names, sources = self._names
        wide = _widest(names, name_size(names), theme.px(_MOST_NAME))
        hidden = spec.hidden_outputs
        if hidden:
            wide = max(wide, _widest([others_text(hidden)], theme.SMALL, theme.px(_MOST_NAME)))
        return replace(
            spec, names=max(wide, 14), sources=_widest(sources, theme.SMALL, theme.px(_MOST_SOURCE)) if sources else 0
        )

    def _theme_changed(self) -> None:
        self._spec = self._measured(self._spec)
        self._lay_out()

    def forget(self) -> None:
        """Chooses the shown neurons again: the network is another one."""
        self._ranks.forget()

    def show_content(self, content: DiagramContent) -> None:
        """Shows the content; its network has the shape of the layout."""
        if self._content is None or content.chosen != self._content.chosen:
            self.update()  # The ring of the focus appears or disappears.
        self._content = content
        self._rank()

    def _lay_out(self) -> None:
        self._layout = lay_out(self._spec, self.width(), self.height())
        self._painting = None
        self._rank()
        self.arranged.emit()
        self.captions.arrange(self._layout)
        self.update()

    def _rank(self) -> None:
        if self._content is not None and self._layout is not None:
            content = self._content
            self._ranks.update(content.activity, self._layout, content.chosen, not content.is_class)
            self._update_hovered()
        self._redraw()

    def _redraw(self) -> None:
        """Paints the content again. The captions below it paint themselves."""
        self._is_pictured = False
        bottom = self.height() if self._layout is None else round(self._layout.bottom) + APART
        self.update(0, 0, self.width(), bottom)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Updates the layout."""
        super().resizeEvent(event)
        self._lay_out()

    @property
    def shape(self) -> tuple[int, ...]:
        """The sizes of the layers that the layout is for, those of the input first."""
        return self._spec.shape

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
        """Neuron whose connections are shown: the one under the mouse, else the chosen one while the diagram has focus.

        None shows the strongest connections of all neurons, also for a chosen output: the contributions to it.
        """
        if self._hovered is not None or self._content is None:
            return self._hovered
        chosen = self._content.chosen
        if chosen is None or not self.hasFocus() or chosen[0] == len(self._spec.shape) - 1:
            return None
        return chosen if self._ranks.place(chosen) is not None else None

    def box_of(self, neuron: NeuronIndex) -> QRectF | None:
        """Returns the rectangle of a neuron; None if it is not shown."""
        place, block = self._ranks.place(neuron), self._block(neuron)
        return None if place is None or block is None else QRectF(*block.cells[place].tolist())

    def _block(self, neuron: NeuronIndex) -> LayerBlock | None:
        return self._layout.of(neuron[0]) if self._layout is not None else None

    # ---- painting

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paints the cached content, which is updated if something changed."""
        content, layout = self._content, self._layout
        painter = QPainter(self)
        if content is None or layout is None:
            painter.fillRect(event.rect(), theme.colour("card"))
            return
        if not self._is_pictured:
            self._paint_picture(content, layout)
        painter.drawPixmap(0, 0, self._picture)
        if self._hovered is not None:
            self._paint_frame(painter, self._hovered, "muted", 2)
        if content.chosen is None:
            self._paint_focus(painter, QRectF(self.rect()), 4)

    def _paint_picture(self, content: DiagramContent, layout: Layout) -> None:
        start = time.thread_time()
        ratio = self.devicePixelRatioF()
        size = self.size() * ratio
        if self._picture.size() != size:  # An existing pixmap is reused: new memory takes longer to fill.
            self._picture = QPixmap(size)
            self._picture.setDevicePixelRatio(ratio)
        self._picture.fill(theme.colour("card"))
        painter = QPainter(self._picture)
        try:
            self._paint_all(painter, content, layout)
        finally:
            painter.end()
        self._is_pictured = True
        self.seconds = time.thread_time() - start

    def _paint_all(self, painter: QPainter, content: DiagramContent, layout: Layout) -> None:
        focus = self.focus
        self.links = links_to_show(content.activity, layout, self._ranks, focus, content.count)
        painting = self._painting_of(content, layout)
        painting.ground(painter, content)
        for links in self.links:
            paint_curves(painter, curves_of(links, layout, self._ranks), content.is_hasty, content.inks)
        painting.neurons(painter, content)
        if layout.fold is not None:
            paint_fold(painter, layout.fold)
        if focus is not None:
            self._paint_figures(painter, layout, content.inks)
        if content.chosen is not None:
            self._paint_frame(painter, content.chosen, "ink", CHOSEN)

    def _painting_of(self, content: DiagramContent, layout: Layout) -> BlockPainter:
        """Returns the painter of the layout. Labels are measured again only if they changed."""
        painting = self._painting
        if painting is None or (painting.words.names, painting.words.sources) != (content.names, content.sources):
            words = DiagramLabels(layout, content.names, content.sources)
            painting = self._painting = BlockPainter(layout, words, self._ranks, self._images)
        return painting

    def _paint_figures(self, painter: QPainter, layout: Layout, inks: tuple[str, str]) -> None:
        """Paints the values of the strongest connections of the focused neuron at their other ends."""
        own = None if self.focus is None else self.box_of(self.focus)
        taken = [] if own is None else [own]
        for links in self.links:
            into = self.focus == (links.layer, int(links.above[0])) if len(links.above) else False
            layer, ends = (links.layer - 1, links.below) if into else (links.layer, links.above)
            block = layout.of(layer)
            assert block is not None
            places = self._ranks.places(layer, ends).tolist()
            figures = [pair for pair in zip(places, links.values.tolist(), strict=True) if pair[0] >= 0]
            paint_figures(painter, block, figures[: -_FIGURES - 1 : -1], into, taken, inks)

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

    def _map_at(self, point: QPoint) -> int | None:
        return self._layout.map_at(point.x(), point.y()) if self._layout is not None else None

    def enlarged_tile(self, neuron: NeuronIndex) -> QImage | None:
        """Returns a large image of the tile of a neuron; None if it has none."""
        if self._content is None or self._layout is None:
            return None
        return self._painting_of(self._content, self._layout).enlarged_tile(neuron, self._content)

    def point_at(self, neuron: NeuronIndex | None) -> None:
        """Shows a neuron that another card points at, as if the mouse were on it."""
        if neuron != self._elsewhere:
            self._elsewhere = neuron
            self._update_hovered()

    def _update_hovered(self) -> None:
        """Updates the neuron that is pointed at, and reports what is under the mouse."""
        under_mouse = None if self._mouse is None else self._neuron_at(self._mouse)
        elsewhere = self._elsewhere
        if elsewhere is not None and self._ranks.place(elsewhere) is None:
            elsewhere = None
        hovered = under_mouse or (elsewhere if self._mouse is None else None)
        if hovered != self._hovered:
            self._hovered = hovered
            self._redraw()
        layer = None if self._mouse is None else self._map_at(self._mouse)
        if self._mouse is not None:
            self._show_hand(under_mouse is not None or layer is not None)
        self.pointed.emit(*(under_mouse or (-1, -1)))
        if layer is not None and under_mouse is None:
            self.map_pointed.emit(layer)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Chooses a neuron or none, or opens a layer."""
        if event.button() != Qt.MouseButton.LeftButton:
            return
        self.mouseMoveEvent(event)
        layer = self._map_at(event.pos())
        if layer is not None and self._hovered is None:
            self.opened.emit(layer)
        else:
            self.chosen.emit(*(self._hovered or (-1, -1)))

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Leaves a double click beside neurons and maps to the panel."""
        if self._hovered is None and self._map_at(event.pos()) is None:
            event.ignore()
        else:
            self.mousePressEvent(event)

    # ---- the keyboard

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Shows the connections of the chosen neuron."""
        super().focusInEvent(event)
        self._follow_focus()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Shows the strongest connections of all neurons."""
        super().focusOutEvent(event)
        self._follow_focus()

    def _follow_focus(self) -> None:
        self._redraw()
        self._update_hovered()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Handles keys: arrows move the choice, Enter opens the layer of the chosen neuron, Esc ends the choice."""
        chosen = self._content.chosen if self._content is not None else None
        key = event.key()
        if key == Qt.Key.Key_Escape and chosen is not None:
            self.chosen.emit(-1, -1)
        elif key in ENTER and chosen is not None:
            self.opened.emit(chosen[0])
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


def _widest(names: list[str], size: int, most: int) -> int:
    """Returns the pixels that the names need, at most ``most``."""
    metrics = QFontMetrics(theme.font(size, bold=True))
    return min(max((metrics.horizontalAdvance(name) for name in names[:_MEASURED]), default=0), most)
