"""A run as a folder and as a file: what goes along, what comes back, and what is refused."""

from __future__ import annotations

import csv
import io
import json
import runpy
import shlex
import struct
import tracemalloc
import zlib
from collections.abc import Iterator
from concurrent.futures import CancelledError
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine.basics.errors import FileFormatError
from engine.datasets import load_data
from engine.storage import load_checkpoint, load_network
from engine.training.trainer import Trainer
from nnviz.commands.options import parser
from nnviz.commands.train_options import described_experiment
from nnviz.library import Library, LibraryError, Recording
from nnviz.library.export import export_run
from nnviz.library.replay import edit_content, replay
from nnviz.library.reproduction import reproduction_of
from nnviz.library.run_file import read_run, write_run
from nnviz.library.states import with_data
from tests.engine.helpers import ENDINGS, refused
from tests.frozen import FROZEN
from tests.nnviz.library.helpers import DATA, an_experiment, in_epoch, record, trained_on

OF_0_22 = FROZEN / "version0_22" / "penguins.nnvizrun"  # two epochs of penguins


@pytest.fixture
def library() -> Iterator[Library]:
    with Library() as opened:
        yield opened


def test_a_run_comes_back_whole_under_a_new_number(library: Library, tmp_path: Path) -> None:
    named = replace(DATA, class_names=("a", "b", "c"))
    made = an_experiment(named, validation_share=0.2, patience=3)
    library.begin(made)
    run, trainer = record(library, made, named, name="a try", note="it's <b>good</b>")
    write_run(library, run, tmp_path / "one.nnvizrun")
    with Library(tmp_path / "other.sqlite") as other:
        new = read_run(other, tmp_path / "one.nnvizrun")
        assert new == 1
        assert read_run(library, tmp_path / "one.nnvizrun") == run + 1
        for there, number in ((other, new), (library, run + 1)):
            first, second = library.run(run), there.run(number)
            assert second.experiment == made
            assert (second.name, second.note, second.figures) == (first.name, first.note, first.figures)
            assert (second.epochs, second.seconds, second.status) == (first.epochs, first.seconds, first.status)
            assert second.parent is None
            kept = there.history(number)
            assert kept == replace(library.history(run), best=kept.best)
            assert second.best.epoch == first.best.epoch
            np.testing.assert_array_equal(there.history(number).confusion(2), library.history(run).confusion(2))
            assert there.snapshot_epochs(number) == library.snapshot_epochs(run)
            for at in library.snapshot_epochs(run):
                np.testing.assert_array_equal(there.snapshot(number, at), library.snapshot(run, at))
            np.testing.assert_array_equal(there.network(number).parameters, trainer.network.parameters)
            assert there.network(number).description.as_dict() == named.description.as_dict()
            assert len(there.runs("good clouds adam")) >= 1


def test_a_run_of_0_22_keeps_the_rows_that_it_was_trained_with(library: Library, tmp_path: Path) -> None:
    """Its file does not say what was done about missing values: such rows were left out then."""
    run = read_run(library, OF_0_22)
    made = library.run(run).experiment
    assert made.data_settings == {"missing": "drop"}
    data = load_data(made.data, made.data_settings)
    assert data.fingerprint == made.fingerprint
    *_, last = library.history(run).error.test.values
    assert library.run(run).test_error == last
    assert list(replay(library, run, 1.5, data))[-1] == 1
    write_run(library, run, tmp_path / "again.nnvizrun")
    assert library.run(read_run(library, tmp_path / "again.nnvizrun")).experiment == made
    arguments = parser().parse_args(shlex.split(reproduction_of(library, run).steps[0])[2:])
    assert described_experiment(arguments).data_settings == made.data_settings


