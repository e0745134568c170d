"""Rows to predict are read as the network's table was written, where their file leaves that open."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.datasets.table.table_source import load_table
from engine.storage import save_network
from nnviz.commands import cli
from tests.engine.described import trained_on

HEAD = "before;share;after\n"


def rows(count: int = 40) -> str:
    return "".join(f"{10 + at}.{100 + 7 * at};{at},5;{11 + at}.{200 + 7 * at}\n" for at in range(count))


@pytest.fixture
def network(tmp_path: Path) -> Path:
    """Of a table with decimal commas, in which points separate thousands."""
    (tmp_path / "sales.csv").write_text(HEAD + rows())
    save_network(trained_on(load_table(tmp_path / "sales.csv", missing="drop"), 40), tmp_path / "net.json")
    return tmp_path / "net.json"


def predicted(capsys: pytest.CaptureFixture[str], network: Path, text: str) -> tuple[list[str], str]:
    file = network.with_name("rows.csv")
    file.write_text(text)
    assert cli.main(["predict", str(network), str(file)]) == 0
    out, err = capsys.readouterr()
    return out.splitlines()[1:], err


def test_the_networks_decimal_mark_is_used_where_the_file_does_not_say_it(
    capsys: pytest.CaptureFixture[str], network: Path
) -> None:
    [clear], _ = predicted(capsys, network, HEAD + "20.170;10,0;0\n")
    assert 15_000 < float(clear) < 30_000
    assert predicted(capsys, network, "before,share\n20.170,10\n") == ([clear], "")


def test_another_decimal_mark_is_said(capsys: pytest.CaptureFixture[str], network: Path) -> None:
    _, err = predicted(capsys, network, "before,share\n20.5,10.5\n")
    assert err == (
        "nnviz: Its numbers have a decimal point and are read accordingly; "
        "those of the network's table have a decimal comma.\n"
    )


def test_another_sign_beside_numbers_is_said(capsys: pytest.CaptureFixture[str], network: Path) -> None:
    answers, err = predicted(capsys, network, "before;share\n20.170;10,5 %\n20.170;10,5\n")
    assert answers[0] == answers[1]
    assert err == "nnviz: Column share has % next to its numbers; when the network was trained it had none.\n"


def test_each_reason_for_no_answer_is_reported(capsys: pytest.CaptureFixture[str], network: Path) -> None:
    answers, err = predicted(capsys, network, "before;share\n20.170;10,5\nx;1,5\n20.170;\n20.170\n20.170;?\n")
    assert answers[1:] == ['""'] * 4
    assert "4 rows have no prediction: row 3 has no readable value in column before; " in err
    assert "row 4 and 1 more have no readable value in column share; row 5 has too many or too few cells." in err


def test_a_guess_is_reported_with_the_way_out(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / "some.csv").write_text("a;b\n" + "96.742;1\n68.320;2\n" * 9)
    assert cli.main(["data", str(tmp_path / "some.csv")]) == 0
    said = "nnviz assumes that the point in 96.742 separates thousands. If not: --data-setting decimal=point"
    assert said in capsys.readouterr().out
    assert load_table(tmp_path / "some.csv").notes == (
        "nnviz assumes that the point in 96.742 separates thousands. If not, choose another decimal mark.",
    )


def test_another_table_is_measured_as_the_networks_was_written(
    capsys: pytest.CaptureFixture[str], network: Path
) -> None:
    other = network.with_name("other.csv")
    other.write_text("before,share,after\n20.170,10,21.270\n20.240,9,21.340\nTotal,,42.610\n")
    assert cli.main(["evaluate", str(network), "--data", str(other)]) == 0
    out = capsys.readouterr().out
    assert "with the 2 examples of other" in out.replace("training ", "")
    assert "Row 4 looks like a sum of the others: left out." in out
    rmse = float(out.split("RMSE ")[1].split(",")[0])
    assert rmse < 10_000, "they are thousands"


def test_a_cell_that_is_no_number_is_not_measured_as_a_missing_value(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "some.csv").write_text("a,y\n" + "1%,p\n3%,q\n7%,p\n,q\n" * 5)
    save_network(trained_on(load_table(tmp_path / "some.csv", target="y", missing="median")), tmp_path / "net.json")
    other = tmp_path / "other.csv"
    other.write_text("a,y\n" + "1%,p\n3%,q\n" * 9 + ",q\nx,p\n5$,p\n")
    assert cli.main(["evaluate", str(tmp_path / "net.json"), "--data", str(other)]) == 0
    out, err = capsys.readouterr()
    assert "with the 19 examples of other" in out.replace("training ", "")
    assert "2 rows with a missing or unreadable value left out." in out + err


def test_a_table_to_explain_is_reported_the_way(capsys: pytest.CaptureFixture[str], network: Path) -> None:
    assert cli.main(["explain", str(network), "rows.csv", "--out", str(network.with_name("why.png"))]) == 2
    assert (
        "rows.csv is a table. Explain its rows by their number: --data rows.csv --example 0" in capsys.readouterr().err
    )


@pytest.mark.usefixtures("small_data")
def test_a_training_whose_file_has_changed_says_so(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    file, run = tmp_path / "sales.csv", str(tmp_path / "run.npz")
    file.write_text(HEAD + rows())
    learn = ["train", "--data", str(file), "--epochs", "1", "--no-record", "--checkpoint", run]
    assert cli.main(learn) == 0
    file.write_text(HEAD + rows(39))
    capsys.readouterr()
    assert cli.main(["train", "--resume", run, "--epochs", "2", "--no-record"]) == 2
    err = capsys.readouterr().err
    assert "sales.csv has changed since the run started, so the run cannot be resumed." in err
    assert "Restore the file, or train again from scratch." in err


@pytest.mark.usefixtures("small_data")
def test_any_change_of_the_file_of_a_training_is_the_reason(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """Fewer rows than a batch, other columns, and other names for the same numbers."""
    file, run = tmp_path / "towns.csv", str(tmp_path / "run.npz")
    town = [f"{number},{'Bonn' if number % 2 else 'Köln'},{'low' if number % 3 else 'high'}" for number in range(40)]
    whole = "\n".join(["km,town,price", *town, ""])
    file.write_text(whole)
    learn = ["train", "--data", str(file), "--hidden", "3", "--batch-size", "10", "--epochs", "1", "--no-record"]
    assert cli.main([*learn, "--checkpoint", run]) == 0
    capsys.readouterr()
    more = whole.replace("\n", ",1.5\n").replace("price,1.5", "price,extra").replace("0,1.5", "0,2.5")
    for other in (
        "\n".join(["km,town,price", *town[:7], ""]),
        more.replace("km,town,price,extra", "extra,town,price,km"),
        whole.replace("Bonn", "Berlin"),
        whole.replace("km", "miles"),
        whole.replace("high", "hoch"),
    ):
        file.write_text(other)
        assert cli.main(["train", "--resume", run, "--epochs", "2", "--no-record"]) == 2, other[:100]
        assert "towns.csv has changed since the run started" in capsys.readouterr().err
    file.write_text(whole)
    assert cli.main(["train", "--resume", run, "--epochs", "2", "--no-record"]) == 0
