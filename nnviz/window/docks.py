"""The docks of the workspaces, built from the registry of cards, their places and their sizes."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Collection
from typing import Any

from PyQt5.QtCore import QByteArray, QEvent, QObject, QRect, QSize, Qt, QTimer, pyqtSignal
from PyQt5.QtWidgets import (
    QWIDGETSIZE_MAX,
    QApplication,
    QDockWidget,
    QMainWindow,
    QSizePolicy,
    QStyle,
    QVBoxLayout,
    QWidget,
)

from nnviz.cards.registry import CARDS, SETTINGS, WORKSPACES, CardInfo, Column, register_cards
from nnviz.session.displayed import what_if_text
from nnviz.session.session import Session
from nnviz.ui import theme
from nnviz.ui.card import ColumnDock, DockCard
from nnviz.ui.column import ScrollColumn
from nnviz.ui.pages import Page, TabbedCard
from nnviz.ui.parts import arranged, named
from nnviz.window.splitter_sizes import DEFAULT, DRAWN, SplitterSizes

_SHARE_OF_TEXT = 0.5  # by which the outer columns get wider with the text: at 200 %, half as wide again
_MOST_SIZES = 1000  # sizes of the window that are remembered; there are many while its corner is dragged
_CHANGES = (QEvent.Type.Move, QEvent.Type.Resize, QEvent.Type.Show, QEvent.Type.Hide)
_WIDTHS = {Column.CHOOSE: 290, Column.WATCH: 812, Column.ASK: 298}
# What the cards of a column need at least. Together they fit into a window 1280 pixels wide, whatever they show.
_LEAST_WIDTHS = {Column.CHOOSE: 282, Column.WATCH: 648, Column.ASK: 298}


class Docks(QObject):
    """Puts the cards into docks of a window within the window, which has a margin. Shows those of one workspace.

    The cards of a workspace are made when it is shown for the first time.

    Signals:
        changed: a dock was moved, resized, shown or hidden, or ``free_below`` has changed.
        added(dock): a dock was made.
        card_in_view(name, in_view): a card or page came into view, or is no longer in view.

    Attributes:
        host: the inner window.
        docks: those that were made so far.
        cards: the cards and pages that were made so far, by name.
        workspace: the name of the workspace that is shown.
        splitter_sizes: of the middle column's height.
        free_below: pixels that what lies in the middle is to leave free at its bottom.
    """

    changed = pyqtSignal()
    added = pyqtSignal(object)
    card_in_view = pyqtSignal(str, bool)

    def __init__(self, session: Session, frame: QWidget) -> None:
        """Builds the docks.

        ``frame``: parent of the inner window from the start, as a change of parent styles all widgets again.
        """
        super().__init__()
        self._session = session
        self.host = QMainWindow(frame)
        self.host.setWindowFlags(Qt.WindowType.Widget)
        self.host.setDockNestingEnabled(True)
        self.host.setContextMenuPolicy(Qt.ContextMenuPolicy.NoContextMenu)
        # What the cards show must not make the window larger than the screen: without room for it, cards scroll.
        self.host.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Ignored)
        self.host.setContentsMargins(theme.GAP, theme.GAP, theme.GAP, theme.GAP)
        self.cards: dict[str, Any] = {}
        self._columns: dict[str, dict[Column, list[QDockWidget]]] = {}
        self.docks: list[QDockWidget] = []
        self.free_below = 0
        self._text_size = theme.text_size()
        self._layouts: dict[str, QByteArray] = {}  # of the workspaces that were shown before
        self._first_layouts: dict[str, QByteArray] = {}
        self._sizes = _Sizes(self.host, self.docks)
        self._sizes.changed.connect(self.changed)
        self._sizes.fitting.connect(self.fit_cards)
        self._sizes.theme_changed.connect(self._text_size_changed)
        self.splitter_sizes = SplitterSizes(self.host)
        self._sizes.settled.connect(self._divide)
        session.data.changed.connect(self._follow_data)
        displayed, compared = session.displayed, session.side_by_side
        for signal in (displayed.what_if_changed, displayed.snapshot_changed, compared.changed):
            signal.connect(self._show_marks)
        session.data.views.add(self._add_pages)
        self._build(next(iter(WORKSPACES)))

    # ---- building

    def _build(self, workspace: str) -> None:
        """Makes the cards of a workspace, and shows it."""
        register_cards(workspace)
        self.workspace = workspace
        self._columns[workspace] = {column: self._make_column(workspace, column) for column in Column}
        self._add_pages()
        self._show_marks()
        self.splitter_sizes.show(workspace, self._columns[workspace][Column.WATCH])
        for dock in self.shown:
            if dock not in self.docks:
                self.docks.append(dock)
                self._sizes.watch(dock)
                self.added.emit(dock)
        self._arrange()
        self._first_sizes()
        self._first_layouts[workspace] = self.host.saveState()

    def _cards_of(self, workspace: str, column: Column) -> list[tuple[str, CardInfo]]:
        """Returns the names and descriptions of a column's cards, from the top."""
        places = {name: CARDS[name].places.get(workspace) for name in CARDS}
        shown = [(place.number, name) for name, place in places.items() if place and place.column is column]
        return [(name, CARDS[name]) for _, name in sorted(shown)]

    def _make_column(self, workspace: str, column: Column) -> list[QDockWidget]:
        cards = self._cards_of(workspace, column)
        fixed = [self._make(name, info) for name, info in cards if info.is_fixed]
        docks = [self.cards.get(name) or self._make(name, info) for name, info in cards if not info.is_fixed]
        return [self._settings_dock(fixed), *docks] if fixed else docks

    def _make(self, name: str, info: CardInfo) -> Any:
        card = self.cards[name] = info.make(self._session)
        if isinstance(card, DockCard):
            card.set_name(name)
            self._set_least_width(card, info)
            self._session.run_or_data_changed.connect(card.invalidate)
            card.head.mark.clicked.connect(lambda: self._end_mark(card))
            if isinstance(card, TabbedCard):
                card.tabs.currentChanged.connect(self._show_marks)
        else:
            card.setObjectName(name)
        if isinstance(card, (DockCard, Page)):
            queries = self._session.queries
            card.in_view_changed.connect(lambda in_view: queries.want(name, info.needs, in_view))
            card.in_view_changed.connect(lambda in_view: self.card_in_view.emit(name, in_view))
        return card

    def _set_least_width(self, card: DockCard, info: CardInfo) -> None:
        columns = [place.column for place in info.places.values()]
        card.set_least_width(min(_with_text(_LEAST_WIDTHS[column], column) for column in columns))

    def _text_size_changed(self) -> None:
        if theme.text_size() == self._text_size:
            return
        self._text_size = theme.text_size()
        for name, card in self.cards.items():
            if isinstance(card, DockCard):
                self._set_least_width(card, CARDS[name])
        if self.host.isVisible():
            self.fit_cards()
            self._sizes.settle()

    def _add_pages(self) -> None:
        """Makes the pages of the cards that are there, as far as they suit the data."""
        for name in sorted(CARDS, key=lambda name: (CARDS[name].page_number, name)):
            info = CARDS[name]
            holder = self.cards.get(info.page_of)
            if holder is not None and name not in self.cards and self._suits(info):
                holder.add_page(self._make(name, info), info.page_number)

    def _suits(self, info: CardInfo) -> bool:
        data = self._session.data.dataset
        return info.suits is None or (data is not None and info.suits(data))

    def _follow_data(self) -> None:
        """Offers the pages that suit the data."""
        for name, card in self.cards.items():
            if CARDS[name].suits is not None:
                card.offer(self._suits(CARDS[name]))
        self._divide()

    def _show_marks(self) -> None:
        """Marks every card while a what-if lasts, the past is shown or networks are compared; a click ends it."""
        displayed, sides = self._session.displayed, self._session.side_by_side.sides
        beside = None if sides is None else (sides[0].name, sides[1].name)
        short = ("", "") if sides is None else (sides[0].short, sides[1].short)
        epoch = "" if displayed.is_live else self._session.runs.current.epoch_name(displayed.epochs)
        for name, card in self.cards.items():
            if isinstance(card, DockCard) and CARDS[name].is_of_displayed:
                pair = beside if _compares(card) else None
                card.head.show_mark(what_if_text(displayed.what_if), epoch, pair, short)

    def _end_mark(self, card: DockCard) -> None:
        """Ends the comparison in a card that shows one; else goes live, or if the window is live, ends the what-if."""
        if _compares(card) and self._session.side_by_side.is_on:
            self._session.side_by_side.toggle()
        elif self._session.displayed.is_live:
            self._session.edits.end_what_if()
        else:
            self._session.timeline.go_live()

    def _settings_dock(self, cards: list[QWidget]) -> ColumnDock:
        """Returns a dock of fixed cards, one below the other, which scroll if the space is too small for all."""
        dock = ColumnDock("Settings", SETTINGS, self.host)
        column = named(QWidget(), "scrolled")
        self.settings_column = ScrollColumn("settingsScroll", column)
        self.settings_column.least_width = _WIDTHS[Column.CHOOSE]
        self.settings_column.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAsNeeded)
        dock.setWidget(self.settings_column)
        rows = arranged(QVBoxLayout(column), *cards, spacing=theme.GAP)  # last, so that they are moved once
        rows.addStretch(1)
        return dock

    def add_above_settings(self, widget: QWidget) -> None:
        """Adds a widget at the top of the settings column."""
        rows = self.settings_column.widget().layout()
        assert isinstance(rows, QVBoxLayout)
        rows.insertWidget(0, widget)

    def _arrange(self) -> None:
        """Places the workspace's columns side by side, then the other docks of each below its first one."""
        layout = self.host.layout()
        layout.setEnabled(False)  # it would go through all cards after each of these steps
        for dock in self.docks:
            self.host.removeDockWidget(dock)
        firsts = [docks[0] for docks in self._shown_columns.values()]
        self.host.addDockWidget(Qt.DockWidgetArea.LeftDockWidgetArea, firsts[0])
        for left, right in itertools.pairwise(firsts):
            self.host.splitDockWidget(left, right, Qt.Orientation.Horizontal)
        for docks in self._shown_columns.values():
            for above, below in itertools.pairwise(docks):
                self.host.splitDockWidget(above, below, Qt.Orientation.Vertical)
        shown = self.shown
        for dock in self.docks:
            if dock not in shown:
                self.host.addDockWidget(
                    Qt.DockWidgetArea.LeftDockWidgetArea, dock
                )  # else a saved layout would not know it
            dock.setVisible(dock in shown)
        layout.setEnabled(True)

    @property
    def _shown_columns(self) -> dict[Column, list[QDockWidget]]:
        return {column: docks for column, docks in self._columns[self.workspace].items() if docks}

    @property
    def shown(self) -> list[QDockWidget]:
        """The docks that belong to the workspace, from left to right and from the top."""
        return [dock for docks in self._shown_columns.values() for dock in docks]

    @property
    def right_width(self) -> int:
        """The width of the workspace's right column; 0 if none of its docks is in view."""
        return next((dock.width() for dock in self._in_right), 0)

    @property
    def _in_right(self) -> list[QDockWidget]:
        docks = self._shown_columns.get(Column.ASK, [])
        return [dock for dock in docks if dock.isVisible() and not dock.isFloating()]

    def show_left(self, is_shown: bool, right_width: int, kept: Collection[str] = ()) -> None:
        """Shows or hides the docks of the workspace's left column; the middle one gives or takes the width.

        ``kept`` are the names of docks that are not hidden.
        """
        shown = [dock for dock in self._shown_columns.get(Column.CHOOSE, []) if is_shown or dock.objectName() in kept]
        for dock in self._shown_columns.get(Column.CHOOSE, []):
            dock.setVisible(dock in shown)
        middle, right = self._in_middle, self._in_right
        if right_width and middle and right:
            left = shown[:1]
            widths = [_with_text(_WIDTHS[Column.CHOOSE], Column.CHOOSE) for _ in left]
            wide = self.host.width() - sum(widths) - right_width
            docks = [*left, middle[0], right[0]]
            self.host.resizeDocks(docks, [*widths, wide, right_width], Qt.Orientation.Horizontal)

    # ---- layout

    def fit_cards(self) -> None:
        """Limits the minimum sizes of the cards to the available space. The content of the largest card scrolls first.

        Otherwise Qt would lay the cards over one another.
        """
        room = self.host.contentsRect()
        separator = self.host.style().pixelMetric(QStyle.PixelMetric.PM_DockWidgetSeparatorExtent, None, self.host)
        columns = [
            [dock for dock in docks if dock.isVisible() and not dock.isFloating()]
            for docks in self._shown_columns.values()
        ]
        columns = [docks for docks in columns if docks]
        wide = [max(_needed(dock).width() for dock in docks) for docks in columns]
        for docks, width in zip(columns, _at_most(wide, room.width() - separator * (len(columns) - 1)), strict=True):
            high = [_needed(dock).height() for dock in docks]
            heights = _at_most(high, room.height() - separator * (len(docks) - 1))
            for dock, height in zip(docks, heights, strict=True):
                if isinstance(dock, DockCard):
                    dock.set_most(QSize(width, height))
                elif isinstance(dock, ColumnDock):
                    self.settings_column.set_most(width)

    def middle(self) -> QRect:
        """Returns the rectangle of the middle cards in the host; the whole host if they are closed or floating."""
        found = functools.reduce(QRect.united, (dock.geometry() for dock in self._in_middle), QRect())
        return found if found.isValid() else self.host.contentsRect()

    @property
    def _in_middle(self) -> list[QDockWidget]:
        """The cards in the middle that are in view there, not those behind another tab."""
        docks = self._shown_columns.get(Column.WATCH, [])
        return [dock for dock in docks if dock.isVisible() and not dock.isFloating() and dock.geometry().right() > 0]

    def keep_free_below(self, pixels: int) -> None:
        """Keeps so many pixels free at the bottom of the lowest cards in the middle, if they are high enough."""
        lowest = self.middle().bottom() - pixels
        below = [dock for dock in self._in_middle if dock.geometry().bottom() > lowest]
        for dock in self.docks:
            if isinstance(dock, DockCard):
                dock.keep_free(pixels if dock in below else 0)
        if pixels != self.free_below:
            self.free_below = pixels
            self.changed.emit()

    def show_workspace(self, name: str) -> None:
        """Shows the docks of that workspace as they were before. Raises ValueError if there is none (yet)."""
        if name not in WORKSPACES:
            raise ValueError(f"workspace {name!r}: it does not exist. Use one of {', '.join(WORKSPACES)}.")
        if name == self.workspace:
            return
        self._layouts[self.workspace] = self.host.saveState()
        if name not in self._columns:
            self._build(name)
        self.workspace = name
        self.splitter_sizes.show(name, self._columns[name][Column.WATCH])
        for dock in self.docks:
            if dock not in self.shown:
                dock.hide()  # first, else the window would grow until all docks of both found room
        if name in self._layouts:
            self.restore(self._layouts[name])
        else:
            self.first_layout()

    def _first_sizes(self) -> None:
        """Sets the default sizes of the workspace's docks."""
        columns = self._shown_columns
        widths = [_with_text(_WIDTHS[column], column) for column in columns]
        self.host.resizeDocks([docks[0] for docks in columns.values()], widths, Qt.Orientation.Horizontal)
        for column, docks in columns.items():
            if len(docks) > 1:
                self.host.resizeDocks(docks, self._heights(column, DEFAULT), Qt.Orientation.Vertical)

    def _heights(self, column: Column, kind: str) -> list[int]:
        """Returns the first heights of a column's cards, for data of that kind."""
        places = [card.places[self.workspace] for _, card in self._cards_of(self.workspace, column)]
        return [place.drawn_height or place.height if kind == DRAWN else place.height for place in places]

    def _divide(self) -> None:
        """Divides the height of the middle column again if the new data need it."""
        data = self._session.data.dataset
        if data is None:
            return  # it stays as it was until they are there
        heights = {kind: self._heights(Column.WATCH, kind) for kind in (DEFAULT, DRAWN)}
        is_drawn = (data.is_plane or data.is_curve) and heights[DRAWN] != heights[DEFAULT]
        kind = DRAWN if is_drawn else DEFAULT
        if self.splitter_sizes.divide(kind, heights[kind]):
            self._sizes.forget()

    def first_layout(self) -> None:
        """Sets the default places and sizes of the workspace's docks."""
        self.host.restoreState(self._first_layouts[self.workspace])
        self._first_sizes()
        self.splitter_sizes.kinds[self.workspace] = DEFAULT
        self._divide()
        self._sizes.forget()

    def restore(self, state: QByteArray) -> None:
        """Arranges the workspace's docks as a saved state says."""
        self.host.restoreState(state)
        self._sizes.forget()

    def layouts(self, now: QByteArray) -> dict[str, QByteArray]:
        """Returns the layouts of all workspaces that were shown; ``now`` is that of the present one."""
        return {**self._layouts, self.workspace: now}

    def put_back(self, layouts: dict[str, QByteArray]) -> None:
        """Arranges all workspaces as ``layouts`` says; those that are not there as at first."""
        self._layouts = {**self._first_layouts, **layouts}
        self.restore(self._layouts[self.workspace])

    def remember(self, layouts: dict[str, QByteArray]) -> None:
        """Restores layouts of an earlier start."""
        self._layouts.update({name: state for name, state in layouts.items() if name in WORKSPACES})
        if self.workspace in self._layouts:
            self.restore(self._layouts[self.workspace])


