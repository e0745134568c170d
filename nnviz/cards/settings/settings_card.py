"""The card of the settings: data, network and training, and a page of the settings that are not always in view."""

from __future__ import annotations

from collections.abc import Callable

from PyQt5.QtCore import QEvent, QObject, QSize, QTimer, pyqtSignal
from PyQt5.QtWidgets import QFrame, QStackedWidget, QVBoxLayout, QWidget

from nnviz.cards.registry import CARDS, CardInfo, Column, Place
from nnviz.cards.settings.data_section import DataSection
from nnviz.cards.settings.more_page import MorePage
from nnviz.cards.settings.network_section import NetworkSection
from nnviz.cards.settings.rate_search import RateSearch
from nnviz.cards.settings.training_section import TrainingSection, hidden_problems
from nnviz.session.session import Session
from nnviz.ui import theme
from nnviz.ui.card import ancestry, holder
from nnviz.ui.column import ScrollColumn
from nnviz.ui.parts import arranged, named, object_name

_LEAST_WIDTH, _LEAST_HEIGHT = 240, 160  # pixels
_PADDING, _APART = 16, 12  # pixels at the sides, and between two sections
_SHARE_OF_TEXT = 0.5  # by which the card gets wider with the text: at 200 %, half as wide again
_NOTICE = 24  # pixels of the line of a notice
_NARROW_GAP = 4  # pixels between two rows where there is little room


