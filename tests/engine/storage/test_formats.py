"""What holds for every format of network files: what opens again is saved, everything else is exported."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.basics.assets_folder import ASSETS
from engine.basics.errors import FileFormatError, MissingPackageError, SettingError
from engine.network.network import Network
from engine.storage import (
    EXPORTS,
    FORMATS,
    SAVED_FORMATS,
    NetworkFormat,
    check_is_no_export,
    export_format,
    is_network_file,
    load_network,
    network_json,
    save_network,
)

each_export = pytest.mark.parametrize("export", EXPORTS, ids=lambda each: each.ending)


@pytest.fixture
def network() -> Network:
    return Network([2, 3, 2], ["relu", "softmax"], loss="cross-entropy")


def write(export: NetworkFormat, network: Network, path: Path) -> None:
    try:
        export.save(network, path)
    except MissingPackageError as error:
        pytest.skip(str(error))


@each_export
def test_an_export_is_not_saved_under_its_ending(export: NetworkFormat, network: Network, tmp_path: Path) -> None:
    path = tmp_path / f"net{export.ending.upper()}"
    with pytest.raises(SettingError, match=r"is an export \(.*Save the network as \.json or \.npz"):
        save_network(network, path)
    assert not path.exists()
    assert export_format(path) is export


@each_export
@pytest.mark.parametrize("ending", ["", ".json", ".npz", ".other"])
def test_an_export_is_refused_as_one_under_any_name(
    export: NetworkFormat, network: Network, tmp_path: Path, ending: str
) -> None:
    path = tmp_path / f"net{ending or export.ending}"
    write(export, network, path)
    for read in (load_network, check_is_no_export):
        with pytest.raises(FileFormatError, match=rf"an export \({export.title}\).*Open the network from which"):
            read(path)
    assert is_network_file(path) == (ending in ("", ".json")), "which an .npz says by its content"


@each_export
def test_json_under_the_ending_of_an_export_opens(export: NetworkFormat, network: Network, tmp_path: Path) -> None:
    """Earlier versions wrote it."""
    path = tmp_path / f"net{export.ending}"
    network_json.save_network(network, path)
    assert load_network(path).shape == network.shape


@each_export
def test_an_export_has_an_entry_in_the_menu(export: NetworkFormat) -> None:
    assert export.action
    assert export.shortcut


def test_only_the_ending_of_an_export_exports() -> None:
    for ending in ("", ".h5", *(each.ending for each in SAVED_FORMATS)):
        with pytest.raises(SettingError, match=r"must end in \.onnx or \.py"):
            export_format(f"net{ending}")


@pytest.mark.parametrize("each", FORMATS, ids=lambda each: each.ending)
def test_the_guide_has_every_format(each: NetworkFormat) -> None:
    assert f"| `{each.ending}`" in (ASSETS / "guide" / "formats-and-limits.md").read_text("utf-8")
