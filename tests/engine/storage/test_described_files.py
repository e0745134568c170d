"""The description in files: the same answers to raw rows in a new process, and what is broken is refused."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine.basics.errors import FileFormatError
from engine.basics.validation import Array
from engine.datasets.description import Description
from engine.network.network import Network
from engine.storage import checkpoint, load_network, save_checkpoint, save_network
from tests.engine.described import (
    ODD_NAMES,
    TABLES,
    odd_rows,
    prepare_penguins,
    prepared,
    trained_on,
    whole_rows,
    write_rows,
)
from tests.engine.helpers import ENDINGS, ancestor_predict

_ANSWER = """
import json, sys
from engine.storage import load_network
rows = json.load(sys.stdin)
for path in sys.argv[1:]:
    network = load_network(path)
    about = network.description
    outputs = [about.answers(network.predict(about.encode(row)))[0].tolist() for row in rows]
    print(json.dumps({"outputs": outputs, "names": about.output_names}))
"""


def answers(network: Network, rows: list[dict[str, str]]) -> Array:
    about = network.description
    assert about is not None
    return np.array([about.answers(network.predict(about.encode(row)))[0] for row in rows])


def in_a_new_process(paths: list[Path], rows: list[dict[str, str]]) -> list[dict[str, Any]]:
    command = [sys.executable, "-c", _ANSWER, *map(str, paths)]
    done = subprocess.run(command, input=json.dumps(rows), capture_output=True, text=True, check=True)
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.mark.parametrize("table", TABLES)
def test_raw_rows_get_the_same_answers_in_a_new_process_to_the_bit(tmp_path: Path, table: str) -> None:
    network = trained_on(TABLES[table]().dataset)
    paths = [tmp_path / f"net{ending}" for ending in ENDINGS]
    for path in paths:
        save_network(network, path)
    rows = whole_rows(table)[:10]
    for path, reported in zip(paths, in_a_new_process(paths, rows), strict=True):
        np.testing.assert_array_equal(reported["outputs"], answers(network, rows), path.name)
        assert tuple(reported["names"]) == network.description.output_names, path.name  # type: ignore[union-attr]
        if table == "mpg.csv":  # miles per gallon, not standard deviations
            wanted = [float(row["mpg"]) for row in rows]
            assert np.abs(np.array(reported["outputs"])[:, 0] - wanted).mean() < 6


def test_half_precision_and_a_training_keep_it(tmp_path: Path) -> None:
    network = trained_on(prepare_penguins().dataset, epochs=1)
    save_checkpoint(network, tmp_path / "half.npz", half_precision=True)
    half = load_network(tmp_path / "half.npz")
    rows = whole_rows("penguins.csv")[:5]
    np.testing.assert_allclose(answers(half, rows), answers(network, rows), atol=0.01)


def test_the_ancestor_reads_it_with_the_same_predictions(tmp_path: Path) -> None:
    data = prepare_penguins().dataset
    network = Network([data.width, 4, data.outputs], rng=np.random.default_rng(1))
    network.description = data.description
    save_network(network, tmp_path / "net.json")
    inputs = data.train.inputs[:5]
    np.testing.assert_allclose(ancestor_predict(tmp_path / "net.json", inputs), network.predict(inputs), atol=1e-6)


@pytest.mark.parametrize("ending", ENDINGS)
def test_without_one_nothing_is_written_and_none_is_read(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"net{ending}"
    save_network(Network([2, 3]), path)
    assert load_network(path).description is None
    assert b"description" not in path.read_bytes()


@pytest.mark.parametrize("ending", ENDINGS)
def test_odd_names_come_back_as_they_are(tmp_path: Path, ending: str) -> None:
    data = prepared(write_rows(tmp_path / "odd.csv", odd_rows()), ODD_NAMES[3], test_share=0).dataset
    save_network(trained_on(data, epochs=1), tmp_path / f"net{ending}")
    again = load_network(tmp_path / f"net{ending}").description
    assert again is not None
    assert again.class_names == tuple(sorted(ODD_NAMES[4:]))
    assert again.columns == data.columns


def written(path: Path, entries: Any) -> Path:
    """A network of 2 inputs and 1 output in a file that says this about them."""
    network = Network([2, 1])
    network.description = Description("about", columns=("a", "b"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Description, "as_dict", lambda self: entries)
        save_network(network, path)
    return path


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize(
    "entries",
    [
        [],
        "about",
        7,
        {"columns": ["a"]},
        {"class_names": ["a", "b"]},
        {"columns": [["a"], "b"]},
        {"scaling": {"mean": [0, 0], "spread": [0, 0]}},
        {"scaling": {"mean": [0, 0], "spread": [1, None]}},
        {"coding": {"columns": []}},
        {"brightness": 7},
        {"brightness": {"background": 1, "mean": 0.5, "deviation": 1e-300}},
        {"brightness": {"background": 1, "mean": 0.5, "deviation": 0.2}, "scaling": {"mean": [0, 0], "spread": [1, 1]}},
        {"title": "x" * 1_000_001},
    ],
)
def test_a_broken_one_is_refused_in_words(tmp_path: Path, ending: str, entries: Any) -> None:
    with pytest.raises(FileFormatError, match="invalid network"):
        load_network(written(tmp_path / f"net{ending}", entries))


@pytest.mark.parametrize("ending", ENDINGS)
def test_a_whole_one_is_read_with_what_a_later_version_adds(tmp_path: Path, ending: str) -> None:
    network = load_network(written(tmp_path / f"net{ending}", {"columns": ["a", "b"], "units": {"a": "m"}}))
    assert network.description is not None
    assert network.description.columns == ("a", "b")


def test_a_longer_one_than_there_can_be_is_not_unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = written(tmp_path / "net.npz", {"columns": ["a", "b"], "more": "x" * 5000})
    monkeypatch.setattr(checkpoint, "longest_description", lambda shape: 4000)
    with pytest.raises(FileFormatError, match="at most 4,000 are allowed"):
        load_network(path)


def test_the_longest_there_can_be_can_be_read_again(tmp_path: Path) -> None:
    network = Network([300, 2])
    network.description = Description("\U0001f600" * 900_000, columns=tuple(f"\x01{number}" for number in range(300)))
    for ending in ENDINGS:
        save_network(network, tmp_path / f"net{ending}")
        again = load_network(tmp_path / f"net{ending}").description
        assert again is not None
        assert again.title == network.description.title