def test_an_imported_training_goes_on_to_the_bit(library: Library, tmp_path: Path) -> None:
    made = an_experiment()
    run, _ = record(library, made, until=in_epoch(3, 2))
    write_run(library, run, tmp_path / "one.nnvizrun")
    kept = library.state(read_run(library, tmp_path / "one.nnvizrun"))
    trainer = Trainer.resume(kept.network, DATA, kept.training)
    np.testing.assert_array_equal(trained_on(trainer), trained_on(made.trainer(DATA)))


def test_a_run_whose_settings_were_changed_comes_back_with_its_changes(library: Library, tmp_path: Path) -> None:
    made = an_experiment()
    run, trainer = library.begin(made), made.trainer(DATA)
    recording, faster = Recording(library, run, trainer), made.changed(learning_rate=0.05)
    recording.change(made, is_order=False)
    recording.leap()
    for event in trainer.run():
        recording.take_event(event)
        if in_epoch(2, 3)(event):
            trainer.change(faster.training)
            recording.change(faster, "learning rate 0.05")
        if in_epoch(3, 2)(event):
            before = trainer.network.parameters.copy()
            trainer.network.weights[0][2] = 0.5
            recording.log("edit", *edit_content(before, trainer.network.parameters), "neuron 3 edited")
    recording.finish()
    write_run(library, run, tmp_path / "one.nnvizrun")
    new = read_run(library, tmp_path / "one.nnvizrun")
    assert library.run(new).changes == library.run(run).changes
    assert [change.text for change in library.run(new).changes] == ["learning rate 0.05", "neuron 3 edited"]
    assert library.orders(new) == library.orders(run)
    assert reproduction_of(library, new).steps == reproduction_of(library, run).steps


def test_a_run_without_anything_can_be_passed_on(library: Library, tmp_path: Path) -> None:
    run = library.begin(an_experiment(), parent=None, left_at=2.5)
    export_run(library, run, tmp_path / "out")
    new = library.run(read_run(library, tmp_path / "out" / "run.nnvizrun"))
    assert (new.left_at, new.status, library.snapshot_epochs(new.id)) == (2.5, "paused", [])
    assert sorted(each.name for each in (tmp_path / "out").iterdir()) == ["command.txt", "curves.csv", "run.nnvizrun"]


def test_paths_go_along_only_if_that_is_said(library: Library, tmp_path: Path) -> None:
    mine = tmp_path / "private-folder" / "mine.csv"
    made = replace(an_experiment(), data=str(mine), data_settings={"own": str(tmp_path / "private-folder" / "own.npz")})
    run, _ = record(library, made)
    done = export_run(library, run, tmp_path / "out")
    for name in done.files:
        content = (tmp_path / "out" / name).read_bytes()
        assert b"private-folder" not in content, name
        assert b"private-folder".decode().encode("utf-32-le") not in content, name
    new = library.run(read_run(library, tmp_path / "out" / "run.nnvizrun"))
    assert new.experiment.data == "mine.csv"
    for name in ("network.npz", "training.npz"):
        assert "private-folder" not in json.dumps(load_checkpoint(tmp_path / "out" / name)[0].provenance)
    export_run(library, run, tmp_path / "out", with_paths=True)
    new = library.run(read_run(library, tmp_path / "out" / "run.nnvizrun"))
    assert new.experiment == made


@pytest.mark.parametrize("with_paths", [False, True])
def test_the_data_that_orders_name_have_paths_only_if_that_is_said(
    library: Library, tmp_path: Path, with_paths: bool
) -> None:
    made = replace(an_experiment(), data="/home/ann/mine.csv", data_settings={"own": "/home/ann/own.npz", "seed": 3})
    recording = Recording(library, library.begin(made), made.trainer(DATA))
    recording.change(made, is_order=False)
    recording.leap()
    recording.finish()
    library.database.write("UPDATE orders SET payload = json_insert(payload, '$.of later versions', 1)", ())
    write_run(library, recording.run, tmp_path / "one.nnvizrun", with_paths)
    (order,) = library.orders(read_run(library, tmp_path / "one.nnvizrun"))
    named = made if with_paths else replace(made, data="mine.csv", data_settings={"seed": 3})
    assert order.payload["data"] == {"data": named.data, "data_settings": named.as_dict()["data_settings"]}
    assert with_data(made, order.payload["data"]) == named
    assert order.payload["of later versions"] == 1
    assert ("ann" in json.dumps(order.payload)) == with_paths


