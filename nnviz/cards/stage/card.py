"""The stage: your input, the layers of the network, and its answer, from left to right."""

from __future__ import annotations

from typing import Any

from PyQt5.QtCore import QSize, Qt
from PyQt5.QtGui import QMouseEvent, QResizeEvent
from PyQt5.QtWidgets import QWIDGETSIZE_MAX, QGridLayout

from nnviz.cards.registry import CARDS, CardInfo, Column, Place
from nnviz.cards.stage.diagram.network_part import NetworkPart
from nnviz.cards.stage.draw.input_part import InputPart
from nnviz.cards.stage.part import StagePart
from nnviz.cards.stage.prediction.answer_part import AnswerPart
from nnviz.cards.stage.weights.changes_row import first_changed
from nnviz.cards.stage.weights.layer_part import LayerPart
from nnviz.session.displayed import what_if_text
from nnviz.session.session import Session
from nnviz.ui import theme
from nnviz.ui.card import Panel, Table
from nnviz.ui.pages import Front, Page
from nnviz.ui.parts import pill

_GAP, _HEAD = 20, 320  # pixels between the parts, and of the head with the mark of a what-if
_LOW, _LOW_SURFACE, _LOW_SHARE = 130, 180, 0.42  # pixels of an image in the low form, of a plane at most, and its share
_LOW_EDGES, _TITLE = 8, 26  # pixels around it, and of its title
_LEAST_MAPS, _LINES = 260, 200  # pixels of the height from which changes have room below the maps; lines grow
_PICTURE, _FORM, _ANSWER = 0.26, 0.41, 0.21  # the most that input and answer take of the width; less with large texts
_PRESENTED = 0.21  # a picture likewise in the presentation, whose texts grow with the screen


