"""``evaluate``: of any data, by the network's provenance or by ``--data``."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from tqdm import tqdm

from engine.basics.assets_folder import ASSETS
from engine.datasets import Dataset, load_data
from engine.network.network import Network
from engine.provenance import Provenance
from engine.storage import load_network, save_network
from nnviz.commands import cli
from nnviz.session.run import misfit_of

PENGUINS = ASSETS / "tables" / "penguins.csv"
MPG = ASSETS / "tables" / "mpg.csv"


@pytest.fixture(autouse=True)
def quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tqdm, "monitor_interval", 0)


def run(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    capsys.readouterr()
    code = cli.main(words)
    out, err = capsys.readouterr()
    return code, out, err


def trained(folder: Path, *data: str) -> str:
    file = str(folder / "net.npz")
    words = ("--epochs", "6", "--batch-size", "20", "--hidden", "8", "--learning-rate", "0.05")
    assert cli.main(["train", "--data", *data, *words, "--save", file]) == 0
    return file


def first_error(reported: str) -> str:
    return reported.splitlines()[0]


def test_the_data_it_was_trained_with_are_taken(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    net = trained(tmp_path, "penguins", "--test-share", "0.4", "--data-setting", "seed=7")
    code, out, err = run(capsys, "evaluate", net)
    assert (code, err) == (0, "")
    data = load_data("penguins", {"test_share": 0.4, "seed": 7})
    assert data.test is not None
    assert data.test.labels is not None
    answers = load_network(net).predict(data.test.inputs).argmax(axis=1)
    wrong = int((answers != data.test.labels).sum())
    assert first_error(out).startswith(f"test error {100 * wrong / len(answers):.2f} % ({wrong} of {len(answers)})")
    assert f"{len(answers)} test examples of Penguins" in out
    assert "fingerprint" not in out
    for name in data.class_names:
        row = re.search(rf"^ *{name}((?: +\d+){{3}})$", out, re.MULTILINE)
        assert row is not None
        place = data.class_names.index(name)
        counts = [int(((answers == other) & (data.test.labels == place)).sum()) for other in range(3)]
        assert list(map(int, row[1].split())) == counts
    assert re.search(r"precision, % +[\d.–]+ +[\d.–]+ +[\d.–]+$", out, re.MULTILINE)


def test_a_network_of_few_examples_is_measured_on_the_whole_test_set(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, load_with: Callable[..., None], mnist: Dataset
) -> None:
    """And its file says with which it was trained."""
    load_with(lambda: mnist)
    net = trained(tmp_path, "mnist", "--train-examples", "300")
    made = Provenance.read(load_network(net)).experiment
    assert made is not None
    assert made.data_settings == {"train_examples": 300}
    assert made.fingerprint == load_data("mnist", {"train_examples": 300}).fingerprint
    code, out, err = run(capsys, "evaluate", net)
    assert (code, err) == (0, "")
    assert "10,000 test examples of MNIST" in out
    assert "fingerprint" not in out


def test_figures_of_numbers_have_their_unit(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    net = trained(tmp_path, "mpg")
    code, out, err = run(capsys, "evaluate", net)
    assert (code, err) == (0, "")
    data = load_data("mpg")
    assert data.test is not None
    assert data.target_scaling is not None
    wanted = data.target_scaling.undo(data.test.targets)
    off = data.target_scaling.undo(load_network(net).predict(data.test.inputs)) - wanted
    rmse, mae = math.sqrt((off**2).mean()), np.abs(off).mean()
    r2 = 1 - (off**2).sum() / ((wanted - wanted.mean()) ** 2).sum()
    assert first_error(out).startswith(f"test RMSE {rmse:.4g}, R² {r2:.4f}, MAE {mae:.4g} (mpg)")


def test_several_numbers_have_a_row_each(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    x = rng.random((60, 3))
    np.savez(tmp_path / "two.npz", x=x, y=np.column_stack([x.sum(axis=1), 100 * x[:, 0]]))
    code, out, err = run(capsys, "evaluate", trained(tmp_path, str(tmp_path / "two.npz")))
    assert (code, err) == (0, "")
    assert re.search(r"^y 1 +[\d.]+ +-?[\d.]+ +[\d.]+$", out, re.MULTILINE)
    assert re.search(r"^y 2 +[\d.]+ +-?[\d.]+ +[\d.]+$", out, re.MULTILINE)


def test_a_changed_file_is_reported(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    file = tmp_path / "birds.csv"
    file.write_bytes(PENGUINS.read_bytes())
    net = trained(tmp_path, str(file), "--target", "sex")
    assert "fingerprint" not in run(capsys, "evaluate", net)[1]
    file.write_text("\n".join(PENGUINS.read_text().splitlines()[:200]))
    code, out, _ = run(capsys, "evaluate", net)
    assert code == 0
    (line,) = [line for line in out.splitlines() if "fingerprint" in line]
    assert line.startswith("birds.csv has changed since the network was trained with it (fingerprint then ")
    assert line.endswith(
        "All its examples are evaluated, and the network may have been trained on many of these examples, so the "
        "figures may be too optimistic."
    )


def test_data_that_have_gone_are_asked_for(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    file = tmp_path / "birds.csv"
    file.write_bytes(PENGUINS.read_bytes())
    net = trained(tmp_path, str(file))
    file.rename(tmp_path / "moved.csv")
    code, out, err = run(capsys, "evaluate", net)
    assert (code, out) == (2, "")
    assert "birds.csv, which does not exist" in err
    assert "--data" in err
    code, out, err = run(capsys, "evaluate", net, "--data", str(tmp_path / "moved.csv"))
    assert (code, err) == (0, "")
    assert "with the 69 test examples of moved\n" in out


def test_its_own_data_in_another_place_are_split_as_in_the_training(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """Rows that the network was trained on are not counted as rows that it has not seen."""
    file = tmp_path / "cars.csv"
    file.write_bytes(MPG.read_bytes())
    net = trained(tmp_path, str(file), "--target", "mpg", "--test-share", "0.3", "--data-setting", "seed=4")
    here = run(capsys, "evaluate", net)[1]
    elsewhere = tmp_path / "elsewhere" / "renamed.csv"
    elsewhere.parent.mkdir()
    elsewhere.write_bytes(MPG.read_bytes())
    for _ in range(2):  # with the first file, and without it
        code, out, err = run(capsys, "evaluate", net, "--data", str(elsewhere))
        assert (code, err) == (0, "")
        assert first_error(out) == first_error(here)
        assert re.search(r"test examples of renamed$", out, re.MULTILINE)
        assert "The network was trained with these data (the same content, fingerprint " in out
        assert "other data" not in out
        file.unlink(missing_ok=True)


def test_another_table_counts_with_all_its_rows(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    net = trained(tmp_path, "mpg")
    (tmp_path / "most.csv").write_text("\n".join(MPG.read_text().splitlines()[:-1]))
    code, out, err = run(capsys, "evaluate", net, "--data", str(tmp_path / "most.csv"))
    assert (code, err) == (0, "")
    assert "examples of most\nThe network was trained with other data (fingerprint then " in out
    assert "test" not in out


def test_its_own_data_with_other_settings_are_not_called_other_data(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    net = trained(tmp_path, "mpg")
    (tmp_path / "cars.csv").write_bytes(MPG.read_bytes())
    for data in ((), ("--data", str(tmp_path / "cars.csv"))):
        code, out, err = run(capsys, "evaluate", net, *data, "--test-share", "0.5")
        assert (code, err) == (0, "")
        assert "with other settings of the data (fingerprint then " in out
        assert "If it was trained on some of these examples, the figures are too optimistic." in out


def test_its_own_arrays_in_another_place_are_split_as_in_the_training(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    x = np.random.default_rng(1).random((200, 2)) * [1, 50]
    np.savez(tmp_path / "all.npz", x=x, y=3 * x[:, 0] + x[:, 1])
    net = trained(tmp_path, str(tmp_path / "all.npz"), "--test-share", "0.4")
    here = first_error(run(capsys, "evaluate", net)[1])
    (tmp_path / "all.npz").rename(tmp_path / "moved.npz")
    code, out, err = run(capsys, "evaluate", net, "--data", str(tmp_path / "moved.npz"))
    assert (code, err) == (0, "")
    assert first_error(out) == here
    assert "80 test examples" in out


def test_without_a_test_set_the_validation_set_is_measured(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    net = trained(tmp_path, "mpg", "--test-share", "0", "--set", "validation_share=0.25")
    code, out, err = run(capsys, "evaluate", net)
    assert (code, err) == (0, "")
    held_out = load_data("mpg", {"test_share": 0}).with_validation(0.25).validation
    assert held_out is not None
    assert first_error(out).startswith("validation RMSE ")
    assert f"with the {len(held_out)} validation examples of Auto MPG" in out


def test_other_rows_are_scaled_as_in_the_training(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """By their own mean and spread, light cars alone would look like all cars."""
    net = trained(tmp_path, "mpg")
    head, *rows = MPG.read_text().splitlines()
    light = [row for row in rows if "?" not in row and row.split(",")[3] and float(row.split(",")[4]) < 2200]
    (tmp_path / "light.csv").write_text("\n".join([head, *light]))
    code, out, err = run(capsys, "evaluate", net, "--data", str(tmp_path / "light.csv"))
    assert (code, err) == (0, "")
    assert f"with the {len(light)} examples of light" in out
    found = re.match(r"RMSE ([\d.]+)", out)
    assert found is not None
    assert float(found[1]) < 6
    code, _, err = run(capsys, "evaluate", net, "--data", str(tmp_path / "light.csv"), "--target", "mpg")
    assert code == 2
    assert "--target" in err


def test_rows_of_other_arrays_are_scaled_as_in_the_training(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    x = np.random.default_rng(1).random((200, 2)) * [1, 50]
    np.savez(tmp_path / "all.npz", x=x, y=3 * x[:, 0] + x[:, 1])
    net = trained(tmp_path, str(tmp_path / "all.npz"))
    some = x[x[:, 1] > 40]
    np.savez(tmp_path / "some.npz", x=some, y=3 * some[:, 0] + some[:, 1])
    code, out, err = run(capsys, "evaluate", net, "--data", str(tmp_path / "some.npz"))
    assert (code, err) == (0, "")
    found = re.search(r"RMSE ([\d.]+)", out)
    assert found is not None
    assert float(found[1]) < 3, "in the unit of y, which goes to 53"


def test_another_share_of_its_data_is_scaled_as_in_the_training(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    net = trained(tmp_path, "mpg")
    code, out, err = run(capsys, "evaluate", net, "--test-share", "0.9", "--data-setting", "seed=4")
    assert (code, err) == (0, "")
    network, data = load_network(net), load_data("mpg", {"test_share": 0.9, "seed": 4})
    assert network.description is not None
    assert data.test is not None
    assert data.scaling is not None
    assert data.target_scaling is not None
    inputs = network.description.inputs_of(data.scaling.undo(data.test.inputs))
    off = network.description.answers(network.predict(inputs)) - data.target_scaling.undo(data.test.targets)
    assert out.startswith(f"test RMSE {math.sqrt((off**2).mean()):.4g},")
    assert f"{len(off)} test examples" in out


def test_other_names_of_classes_are_reported(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    net = trained(tmp_path, "moons")
    (tmp_path / "p.csv").write_text("x,y,c\n" + "".join(f"{at % 7},{at % 5},{'pq'[at % 2]}\n" for at in range(40)))
    code, out, _ = run(capsys, "evaluate", net, "--data", str(tmp_path / "p.csv"))
    assert code == 0
    assert "The network's classes have other names: blue, orange." in out


def codes(file: Path, *cells: str) -> str:
    """A table whose classes are codes, in a file of its own."""
    lines = [f"{at % 9 + 9 * (at % len(cells))},{cells[at % len(cells)]}" for at in range(90)]
    file.write_text("\n".join(["x,code", *lines]))
    return str(file)


def test_codes_keep_their_zeros_and_are_found_in_other_tables(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    data = codes(tmp_path / "codes.csv", "00812", "1.50", "01099")
    net = trained(tmp_path, data, "--task", "classification")
    code, out, _ = run(capsys, "evaluate", net)
    assert (code, out.split("predicted")[1].split()[:3]) == (0, ["1.50", "00812", "01099"])
    again = codes(tmp_path / "again.csv", "00812", "1.50", "01099")
    as_numbers = codes(tmp_path / "numbers.csv", "812", "1.5", "1099")
    figures = {run(capsys, "evaluate", net, "--data", other)[1].splitlines()[0] for other in (again, as_numbers)}
    assert len(figures) == 1
    code, _, err = run(capsys, "evaluate", net, "--data", codes(tmp_path / "other.csv", "812", "1.5", "1098"))
    assert (code, "1098" in err, "01099" in err) == (2, True, True)


def test_codes_of_a_network_from_before_they_kept_their_zeros(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    data = codes(tmp_path / "codes.csv", "00812", "1.50", "01099")
    net = trained(tmp_path, data, "--task", "classification")
    first = run(capsys, "evaluate", net)[1]
    network = load_network(net)
    assert network.description is not None
    assert network.description.coding is not None
    coding = replace(network.description.coding, class_names=("1.5", "812", "1099"))
    network.description = replace(network.description, coding=coding)
    assert misfit_of(network, network.description, load_data(data, {"task": "classification"})) is None
    save_network(network, net)
    assert run(capsys, "evaluate", net)[1] == first


@pytest.mark.parametrize(
    ("change", "reported"),
    [(("Adelie", "Emperor"), ("species", "Emperor")), (("island", "place"), ("island", "missing"))],
)
def test_tables_that_the_network_cannot_take(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, change: tuple[str, str], reported: tuple[str, ...]
) -> None:
    net = trained(tmp_path, "penguins")
    (tmp_path / "other.csv").write_text(PENGUINS.read_text().replace(*change))
    code, out, err = run(capsys, "evaluate", net, "--data", str(tmp_path / "other.csv"))
    assert (code, out) == (2, "")
    assert err.count("\n") == 1
    for part in reported:
        assert part in err


def test_without_anything_known_the_data_must_be_named(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    save_network(Network([2, 4, 2], ["relu", "softmax"], "cross-entropy"), tmp_path / "net.json")
    code, _, err = run(capsys, "evaluate", str(tmp_path / "net.json"))
    assert code == 2
    assert "2 inputs and 2 outputs" in err
    assert "--data" in err
    code, out, err = run(capsys, "evaluate", str(tmp_path / "net.json"), "--data", "spirals", "--points", "50")
    assert (code, err) == (0, "")
    assert "10 test examples of Spirals" in out
    code, _, err = run(capsys, "evaluate", str(tmp_path / "net.json"), "--data", "penguins")
    assert code == 2
    assert "Penguins" in err


def test_many_classes_with_long_names_can_be_read(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    names = [f"{letter}: a class with a name that is long" for letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZ"]
    rows = [f"{rng.random():.3f},{rng.random():.3f},{names[place % 26]}" for place in range(400)]
    file = tmp_path / "letters.csv"
    file.write_text("\n".join(["x,y,letter", *rows]))
    code, out, err = run(capsys, "evaluate", trained(tmp_path, str(file), "--target", "letter"))
    assert (code, err) == (0, "")
    assert max(map(len, out.splitlines())) <= 100
    assert "most frequent mistakes" in out
    assert sum(line.startswith(tuple(f"{letter}: a class" for letter in "AZ")) for line in out.splitlines()) >= 2


def test_the_export_of_a_table_to_onnx_says_where_its_inputs_are_named(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    pytest.importorskip("onnx", reason="the package onnx is optional, and is not installed")
    net = trained(tmp_path, "mpg")
    code, out, err = run(capsys, "export", net, str(tmp_path / "net.onnx"))
    assert (code, err) == (0, "")
    assert out.splitlines()[-1] == "its input takes rows of 9 numbers; its metadata “inputs” names each of them"


def test_explain_and_export_of_what_is_no_picture(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    net = trained(tmp_path, "mpg")
    assert run(capsys, "export", net, str(tmp_path / "net.py"))[0] == 0
    code, out, err = run(capsys, "explain", net, str(tmp_path / "net.py"), "--out", str(tmp_path / "why.png"))
    assert (code, out) == (2, "")
    assert err.count("\n") == 1
