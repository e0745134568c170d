"""The widget that shows a network as a diagram, and says what is pointed at and clicked."""

from __future__ import annotations

import time
from dataclasses import replace

from PyQt5.QtCore import QEvent, QPoint, QPointF, QRect, QRectF, QSize, Qt, pyqtSignal
from PyQt5.QtGui import (
    QFocusEvent,
    QFontMetrics,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPixmap,
    QResizeEvent,
)
from PyQt5.QtWidgets import QFrame, QScrollArea, QWidget

from engine.basics.validation import Array
from engine.explain.contribution_paths import Links
from nnviz.cards.diagram.curves import paint_curves
from nnviz.cards.diagram.layout import MORE, SHOWN, Block, Kind, Layout, Looks, Wish, lay_out
from nnviz.cards.diagram.painting import Content, Painting, paint_figures, paint_frame
from nnviz.cards.diagram.ranks import Neuron, Ranks, links_to_show, strands_of
from nnviz.cards.diagram.steps import neighbour
from nnviz.cards.diagram.tiles import Tiles
from nnviz.cards.diagram.words import Spot, Words
from nnviz.ui import theme
from nnviz.ui.read_out import ReadOut, Text

_MOST_NAME, _MOST_SOURCE = 90, 112  # pixels, for the names of outputs and of inputs
_BAR = 10  # height that the scroll bar takes
_FIGURES = 6  # numbers that are written at the strongest connections of a neuron, each way


