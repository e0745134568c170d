"""The compact .npz: what comes back, what is refused, and that nothing in it is run."""

from __future__ import annotations

import io
import json
import math
import pickle
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine.basics.errors import DataError, FileFormatError, SettingError
from engine.basics.validation import Array
from engine.datasets import load_data
from engine.network.network import Network
from engine.provenance import Provenance
from engine.storage import load_checkpoint, load_network, load_provenance, save_checkpoint, save_network
from engine.training.events import Epoch
from engine.training.settings import TrainingSettings
from engine.training.trainer import Trainer
from tests.engine.helpers import ENDINGS, class_data, network_for, refused
from tests.frozen import FROZEN

OF_0_22 = FROZEN / "version0_22" / "penguins.checkpoint.npz"  # two epochs of penguins, with its training


def a_network(**how: Any) -> Network:
    made = Network([3, 4, 2], ["tanh", "softmax"], "cross-entropy", rng=np.random.default_rng(3), **how)
    made.provenance = {"data": "clouds", "epochs": 3}
    return made


def rewritten(path: Path, **changes: Any) -> Path:
    """The same file with other arrays; a dictionary ``header`` changes some of its entries."""
    with np.load(path) as old:
        arrays: dict[str, Array] = {name: old[name] for name in old.files}
    header = json.loads(str(arrays["header"][()]))
    header.update(changes.pop("header", {}))
    arrays["header"] = np.array(json.dumps(header))
    arrays.update(changes)
    np.savez(path, **arrays)
    return path


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    save_network(a_network(), tmp_path / "net.npz")
    return tmp_path / "net.npz"


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_everything_comes_back_to_the_bit(tmp_path: Path, dtype: type) -> None:
    network = a_network(dtype=dtype)
    save_network(network, tmp_path / "net.NPZ")
    loaded = load_network(tmp_path / "net.NPZ")
    np.testing.assert_array_equal(loaded.parameters, network.parameters)
    assert loaded.parameters.dtype == dtype
    assert (loaded.shape, loaded.activations, loaded.loss) == (network.shape, network.activations, network.loss)
    assert loaded.provenance == network.provenance


def test_what_is_in_the_file_decides_and_not_its_name(saved: Path, tmp_path: Path) -> None:
    saved.rename(tmp_path / "net.json")
    assert load_network(tmp_path / "net.json").shape == [3, 4, 2]
    save_network(a_network(), tmp_path / "plain")
    (tmp_path / "plain").rename(tmp_path / "plain.npz")
    assert load_network(tmp_path / "plain.npz").shape == [3, 4, 2]


def test_the_provenance_is_read_without_the_rest(saved: Path) -> None:
    rewritten(saved, parameters=np.zeros(3))
    assert load_provenance(saved) == {"data": "clouds", "epochs": 3}
    rewritten(saved, header={"provenance": 5})
    with pytest.raises(FileFormatError):
        load_provenance(saved)
    saved.write_bytes(b"PK\x03\x04 and no more")
    with pytest.raises(FileFormatError):
        load_provenance(saved)


def test_a_network_alone_has_no_training(saved: Path) -> None:
    assert load_checkpoint(saved)[1] is None


def test_half_precision_keeps_three_digits(tmp_path: Path) -> None:
    network = a_network()
    save_checkpoint(network, tmp_path / "half.npz", half_precision=True)
    loaded = load_network(tmp_path / "half.npz")
    assert loaded.parameters.dtype == np.float32
    np.testing.assert_allclose(loaded.parameters, network.parameters, rtol=1e-3)


def test_half_precision_is_refused_where_it_would_lose_more(tmp_path: Path) -> None:
    network = a_network()
    network.parameters[0] = 1e5
    with refused(SettingError, "half_precision", "True"):
        save_checkpoint(network, tmp_path / "half.npz", half_precision=True)
    trainer = Trainer(network_for(class_data()), class_data(), TrainingSettings(batch_size=10))
    with refused(SettingError, "half_precision", "True"):
        save_checkpoint(trainer.network, tmp_path / "half.npz", trainer.state(), half_precision=True)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("optimizer", ["sgd", "adamw"])
