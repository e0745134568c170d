"""What lessons need of the window: the names of its cards and controls, and what directives do to them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from PyQt5.QtCore import QObject
from PyQt5.QtWidgets import QAbstractButton, QAbstractSlider, QAction, QComboBox, QScrollBar, QWidget

from engine.datasets import DATASETS
from nnviz.cards.registry import CARDS, WORKSPACES, CardInfo, register_cards
from nnviz.cards.runs.card import RunsCard
from nnviz.cards.stage.draw.canvas import Canvas
from nnviz.lessons import texts
from nnviz.lessons.catalogue import SETTINGS, Catalogue, lesson_name
from nnviz.lessons.errors import LessonError
from nnviz.ui.card import Panel
from nnviz.ui.card_menu import CardMenuButton
from nnviz.ui.fields import FieldEdit, NumberEdit
from nnviz.ui.pages import Page, PagedCard
from nnviz.window.frame import Frame
from nnviz.window.lesson.head import LessonHead
from nnviz.window.lesson.locks import Control

if TYPE_CHECKING:
    from nnviz.window.main_window import MainWindow

_KINDS = (QAbstractButton, QComboBox, NumberEdit, FieldEdit, QAbstractSlider, Canvas)
# Names for several controls: the settings that are lists, one entry for each layer, and the input.
_GROUPS = {
    "hidden": re.compile(r"shape|add-layer|(remove-)?layer\d+"),
    "activation": re.compile(r"activation\d+"),
    "draw": re.compile(r"draw|ask-value\d+"),
    "seeds-count": re.compile(r"seeds-count|seeds\d+"),
    "speed": re.compile(r"speed(-slow|-full)?"),
}
_BAND = "learning-strip"  # a part of the curves that lessons show and point at as a card
_WEIGHTS = "weights"  # a part of the stage
_FREE_MENUS = ("menuView", "menuHelp")  # never locked: text size, theme, layout and help
_FREE = ("actionQuit", "actionOpenLesson", "actionCloseLesson")
_FREE_BUTTONS = (
    "moreButton",
    "moreBackButton",
    "inputMenuButton",
    "whatIfButton",
)  # they only show other controls, or the present


class WindowStage(QObject):
    """The cards and controls of a window, by the names that lessons use."""

    def __init__(self, window: MainWindow, frame: Frame) -> None:
        super().__init__()
        self._window, self._frame = window, frame
        for workspace in WORKSPACES:
            register_cards(workspace)
        self.cards = {lesson_name(name): name for name in CARDS if not CARDS[name].is_fixed}
        self.cards[_BAND] = "curvesDock"
        self._fixed = {lesson_name(name): name for name in CARDS if CARDS[name].is_fixed}
        self._settings, self._more = window.settings, window.settings.more  # with all controls that may be locked

    def catalogue(self) -> Catalogue:
        """Returns all names that a lesson may use in this window; the user's presets are none, as others lack them."""
        settings, own = self._window.session.settings, self._window.session.user_presets.presets
        return Catalogue(
            frozenset(DATASETS),
            frozenset(preset.name for preset in settings.presets) - {preset.name for preset in own},
            frozenset(self.cards),
            frozenset({*self.controls(), *SETTINGS, *self._fixed}),
        )

    # ---- controls

    def controls(self) -> dict[str, list[Control]]:
        """Returns the controls that can be locked: those of settings, run, timeline and input, and their menus."""
        found: dict[str, list[Control]] = {}
        runs = self._frame.cards.get("runsDock")
        for part in (
            self._settings,
            self._window.run_block,
            self._window.curves.foot,
            self._window.curves.foot.beside,
            self._window.stage.input,
            *([runs.seeds] if isinstance(runs, RunsCard) else []),
        ):
            for widget in part.findChildren(QWidget):
                if isinstance(widget, _KINDS) and _is_own(widget):
                    found.setdefault(lesson_name(widget.objectName()), []).append(widget)
        for menu in self._window.menuBar().actions():
            if menu.menu() is not None and menu.menu().objectName() not in _FREE_MENUS:
                for action in menu.menu().findChildren(QAction):
                    if action.objectName().startswith("action") and action.objectName() not in _FREE:
                        found.setdefault(lesson_name(action.objectName()), []).append(action)
        return found

    def members(self, name: str) -> list[str]:
        """Returns the names of the controls that a name stands for: of several for "hidden", "activation", "draw"."""
        pattern = _GROUPS.get(name)
        return [name] if pattern is None else [each for each in self.controls() if pattern.fullmatch(each)]

    def found(self, name: str) -> list[Control]:
        """Returns the controls of that name, or the content of a card; none if it is not made yet."""
        controls = self.controls()
        if name in _GROUPS:
            return [each for member in self.members(name) for each in controls[member]]
        if name in controls:
            return controls[name]
        if name == _BAND:
            return [self._window.curves.band]
        card = self._frame.cards.get(self.cards.get(name) or self._fixed.get(name, ""))
        if card is None:
            return []
        return [card.sheet] if isinstance(card, Panel) else [card, *self._more_of(card)]

    def _more_of(self, section: QWidget) -> list[QWidget]:
        """Returns what else belongs to a section of the settings: to that of the training, the further settings."""
        return [self._more.scroll_area] if section is self._settings.training else []

    def widget(self, name: str) -> QWidget | None:
        """Returns the card or control of that name, to be pointed at; None if it is not there."""
        if name in self.cards and name != _BAND:
            card = self._frame.cards.get(self.cards[name])
            return card if isinstance(card, QWidget) else None
        shown = [each for each in self.found(name) if isinstance(each, QWidget)]
        found = next((each for each in shown if each.isVisible()), shown[0] if shown else None)
        if found is not None and self._settings.isVisible() and self._settings.isAncestorOf(found):
            return self._settings.place_of(found)
        return found

    def reveal(self, name: str) -> bool:
        """Brings a control of the settings into view, on whichever page it is. Returns whether it is one of them."""
        found = [each for each in self.found(name) if isinstance(each, QWidget) and self._settings.isAncestorOf(each)]
        if found:
            self._settings.reveal(found[0])
        return bool(found)

    def menu(self, name: str) -> QAction | None:
        """Returns the entry of the menu bar whose menu has the control of that name; None if none has it."""
        entries = [each for each in self.found(name) if isinstance(each, QAction)]
        for action in self._window.menuBar().actions():
            if action.menu() is not None and not set(entries).isdisjoint(action.menu().findChildren(QAction)):
                return action
        return None

    # ---- directives

    def show_workspace(self, name: str) -> None:
        """Shows a workspace."""
        self._window.show_workspace(name)

    def show_card(self, name: str) -> None:
        """Shows a card, in the present workspace if that has it. Raises LessonError if it does not suit the data."""
        self._frame.show_card(self._panel(name).objectName())

    def hide_card(self, name: str) -> None:
        """Hides a card or a page; a part of one stays."""
        if name != _BAND and not CARDS[self.cards[name]].part_of:
            self._enter(name)
            self._frame.hide_card(self.cards[name])

    def enlarge_card(self, name: str) -> None:
        """Lets a card fill the window; the weights of a layer take the place of all layers."""
        panel = self._panel(name)
        if name == _WEIGHTS:
            self._window.stage.open_layer(1)
        elif self._window.cards.enlarged is not panel:
            self._window.cards.put_back()
            self._window.cards.toggle(panel)

    def clear_drawing(self) -> None:
        """Clears the drawing."""
        self._window.draw.clear()

    def _enter(self, name: str) -> None:
        """Shows a workspace that has a card, a page or a part, unless the present one has it."""
        info = CARDS[self.cards[name]]
        holder = info.page_of or info.part_of
        places = info.places or CARDS[holder].places
        if self._window.workspace not in places:
            self._window.show_workspace(next(iter(places)))

    def _panel(self, name: str) -> Panel:
        """Returns the panel of a card, in a workspace that has it; a page is brought to the front."""
        self._enter(name)
        object_name = self.cards[name]
        info, card = CARDS[object_name], self._frame.cards.get(object_name)
        if info.part_of:
            self._check_suits(name, info)
            return self._frame.cards[info.part_of]
        if not info.page_of:
            assert isinstance(card, Panel)
            if isinstance(card, PagedCard):
                card.turn_to(next(page for page in card.pages if page.is_offered))
            return card
        self._check_suits(name, info)
        self._frame.show_card(object_name)
        holder = self._frame.cards[info.page_of]
        assert isinstance(card, Page)
        assert isinstance(holder, Panel)
        if isinstance(holder, PagedCard):
            holder.turn_to(card)
        return holder

    def _check_suits(self, name: str, info: CardInfo) -> None:
        data = self._window.session.data.dataset
        if info.suits is not None and (data is None or not info.suits(data)):
            raise LessonError.from_problem(name, texts.DOES_NOT_SUIT, texts.LOAD_OTHER_DATA)


def _is_own(widget: QWidget) -> bool:
    """Whether a widget has a name of its own, is no part of another control, and does more than show something."""
    name = widget.objectName()
    is_part = isinstance(widget.parentWidget(), (*_KINDS, LessonHead))
    only_shows = isinstance(widget, QScrollBar | CardMenuButton)
    is_free = name.startswith(("qt_", "dismiss")) or name in _FREE_BUTTONS
    return bool(name) and not (is_free or is_part or only_shows)