class StagePanel(Panel):
    """Shows all layers, or one of them in their place. In its low form it shows the input, and a page with it.

    While two networks are compared, one layer is shown of both, and below all parts what has changed.

    Attributes:
        input, network, layer, answer: its parts.
        sections: the parts by the names that lessons and help use.
    """

    def __init__(self, session: Session) -> None:
        super().__init__("Stage")
        self._session = session
        self._lay_head_over()
        self.input, self.network = InputPart(session), NetworkPart(session)
        self.layer, self.answer = LayerPart(session), AnswerPart(session)
        self._middle = Front()
        self._middle.addWidget(self.network)
        self._middle.addWidget(self.layer)
        self._grid = QGridLayout()
        self._grid.setHorizontalSpacing(_GAP)
        self._grid.setRowStretch(0, 1)
        for row, parts in enumerate(((self.input, self._middle, self.answer), self.layer.changes.parts)):
            for column, part in enumerate(parts):
                self._grid.addWidget(part, row, column)
        self.body.addLayout(self._grid, 1)
        self.sections: dict[str, StagePart] = {
            "drawDock": self.input,
            "planePage": self.input,
            "curvePage": self.input,
            "networkDock": self.network,
            "weightsDock": self.layer,
            "predictionDock": self.answer,
        }
        for name, part in self.sections.items():
            part.setObjectName(name)
        self.input.setObjectName("drawDock")  # whatever the data are
        self._parts = self.input, self.network, self.layer, self.answer
        self._offer_tables()
        self._is_compared = False  # whether two networks are compared
        self._is_alone = False  # whether the input is shown without the network
        self._page: Page | None = None  # what is shown then beside and below the input
        self._is_presented = False
        self._shape = session.runs.current.network.shape
        self.network.opened.connect(self.open_layer)
        self.layer.left.connect(self.close_layer)
        session.side_by_side.changed.connect(self._follow_comparison)
        session.displayed.what_if_changed.connect(self._show_what_if)
        session.runs.replaced.connect(self._follow_network)
        session.data.views.add(self._limit_widths)

    def _lay_head_over(self) -> None:
        """Lays the head over the upper right corner, where nothing of the stage stands."""
        self.head.leave_title()
        self.head.detail.hide()
        self.layout().removeWidget(self.head)
        self.head.setProperty("over", True)
        tip = "The whole window shows the network with this change; the network itself stays as it is. Click to end it."
        self._what_if = pill("", "whatIfButton", "What if", tip)
        self._what_if.setProperty("role", "chip")
        self._what_if.clicked.connect(self._session.edits.end_what_if)
        self._what_if.hide()
        self.head.row.addWidget(self._what_if)
        self.sheet.setProperty("alone", True)
        self.head.raise_()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._limit_widths()
        self._place_changes()
        width = min(theme.px(_HEAD), self.width())
        self.head.setGeometry(self.width() - width, 0, width, self.head.sizeHint().height())

    def _limit_widths(self) -> None:
        """Leaves the network most of the width."""
        takes_pictures = self.input.takes_pictures
        picture = _PRESENTED if self._is_presented else _PICTURE / (theme.text_size() / 100) ** 0.5
        share = picture if takes_pictures else _FORM
        for part, most in ((self.input, share), (self.answer, _ANSWER)):
            width = max(round(most * self.width()), part.minimumSizeHint().width())
            part.setMaximumSize(width, QWIDGETSIZE_MAX)
        if self._is_alone:
            has_form = not takes_pictures and self.input.surface is None
            least = self.input.minimumSizeHint()
            side = max(_LOW, 0 if takes_pictures else min(_LOW_SURFACE, round(_LOW_SHARE * self.height())))
            self.input.setMaximumSize(
                QWIDGETSIZE_MAX if has_form else max(side + _LOW_EDGES, least.width()),
                QWIDGETSIZE_MAX if has_form else max(theme.px(_TITLE) + _LOW_EDGES + side, least.height()),
            )
            self._grid.setRowStretch(0, int(has_form))
            self._place_page(has_form)

    def _place_page(self, has_form: bool) -> None:
        """Places what is beside the input, below a form, and the page below both."""
        if self._page is not None:
            row, columns = (1, 3) if has_form else (0, 2)
            self._grid.addWidget(self._page.aside, row, 0 if has_form else 1, 1, columns)
            self._grid.addWidget(self._page, 2, 0, 1, 3)
            self._page.aside.setContentsMargins(0, 0 if has_form else theme.px(_TITLE), 0, 0)
            self._page.setContentsMargins(0, theme.GAP, 0, 0)

    def _place_changes(self) -> None:
        """Shows what has changed between two networks, if the maps of both stay large."""
        changes, has_room = self.layer.changes, self.height() >= _LEAST_MAPS + theme.px(_LINES)
        is_shown = has_room and self._session.side_by_side.is_on and self.is_layer_open and not self._is_alone
        if is_shown != changes.is_shown:
            changes.set_shown(is_shown)
            self.layer.refresh()

    def minimumSizeHint(self) -> QSize:
        """Returns that of the parts, with the least width of the column."""
        least = super().minimumSizeHint()
        return QSize(least.width(), least.height() - self.head.minimumSizeHint().height())

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """A double click beside the parts enlarges the stage."""
        self.asked.emit("enlarge")

    # ---- one layer

    @property
    def is_layer_open(self) -> bool:
        """Whether one layer is shown in place of all."""
        return self._middle.currentWidget() is self.layer

    def open_layer(self, layer: int) -> None:
        """Shows the weights of a layer, counted from 1, in place of all layers."""
        self.layer.show_layer(layer - 1)
        self._turn_to(self.layer)
        self.layer.setFocus(Qt.FocusReason.OtherFocusReason)

    def close_layer(self) -> None:
        """Shows all layers again."""
        if self._session.side_by_side.is_on:
            self._session.side_by_side.toggle()
        self._turn_to(self.network)

    def _turn_to(self, part: StagePart) -> None:
        self._middle.setCurrentWidget(part)
        self._place_changes()
        self._tell_parts()

    def _follow_comparison(self) -> None:
        """Shows both networks while two are compared: the open layer, else the first in which they differ."""
        before, sides = self._is_compared, self._session.side_by_side.sides
        self._is_compared = sides is not None
        if sides is not None and not self.is_layer_open:
            self.layer.show_layer(first_changed(sides))
            self._turn_to(self.layer)
        elif before and not self._is_compared:
            self._turn_to(self.network)
        self._place_changes()
        self._show_what_if()

    def _show_what_if(self) -> None:
        """Shows what is changed as a what-if, in the upper right corner; two predictions begin below it."""
        what_if = self._session.displayed.what_if
        self._what_if.setVisible(bool(what_if))
        self._what_if.setText(f"what if: {what_if_text(what_if)}  ×")
        is_over = self._is_compared and bool(what_if)
        self.answer.setContentsMargins(0, self.head.height() if is_over else 0, 0, 0)

    def _follow_network(self) -> None:
        """Shows all layers of a network of another shape."""
        before, self._shape = self._shape, self._session.runs.current.network.shape
        if self._shape != before and not self._session.side_by_side.is_on:
            self._turn_to(self.network)

    # ---- what is in view

    def add_page(self, page: Page, number: int) -> None:
        """Adds what the low form shows with the input: its aside at the right of it, the page below."""
        self._page = page
        page.fill()
        page.offered_changed.connect(lambda: self.set_strip(self._is_alone))
        self.set_strip(self._is_alone)

    def set_strip(self, is_strip: bool) -> None:
        """Shows the input and its page, or all parts."""
        self._is_alone = is_strip
        self._middle.setVisible(not is_strip)
        self.answer.setVisible(not is_strip)
        self._grid.setColumnStretch(1, 1)
        self._grid.setRowStretch(0, 1)
        self._grid.setRowStretch(2, int(is_strip))
        self._limit_widths()
        if self._page is not None:
            for each in (self._page, self._page.aside):
                each.setVisible(is_strip and self._page.is_offered)
        self._place_changes()
        self._tell_parts()

    def set_presented(self, is_presented: bool) -> None:
        super().set_presented(is_presented)
        self._is_presented = is_presented
        for part in (self.input, self.answer):
            part.set_presented(is_presented)
        self._limit_widths()

    def _shown(self) -> list[StagePart]:
        middle = self.layer if self.is_layer_open else self.network
        return [self.input] if self._is_alone else [self.input, middle, self.answer]

    def _tell_parts(self) -> None:
        page = self._page
        if page is not None and page.in_view != (self.in_view and not page.isHidden()):
            page.set_in_view(not page.in_view)
        for part in self._parts:
            in_view = self.in_view and part in self._shown()
            if in_view != part.in_view:
                self._session.queries.want(part, part.needs, in_view)
                part.set_in_view(in_view)

    def views(self) -> list[Any]:
        return [self, *self._shown(), *([] if self._page is None or self._page.isHidden() else [self._page])]

    def _visibility_changed(self, in_view: bool) -> None:
        super()._visibility_changed(in_view)
        self._tell_parts()

    def invalidate(self) -> None:
        super().invalidate()
        for part in self._parts:
            part.invalidate()
        if self._page is not None:
            self._page.invalidate()

    # ---- for a file

    def _offer_tables(self) -> None:
        """Adds the connections, and the plane or the curve, to what the menu exports."""
        self.tables = {
            "connections": ("Strongest connections", self.network.table),
            "surface": ("Input and prediction", self.input.table),
        }
        menu = self.menu_button
        menu.add_table("connections", "Export c&onnections …", lambda: self.network.in_view)
        menu.add_table("surface", "Export p&lane or curve …", lambda: self.input.surface is not None)

    @property
    def caption(self) -> str:
        if self._page is not None and self._is_alone:
            return self._page.caption
        return self.layer.caption if self.is_layer_open else self.windowTitle()

    def table(self) -> Table | None:
        """Returns what the page shows, the weights of the layer that is shown in place of all, or the outputs."""
        if self._page is not None and self._is_alone:
            return self._page.table()
        return self.layer.table() if self.is_layer_open else self.answer.table()


PLACES = {
    "train": Place(Column.WATCH, 1),
    "inside": Place(Column.WATCH, 1, 470),
    "runs": Place(Column.ASK, 1, is_strip=True),
}
CARDS.register("stagePanel")(CardInfo(StagePanel, PLACES))
# The parts are known by names of their own, which help and lessons use; the panel makes them.
CARDS.register("drawDock")(CardInfo(InputPart, part_of="stagePanel"))
CARDS.register("networkDock")(CardInfo(NetworkPart, part_of="stagePanel"))
CARDS.register("planePage")(CardInfo(InputPart, part_of="stagePanel", suits=lambda data: data.is_plane))
CARDS.register("curvePage")(CardInfo(InputPart, part_of="stagePanel", suits=lambda data: data.is_curve))
CARDS.register("weightsDock")(CardInfo(LayerPart, part_of="stagePanel"))
CARDS.register("predictionDock")(CardInfo(AnswerPart, part_of="stagePanel"))