@pytest.mark.parametrize("named", [None, "/home/ann/mine.csv", {"data": ["/home/ann"]}, {"data": "x"}])
def test_what_names_no_data_in_an_order_is_left_out(library: Library, tmp_path: Path, named: object) -> None:
    run, _ = record(library)
    payload = json.dumps({"count": 0, "data": named})
    query = "INSERT INTO orders (run, number, at, epoch, batch, kind, payload) VALUES (?, 1, 6, 6, 6, 'edit', ?)"
    library.database.write(query, (run, payload))
    write_run(library, run, tmp_path / "one.nnvizrun")
    (order,) = library.orders(read_run(library, tmp_path / "one.nnvizrun"))
    assert order.payload == {"count": 0}


def test_painted_points_go_along(library: Library, tmp_path: Path) -> None:
    made = replace(an_experiment(), data="painted", data_settings={"painted": "0.1,0.2,0;0.3,0.4,1"})
    run, _ = record(library, made)
    write_run(library, run, tmp_path / "one.nnvizrun")
    assert library.run(read_run(library, tmp_path / "one.nnvizrun")).experiment == made


def test_a_folder_has_the_network_in_every_format(library: Library, tmp_path: Path) -> None:
    pytest.importorskip("onnx")
    run, trainer = record(library, name="a try")
    done = export_run(library, run, tmp_path)
    assert set(done.files) == {each.name for each in tmp_path.iterdir()}
    assert not done.left_out
    expected = trainer.network.predict(DATA.test.inputs)
    for name in (*(f"network{ending}" for ending in ENDINGS), "training.npz"):
        network = load_network(tmp_path / name)
        np.testing.assert_array_equal(network.predict(DATA.test.inputs), expected)
        assert network.provenance["title"] == "a try"
    predict = runpy.run_path(str(tmp_path / "network.py"))["predict"]
    np.testing.assert_allclose(predict(DATA.test.inputs), expected, rtol=1e-5)
    assert (tmp_path / "network.onnx").stat().st_size > 100


def test_curves_and_command_of_a_folder(library: Library, tmp_path: Path) -> None:
    made = an_experiment()
    run, _ = record(library, made)
    export_run(library, run, tmp_path)
    rows = list(csv.DictReader(io.StringIO((tmp_path / "curves.csv").read_text())))
    curve = library.history(run).error.test
    assert [float(row["epoch"]) for row in rows] == curve.epochs
    assert [float(row["test_error"]) for row in rows] == pytest.approx(curve.values)
    assert "test_rmse" not in rows[0]
    words = shlex.split((tmp_path / "command.txt").read_text())
    assert words[:2] == ["python", "main.py"]
    described = described_experiment(parser().parse_args(words[2:]))
    assert described.training == made.training


def test_a_format_that_needs_a_missing_package_is_named_with_advice(
    library: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "onnx", None)
    run, _ = record(library)
    done = export_run(library, run, tmp_path)
    assert "onnx" in done.needing_package["network.onnx"]
    assert not done.left_out
    assert "network.py" in done.files


def test_rows_are_copied_only_if_that_is_said(library: Library, tmp_path: Path) -> None:
    (tmp_path / "mine.csv").write_text("a,b\n1,2\n")
    run, _ = record(library, replace(an_experiment(), data=str(tmp_path / "mine.csv")))
    assert "mine.csv" not in export_run(library, run, tmp_path / "out").files
    export_run(library, run, tmp_path / "out", with_rows=True)
    assert (tmp_path / "out" / "mine.csv").read_text() == "a,b\n1,2\n"
    other, _ = record(library)
    assert "rows" in export_run(library, other, tmp_path / "out", with_rows=True).left_out


