"""Networks with thousands of layers: views draw the first and the last of them and say so, and nothing is lost."""

from __future__ import annotations

import json
from pathlib import Path

from PyQt5.QtCore import Qt
from PyQt5.QtWidgets import QLabel, QLineEdit, QWidget
from pytestqt.qtbot import QtBot

from engine.storage import load_network
from nnviz.cards.stage.weights.layer_part import LayerPart
from nnviz.formatting.layers import FIRST, LAST
from nnviz.session.status import Status
from nnviz.ui.fields import NumberEdit
from nnviz.ui.histogram_grid import HistogramGrid
from nnviz.window.main_window import MainWindow
from tests.nnviz.cards.card_window import MakeCards
from tests.nnviz.conftest import Model
from tests.nnviz.helpers import find, show_view, wait_for

DEEP = 1100  # hidden layers
DEEPEST = 8_300  # of two digits, so that their shape as text is longer than what a line edit usually takes


def open_deep(qtbot: QtBot, window: MainWindow | Model, folder: Path, hidden: int) -> None:
    """Opens a network with a given number of hidden layers of one neuron, which fits the data."""
    shape = [784, *([1] * hidden), 10]
    weights = [[[0.5]]] * (hidden - 1)
    content = {
        "shape": shape,
        "weights": [[[0.0] * 784], *weights, [[0.1]] * 10],
        "biases": [*([[[0.1]]] * hidden), [[0.1]] * 10],
    }
    path = folder / "deep.json"
    path.write_text(json.dumps(content))
    with qtbot.waitSignal(window.session.files.opened, timeout=60_000):
        window.session.files.open(path)


def words(window: QWidget) -> list[str]:
    """What all labels say."""
    return [label.text() for label in window.findChildren(QLabel)]


def test_only_the_first_and_last_layers_are_drawn_and_edited(
    ready_window: MainWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    window, session = ready_window, ready_window.session
    before = len(window.findChildren(QWidget))
    open_deep(qtbot, window, tmp_path, DEEP)
    fields = [field.objectName() for field in window.findChildren(NumberEdit) if field.objectName().startswith("layer")]
    numbers = [*range(1, FIRST + 1), *range(DEEP - LAST + 1, DEEP + 1)]
    assert [name for name in fields if name.endswith("Edit")] == [f"layer{number}Edit" for number in numbers]
    assert "… 1\u202f060 layers not drawn …" in words(window), "of the 1,100 hidden ones"
    assert len(window.findChildren(QWidget)) < before + 20 * (FIRST + LAST)
    expect_tabs_of_the_weights(window)

    # The distributions.
    show_view(qtbot, window, "distributionsView")
    grid = find(window, HistogramGrid, "distributionsGrid")
    qtbot.waitUntil(lambda: len(grid.rows) == FIRST + LAST + 1, timeout=30_000)
    assert grid.rows[FIRST].note == "1\u202f061 layers not drawn"
    assert grid.rows[-1].name == "Output"
    assert grid.rows[-2].name == "Layer 1100"
    grid.grab()

    # It trains, and no question about it holds all sizes.
    session.step_batch()
    wait_for(qtbot, window, Status.PAUSED)
    assert session.runs.current.unsaved
    window.dialogs.ask_before_quitting(lambda: None)
    asked = [text for text in words(window) if "Save it" in text]
    assert asked
    assert max(map(len, words(window))) < 300, "no text holds all sizes"

    # A row of the last layers edits that layer.
    field = find(window, NumberEdit, f"layer{DEEP}Edit")
    field.line.setText("7")
    field.line.setModified(True)
    field.committed.emit("7")
    assert session.settings.experiment.shape == (784, *([1] * (DEEP - 1)), 7, 10)


def expect_tabs_of_the_weights(window: MainWindow) -> None:
    panel = window.card("weightsDock")
    assert isinstance(panel, LayerPart)
    assert panel.tabs.count() == FIRST + LAST + 1
    assert "not drawn" in panel.tabs.tabText(FIRST)
    assert not panel.tabs.isTabEnabled(FIRST)
    panel.show_layer(DEEP)
    assert panel.caption == "Weights Output"
    _, rows = panel.table()
    assert len(list(rows)) == 10
    panel.show_layer(DEEP - 1)
    assert panel.caption == "Weights L1100"
    panel.show_layer(FIRST + 1)
    assert panel.caption == "Weights L1100", "that one has no tab"


def test_its_shape_as_text_is_whole(make_cards: MakeCards, qtbot: QtBot) -> None:
    window = make_cards("networkCard")
    settings = window.session.settings
    edit = find(window, QLineEdit, "shapeEdit")
    edit.setText(", ".join(map(str, (784, 2, *([12] * (DEEPEST - 1)), 10))))
    edit.setFocus()
    qtbot.keyClick(edit, Qt.Key.Key_Home)
    for _ in "784, 2":
        qtbot.keyClick(edit, Qt.Key.Key_Right)
    qtbot.keyClicks(edit, "1")
    qtbot.keyClick(edit, Qt.Key.Key_Return)
    assert settings.problems == {}
    assert settings.experiment.shape == (784, 21, *([12] * (DEEPEST - 1)), 10)
    assert find(window, NumberEdit, "layer1Edit").text() == "21"
    assert edit.text().count(",") == DEEPEST + 1


def test_it_is_saved_and_undone(ready_model: Model, qtbot: QtBot, tmp_path: Path) -> None:
    session = ready_model.session
    open_deep(qtbot, ready_model, tmp_path, DEEP)
    opened = session.runs.current
    session.step_batch()
    qtbot.waitUntil(lambda: session.state is Status.PAUSED)
    with qtbot.waitSignal(session.runs.file_changed, timeout=30_000):
        session.files.save(tmp_path / "saved.json")
    assert load_network(tmp_path / "saved.json").shape == opened.network.shape
    session.reset()
    qtbot.waitUntil(lambda: session.runs.current is not opened, timeout=30_000)
    assert len(session.runs.current.network.shape) == DEEP + 2
    session.undo.undo()
    assert session.runs.current is opened


def test_a_deep_network_is_not_built_by_the_interface(ready_model: Model, qtbot: QtBot) -> None:
    session = ready_model.session
    session.settings.change("shape", shape=(784, *([1] * DEEP), 10))
    assert session.replacement.is_making, "in another thread, although it has few parameters"
    qtbot.waitUntil(lambda: not session.replacement.is_making, timeout=30_000)
    assert len(session.runs.current.network.shape) == DEEP + 2


def test_a_usual_network_is_drawn_whole(make_cards: MakeCards) -> None:
    window = make_cards("networkCard", "weightsDock")
    for hidden in (1, FIRST + LAST - 1):
        window.session.settings.change("shape", shape=(784, *([4] * hidden), 10))
        assert not [text for text in words(window) if "not drawn" in text]
        assert find(window, NumberEdit, f"layer{hidden}Edit").text() == "4"
