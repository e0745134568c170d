"""``runs``: list, show, export, import, delete, thin."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from nnviz.commands import cli
from nnviz.formatting import text
from nnviz.library import Library, library_path
from tests.engine.helpers import prices
from tests.nnviz.library.disks import FailingDisk
from tests.nnviz.library.helpers import an_experiment, in_epoch, of_prices, record


def runs(*words: str) -> int:
    return cli.main(["runs", *words])


@pytest.fixture
def filled() -> None:
    with Library() as library:
        run, _ = record(library, name="a try", note="my note")
        record(library, an_experiment(optimizer="sgd"), until=in_epoch(3, 2))
        library.begin(an_experiment(), "clouds", parent=run, left_at=2.5, name="<b>branch</b>\x1b[31m")
        library.annotate(run, starred=True)


def test_an_empty_library_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    assert runs() == 0
    assert capsys.readouterr().out == "no runs\n"


@pytest.mark.usefixtures("filled")
def test_the_list_has_a_line_for_each_run(capsys: pytest.CaptureFixture[str]) -> None:
    assert runs() == 0
    head, third, second, first, foot = capsys.readouterr().out.splitlines()
    assert head.split() == ["run", "name", "data", "network", "rate", "epochs", "test", "error", "started", "size"]
    assert first.split()[:2] == ["1", "*"]
    assert "a try" in first
    assert first.index("clouds") == third.index("clouds") == head.index("data")
    assert [line.split("4-5-3")[1].split()[0] for line in (first, second)] == ["0.01", "0.01"], "the learning rates"
    assert "0.00 %" in first or "%" in first
    assert "from 1" in third
    assert "\x1b" not in third
    assert second.split()[0] == "2"
    assert foot.startswith("3 runs; the library uses ")
    assert foot.endswith(str(library_path()))


@pytest.mark.usefixtures("filled")
def test_runs_are_found_and_sorted(capsys: pytest.CaptureFixture[str]) -> None:
    runs("--search", "sgd")
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()[1:-1]] == ["2"]
    runs("--search", "nothing", "such")
    assert capsys.readouterr().out == "no run has these words\n"
    runs("--sort", "epochs", "--ascending")
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()[1:-1]] == ["3", "2", "1"]
    assert runs("--sort", "beauty") == cli.USAGE_ERROR


def test_an_rmse_is_reported_with_its_unit(capsys: pytest.CaptureFixture[str]) -> None:
    with Library() as library:
        record(library, of_prices(), prices())
        rmse = library.run(1).figures["test_rmse"]
    assert runs() == 0
    assert f"RMSE {text.figure(rmse)} €" in capsys.readouterr().out
    assert runs("show", "1") == 0
    assert f"{text.figure(rmse)} €" in capsys.readouterr().out


@pytest.mark.usefixtures("filled")
def test_all_facts_for_other_programs(capsys: pytest.CaptureFixture[str]) -> None:
    runs("--json")
    reported = json.loads(capsys.readouterr().out)
    assert [each["id"] for each in reported] == [3, 2, 1]
    assert reported[2]["figures"]["test_error"] >= 0
    assert reported[2]["experiment"]["training"]["optimizer"] == "adam"
    assert reported[0]["parent"] == 1
    runs("show", "1", "--json")
    one = json.loads(capsys.readouterr().out)
    assert one["curves"]["test"][-1][0] == 6
    assert one["command"].startswith("python main.py train")
    assert one["moments"][-1] == 6


@pytest.mark.usefixtures("filled")
@pytest.mark.parametrize("words", [("--json", "show", "1"), ("show", "--json", "1")])
def test_json_is_written_wherever_the_option_stands(capsys: pytest.CaptureFixture[str], words: tuple[str, ...]) -> None:
    assert runs(*words) == 0
    assert json.loads(capsys.readouterr().out)["id"] == 1


@pytest.mark.usefixtures("filled")
@pytest.mark.parametrize("created", [1e12, -1e12, float("inf")])
def test_a_date_of_no_calendar_spoils_no_list(capsys: pytest.CaptureFixture[str], created: float) -> None:
    with Library() as library:
        library.database.write("UPDATE runs SET created = ? WHERE id = 2", (created,))
    assert runs() == 0
    assert "unknown date" in next(line for line in capsys.readouterr().out.splitlines() if line.startswith("2 "))
    assert runs("show", "2") == 0


@pytest.mark.usefixtures("filled")
def test_one_run_in_words(capsys: pytest.CaptureFixture[str]) -> None:
    assert runs("show", "1") == 0
    out = capsys.readouterr().out
    for words in (
        "a try",
        "my note",
        "settings:    adam, learning rate 0.01, batch size ",
        "finished",
        "branches:",
        "6 epochs",
        "test error:",
        "command:",
    ):
        assert words in out
    runs("show", "2")
    assert "continue:" not in capsys.readouterr().out, "it is finished"
    assert runs("show", "9") == cli.USAGE_ERROR
    assert capsys.readouterr().err.startswith("nnviz: There is no run 9.")


@pytest.mark.usefixtures("filled")
def test_an_export_without_an_optional_package_is_complete(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "onnx", None)
    assert runs("export", "1", str(tmp_path / "out")) == 0
    out = capsys.readouterr().out
    assert "network.onnx needs another package. Install it with: " in out
    assert "without network" not in out
    assert not (tmp_path / "out" / "network.onnx").exists()


@pytest.mark.usefixtures("filled")
def test_export_and_import(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert runs("export", "1", str(tmp_path / "out")) == 0
    assert capsys.readouterr().out.startswith(f"run 1 in {tmp_path / 'out'}: run.nnvizrun, command.txt, curves.csv")
    assert runs("import", str(tmp_path / "out" / "run.nnvizrun")) == 0
    assert capsys.readouterr().out == "imported as run 4\n"
    with Library() as library:
        np.testing.assert_array_equal(library.network(4).parameters, library.network(1).parameters)
    (tmp_path / "bad").write_bytes(b"PK\x03\x04")
    assert runs("import", str(tmp_path / "bad")) == cli.USAGE_ERROR
    assert capsys.readouterr().err.startswith("nnviz: bad: damaged, or not an exported run")


def test_what_goes_along_is_said(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    with Library() as library:
        record(library, replace(an_experiment(), data=str(tmp_path / "mine.csv")))
    runs("export", "1", str(tmp_path / "out"))
    assert (
        "paths of the data: left out (--paths includes them); rows of the data: left out (--rows includes them)"
        in capsys.readouterr().out
    )
    runs("export", "1", str(tmp_path / "out"), "--paths")
    assert "paths of the data: included; rows of the data: left out (--rows" in capsys.readouterr().out


def test_rows_that_are_left_out_are_not_said_to_go_along(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / "curves.csv").write_text("a,b\n1,2\n")
    with Library() as library:
        record(library, replace(an_experiment(), data=str(tmp_path / "curves.csv")))
    assert runs("export", "1", str(tmp_path / "out"), "--rows") == 0
    out = capsys.readouterr().out
    assert "without rows: another file of the export is named curves.csv" in out
    assert out.endswith("; rows of the data: left out\n")


@pytest.mark.usefixtures("filled")
def test_deleting_is_for_good(capsys: pytest.CaptureFixture[str]) -> None:
    assert runs("delete", "1", "3") == 0
    assert capsys.readouterr().out.startswith("deleted for good: runs 1, 3; the library uses")
    with Library() as library:
        assert [run.id for run in library.runs()] == [2]
        assert library.database.number("SELECT count(*) FROM runs") == 1
    assert runs("delete", "2", "1") == cli.USAGE_ERROR
    with Library() as library:
        assert [run.id for run in library.runs()] == [2]


def test_thinning_tells_before_it_does(capsys: pytest.CaptureFixture[str]) -> None:
    with Library() as library:
        for _ in range(2):
            record(library, an_experiment(epochs=20).changed(hidden=(2000,)))
        before = library.snapshot_epochs(1)
    assert runs("thin", "--budget", "2") == 0
    out = capsys.readouterr().out
    assert "of its 2 MB limit" in out
    assert "to delete: " in out
    assert "delete them with: python main.py runs thin --yes" in out
    with Library() as library:
        assert library.snapshot_epochs(1) == before
    assert runs("thin", "--yes") == 0
    assert "deleted: " in capsys.readouterr().out
    with Library() as library:
        assert len(library.snapshot_epochs(1)) < len(before)
        assert library.quota.nbytes <= 2_000_000
    assert runs("thin", "--budget", "1", "--yes") == cli.USAGE_ERROR
    assert "still exceeds its limit" in capsys.readouterr().err


@pytest.mark.parametrize("budget", ["nan", "inf", "0", "1e9"])
def test_a_budget_that_cannot_be_is_refused_in_the_unit_of_the_option(
    capsys: pytest.CaptureFixture[str], budget: str
) -> None:
    assert runs("thin", "--budget", budget) == cli.USAGE_ERROR
    assert "must be a number from 1 to 1e+07 MB. Try 2000." in capsys.readouterr().err


@pytest.mark.usefixtures("filled")
def test_what_could_not_be_deleted_is_not_said_to_be_gone(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Library() as library:
        record(library, an_experiment(epochs=20).changed(hidden=(3000,)))
        library.quota.budget = 1_000_000
    disk = FailingDisk(tmp_path / "disk", monkeypatch)
    disk.fill()
    for words in (("delete", "1"), ("thin", "--yes")):
        assert runs(*words) == cli.USAGE_ERROR, words
        reported = capsys.readouterr()
        assert "gone" not in reported.out, words
        assert "deleted" not in reported.out, words
        assert "the disk is full" in reported.err, words


def test_an_interrupted_run_is_offered(capsys: pytest.CaptureFixture[str]) -> None:
    with Library() as library:
        run, _ = record(library)
        library.database.update_run(run, {"status": "training"})
    runs()
    assert "run 1 was interrupted; continue with: python main.py train --resume 1\n" in capsys.readouterr().out


def test_figures_of_another_epoch_are_labelled(capsys: pytest.CaptureFixture[str]) -> None:
    with Library() as library:
        record(library, until=in_epoch(3, 6))
        record(library)
        measured, whole = (library.run(run) for run in (1, 2))
    assert (measured.epochs, measured.measured, measured.figures_before) == (3, 2, 2)
    assert (whole.epochs, whole.measured, whole.figures_before) == (6, 6, None)
    runs()
    second, first = capsys.readouterr().out.splitlines()[1:3]
    assert " % at epoch 2 " in first
    assert " at epoch " not in second
    runs("show", "1")
    assert [
        line for line in capsys.readouterr().out.splitlines() if "error:" in line and " % at epoch 2" not in line
    ] == []
    runs("show", "1", "--json")
    assert json.loads(capsys.readouterr().out)["measured"] == 2
