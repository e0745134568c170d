"""The order in which modules are imported changes nothing that a user sees."""

from __future__ import annotations

import contextlib
import io
import subprocess
import sys

import pytest

# Imports the modules of a package in reverse alphabetical order, and only then what the package imports itself.
DATA_MODULES = """
import importlib, pkgutil, sys, types

name = "engine.datasets"
folder = importlib.util.find_spec(name).submodule_search_locations
package = sys.modules[name] = types.ModuleType(name)
package.__path__ = folder
modules = [module.name for module in pkgutil.iter_modules(folder) if not module.ispkg]
for module in sorted(modules, reverse=True):
    importlib.import_module(f"{name}.{module}")
del sys.modules[name]
importlib.import_module(name)
"""

# Imports the modules of all cards in the reverse of the order in which they are listed.
CARD_MODULES = """
import importlib
from nnviz.cards import registry

modules = [module for modules in registry._MODULES.values() for module in modules]
for module in reversed(modules):
    importlib.import_module(f"nnviz.cards.{module}")
"""

DATA = """
from engine.datasets import DATASETS
print([(name, DATASETS[name].title) for name in DATASETS])
"""

CARDS = """
from PyQt5.QtWidgets import QAbstractButton, QAction
from nnviz.app import create_window
from nnviz.cards.registry import WORKSPACES
from nnviz.window.preferences import Preferences

window = create_window(settings=Preferences(None))
for workspace in WORKSPACES:
    window.show_workspace(workspace)
    print(workspace, [card.objectName() for card in window.panels])
print([(action.objectName(), action.text()) for action in window.findChildren(QAction)])
print([tab.objectName() for tab in window.findChildren(QAbstractButton)])
window.close_unasked()
"""


def reversed_output(imports: str, shown: str) -> str:
    """What a process prints that imports in reverse."""
    done = subprocess.run([sys.executable, "-c", imports + shown], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout


def output(shown: str) -> str:
    """What this process prints, which imported as the program does."""
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        exec(shown, {})
    return printed.getvalue()


def test_data_sets_are_offered_in_the_same_order() -> None:
    here = output(DATA)
    assert here == reversed_output(DATA_MODULES, DATA)
    assert here.startswith("[('mnist', ")


@pytest.mark.usefixtures("qapp")
def test_cards_and_menus_stand_in_the_same_order() -> None:
    here = output(CARDS)
    assert here == reversed_output(CARD_MODULES, CARDS)
    assert "whatDiffersDock" in here