def test_a_training_goes_on_to_the_bit(tmp_path: Path, optimizer: str) -> None:
    data = class_data()
    settings = TrainingSettings(
        batch_size=7, epochs=3, optimizer=optimizer, learning_rate=0.01, dropout=0.3, validation_share=0.2, patience=9
    )
    unbroken = Trainer(network_for(data), data, settings)
    for count, _ in enumerate(unbroken.run()):
        if count == 12:
            save_checkpoint(unbroken.network, tmp_path / "net.npz", unbroken.state())
    network, state = load_checkpoint(tmp_path / "net.npz")
    assert state is not None
    list(Trainer.resume(network, data, state).run())
    np.testing.assert_array_equal(network.parameters, unbroken.network.parameters)


def test_a_training_of_0_22_finds_the_rows_that_it_began_with() -> None:
    """Its file does not say what was done about missing values: such rows were left out then."""
    network, state = load_checkpoint(OF_0_22)
    made = Provenance.read(network).experiment
    assert made is not None
    assert state is not None
    assert made.data_settings == {"missing": "drop"}
    data = load_data(made.data, made.data_settings)
    assert data.fingerprint == made.fingerprint
    state.settings["epochs"] = 4
    trainer = Trainer.resume(network, data, state)
    assert [event.epoch for event in trainer.run() if isinstance(event, Epoch)][-1] == 4


@pytest.mark.parametrize("ending", ENDINGS)
def test_a_network_that_is_not_finite_is_not_saved(tmp_path: Path, ending: str) -> None:
    network = a_network()
    network.weights[1][0, 0] = np.nan
    with refused(DataError, "network", "layer 2"):
        save_network(network, tmp_path / f"net{ending}")
    assert not list(tmp_path.iterdir())


def test_nothing_in_a_file_is_run(saved: Path) -> None:
    class Bomb:
        def __reduce__(self) -> tuple[Any, ...]:
            return (Path.unlink, (saved,))

    bomb = np.empty(1, object)
    bomb[0] = Bomb()
    assert pickle.dumps(bomb)
    rewritten(saved, parameters=bomb)
    with pytest.raises(FileFormatError, match="damaged"):
        load_network(saved)
    assert saved.exists()


@pytest.mark.parametrize(
    ("changes", "reported"),
    [
        ({"parameters": np.zeros(5, np.float32)}, "it has 5 parameters, but its shape needs 26"),
        ({"parameters": np.zeros(26, np.int64)}, "of type int64"),
        ({"parameters": np.full(26, np.nan, np.float32)}, "layer 1 contains NaN or infinity"),
        ({"header": {"format": "another"}}, "not a checkpoint of a network"),
        ({"header": {"version": 99}}, "its version 99"),
        ({"header": {"version": None}}, "version is None"),
        ({"header": {"version": -3}}, "version is -3"),
        ({"header": {"shape": [3]}}, "shape"),
        ({"header": {"shape": [10**9, 10**9]}}, "shape"),
        ({"header": {"activations": ["tanh", "swash"]}}, "swash"),
        ({"header": {"loss": "none"}}, "none"),
        ({"header": {"dtype": "int8"}}, "dtype"),
        ({"header": {"provenance": 3}}, "provenance"),
        ({"header": {"progress": [], "settings": {}}}, "progress"),
        ({"header": {"progress": {}, "settings": 3}}, "settings"),
    ],
)
def test_a_damaged_file_is_refused_in_words(saved: Path, changes: dict[str, Any], reported: str) -> None:
    with pytest.raises(FileFormatError) as caught:
        load_network(rewritten(saved, **changes))
    assert reported in str(caught.value)
    assert str(caught.value).startswith("net.npz: ")


def array_of(dimensions: str) -> bytes:
    """An .npy that claims to be of those dimensions, and holds four bytes."""
    header = f"{{'descr': '<f4', 'fortran_order': False, 'shape': {dimensions}, }}".ljust(117) + "\n"
    return b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header.encode() + bytes(4)


