"""CSV files of cards: the values and names of a table are those of its file."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from engine.basics.assets_folder import ASSETS
from engine.datasets.data_setting import Value
from engine.datasets.table.cells import plain_number
from nnviz.cards.regression.model import PREDICTED
from nnviz.cards.user_examples.model import PREDICTIONS
from nnviz.session.selection import Example
from nnviz.session.shared_queries import MISTAKES
from nnviz.ui.card import Panel
from nnviz.ui.pages import Page
from nnviz.window.card_export import csv_bytes
from tests.nnviz.cards.card_window import CardWindow, MakeCards
from tests.nnviz.helpers import is_shown, show_page, show_view

LONG = "a name of a column or of a class that is much longer than what has room in a card, number"


def shop(folder: Path) -> Path:
    """A table of prices, codes, answers and long names."""
    rng = np.random.default_rng(0)
    path = folder / "shop.csv"
    with path.open("w", newline="") as file:
        out = csv.writer(file)
        out.writerow(["account", "price", "count", f"{LONG} 1", "code", "paid", "small", "a = b", "kind"])
        for row in range(120):
            numbers = [f"{rng.integers(-9999, 9999) / 100:.2f}", rng.integers(0, 9), f"{rng.integers(0, 99) / 10:.1f}"]
            words = [("007", "01099")[row % 2], ("ja", "nein")[row % 3 > 0], f"{rng.integers(0, 9)}e-7"]
            out.writerow(
                [12345678901 + 37 * row**3, *numbers, *words, ("x = 1", "x = 2")[row % 5 > 2], f"{LONG} {row % 3}"]
            )
    return path


def load(qtbot: QtBot, window: CardWindow, path: Path, **settings: Value) -> list[dict[str, str]]:
    """Loads a table, waits for a network that fits it, and returns the rows of its file."""
    session = window.session
    session.data.load(str(path), settings)
    qtbot.waitUntil(
        lambda: (
            is_shown(session.data)
            and not session.replacement.is_making
            and session.runs.current.misfit(session.dataset) is None
        ),
        timeout=20_000,
    )
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture
def ready_window(make_cards: MakeCards) -> CardWindow:
    return make_cards("curvesDock", "mistakesDock", "inspector", "predictionDock")


def settle(qtbot: QtBot, window: CardWindow) -> None:
    probes = window.session.queries
    probes.hurry()
    qtbot.waitUntil(lambda: all(not probe.is_wanted or probe.is_up_to_date for probe in probes), timeout=20_000)


def exported(card: Panel | Page) -> list[dict[str, str]]:
    table = card.table()
    assert table is not None
    return list(csv.DictReader(io.StringIO(csv_bytes(*table).decode(), newline="")))


def same(cell: str, in_file: str) -> bool:
    """Whether a cell is that of the file: texts to the letter, numbers as numbers in their shortest writing."""
    try:
        number = float(in_file)
    except ValueError:
        return cell == in_file
    return cell in (in_file, plain_number(number))


def test_examples_of_classes(ready_window: CardWindow, qtbot: QtBot, tmp_path: Path) -> None:
    window = ready_window
    in_file = load(qtbot, window, shop(tmp_path), texts=("code",))
    window.show_workspace("inside")
    qtbot.waitUntil(lambda: window.session.queries[MISTAKES].result is not None, timeout=20_000)
    settle(qtbot, window)
    rows = exported(window.card("mistakePicturesDock"))
    assert len(rows) > 5
    for row in rows:
        wanted = in_file[int(row["row of the file"]) - 2]
        assert row["true"] == wanted["kind"]
        assert row["answered"] in {each["kind"] for each in in_file}
        assert {name: row[name] for name in wanted if name != "kind" and not same(row[name], wanted[name])} == {}
    matrix = exported(window.card("mistakesDock"))
    assert [row["true class"] for row in matrix[:-1]] == sorted({each["kind"] for each in in_file})

    # The example in other cards.
    session = window.session
    session.question.set_data_example(Example("test", 3))
    show_page(window, "whyDock")
    settle(qtbot, window)
    assert session.dataset is not None
    assert session.dataset.test is not None
    wanted = in_file[(session.dataset.test.file_row(3) or 0) - 2]
    why = {row["input"]: row["value"] for row in exported(window.card("whyDock"))}
    names = ["account", "price", "count", f"{LONG} 1", "small"]
    assert [name for name in names if not same(why[name], wanted[name])] == []
    assert why[f"code = {wanted['code']}"] == "1"
    assert [row["class"] for row in exported(window.card("predictionDock"))] == list(session.dataset.class_names)
    qtbot.waitUntil(lambda: session.user_examples.examples is not None)
    session.user_examples.add(0)
    window.show_workspace("train")
    show_view(qtbot, window, "ownView")
    qtbot.waitUntil(lambda: session.queries[PREDICTIONS].result is not None, timeout=20_000)
    (own,) = exported(window.card("ownPage"))
    assert own["kept as"] == f"{LONG} 0"
    assert "answered" in own
    held = [name for name in wanted if name not in ("kind", "account")]  # which float32 does not hold
    assert {name: own[name] for name in held if not same(own[name], wanted[name])} == {}


def test_numbers_to_predict(ready_window: CardWindow, qtbot: QtBot, tmp_path: Path) -> None:
    window, session = ready_window, ready_window.session
    in_file = load(qtbot, window, ASSETS / "tables" / "mpg.csv", target="mpg")
    show_view(qtbot, window, "predictedView")
    qtbot.waitUntil(lambda: session.queries[PREDICTED].result is not None, timeout=20_000)
    points = exported(window.card("predictedPage"))
    window.show_workspace("inside")
    qtbot.waitUntil(lambda: session.queries[MISTAKES].result is not None, timeout=20_000)
    settle(qtbot, window)
    examples = exported(window.card("mistakePicturesDock"))
    for rows, true in ((points, "true mpg"), (examples, "true")):
        assert len(rows) > 50
        of_file = [in_file[int(row["row of the file"]) - 2] for row in rows]
        assert all(same(row[true], wanted["mpg"]) for row, wanted in zip(rows, of_file, strict=True))
    session.question.set_data_example(Example("test", 3))
    settle(qtbot, window)
    assert session.dataset is not None
    assert session.dataset.test is not None
    wanted = in_file[(session.dataset.test.file_row(3) or 0) - 2]
    (prediction,) = exported(window.card("predictionDock"))
    assert same(prediction["true"], wanted["mpg"])

    # Large numbers to predict.
    lines = [f"{row},{7_000_000_000 * (row % 9) + 12_345 * row}" for row in range(100)]
    (tmp_path / "people.csv").write_text("\n".join(["x,people", *lines]))
    in_file = load(qtbot, window, tmp_path / "people.csv", target="people", task="regression")
    qtbot.waitUntil(lambda: session.queries[MISTAKES].result is not None, timeout=20_000)
    settle(qtbot, window)
    rows = exported(window.card("mistakePicturesDock"))
    assert len(rows) == 20
    assert all(row["true"] == in_file[int(row["row of the file"]) - 2]["people"] for row in rows)
    session.question.set_data_example(Example("test", 3))
    settle(qtbot, window)
    (prediction,) = exported(window.card("predictionDock"))
    assert prediction["true"] in {each["people"] for each in in_file}
