"""The button “5 seeds” of the workspace Runs: trains the experiment with several seeds, or stops that."""

from __future__ import annotations

from functools import partial

from PyQt5.QtCore import QPoint, QRectF, Qt
from PyQt5.QtGui import QPainter, QPaintEvent
from PyQt5.QtWidgets import QAction, QActionGroup, QHBoxLayout, QMenu, QPushButton, QToolButton, QWidget

from nnviz.formatting.result_text import format_seeds
from nnviz.session.sweep_text import format_stop_count
from nnviz.session.sweeps import SEEDS, Sweeps
from nnviz.ui import theme
from nnviz.ui.parts import arranged, named
from nnviz.ui.start_stop import StartStop

_WIDTH, _WIDTH_OF_ARROW = 70, 22  # pixels
_BAR_HEIGHT, _BAR_INSET = 3, 5  # pixels


class ProgressButton(QPushButton):
    """A button with a progress bar. ``share``: the share 0…1 that is done; None without work."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.share: float | None = None

    def show_share(self, share: float | None) -> None:
        """Shows the share that is done; None without work."""
        if share != self.share:
            self.share = share
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if self.share is None:
            return
        painter = QPainter(self)
        whole = QRectF(_BAR_INSET, self.height() - _BAR_HEIGHT - 2, self.width() - 2 * _BAR_INSET, _BAR_HEIGHT)
        painter.fillRect(whole, theme.colour("border"))
        whole.setWidth(whole.width() * min(1.0, self.share))
        painter.fillRect(whole, theme.colour("ink"))


def add_seed_counts(menu: QMenu, sweeps: Sweeps) -> dict[int, QAction]:
    """Adds the numbers of seeds to a menu, and returns the entries. The chosen one has a mark; none can be chosen
    while seeds are being trained."""
    group, entries = QActionGroup(menu), {}
    for count in SEEDS:
        entry = entries[count] = menu.addAction(format_seeds(count))
        entry.setCheckable(True)
        entry.triggered.connect(partial(sweeps.set_seeds, count))
        group.addAction(entry)

    def show() -> None:
        entries[sweeps.seeds].setChecked(True)
        group.setEnabled(sweeps.plan_progress is None)

    sweeps.changed.connect(show)
    show()
    return entries


class SeedsButton(QWidget):
    """The button and, at its right, the choice of how many seeds."""

    def __init__(self, sweeps: Sweeps) -> None:
        super().__init__()
        self._sweeps = sweeps
        self.button = named(ProgressButton(""), "seedsButton", "Train with several seeds")
        theme.sized(self.button.setMinimumWidth, _WIDTH)
        self._start_stop = StartStop(self.button, sweeps.toggle)
        tip = "Sets the number of seeds. More seeds show better how much of a result is chance, but take longer."
        self.arrow = named(QToolButton(), "seedsCountButton", "Number of seeds", tip)
        self.arrow.setText("▾")
        theme.sized(self.arrow.setFixedWidth, _WIDTH_OF_ARROW)
        self.arrow.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.arrow.clicked.connect(self._open)
        self._menu = named(QMenu(self), "seedsCountMenu")
        for count, action in add_seed_counts(self._menu, sweeps).items():
            action.setObjectName(f"seeds{count}Action")
        arranged(QHBoxLayout(self), (self.button, 1), self.arrow)
        sweeps.changed.connect(self._show)
        self._show()

    def _open(self) -> None:
        """Opens the menu with popup(), because exec() would start a nested event loop."""
        self._menu.popup(self.button.mapToGlobal(QPoint(0, self.button.height())))

    def _show(self) -> None:
        sweeps, plan_progress = self._sweeps, self._sweeps.plan_progress
        is_going = plan_progress is not None
        self.arrow.setEnabled(not is_going)
        self._start_stop.show(is_going, sweeps.reason_unavailable is None)
        if plan_progress is None:
            self.button.setText(format_seeds(sweeps.seeds))
        else:
            self.button.setText(format_stop_count(plan_progress))
        self.button.show_share(None if plan_progress is None else plan_progress.share)
        self.button.setToolTip(self._tip())

    def _tip(self) -> str:
        sweeps = self._sweeps
        if sweeps.plan_progress is not None:
            return (
                f"{sweeps.progress}. Stops the runs. Finished ones are kept, and the others can be resumed "
                "(Ctrl+Shift+T)."
            )
        return sweeps.reason_unavailable or (
            f"Trains {sweeps.seeds} new networks in the background, with the settings at the left and different "
            "seeds. Shows how much of the error is chance (Ctrl+Shift+T)."
        )