@pytest.mark.parametrize(
    "member", ["header.npy", "parameters", "parameters.npy", "nested"], ids=["too large", "no array", "short", "nested"]
)
def test_a_made_up_member_is_refused(saved: Path, member: str) -> None:
    with zipfile.ZipFile(saved) as old:
        contents = {name: old.read(name) for name in old.namelist()}
    if member == "nested":
        content = io.BytesIO()
        np.save(content, np.array("[" * 100_000))
        contents["header.npy"] = content.getvalue()
    else:
        contents.pop(f"{member.removesuffix('.npy')}.npy")
        contents[member] = b"text" if member == "parameters" else array_of(f"({10**14},)")
    with zipfile.ZipFile(saved, "w") as new:
        for name, bytes_of in contents.items():
            new.writestr(name, bytes_of)
    with pytest.raises(FileFormatError, match="damaged, or not a checkpoint"):
        load_checkpoint(saved)


@pytest.mark.parametrize(("place", "value"), [(8, 1), (10, 12)], ids=["encrypted", "bzip2"])
def test_a_changed_entry_of_the_zip_is_refused(saved: Path, place: int, value: int) -> None:
    """In the directory at the end: what numpy goes by."""
    content = bytearray(saved.read_bytes())
    content[content.index(b"PK\x01\x02") + place] = value
    saved.write_bytes(content)
    with pytest.raises(FileFormatError, match="damaged, or not a checkpoint"):
        load_checkpoint(saved)


@pytest.mark.parametrize("name", [f"net{ending}" for ending in ENDINGS])
@pytest.mark.parametrize("value", [np.float32(1), {1, 2}, float("nan"), {"deep": [float("inf")]}, object()])
def test_a_past_that_no_file_can_hold_is_refused_and_the_old_file_stays(
    tmp_path: Path, name: str, value: object
) -> None:
    network = a_network()
    save_network(network, tmp_path / name)
    before = (tmp_path / name).read_bytes()
    network.provenance["error"] = value
    with refused(DataError, "provenance", "it cannot be saved"):
        save_network(network, tmp_path / name)
    assert (tmp_path / name).read_bytes() == before


@pytest.mark.parametrize("name", ["net.npz", "net.json"])
def test_what_json_has_no_word_for_does_not_keep_a_network_from_being_saved_again(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    save_network(a_network(), path)
    if name == "net.npz":
        rewritten(path, header={"provenance": {"error": [math.nan, 1], "loss": math.inf}})
    else:
        path.write_text(path.read_text().replace('"epochs":3', '"error":[NaN,1],"loss":Infinity'))
    loaded = load_network(path)
    assert loaded.provenance["error"] == [None, 1]
    assert loaded.provenance["loss"] is None
    save_network(loaded, path)
    assert load_network(path).provenance == loaded.provenance


@pytest.mark.parametrize("keep", [4, 30, 200, -1])
def test_a_file_cut_short_is_refused(saved: Path, keep: int) -> None:
    saved.write_bytes(saved.read_bytes()[:keep])
    with pytest.raises(FileFormatError, match="damaged"):
        load_network(saved)


def test_an_npz_without_a_header_is_refused(tmp_path: Path) -> None:
    content = io.BytesIO()
    np.savez(content, numbers=np.arange(3))
    (tmp_path / "numbers.npz").write_bytes(content.getvalue())
    with pytest.raises(FileFormatError, match="damaged, or not a checkpoint"):
        load_network(tmp_path / "numbers.npz")


def test_any_damaged_byte_opens_or_is_refused_in_words(saved: Path) -> None:
    whole, rng = saved.read_bytes(), np.random.default_rng(1)
    refusals = 0
    places = range(0, len(whole), 3)
    for place in places:
        saved.write_bytes(whole[:place] + bytes([whole[place] ^ int(rng.integers(1, 256))]) + whole[place + 1 :])
        try:
            load_checkpoint(saved)
        except FileFormatError:
            refusals += 1
    assert refusals > len(places) / 2


@pytest.mark.parametrize("name", [f"net{ending}" for ending in ENDINGS])
def test_a_past_that_is_no_dictionary_is_refused(tmp_path: Path, name: str) -> None:
    network = a_network()
    network.provenance = ["long ago"]  # type: ignore[assignment]
    with refused(DataError, "provenance", "not a dictionary"):
        save_network(network, tmp_path / name)
    assert not (tmp_path / name).exists()
