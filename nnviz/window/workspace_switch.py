"""The switch of workspaces in the head bar."""

from __future__ import annotations

from PyQt5.QtCore import QSignalBlocker, pyqtSignal
from PyQt5.QtWidgets import QFrame, QHBoxLayout

from nnviz.ui import theme
from nnviz.ui.parts import arranged, named
from nnviz.ui.tabs import Tab, add_tab, tab_bar

_TIPS = {
    "train": "Shows the settings of the network and how it learns (Ctrl+1).",
    "inside": "Shows mistakes, the activations of each neuron, and explanations of the prediction (Ctrl+2).",
    "runs": "Shows the recorded runs: search, compare and open them (Ctrl+3).",
}
_SHORT = {"inside": "Inside"}
_SEGMENT = 106  # pixels at 100 percent, if there is room
_AIR = 10  # pixels at both sides of a short title
_EDGE = 4  # pixels around the segments, with the line


class WorkspaceSwitch(QFrame):
    """A segment for each workspace, all of the same width.

    Signals:
        chosen(str): the user chose a workspace.
    """

    chosen = pyqtSignal(str)

    def __init__(self, titles: dict[str, str]) -> None:
        super().__init__()
        named(self, "workspaceSwitch")
        self._titles = titles
        self.tabs = tab_bar("workspaceTabs", "Workspace")
        self.tabs.setExpanding(True)
        self.tabs.setUsesScrollButtons(False)
        self._names = list(titles)
        for name, title in titles.items():
            add_tab(self.tabs, Tab(title, f"{name}Workspace", _TIPS[name]))
        arranged(QHBoxLayout(self), self.tabs, margins=(_EDGE - 1, _EDGE - 1, _EDGE - 1, _EDGE - 1))
        self.tabs.currentChanged.connect(lambda index: self.chosen.emit(self._names[index]))

    def set_short(self, is_short: bool) -> int:
        """Shows short titles or the whole ones, and returns the width that they need."""
        titles = [_SHORT.get(name, title) if is_short else title for name, title in self._titles.items()]
        for index, title in enumerate(titles):
            self.tabs.setTabText(index, title)
        self.tabs.ensurePolished()
        words = max(map(self.tabs.fontMetrics().horizontalAdvance, titles)) + 2 * _AIR
        segment = words if is_short else max(words, theme.px(_SEGMENT))
        return len(titles) * segment + 2 * _EDGE

    def show_chosen(self, name: str) -> None:
        with QSignalBlocker(self.tabs):
            self.tabs.setCurrentIndex(self._names.index(name))