class NetworkDiagram(QWidget):
    """Blocks of neurons from left to right, and the strongest connections between them.

    Signals:
        pointed(layer, number): the neuron under the mouse, sent again when its numbers may have changed; (-1, -1)
            when there is none.
        chosen(layer, number): a neuron was clicked, or chosen by the arrow keys; (-1, -1) for a click on the ground
            or Esc.
        arranged(): everything was laid out anew, perhaps wider or narrower.

    Attributes:
        focus: the neuron whose connections are shown; None for the strongest of all.
        links: the connections that are shown.
        seconds: what the last picture cost.
    """

    pointed = pyqtSignal(int, int)
    chosen = pyqtSignal(int, int)
    arranged = pyqtSignal()

    def __init__(self) -> None:
        super().__init__()
        self.links: list[Links] = []
        self.seconds = 0.0
        self._looks = Looks((1, 1))
        self._wish = Wish()
        self._room = QSize(400, 300)
        self._layout: Layout | None = None
        self._content: Content | None = None
        self._ranks = Ranks()
        self._tiles: dict[int, Tiles] = {}
        self._picture = QPixmap()  # all that is visible, but for the frame of what is under the mouse
        self._pictured = QRect()  # its place; empty if something has changed
        self._painting: Painting | None = None
        self._names: tuple[list[str], list[str]] = [], []  # of the outputs and the inputs
        self._name_width, self._source_width = 14, 0
        self._mouse: QPoint | None = None
        self._hovered: Neuron | None = None  # under the mouse, or else pointed at elsewhere
        self._elsewhere: Neuron | None = None
        self._read_out = ReadOut(self)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.StrongFocus)
        self.setAttribute(Qt.WA_OpaquePaintEvent)  # paintEvent covers the whole widget
        theme.changed.connect(self._theme_changed)

    # ---- what is shown

    def set_looks(self, looks: Looks, names: list[str], sources: list[str] | None = None) -> None:
        """Says what there is to lay out, with the names of outputs and inputs.

        Another network drops what was asked to be seen.
        """
        known = names, sources or []
        if known != self._names:
            self._names = known
            self._measure_names()
        looks = replace(looks, names=max(self._name_width, 14), sources=self._source_width)
        if looks != self._looks:
            if looks.shape != self._looks.shape:
                self._wish = Wish()
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
        self._forget_picture()

    def show_content(self, content: Content) -> None:
        """Shows an activity of a network of the shape that was laid out."""
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
            height -= _BAR  # for the scroll bar
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
        self._forget_picture()

    def _forget_picture(self) -> None:
        self._pictured = QRect()
        self.update()

    def set_room(self, room: QSize) -> None:
        """Lays the diagram out for the visible area, a scroll bar included."""
        if room != self._room:
            self._room = room
            self._lay_out()

    @property
    def arrangement(self) -> Layout | None:
        """Where everything is."""
        return self._layout

    @property
    def ranks(self) -> Ranks:
        """Which neurons are shown."""
        return self._ranks

    @property
    def focus(self) -> Neuron | None:
        """The neuron under the mouse, or else the chosen one. A chosen output leaves contributions to it on show."""
        if self._hovered is not None or self._content is None:
            return self._hovered
        chosen = self._content.chosen
        return None if chosen is None or chosen[0] == len(self._looks.shape) - 1 else chosen

    def box_of(self, neuron: Neuron) -> QRectF | None:
        """The place of a neuron in the widget; None if it is not shown."""
        place, block = self._ranks.place(neuron), self._block(neuron)
        return None if place is None or block is None else QRectF(*block.cells[place].tolist())

    def _block(self, neuron: Neuron) -> Block | None:
        return self._layout.blocks.get(neuron[0]) if self._layout is not None else None

    @property
    def spots(self) -> list[Spot]:
        """The words that can be clicked."""
        return [] if self._painting is None else self._painting.words.spots

    def ask_for(self, layer: int, more: bool) -> None:
        """Shows more neurons of a layer, or again as few as at first; −1: all layers, or again some."""
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
        """Paints the picture, made anew only if something changed."""
        content, layout, visible = self._content, self._layout, self.visibleRegion().boundingRect()
        if content is not None and layout is not None and not self._pictured.contains(visible):
            self._paint_picture(content, layout, visible)
        painter = QPainter(self)
        if content is None:
            painter.fillRect(event.rect(), theme.colour("card"))
            return
        painter.drawPixmap(self._pictured.topLeft(), self._picture)
        if self._hovered is not None:
            self._paint_frame(painter, self._hovered, "accent", 2)
        if self.hasFocus() and content.chosen is None:
            painter.setPen(theme.colour("accent"))
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 4, 4)

    def _paint_picture(self, content: Content, layout: Layout, visible: QRect) -> None:
        start = time.thread_time()
        ratio = self.devicePixelRatioF()
        size = visible.size() * ratio
        if self._picture.size() != size:  # else the old one is used again: new memory takes longer to fill
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

    def _paint_all(self, painter: QPainter, content: Content, layout: Layout, visible: QRect) -> None:
        focus = self.focus
        self.links = links_to_show(content.activity, layout, self._ranks, focus, content.count)
        painting = self._painting_of(content, layout)
        painting.show_between(visible.left(), visible.right())
        painting.ground(painter, content, self._reached(content, focus))
        for links in self.links:
            if layout.is_between(links.layer, visible.left(), visible.right()):
                paint_curves(painter, strands_of(links, layout, self._ranks), content.is_hasty)
        painting.neurons(painter, content)
        if focus is not None:
            self._paint_figures(painter, layout)
        if content.chosen is not None:
            self._paint_frame(painter, content.chosen, "text", 2.5)

    def _painting_of(self, content: Content, layout: Layout) -> Painting:
        """What paints the layout; its words are measured again only if they changed."""
        painting = self._painting
        said = content.labels, content.names, content.sources
        if painting is None or (painting.words.labels, painting.words.names, painting.words.sources) != said:
            words = Words(self._looks, layout, self._wish, *said)
            painting = self._painting = Painting(layout, words, self._ranks, self._tiles)
        return painting

    def _reached(self, content: Content, focus: Neuron | None) -> Array | None:
        """What each pixel adds to the sum of a first-layer neuron in focus."""
        if focus is None or focus[0] != 1 or self._looks.picture is None or not content.activity.is_lit:
            return None
        reached: Array = content.activity.network.weights[0][focus[1]] * content.activity.activations[0]
        return reached

    def _paint_figures(self, painter: QPainter, layout: Layout) -> None:
        """Writes the values of the strongest connections of the neuron in focus at their other ends."""
        own = None if self.focus is None else self.box_of(self.focus)
        taken = [] if own is None else [own]
        for links in self.links:
            into = self.focus == (links.layer, int(links.above[0])) if len(links.above) else False
            layer, ends = (links.layer - 1, links.below) if into else (links.layer, links.above)
            block = layout.blocks[layer]
            if block.kind is not Kind.PICTURE:
                places = self._ranks.places(layer, ends).tolist()
                figures = [pair for pair in zip(places, links.values.tolist(), strict=True) if pair[0] >= 0]
                paint_figures(painter, block, figures[: -_FIGURES - 1 : -1], into, taken)

    def _paint_frame(self, painter: QPainter, neuron: Neuron, ink: str, width: float) -> None:
        place, block = self._ranks.place(neuron), self._block(neuron)
        if place is not None and block is not None:
            paint_frame(painter, block, place, theme.colour(ink), width)

    # ---- the mouse

    def show_text(self, text: Text) -> None:
        """Shows a read-out beside the mouse; an empty text hides it."""
        self._read_out.show_text(text, self._mouse)

    def _neuron_at(self, point: QPoint) -> Neuron | None:
        found = self._layout.find(point.x(), point.y()) if self._layout is not None else None
        if found is None or self._content is None:
            return None
        return found[0], int(self._ranks.numbers(found[0])[found[1]])

    def _spot_at(self, point: QPoint) -> Spot | None:
        return next((spot for spot in self.spots if spot.box.contains(QPointF(point))), None)

    def point_at(self, neuron: Neuron | None) -> None:
        """Shows a neuron as if the mouse were on it, while the mouse is on another widget."""
        if neuron != self._elsewhere:
            self._elsewhere = neuron
            self._update_hovered()

    def _update_hovered(self) -> None:
        """Finds what is pointed at now, and says what is under the mouse."""
        under_mouse = None if self._mouse is None else self._neuron_at(self._mouse)
        hovered = under_mouse or (self._elsewhere if self._mouse is None else None)
        if hovered != self._hovered:
            self._hovered = hovered
            self._forget_picture()
        if self._mouse is not None:
            is_link = under_mouse is not None or self._spot_at(self._mouse) is not None
            cursor = Qt.PointingHandCursor if is_link else Qt.ArrowCursor
            if self.cursor().shape() != cursor:
                self.setCursor(cursor)
        self.pointed.emit(*(under_mouse or (-1, -1)))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Shows the connections of what is under the mouse."""
        self._mouse = event.pos()
        self._update_hovered()

    def leaveEvent(self, event: QEvent) -> None:
        """Shows again what was shown before."""
        self._mouse = None
        self._update_hovered()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Chooses a neuron, shows more of a layer, or chooses nothing."""
        if event.button() != Qt.LeftButton:
            return
        self.mouseMoveEvent(event)
        spot = self._spot_at(event.pos())
        if spot is not None and self._hovered is None:
            self.ask_for(spot.layer, spot.wants_more)
        else:
            self.chosen.emit(*(self._hovered or (-1, -1)))

    # ---- the keyboard

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrows move the choice, + and − show more and fewer neurons of its layer, Esc chooses nothing."""
        chosen = self._content.chosen if self._content is not None else None
        key = event.key()
        if key == Qt.Key_Escape and chosen is not None:
            self.chosen.emit(-1, -1)
        elif key in (Qt.Key_Plus, Qt.Key_Equal, Qt.Key_Minus):
            self.ask_for(chosen[0] if chosen is not None else -1, key != Qt.Key_Minus)
        elif self._layout is not None and self._content is not None:
            found = neighbour(self._layout, self._ranks, chosen, Qt.Key(key))
            if found is None:
                super().keyPressEvent(event)
            else:
                self._mouse = None  # the choice is shown, not what the mouse happens to lie on
                self._update_hovered()
                self.chosen.emit(*found)
        else:
            super().keyPressEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Shows that it has the focus."""
        super().focusInEvent(event)
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Shows that it has not."""
        super().focusOutEvent(event)
        self.update()


def _widest(names: list[str], most: int) -> int:
    """Pixels for the names; longer ones are cut."""
    metrics = QFontMetrics(theme.font(theme.SMALL, bold=True))
    return min(max((metrics.horizontalAdvance(name) for name in names[:SHOWN]), default=0), most)


class DiagramView(QScrollArea):
    """Holds a diagram, and scrolls one that is wider than the card."""

    def __init__(self, diagram: NetworkDiagram, name: str) -> None:
        super().__init__()
        self.setObjectName(name)
        self.setFrameShape(QFrame.NoFrame)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarAlwaysOff)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.NoFocus)
        self.setMinimumSize(260, 150)
        self._diagram = diagram
        self.setWidget(diagram)
        diagram.arranged.connect(self._fit)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Tells the diagram how much room there is."""
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        """Shows the scroll bar for a wider diagram. Both are told of the whole room, or they would take turns."""
        self._diagram.set_room(self.size())
        is_wide = self._diagram.width() > self.width()
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarAlwaysOn if is_wide else Qt.ScrollBarAlwaysOff)

    def show_neuron(self, neuron: Neuron) -> None:
        """Scrolls to a neuron."""
        box = self._diagram.box_of(neuron)
        if box is not None:
            self.ensureVisible(round(box.center().x()), round(box.center().y()), 60, 0)
