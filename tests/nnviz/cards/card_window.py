"""A window of a few cards: made in a tenth of the time of the whole one."""

from __future__ import annotations

from collections.abc import Callable

from PyQt5.QtCore import QSize
from PyQt5.QtWidgets import QMainWindow, QWidget

from nnviz.cards.curves.card import CurvesPanel
from nnviz.cards.registry import CARDS, WORKSPACES, CardInfo, Column, register_cards
from nnviz.cards.run_bar.run_block import RunBlock
from nnviz.cards.run_bar.run_status import RunStatus
from nnviz.cards.stage.card import StagePanel
from nnviz.cards.stage.draw.canvas import Canvas
from nnviz.cards.stage.draw.input_part import InputPart
from nnviz.session.session import Session
from nnviz.window.frame import Frame
from nnviz.window.import_overlay import ImportOverlay
from nnviz.window.main_window import MainWindow

# At least as in a window of the usual size.
_WIDTHS = {Column.CHOOSE: 290, Column.WATCH: 1130, Column.ASK: 298}
_TIME = 300  # pixels of the height of the charts
_BARS = QSize(290, 100)  # what run block, progress and timeline take
_HEIGHT = 760  # of a column whose cards have none of their own
_GAPS = 40  # between the cards and around them


class _FewCards(Frame):
    """The named cards, with all of their pages."""

    def __init__(self, names: tuple[str, ...], session: Session, parent: QWidget) -> None:
        for workspace in WORKSPACES:
            register_cards(workspace)
        self._few = {CARDS[name].part_of or name if name in CARDS else name for name in names}
        super().__init__(session, parent)

    def cards_of(self, workspace: str, column: Column) -> list[tuple[str, CardInfo]]:
        return [(name, info) for name, info in super().cards_of(workspace, column) if name in self._few]

    def usual_size(self, workspace: str) -> QSize:
        """That of a workspace's columns that have cards, each as high as its cards."""
        width, height = _GAPS, 0
        for column in _WIDTHS:
            places = [info.places[workspace] for _, info in self.cards_of(workspace, column)]
            width += _WIDTHS[column] if places else 0
            heights = [place.height or _HEIGHT for place in places]
            height = max(height, sum(heights))
        time = _TIME if self.cards_of(workspace, Column.TIME) else 0
        return QSize(max(width, 3 * time), min(height or _HEIGHT - time, _HEIGHT - time) + time + _GAPS)


class CardWindow(QMainWindow):
    """The stage and some other cards of a session in their frame, and the import sheet.

    Where the weights are among the cards, a layer is shown in place of all.

    Without menus and their keys, messages, hints, and what is remembered; the bars of the run and its timeline are
    there if a test adds them.
    """

    def __init__(self, session: Session, *names: str) -> None:
        super().__init__()
        self.session = session
        self._frame = _FewCards(("stagePanel", *names), session, self)
        self.setCentralWidget(self._frame)
        ImportOverlay(session, self._frame)
        self.show_workspace("train")
        if "weightsDock" in names:
            self.stage.open_layer(1)

    def add_bars(self) -> None:
        """Adds the run block below the column, and what the run does to the charts, or below without them."""
        self.run_block = RunBlock(self.session)
        status = RunStatus(self.session, self.run_block.train)
        self._frame.add_foot(self.run_block)
        if "curvesDock" in self._frame.cards:
            self.curves.headline.take(status)
        else:
            self._frame.layout().addWidget(status)
        self.resize(self._frame.usual_size(self._frame.workspace) + _BARS)

    def card(self, name: str) -> QWidget:
        """The card or page of that name. Raises KeyError if its workspace was not shown."""
        card: QWidget = self._frame.cards[name]
        return card

    @property
    def panels(self) -> list[QWidget]:
        return list(self._frame.panels)

    @property
    def canvas(self) -> Canvas:
        return self.draw.canvas

    @property
    def draw(self) -> InputPart:
        return self.stage.input

    @property
    def stage(self) -> StagePanel:
        card: StagePanel = self._frame.cards["stagePanel"]
        return card

    @property
    def curves(self) -> CurvesPanel:
        card: CurvesPanel = self._frame.cards["curvesDock"]
        return card

    def show_workspace(self, name: str) -> None:
        """As the whole window does; the cards get about the sizes that they have there."""
        self._frame.show_workspace(name)
        self.resize(self._frame.usual_size(name))

    def show_sweep_form(self) -> None:
        self.show_workspace("runs")
        self._frame.cards["sweepPage"].open()


AnyWindow = CardWindow | MainWindow
MakeCards = Callable[..., CardWindow]
