"""The docks of a workspace, built from what the cards say of themselves, and how wide and high they are."""

from __future__ import annotations

import itertools

from PyQt5.QtCore import QByteArray, QEvent, QObject, QSize, Qt, QTimer
from PyQt5.QtWidgets import QApplication, QDockWidget, QMainWindow, QVBoxLayout, QWidget

from nnviz.look import theme
from nnviz.panels.cards import CARDS, SETTINGS, CardInfo, Column
from nnviz.session.session import Session
from nnviz.widgets.card import ColumnDock, DockCard
from nnviz.widgets.column import ScrollColumn
from nnviz.widgets.pages import Page, TabbedCard
from nnviz.window.workspaces import Workspace

_MOST_SIZES = 1000  # of the window that are remembered; a person who drags its corner passes through many
_WIDTHS = {Column.CHOOSE: 290, Column.WATCH: 812, Column.ASK: 298}


class Docks(QObject):
    """Puts the cards of a workspace into a window within the window, so that there is air around them.

    Attributes:
        host: that window.
        docks: in the order of the View menu.
    """

    def __init__(self, session: Session, workspace: Workspace) -> None:
        super().__init__()
        self._session = session
        self._workspace = workspace
        self.host = QMainWindow()
        self.host.setWindowFlags(Qt.Widget)
        self.host.setDockNestingEnabled(True)
        self.host.setContextMenuPolicy(Qt.NoContextMenu)
        self.host.setContentsMargins(theme.GAP, theme.GAP, theme.GAP, theme.GAP)
        self._cards: dict[str, QWidget] = {}
        self._columns = {column: self._make_column(column) for column in Column}
        self.docks: list[QDockWidget] = [dock for column in self._columns.values() for dock in column]
        self._add_pages()
        self._arrange()
        self.first_sizes()
        self._first_layout = self.host.saveState()
        self._sizes = _Sizes(self.host, self.docks)

    def card(self, name: str) -> QWidget:
        """The card of that name. Raises KeyError."""
        return self._cards[name]

    # ---- building

    def _make_column(self, column: Column) -> list[QDockWidget]:
        docks: list[QDockWidget] = []
        fixed: list[QWidget] = []
        for name, info in self._workspace.cards(column):
            card = self._make(name, info)
            if info.is_fixed:
                fixed.append(card)
            else:
                assert isinstance(card, DockCard)
                docks.append(card)
        return [*([self._settings_dock(fixed)] if fixed else []), *docks]

    def _make(self, name: str, info: CardInfo) -> QWidget:
        card: QWidget = info.make(self._session)
        card.setObjectName(name)
        self._cards[name] = card
        if isinstance(card, (DockCard, Page)):
            probes = self._session.probes
            card.in_view_changed.connect(lambda in_view: probes.want(name, info.needs, in_view))
        return card

    def _add_pages(self) -> None:
        for name in CARDS:
            holder = self._cards.get(CARDS[name].page_of)
            if isinstance(holder, TabbedCard):
                page = self._make(name, CARDS[name])
                assert isinstance(page, Page)
                holder.add_page(page)

    def _settings_dock(self, cards: list[QWidget]) -> ColumnDock:
        """Fixed cards, one under the other; they scroll where the screen is low."""
        dock = ColumnDock("Settings", SETTINGS)
        column = QWidget()
        column.setObjectName("scrolled")
        rows = QVBoxLayout(column)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(theme.GAP)
        for card in cards:
            rows.addWidget(card)
        rows.addStretch(1)
        self.settings_column = ScrollColumn("settingsScroll", column)
        self.settings_column.setMinimumWidth(_WIDTHS[Column.CHOOSE])
        dock.setWidget(self.settings_column)
        return dock

    def _arrange(self) -> None:
        """The columns beside each other, then the docks of each below its first."""
        firsts = [docks[0] for docks in self._columns.values() if docks]
        self.host.addDockWidget(Qt.LeftDockWidgetArea, firsts[0])
        for left, right in itertools.pairwise(firsts):
            self.host.splitDockWidget(left, right, Qt.Horizontal)
        for docks in self._columns.values():
            for above, below in itertools.pairwise(docks):
                self.host.splitDockWidget(above, below, Qt.Vertical)

    # ---- layout

    def first_sizes(self) -> None:
        """As wide and as high as they are at first."""
        columns = {column: docks for column, docks in self._columns.items() if docks}
        self.host.resizeDocks([docks[0] for docks in columns.values()], [_WIDTHS[c] for c in columns], Qt.Horizontal)
        for column, docks in columns.items():
            heights = [card.places[self._workspace.name].height for _, card in self._workspace.cards(column)]
            if len(docks) > 1:
                self.host.resizeDocks(docks, heights, Qt.Vertical)

    def first_layout(self) -> None:
        """Every dock where it was at first."""
        self.host.restoreState(self._first_layout)
        self.first_sizes()
        self._sizes.forget()

    def restore(self, state: QByteArray) -> None:
        """As somebody left them."""
        self.host.restoreState(state)
        self._sizes.forget()


class _Sizes(QObject):
    """Gives the docks the sizes back that they had when the window was as large as it is again.

    Qt spreads what a smaller window lacks over all docks, and does not take that back when it grows again.
    """

    def __init__(self, host: QMainWindow, docks: list[QDockWidget]) -> None:
        super().__init__(host)
        self._host, self._docks = host, docks
        self._known: dict[tuple[int, int], dict[QDockWidget, QSize]] = {}  # sizes of the docks, by that of the host
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(0)
        self._timer.timeout.connect(self._settled)
        host.installEventFilter(self)
        for dock in docks:
            dock.installEventFilter(self)
            dock.topLevelChanged.connect(self.forget)

    def forget(self, *_: bool) -> None:
        """The docks are arranged anew: their sizes at this size of the window are those that they have now."""
        self._known.clear()
        self._timer.start()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """The window gets another size, or it is the docks that change."""
        if watched is not self._host and self._is_new_arrangement(event):
            self.forget()
        elif watched is self._host and event.type() in (QEvent.Resize, QEvent.Show):
            self._timer.start()
        return False

    def _is_new_arrangement(self, event: QEvent) -> bool:
        """Whether a dock comes or goes, or a person moves the line between two."""
        if event.type() in (QEvent.Show, QEvent.Hide):
            return self._host.isVisible() and not event.spontaneous()
        return event.type() == QEvent.Resize and bool(QApplication.mouseButtons() & Qt.LeftButton)

    def _settled(self) -> None:
        """What the docks had first at that size counts."""
        now = self._host.width(), self._host.height()
        sizes = {dock: dock.size() for dock in self._docks if _is_in_place(dock)}
        if now in self._known:
            known = self._known[now]
            docks = [dock for dock in sizes if dock in known]
            self._host.resizeDocks(docks, [known[dock].width() for dock in docks], Qt.Horizontal)
            self._host.resizeDocks(docks, [known[dock].height() for dock in docks], Qt.Vertical)
        elif sizes and len(self._known) < _MOST_SIZES:
            self._known[now] = sizes


def _is_in_place(dock: QDockWidget) -> bool:
    return dock.isVisible() and not dock.isFloating()