def test_rows_that_are_in_the_folder_stay_as_they_are(library: Library, tmp_path: Path) -> None:
    (tmp_path / "mine.csv").write_text("a,b\n1,2\n")
    run, _ = record(library, replace(an_experiment(), data=str(tmp_path / "mine.csv")))
    done = export_run(library, run, tmp_path, with_rows=True)
    assert done.left_out == {"rows": "mine.csv is already in that folder"}
    assert (tmp_path / "mine.csv").read_text() == "a,b\n1,2\n"


def test_an_export_does_not_replace_the_data_of_the_run(library: Library, tmp_path: Path) -> None:
    (tmp_path / "curves.csv").write_text("a,b\n1,2\n")
    run, _ = record(library, replace(an_experiment(), data=str(tmp_path / "curves.csv")))
    (tmp_path / "link").symlink_to(tmp_path)
    for folder in (tmp_path, tmp_path / "link"):
        with pytest.raises(LibraryError, match=r"the export would replace .*curves\.csv, the data of the run"):
            export_run(library, run, folder)
    assert (tmp_path / "curves.csv").read_text() == "a,b\n1,2\n"
    assert sorted(each.name for each in tmp_path.iterdir()) == ["curves.csv", "link"], "nothing was written"


def test_rows_do_not_replace_another_file_of_the_export(library: Library, tmp_path: Path) -> None:
    (tmp_path / "Curves.csv").write_text("a,b\n1,2\n")
    run, _ = record(library, replace(an_experiment(), data=str(tmp_path / "Curves.csv")))
    done = export_run(library, run, tmp_path / "out", with_rows=True)
    assert done.left_out["rows"] == "another file of the export is named Curves.csv"
    assert [name.lower() for name in done.files].count("curves.csv") == 1
    assert (tmp_path / "out" / "curves.csv").read_text().startswith("epoch,")


def test_each_file_is_reported_before_it_is_written_and_the_export_can_be_ended(
    library: Library, tmp_path: Path
) -> None:
    run, _ = record(library)
    reported: list[str] = []
    done = export_run(library, run, tmp_path / "whole", report=reported.append)
    assert set(reported) == {*done.files, *done.left_out}

    def tell(name: str) -> None:
        if name == reported[3]:
            raise InterruptedError

    with pytest.raises(InterruptedError):
        export_run(library, run, tmp_path / "part", report=tell)
    assert sorted(each.name for each in (tmp_path / "part").iterdir()) == sorted(reported[:3])


# ---- what is refused


@pytest.fixture
def exported(library: Library, tmp_path: Path) -> Path:
    run, _ = record(library, an_experiment(epochs=2))
    write_run(library, run, tmp_path / "one.nnvizrun")
    return tmp_path / "one.nnvizrun"


def rewritten(path: Path, change: Any = None, **arrays: Any) -> Path:
    """The same file; ``change`` is called with its header."""
    with np.load(path) as old:
        whole = {name: old[name] for name in old.files}
    header = json.loads(str(whole["header"][()]))
    if change is not None:
        change(header)
    np.savez(path.with_suffix(".npz"), **(whole | {"header": np.array(json.dumps(header))} | arrays))
    return path.with_suffix(".npz")


def of_run(**values: Any) -> Any:
    return lambda header: header["run"].update(values)


def in_part(table: str, number: int, **values: Any) -> Any:
    return lambda header: header["parts"][table][number].update(values)


def with_order(kind: str, payload: object) -> Any:
    order = {"number": 1, "at": 1, "epoch": 1, "batch": 6, "kind": kind, "payload": json.dumps(payload), "bytes": 0}
    return lambda header: header["parts"].update(orders=[order])


