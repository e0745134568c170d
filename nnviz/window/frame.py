"""The frame of the window: a column at the left, cards side by side at its right, and the time below them."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from typing import Any

from PyQt5.QtCore import QEvent, QObject, QPoint, QRect, Qt, pyqtSignal
from PyQt5.QtWidgets import QWIDGETSIZE_MAX, QSizePolicy, QVBoxLayout, QWidget

from nnviz.cards.registry import CARDS, WORKSPACES, CardInfo, Column, Place, register_cards
from nnviz.session.session import Session
from nnviz.ui import theme
from nnviz.ui.card import Panel
from nnviz.ui.pages import Page
from nnviz.ui.parts import arranged, named
from nnviz.ui.shared_splitter import SharedSplitter

# By which the outer columns get wider with the text: at 200 %, half as wide again. Their least widths grow by less, so
# that all columns have room at 200 % and 1,280 pixels.
_SHARE_OF_TEXT, _SHARE_OF_LEAST = 0.5, 0.25
_CHANGES = (QEvent.Type.Move, QEvent.Type.Resize, QEvent.Type.Show, QEvent.Type.Hide)
_COLUMN, _LEAST_COLUMN, _MOST_COLUMN = 276, 240, 420  # pixels
_SIDE = 316  # pixels of what stands at the right of the middle
_LEAST_MIDDLE = 300
_LEAST = 640, 460
_WIDE_ENOUGH = 380  # pixels of the middle, for messages at a text size of 100 %
_LEAST_TIME, _TIME_OF_TEXT, _SHARE_OF_TIME = 262, 34, 0.37  # pixels, those of the texts of 200 %, share of the height
_STRIP, _LOW_STRIP, _LOW = 104, 80, 640  # pixels of the time as a strip, and of the height below which it is low
_ALONE = 400  # of what stands alone in its column, as a rule
# What the cards get at least, whatever they show. The middle gives the others what larger texts need.
_LEAST_WIDTHS = {Column.CHOOSE: _LEAST_COLUMN, Column.WATCH: 300, Column.ASK: 200, Column.TIME: 300}
_ACROSS = Column.WATCH, Column.ASK

# By workspace and splitter, the share of each part by its name.
Shares = dict[str, dict[str, dict[str, float]]]


class Frame(QWidget):
    """Shows the cards of one workspace. Only the lines between them move; nothing floats or closes.

    The cards of a workspace are made when it is shown for the first time. A lesson takes the place of the cards in the
    column; those of them that it shows nevertheless stand at the right.

    Signals:
        changed: a card was moved, resized, shown or hidden.
        added(widget): a card was made.
        card_in_view(name, in_view): a card or page came into view, or is no longer in view.

    Attributes:
        cards: the cards and pages that were made so far, by name.
        panels: the cards that the splitters hold so far.
        workspace: the name of the workspace that is shown.
        enlarged: the card that fills the frame; None if there is none.
        shares: those that the user chose by dragging a line.
        is_presented: whether it has the form for an audience: without settings and run block, in shares of its own.
    """

    changed = pyqtSignal()
    added = pyqtSignal(object)
    card_in_view = pyqtSignal(str, bool)

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        """``parent``: from the start, as a change of parent styles all widgets again."""
        super().__init__(parent)
        self._session = session
        # What the cards show must not make the window larger than the screen: without room for it, cards scroll.
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Ignored)
        self.setMinimumSize(*_LEAST)
        self.cards: dict[str, Any] = {}
        self.panels: list[QWidget] = []
        self.enlarged: Panel | None = None
        self.shares: Shares = {}
        self.is_presented = False
        self._names: dict[str, dict[Column, list[QWidget]]] = {}  # of each workspace that was shown
        self._lesson: QWidget | None = None
        self._has_lesson_in_front = False
        self._hidden: set[str] = set()  # names of the cards and pages that a lesson hides
        self._beside: set[str] = set()  # names of the cards of the column that a lesson shows
        self._add_splitters()
        session.data.changed.connect(self._follow_data)
        session.data.views.add(self._add_pages)
        theme.changed.connect(self._set_least_widths)
        self.workspace = next(iter(WORKSPACES))
        self._build()
        self._show()

    # ---- the parts

    def _add_splitters(self) -> None:
        vertical, horizontal = Qt.Orientation.Vertical, Qt.Orientation.Horizontal
        self._splitters = {column: SharedSplitter(vertical, column.value) for column in Column}
        self._across = SharedSplitter(horizontal, "across")
        self._stack = SharedSplitter(vertical, "stack")
        self._whole = SharedSplitter(horizontal, "whole")
        self._column, self._rest = named(QWidget(), "column"), named(QWidget(), "rest")
        self._foot = named(QWidget(), "columnFoot")
        arranged(QVBoxLayout(self._foot))
        self._foot.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self._column.setMinimumWidth(_LEAST_COLUMN)
        upper = self._splitters[Column.CHOOSE]
        self._column_rows = arranged(QVBoxLayout(self._column), (upper, 1), self._foot, spacing=theme.GAP)
        for column in _ACROSS:
            self._across.addWidget(self._splitters[column])
        for part in (self._across, self._splitters[Column.TIME]):
            self._stack.addWidget(part)
        arranged(QVBoxLayout(self._rest), self._stack)
        for side in (self._column, self._rest):
            self._whole.addWidget(side)
        gap = theme.GAP
        arranged(QVBoxLayout(self), self._whole, margins=(gap, gap, gap, gap))
        for splitter in self._all_splitters():
            splitter.wanted = functools.partial(self._lengths, splitter)
            splitter.dragged.connect(functools.partial(self._note_drag, splitter))

    def _all_splitters(self) -> list[SharedSplitter]:
        return [self._whole, self._stack, self._across, *self._splitters.values()]

    def add_foot(self, widget: QWidget) -> None:
        """Adds a widget at the foot of the column, where it stays in every workspace."""
        self._foot.layout().addWidget(widget)
        self._show()

    def fit_foot(self) -> None:
        """Gives the foot the height that it needs now, and the rest of the column what is left, at once."""
        for layout in (self._foot.layout(), self._column_rows):
            layout.activate()

    def add_lesson(self, panel: QWidget) -> None:
        """Adds what takes the place of the column's cards while a lesson is in front."""
        self._lesson = panel
        panel.hide()
        self._splitters[Column.CHOOSE].addWidget(panel)

    def add_above_column(self, widget: QWidget) -> None:
        """Adds a widget above the cards in the column."""
        self._column_rows.insertWidget(0, widget)

    # ---- cards

    def _build(self) -> None:
        """Makes the cards of the workspace."""
        register_cards(self.workspace)
        self._names[self.workspace] = {column: self._make_column(column) for column in Column}
        self._add_pages()
        self._set_least_widths()
        for panel in self._all:
            if panel not in self.panels:
                if panel.parent() is None:
                    panel.setParent(self)  # until it has a place
                    panel.hide()
                self.panels.append(panel)
                if isinstance(panel, Panel) and self.is_presented:
                    panel.set_presented(True)
                panel.installEventFilter(self)
                self.added.emit(panel)

    def cards_of(self, workspace: str, column: Column) -> list[tuple[str, CardInfo]]:
        """Returns the names and descriptions of a column's cards, from the top."""
        places = {name: CARDS[name].places.get(workspace) for name in CARDS}
        own = ((name, place) for name, place in places.items() if place and not CARDS[name].page_of)
        shown = [(place.number, name) for name, place in own if place.column is column]
        return [(name, CARDS[name]) for _, name in sorted(shown)]

    def _make_column(self, column: Column) -> list[QWidget]:
        cards = self.cards_of(self.workspace, column)
        return [self.cards.get(name) or self._make(name, info) for name, info in cards]

    def _make(self, name: str, info: CardInfo) -> Any:
        card = self.cards[name] = info.make(self._session)
        if isinstance(card, Panel):
            card.hide()  # until it is known whether it is shown
            card.set_name(name)
            self._session.run_or_data_changed.connect(card.invalidate)
        else:
            card.setObjectName(name)
        self.cards |= getattr(card, "sections", {})
        if isinstance(card, (Panel, Page)):
            queries = self._session.queries
            card.in_view_changed.connect(lambda in_view: queries.want(name, info.needs, in_view))
            card.in_view_changed.connect(lambda in_view: self.card_in_view.emit(name, in_view))
        return card

    def _set_least_widths(self) -> None:
        for name, card in self.cards.items():
            if isinstance(card, Panel):
                place = self._place_of(name) or next(iter(CARDS[name].places.values()))
                card.set_least_width(_with_text(_LEAST_WIDTHS[place.column], place.column, _SHARE_OF_LEAST))
        self._divide()

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
        self._offer_pages()
        data = self._session.data.dataset
        if data is not None:  # the heights stay as they are until the data are there
            self._show()

    def _offer_pages(self) -> None:
        """Offers the pages that suit the data and that no lesson hides."""
        for name, card in self.cards.items():
            if CARDS[name].page_of:
                card.offer(self._suits(CARDS[name]) and name not in self._hidden)

    # ---- what is shown

    @property
    def _all(self) -> list[QWidget]:
        return [panel for panels in self._names[self.workspace].values() for panel in panels]

    @property
    def shown(self) -> list[QWidget]:
        """What the workspace has for these data, from left to right and from the top, also while it is hidden."""
        return [panel for panel in self._all if self._is_suitable(panel)]

    def _wanted(self, column: Column) -> list[QWidget]:
        """Returns what a column shows now, from the top."""
        if self.enlarged is not None:
            return [self.enlarged] if self.enlarged in self._names[self.workspace][column] else []
        if self._has_lesson_in_front and column is Column.CHOOSE:
            return [] if self._lesson is None else [self._lesson]
        own, left = self._names[self.workspace][column], self._names[self.workspace][Column.CHOOSE]
        shown = [panel for panel in own if panel.objectName() not in self._hidden and self._is_suitable(panel)]
        if self.is_presented:
            shown = [panel for panel in shown if self._is_for_audience(panel.objectName())]
        if self._has_lesson_in_front and column is Column.ASK:
            return [panel for panel in left if panel.objectName() in self._beside] or shown
        return shown

    def _is_for_audience(self, name: str) -> bool:
        """Whether the presentation shows a card of the workspace."""
        place = self._place_of(name)
        return place is not None and place.is_presented and not CARDS[name].is_fixed

    def _is_suitable(self, panel: QWidget) -> bool:
        """Whether a card suits the data that are loaded."""
        return panel.objectName() not in CARDS or self._suits(CARDS[panel.objectName()])

    def _show(self) -> None:
        """Puts what is wanted into its place, and hides the rest."""
        wanted = {column: self._wanted(column) for column in Column}
        in_view = [panel for panels in wanted.values() for panel in panels]
        for panel in (*self.panels, *([self._lesson] if self._lesson else [])):
            if panel not in in_view:
                panel.hide()
        for column, panels in wanted.items():
            splitter = self._splitters[column]
            for number, panel in enumerate(panels):
                if splitter.indexOf(panel) != number:
                    splitter.insertWidget(number, panel)
                if isinstance(panel, Panel):
                    place = self._place_of(panel.objectName())
                    is_low = self.enlarged is None or column is not Column.TIME  # a strip of the time grows
                    panel.set_strip(is_low and place is not None and place.is_strip)
                panel.show()
            splitter.setVisible(bool(panels))
        self._across.setVisible(any(wanted[column] for column in _ACROSS))
        is_enlarged = self.enlarged is not None
        has_foot = not (is_enlarged or self.is_presented) and self._foot.layout().count() > 0
        self._column.setVisible(has_foot or bool(wanted[Column.CHOOSE]))
        self._column.setMaximumWidth(QWIDGETSIZE_MAX if is_enlarged else _MOST_COLUMN)
        self._rest.setVisible(not is_enlarged or not wanted[Column.CHOOSE])
        self._foot.setVisible(has_foot)
        self._divide()

    def show_workspace(self, name: str) -> None:
        """Shows the cards of that workspace. Raises ValueError if there is none (yet)."""
        if name not in WORKSPACES:
            raise ValueError(f"workspace {name!r}: it does not exist. Use one of {', '.join(WORKSPACES)}.")
        if name == self.workspace:
            return
        self.workspace, self.enlarged = name, None
        if name not in self._names:
            self._build()
        self._set_least_widths()
        self._show()

    def enlarge(self, card: Panel | None) -> None:
        """Lets a card of the workspace fill the frame; None shows all again."""
        for panel, is_enlarged in ((self.enlarged, False), (card, True)):
            if panel is not None:
                panel.is_enlarged = is_enlarged
        self.enlarged = card
        self._show()

    def set_presented(self, is_presented: bool) -> None:
        """Shows all cards in the form for an audience, or no longer."""
        self.is_presented = is_presented
        for panel in self.panels:
            if isinstance(panel, Panel):
                panel.set_presented(is_presented)
        self._show()

    def show_lesson(self, is_in_front: bool) -> None:
        """Shows the lesson in place of the column's cards, or those again."""
        self._has_lesson_in_front = is_in_front
        self._show()

    def end_lesson(self) -> None:
        """Shows all cards again."""
        self._hidden.clear()
        self._beside.clear()
        self._offer_pages()
        self.show_lesson(False)

    def show_card(self, name: str) -> None:
        """Shows a card of the workspace, or a page, that a lesson hides, or that the lesson took the place of."""
        self._hidden.discard(name)
        self._beside.add(name)
        self._offer_pages()
        self._show()

    def hide_card(self, name: str) -> None:
        """Hides a card or a page until the lesson shows it or is left."""
        self._beside.discard(name)
        self._hidden.add(name)
        self._offer_pages()
        self._show()

    # ---- sizes

    def _divide(self) -> None:
        for splitter in self._all_splitters():
            splitter.divide()

    def _lengths(self, splitter: SharedSplitter, parts: list[QWidget], length: int) -> list[int]:
        """Returns the lengths of a splitter's parts: by the shares that the user chose, else as at the first start."""
        names = [part.objectName() for part in parts]
        chosen = self.shares.get(self.workspace, {}).get(splitter.objectName(), {})
        if all(name in chosen for name in names) and not self.is_presented:
            shares = [chosen[name] for name in names]
        elif splitter is self._whole and len(parts) > 1:
            shares = _beside(length, _with_text(_COLUMN, Column.CHOOSE))
        elif splitter is self._across and len(parts) > 1:
            shares = _beside(length, self._width_of_side(length))[::-1]
        elif splitter is self._stack and len(parts) > 1:
            shares = _beside(length, self._height_of_time(length))[::-1]
        else:
            shares = [self._height(name) for name in names]
        return [round(length * share / sum(shares)) for share in shares]

    def _width_of_side(self, length: int) -> int:
        """Returns the width of what stands at the right of the middle, which keeps what it needs."""
        return max(1, min(_with_text(_SIDE, Column.ASK), length - _LEAST_MIDDLE))

    def _height_of_time(self, length: int) -> int:
        """Returns the height of the time at first, of the pixels that it shares with the cards above it."""
        larger = theme.text_size() / 100 - 1
        places = [self._place_of(panel.objectName()) for panel in self._names[self.workspace][Column.TIME]]
        if any(place.is_strip for place in places if place is not None):
            return round((_LOW_STRIP if length < _LOW else _STRIP) * (1 + larger) ** 0.85)  # room for two figures
        share = max((place.share for place in places if place is not None), default=0)
        if share:
            return round(share * length)
        if self.is_presented:
            return round(_SHARE_OF_TIME * length)
        return max(_LEAST_TIME + round(_TIME_OF_TEXT * larger), round(_SHARE_OF_TIME * length))

    def _place_of(self, name: str) -> Place | None:
        """Returns the position of a card in the workspace; None for what is no card, as a lesson."""
        return CARDS[name].places.get(self.workspace) if name in CARDS else None

    def _height(self, name: str) -> float:
        """Returns the first height of a part, in pixels, to be compared with those of its neighbours."""
        place = self._place_of(name)
        return _ALONE if place is None else place.height or _ALONE

    def _note_drag(self, splitter: SharedSplitter) -> None:
        if self.is_presented:
            return
        lengths = splitter.lengths()
        names = [part.objectName() for part in splitter.parts]
        shares = {name: length / sum(lengths) for name, length in zip(names, lengths, strict=True)}
        self.shares.setdefault(self.workspace, {})[splitter.objectName()] = shares
        self.changed.emit()

    def default_sizes(self) -> None:
        """Gives the parts of the workspace the sizes of the first start."""
        if not self.is_presented:
            self.shares.pop(self.workspace, None)
        self._divide()

    # ---- places

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Notices that a card was moved, resized, shown or hidden."""
        if event.type() in _CHANGES:
            self.changed.emit()
        return False

    def place(self, panel: QWidget) -> QRect:
        """Returns the rectangle of a part of the frame, in the frame; an empty one before it was shown."""
        if not self.isAncestorOf(panel):
            return QRect()
        return QRect(panel.mapTo(self, QPoint(0, 0)), panel.size())

    def middle(self, free: QWidget | None = None) -> QRect:
        """Returns the rectangle of the cards in the middle, for messages; the whole frame if none is shown there.

        If that is narrow for its texts, the cards at the right of it belong to it.

        Args:
            free: a widget at the left of a card in the middle that is left out, if the rest is not narrow.
        """
        wide = theme.px(_WIDE_ENOUGH)
        found = self._united(Column.WATCH)
        if found.isValid() and found.width() < wide:
            found = found.united(self._united(Column.ASK))
        elif free is not None and free.isVisible() and found.contains(self.place(free)):
            beside = found.adjusted(self.place(free).right() - found.left(), 0, 0, 0)
            found = beside if beside.width() >= wide else found
        return found if found.isValid() else self.contentsRect()

    def _united(self, column: Column) -> QRect:
        """Returns the rectangle of the visible cards of a column; an empty one if there are none."""
        places = [self.place(panel) for panel in self._names[self.workspace][column] if panel.isVisible()]
        return functools.reduce(QRect.united, places, QRect())

    def beside_column(self) -> QRect:
        """Returns the rectangle of all that is beside the column; the whole frame if a card of the column fills it."""
        return self.place(self._rest) if self._rest.isVisible() else self.contentsRect()

    def lesson_in_front(self) -> QRect:
        """Returns the rectangle of the lesson that is shown in place of the column's cards; empty without one."""
        return self.place(self._lesson) if self._lesson is not None and self._lesson.isVisible() else QRect()

    def tab_places(self) -> Iterator[QWidget]:
        """Yields the parts in the order in which Tab goes through them."""
        yield self._column
        for column in (*_ACROSS, Column.TIME):
            yield from self._splitters[column].parts


def _beside(length: int, width: int) -> list[float]:
    """Returns a part of that width, and the rest of the length."""
    return [min(width, length), max(1, length - width)]


def _with_text(width: int, column: Column, share: float = _SHARE_OF_TEXT) -> int:
    """Returns the width of a column at the text size in use. The middle one gives the others what they need more."""
    share = 0 if column in (Column.WATCH, Column.TIME) else share
    return round(width * (1 + share * (theme.text_size() / 100 - 1)))
