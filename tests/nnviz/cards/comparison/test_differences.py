"""What differs, in words: where a branch left its parent, and of which epoch a figure is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from nnviz.cards.comparison.differences import differing_rows, reason_without_differences
from nnviz.cards.comparison.differences_table import DifferenceRow
from nnviz.library import Library, RunGroup
from nnviz.session.compared_run import ComparedMember, ComparedRun
from nnviz.session.run_text import figure_of
from tests.engine.helpers import prices
from tests.nnviz.library.helpers import an_experiment, in_epoch, of_prices, record


@pytest.fixture
def library() -> Iterator[Library]:
    with Library() as opened:
        yield opened


def compared_of(library: Library, *runs: int) -> list[ComparedRun]:
    members = [ComparedMember(library.run(run), library.history(run), None) for run in runs]
    return [ComparedRun(run, (member,), "ink") for run, member in zip(runs, members, strict=True)]


def rows_of(library: Library, *runs: int) -> dict[str, DifferenceRow]:
    return {row.name: row for row in differing_rows(compared_of(library, *runs), runs[0])}


def test_figures_of_other_data_are_not_subtracted(library: Library) -> None:
    """Only what is counted in the same unit for all data is; the others say in which unit they are."""
    first, _ = record(library, of_prices(), prices())
    second, _ = record(library, of_prices(learning_rate=0.1), prices())
    third, _ = record(library, of_prices(1, epochs=2), prices(1))
    fourth, _ = record(library)
    rows = rows_of(library, first, second, third, fourth)
    for name in ("test RMSE", "test loss", "training RMSE"):
        assert [bool(cell.delta) for cell in rows[name].cells] == [False, True, False, False], name
    assert [cell.text.endswith(" €") for cell in rows["test RMSE"].cells] == [True, True, True, False]
    assert rows["epochs trained"].cells[2].delta
    runs = compared_of(library, first, second, third, fourth)
    why = reason_without_differences(runs, first)
    assert why.startswith("Not comparable, because trained on other data than the baseline: ")
    assert why.endswith(f"{runs[2].title} (prices), {runs[3].title} (clouds).")
    assert reason_without_differences(runs[:2], first) == ""


def test_a_branch_says_where_it_left_its_parent(library: Library) -> None:
    first, _ = record(library)
    second, _ = record(library, an_experiment(learning_rate=0.05), parent=first, left_at=3)
    cells = rows_of(library, first, second)["branch"].cells
    assert [cell.text for cell in cells] == ["—", "from epoch 3 of run 1"]
    third, _ = record(library, an_experiment(optimizer="sgd"))
    assert "branch" not in rows_of(library, first, third)
    library.delete([first])
    library.purge()
    assert rows_of(library, third, second)["branch"].cells[1].text == "from epoch 3 of a deleted run"


def test_a_figure_of_another_epoch_says_of_which(library: Library) -> None:
    first, _ = record(library)
    second, _ = record(library, until=in_epoch(3, 6))
    rows = rows_of(library, first, second)
    for name in ("test loss", "training loss"):
        whole, broken_off = (cell.text for cell in rows[name].cells)
        assert "epoch" not in whole
        assert broken_off.endswith(" at epoch 2")
    assert [cell.text for cell in rows["epochs trained"].cells] == ["6", "3"]
    assert figure_of([library.run(second)], "train_loss")[0].endswith(" at epoch 2")
    assert " at " not in figure_of([library.run(second)], "seconds")[0]
    assert " at " not in figure_of([library.run(first)], "train_loss")[0]


def test_a_range_stands_below_its_figure(library: Library) -> None:
    """Also where the medians are equal and only the ranges differ."""
    groups = []
    for number, errors in enumerate([(0.1, 0.15, 0.2), (0.14, 0.15, 0.16)]):
        made = [record(library, an_experiment(seed=number * 3 + each))[0] for each in range(len(errors))]
        (members,) = [compared_of(library, *made)]
        runs = tuple(
            ComparedMember(replace(run.members[0].record, figures={"test_error": error}), run.members[0].history, None)
            for run, error in zip(members, errors, strict=True)
        )
        groups.append(ComparedRun(RunGroup("seeds", number), runs, "ink"))
    names = [row.name for row in differing_rows(groups, None)]
    assert names.index("lowest – highest") == names.index("test error, median of 3") + 1