@pytest.mark.parametrize(
    "change",
    [
        lambda header: header.update(format="something"),
        lambda header: header.update(version="1"),
        lambda header: header.update(experiment={"shape": [4, 10**9, 3]}),
        lambda header: header.update(experiment=None),
        lambda header: header.update(run=[]),
        lambda header: header.update(parts={}),
        lambda header: header.update(description={"class_names": 3}),
        lambda header: header["experiment"].update(shape=[4, 6, 3]),
        of_run(note="x" * 100_001),
        of_run(name=3),
        of_run(epochs="many"),
        of_run(seconds=float("nan")),
        of_run(batches=-1),
        of_run(changes=3),
        of_run(best={"epoch": 1}),
        of_run(best={"epoch": None, "loss": None, "error": None, "rmse": None, "r2": None, "early": True}),
        of_run(best={"epoch": 1, "loss": "", "error": None, "rmse": None, "r2": None, "early": True}),
        of_run(created=1e12),
        of_run(created=None),
        of_run(epochs=-1),
        of_run(seconds=1e300),
        of_run(left_at=-2),
        in_part("moments", 0, bytes=10**12),
        in_part("moments", 0, bits=8),
        in_part("moments", 0, epoch=None),
        in_part("states", 0, machine=3),
        in_part("states", 0, epoch=-1),
        in_part("confusions", 0, bytes=3),
        in_part("moments", 0, epoch=-1),
        in_part("states", 0, at=1e300),
        with_order("settings", {"count": 1}),
        with_order("settings", None),
        with_order("edit", None),
        with_order("edit", {"count": 1}),
        with_order("edit", {"count": -1}),
        with_order("state", None),
        with_order("state", {"before": 0}),
        with_order("of a later version", None),
        lambda header: header["parts"].update(states=3),
        lambda header: header["parts"]["moments"].append(3),
    ],
)
def test_what_no_run_has_is_refused_and_nothing_is_added(library: Library, exported: Path, change: Any) -> None:
    with pytest.raises(FileFormatError) as caught:
        read_run(library, rewritten(exported, change))
    assert caught.value.remedy == "Export the run again, or choose another file."
    assert len(library.runs()) == 1


@pytest.mark.parametrize(
    "arrays",
    [
        {"moments": np.full(7, 255, np.uint8)},
        {"epochs": np.zeros(4)},
        {"epochs": np.full(16, np.nan)},
        {"states": np.frombuffer(b"PK\x03\x04" + bytes(5000), np.uint8)},
        {"moments": np.array(["a", "b"])},
        {"header": np.array([3, 4])},
    ],
)
def test_numbers_that_no_run_has_are_refused(library: Library, exported: Path, arrays: dict[str, Any]) -> None:
    with pytest.raises(FileFormatError):
        read_run(library, rewritten(exported, **arrays))
    assert len(library.runs()) == 1


def test_a_row_larger_than_the_network_can_need_is_refused_before_it_is_unpacked(
    library: Library, exported: Path
) -> None:
    size = 80_000_000

    def enlarge(header: dict[str, Any]) -> None:
        header["parts"]["states"][0]["bytes"] = size

    large = rewritten(exported, enlarge, states=np.zeros(size, np.uint8))
    with peak_below(10_000_000), pytest.raises(FileFormatError, match="bytes in a row of states"):
        read_run(library, large)
    assert len(library.runs()) == 1