class SettingsCard(QFrame):
    """Shows all three sections without scrolling where that is possible: what matters less leaves where room is short.

    Signals:
        opened: the page of the further settings was opened by the user.
        page_changed: the sections or the further settings came to the front.
        step_buttons_left: the buttons that step and reset have to leave the run block, or can return to it.

    Attributes:
        sections: the three sections, by their names.
        has_room_for_step_buttons: whether the run block below can have the buttons that step and reset.
    """

    opened = pyqtSignal()
    page_changed = pyqtSignal()
    step_buttons_left = pyqtSignal()

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.setWindowTitle("Settings")
        self._session, self._rate_search = session, session.models[RateSearch]
        self.data = named(DataSection(session), "dataCard")
        self.network = named(NetworkSection(session), "networkCard")
        self.training = named(TrainingSection(session), "trainingCard")
        self.sections: dict[str, QWidget] = {
            section.objectName(): section for section in (self.data, self.network, self.training)
        }
        content = named(QWidget(), "scrolled")
        margins = (_PADDING, 10, _PADDING, 2)
        arranged(QVBoxLayout(content), *self.sections.values(), 1, spacing=_APART, margins=margins)
        self.scroll_area = ScrollColumn("settingsScroll", content)
        self._notices = QWidget()
        lines = (self.network.notice, self.training.notice)
        arranged(QVBoxLayout(self._notices), *lines, spacing=2, margins=(_PADDING, 0, _PADDING, 8))
        self._keep_no_line(False)
        self._pages = QStackedWidget()
        self._pages.addWidget(self.scroll_area)
        self._pages.currentChanged.connect(self.page_changed)
        arranged(QVBoxLayout(self), (self._pages, 1), self._notices, margins=(1, 1, 1, 1))
        self._more: MorePage | None = None
        self._shows_search = False  # whether the curve of a search is shown already
        self.training.more.clicked.connect(self.show_more)
        # What leaves where room is short, in this order: each step takes whether it has left.
        self._steps: tuple[Callable[[bool], None], ...] = (
            self.network.show_adder_in_head,
            lambda is_gone: self.data.preview.show_wanted(not is_gone),
            lambda is_gone: self.data.show_counts(not is_gone),
            lambda is_gone: self.network.show_ends(not is_gone),
            lambda is_gone: self.data.head.setHidden(is_gone),
            self.training.show_more_in_head,
            self._narrow_gaps,
            self.network.show_as_text,
            self._move_optimizer,
            self._keep_no_line,
        )
        self._left = 0  # steps that have left
        self._returned: list[Callable[[bool], None]] = []  # those of them that the field of all sizes has made room for
        self.has_room_for_step_buttons = True
        self._gained = 0  # pixels of height that the card has got from them
        self._has_no_optimizer = False  # whether the optimizer is among the further settings
        self._fitted = QSize()  # the heights of room and content for which that is right
        self._is_fitting = False
        content.installEventFilter(self)
        self.scroll_area.viewport().installEventFilter(self)
        for signal in (session.data.changed, self.network.hidden_rows_changed):
            signal.connect(self._fit_again)

    def minimumSizeHint(self) -> QSize:
        """Returns a width that fits the text size, whatever the settings show."""
        wider = 1 + _SHARE_OF_TEXT * (theme.text_size() / 100 - 1)
        return QSize(round(_LEAST_WIDTH * wider), theme.px(_LEAST_HEIGHT))

    # ---- further settings

    @property
    def more(self) -> MorePage:
        """The page of the further settings, which is made when it is first needed."""
        if self._more is None:
            self._more = MorePage(self._session)
            self._more.back_wanted.connect(self.show_sections)
            self._rate_search.changed.connect(self._scroll_to_search)  # after the page, which has its new size by then
            self._pages.addWidget(self._more)
            self._place_optimizer()
        return self._more

    @property
    def shows_more(self) -> bool:
        """Whether the page of the further settings is shown."""
        return self._more is not None and self._pages.currentWidget() is self._more

    def show_more(self) -> None:
        """Shows the further settings: the first of them that is wrong, else from the top."""
        wrong = next(iter(hidden_problems(self._session)), "")
        names = (object_name("", wrong, "Edit"), object_name("data", wrong, "Edit"))
        field = next((field for name in names if (field := self.more.findChild(QWidget, name)) is not None), None)
        self._open_more(field)

    def _open_more(self, field: QWidget | None) -> None:
        self._pages.setCurrentWidget(self.more)
        if field is None:
            self.more.scroll_area.verticalScrollBar().setValue(0)
            self.more.back.setFocus()
        else:
            self.more.scroll_area.show_whole(field)
            field.setFocus()
        self.opened.emit()

    def show_sections(self) -> None:
        """Shows the three sections."""
        self._pages.setCurrentIndex(0)
        self.training.more.setFocus()

    def reveal(self, widget: QWidget) -> None:
        """Brings a control of the card into view, on whichever page it is."""
        if self.more.isAncestorOf(widget):
            self._pages.setCurrentWidget(self.more)
        else:
            self._pages.setCurrentIndex(0)
        scroll = holder(widget, ScrollColumn)
        if scroll is not None:
            scroll.show_whole(widget)

    def place_of(self, widget: QWidget) -> QWidget:
        """Returns a control of the card, or while it is hidden, what it will appear in or behind."""
        if self.more.isAncestorOf(widget) and not self.shows_more:
            return self.training.more
        return next((each for each in ancestry(widget) if each.isVisible()), widget)

    def find_rate(self) -> None:
        """Starts the search for a learning rate, and shows it."""
        self._pages.setCurrentWidget(self.more)
        self.more.show_rate_search()
        self.opened.emit()
        self._rate_search.search()

    def _scroll_to_search(self) -> None:
        """Scrolls to the curve of the search when it appears, with its first points."""
        shows_search = len(self._rate_search.partial or ()) > 1
        if shows_search and not self._shows_search and self.shows_more:
            self.more.show_rate_search()
        self._shows_search = shows_search

    # ---- what there is room for

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Fits the sections again when the room or what they need has changed."""
        is_due = event.type() in (QEvent.Type.Resize, QEvent.Type.LayoutRequest) and not self._is_fitting
        if is_due and self._heights != self._fitted:
            self._fit()
        return False

    @property
    def _heights(self) -> QSize:
        """The height of the room and that of the content, as width and height."""
        return QSize(self.scroll_area.viewport().height(), self.scroll_area.widget().minimumSizeHint().height())

    def _fit_again(self) -> None:
        self._fitted = QSize()
        QTimer.singleShot(0, self._fit)

    def _fit(self) -> None:
        """Lets as many steps leave as it takes until nothing scrolls."""
        self._is_fitting = True  # what it lays out sends the events to which it listens
        while self._returned:
            self._returned.pop()(True)
        while self.has_room_for_step_buttons and self._left and self._fits():
            self._left -= 1
            self._steps[self._left](False)
        while self._left < len(self._steps) and not self._fits():
            self._steps[self._left](True)
            self._left += 1
        if self._left and self._steps[self._left - 1] == self.network.show_as_text:
            self._return()
        self._activate()
        self._fitted = self._heights
        self._is_fitting = False
        # Later, because the height of the card cannot be changed by what its change has led to.
        QTimer.singleShot(0, self._fit_step_buttons)

    def _fit_step_buttons(self) -> None:
        """Lets the buttons that step and reset leave the run block where all else has left, or return."""
        heights = self._heights
        room, needed = heights.width(), heights.height()
        has_room = needed <= room if self.has_room_for_step_buttons else needed + self._gained <= room
        if self.scroll_area.isVisible() and has_room != self.has_room_for_step_buttons:
            self.has_room_for_step_buttons = has_room
            self.step_buttons_left.emit()
            self._gained = self._heights.width() - room

    def _return(self) -> None:
        """Lets what left before the rows of the layers return where there is room now, as these may have been many."""
        self._returned = list(self._steps[: self._left - 1])
        for step in self._returned:
            step(False)
        while self._returned and not self._fits():
            self._returned.pop(0)(True)

    def _fits(self) -> bool:
        self._activate()
        heights = self._heights
        return heights.height() <= heights.width()

    def _activate(self) -> None:
        """Lays out at once what a step has changed, from the inside out, so that it can be measured."""
        content = self.scroll_area.widget()
        for widget in (*reversed(content.findChildren(QWidget)), content, self):
            if (layout := widget.layout()) is not None:
                layout.activate()

    def _narrow_gaps(self, is_narrow: bool) -> None:
        gap = _NARROW_GAP if is_narrow else theme.ROW_GAP
        self.data.layout().setSpacing(gap)
        self.training.form.column.setSpacing(gap)

    def _keep_no_line(self, is_gone: bool) -> None:
        """Keeps room for a notice, so that nothing moves when one appears, or keeps none."""
        theme.sized(self._notices.setMinimumHeight, 8 if is_gone else _NOTICE, beside=8)

    def _move_optimizer(self, is_gone: bool) -> None:
        self._has_no_optimizer = is_gone
        self._place_optimizer()

    def _place_optimizer(self) -> None:
        row = self.training.form.rows["optimizer"]
        if not self._has_no_optimizer:
            self.training.form.column.addWidget(row)
            row.show()
        elif self._more is None:
            row.hide()
        else:
            self._more.take_optimizer(row)


CARDS.register("settingsCard")(CardInfo(SettingsCard, {"train": Place(Column.CHOOSE, 1)}, is_fixed=True))
# The sections are known by names of their own, which help and lessons use; the card makes them.
CARDS.register("dataCard")(CardInfo(DataSection, part_of="settingsCard", is_fixed=True))
CARDS.register("networkCard")(CardInfo(NetworkSection, part_of="settingsCard", is_fixed=True))
CARDS.register("trainingCard")(CardInfo(TrainingSection, part_of="settingsCard", is_fixed=True))
