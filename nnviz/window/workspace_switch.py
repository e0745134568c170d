"""The switch of workspaces at the right end of the menu bar."""

from __future__ import annotations

from PyQt5.QtCore import QSignalBlocker, pyqtSignal
from PyQt5.QtWidgets import QHBoxLayout, QWidget

from nnviz.ui.parts import arranged
from nnviz.ui.tabs import Tab, add_tab, tab_bar

_TIPS = {
    "train": "Shows the settings of the network and how it learns (Ctrl+1).",
    "inside": "Shows mistakes, the activations of each neuron, and explanations of the prediction (Ctrl+2).",
    "runs": "Shows the recorded runs: search, compare and open them (Ctrl+3).",
}


class WorkspaceSwitch(QWidget):
    """A tab for each workspace; hidden if there is only one.

    Signals:
        chosen(str): the user chose a workspace.
    """

    chosen = pyqtSignal(str)

    def __init__(self, titles: dict[str, str]) -> None:
        super().__init__()
        self.tabs = tab_bar("workspaceTabs", "Workspace")
        self._names = list(titles)
        for name, title in titles.items():
            add_tab(self.tabs, Tab(title, f"{name}Workspace", _TIPS[name]))
        arranged(QHBoxLayout(self), self.tabs, margins=(0, 0, 10, 0))
        self.tabs.currentChanged.connect(lambda index: self.chosen.emit(self._names[index]))
        self.setVisible(len(titles) > 1)

    def show_chosen(self, name: str) -> None:
        with QSignalBlocker(self.tabs):
            self.tabs.setCurrentIndex(self._names.index(name))