def test_an_import_needs_memory_for_one_row_at_a_time(library: Library, tmp_path: Path) -> None:
    run, _ = record(library, an_experiment(epochs=2).changed(hidden=(2000,)))
    write_run(library, run, tmp_path / "one.nnvizrun")
    moment, count = library.database.row("SELECT content FROM moments WHERE run = ? AND epoch = 1", (run,))[0], 150

    def repeat(header: dict[str, Any]) -> None:
        row = next(row for row in header["parts"]["moments"] if row["epoch"] == 1)
        header["parts"]["moments"] = [row | {"epoch": number / count} for number in range(count)]

    moments = np.tile(np.frombuffer(moment, np.uint8), count)
    long = rewritten(tmp_path / "one.nnvizrun", repeat, moments=moments)
    nbytes = moments.nbytes
    del moments
    with peak_below(nbytes // 3):
        new = read_run(library, long)
    assert library.database.number("SELECT count(*) FROM moments WHERE run = ?", (new,)) == count
    np.testing.assert_array_equal(library.snapshot(new, 0.5), library.snapshot(run, 1))


def test_a_state_of_a_larger_network_is_refused_before_it_is_unpacked(library: Library, exported: Path) -> None:
    width = 600_000
    content = library.database.row("SELECT content FROM states WHERE is_last")[0]
    with np.load(io.BytesIO(content)) as old:
        arrays = {name: old[name] for name in old.files}
    header = json.loads(str(arrays["header"][()])) | {"shape": [4, width, 3]}
    arrays |= {"header": np.array(json.dumps(header)), "parameters": np.zeros(8 * width + 3, np.float32)}
    packed = io.BytesIO()
    np.savez_compressed(packed, **arrays)
    states = np.frombuffer(packed.getvalue(), np.uint8)
    with np.load(exported) as old:
        rows = json.loads(str(old["header"][()]))["parts"]["states"]
    large = rewritten(
        exported,
        lambda header: header["parts"].update(states=[rows[0] | {"bytes": len(states)}]),
        states=states,
    )
    del arrays
    with peak_below(10_000_000), pytest.raises(FileFormatError):
        read_run(library, large)


def test_matrices_of_more_classes_are_refused_before_they_are_unpacked(library: Library, exported: Path) -> None:
    matrices = struct.pack("<BBH", 1, 8, 2000) + zlib.compress(bytes(8 * 2000 * 2000), 1)

    def enlarge(header: dict[str, Any]) -> None:
        header["parts"]["confusions"] = [header["parts"]["confusions"][0] | {"bytes": len(matrices)}]

    large = rewritten(exported, enlarge, confusions=np.frombuffer(matrices, np.uint8))
    with peak_below(10_000_000), pytest.raises(FileFormatError):
        read_run(library, large)


@contextmanager
def peak_below(nbytes: int) -> Iterator[None]:
    """Fails if more memory is allocated meanwhile."""
    tracemalloc.start()
    try:
        yield
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < nbytes


def test_a_newer_file_is_refused_with_both_versions(library: Library, exported: Path) -> None:
    newer = rewritten(exported, lambda header: header.update(version=2, nnviz="7.1"))
    with refused(FileFormatError, newer.name, "its version 2, written by nnviz 7.1"):
        read_run(library, newer)


def test_pickles_are_not_read(library: Library, exported: Path) -> None:
    evil = rewritten(exported, moments=np.array([{"a": 1}], object))
    with pytest.raises(FileFormatError):
        read_run(library, evil)


def test_odd_states_become_harmless_ones(library: Library, exported: Path) -> None:
    new = library.run(read_run(library, rewritten(exported, of_run(status="training"))))
    assert new.status == "paused"
    new = library.run(read_run(library, rewritten(exported, of_run(status="<script>"))))
    assert new.status == "paused"


@pytest.mark.parametrize("words", ["reading", "% written"])
def test_an_import_that_is_cancelled_adds_nothing(
    library: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: str
) -> None:
    monkeypatch.setattr("nnviz.library.run_file._ROWS_AT_ONCE", 3)
    run, _ = record(library)
    write_run(library, run, tmp_path / "one.nnvizrun")
    reported: list[str] = []

    def tell(how_far: str) -> None:
        reported.append(how_far)
        if how_far.endswith(words) and not how_far.startswith("0"):
            raise CancelledError

    with Library(tmp_path / "other.sqlite") as other:
        with pytest.raises(CancelledError):
            read_run(other, tmp_path / "one.nnvizrun", tell)
        assert len(other.runs()) == 0
        assert other.database.number("SELECT count(*) FROM moments") == 0
    assert reported