def _compares(card: DockCard) -> bool:
    """Whether a card, or its page in front, shows two networks side by side while they are compared."""
    return card.page.compares if isinstance(card, TabbedCard) and card.pages else card.compares


def _with_text(width: int, column: Column) -> int:
    """Returns the width of a column at the text size in use. The middle one gives the others what they need more."""
    share = 0 if column is Column.WATCH else _SHARE_OF_TEXT
    return round(width * (1 + share * (theme.text_size() / 100 - 1)))


def _needed(dock: QDockWidget) -> QSize:
    if isinstance(dock, DockCard):
        return dock.needed
    column = dock.widget()
    return column.needed if isinstance(column, ScrollColumn) else dock.minimumSizeHint()


def _at_most(needed: list[int], room: int) -> list[int]:
    """Returns the sizes for the space: what each needs, or less for the largest if that is too much."""
    left, most = room, QWIDGETSIZE_MAX
    for number, length in enumerate(sorted(needed)):
        share = left // (len(needed) - number)
        if length > share:
            most = share
            break
        left -= length
    return [most if length > most else QWIDGETSIZE_MAX for length in needed]


class _Sizes(QObject):
    """Restores the sizes that the docks had before, when the window or its texts return to a size.

    Qt takes what a smaller window or larger texts lack from all docks, and does not undo that afterwards.
    ``changed``: a dock was moved, resized, shown or hidden. ``settled``: they have their sizes again after that.
    ``fitting``: they are about to be laid out. ``theme_changed``: as the theme's, while there are docks.
    """

    changed = pyqtSignal()
    settled = pyqtSignal()
    fitting = pyqtSignal()
    theme_changed = pyqtSignal()

    def __init__(self, host: QMainWindow, docks: list[QDockWidget]) -> None:
        """``docks`` may grow; each is to be handed to ``watch``."""
        super().__init__(host)
        self._host, self._docks = host, docks
        # Sizes of the docks, by the host's width and height and the size of the texts.
        self._known: dict[tuple[int, int, int], dict[QDockWidget, QSize]] = {}
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._settled)
        host.installEventFilter(self)
        theme.changed.connect(self.theme_changed)

    def watch(self, dock: QDockWidget) -> None:
        """Notices what happens to a dock."""
        dock.installEventFilter(self)
        dock.topLevelChanged.connect(self.forget)

    def forget(self, *_: bool) -> None:
        """Replaces the remembered sizes by the present ones, after the docks were arranged again."""
        self._known.clear()
        self.settle()

    def settle(self) -> None:
        """Restores or remembers sizes once the docks are laid out, for the window or its texts have another size."""
        self._timer.start()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Notices new sizes of the window and new arrangements of the docks."""
        if watched is not self._host and self._is_new_arrangement(event):
            self.forget()
        elif watched is self._host and event.type() in (QEvent.Type.Resize, QEvent.Type.Show):
            self.settle()
        if watched is self._host and event.type() in (QEvent.Type.Resize, QEvent.Type.Show, QEvent.Type.LayoutRequest):
            self.fitting.emit()
        if watched is not self._host and event.type() in _CHANGES:
            self.changed.emit()
        return False

    def _is_new_arrangement(self, event: QEvent) -> bool:
        """Whether a dock was shown or hidden, or the user drags a separator."""
        if event.type() in (QEvent.Type.Show, QEvent.Type.Hide):
            return self._host.isVisible() and not event.spontaneous()
        return event.type() == QEvent.Type.Resize and bool(QApplication.mouseButtons() & Qt.MouseButton.LeftButton)

    def _settled(self) -> None:
        """Restores the docks' sizes at this size of the window and its texts, or remembers them the first time."""
        now = self._host.width(), self._host.height(), theme.text_size()
        sizes = {dock: dock.size() for dock in self._docks if dock.isVisible() and not dock.isFloating()}
        if now in self._known:
            known = self._known[now]
            docks = [dock for dock in sizes if dock in known]
            self._host.resizeDocks(docks, [known[dock].width() for dock in docks], Qt.Orientation.Horizontal)
            self._host.resizeDocks(docks, [known[dock].height() for dock in docks], Qt.Orientation.Vertical)
        elif sizes and len(self._known) < _MOST_SIZES:
            self._known[now] = sizes
        self.settled.emit()
