"""Each way in which the window cannot open is named in two lines, before Qt could abort."""

from __future__ import annotations

import ctypes
import subprocess
import sys
from pathlib import Path
from unittest.mock import Mock

import pytest

from nnviz.commands import preflight

pytestmark = pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="there is always a desktop there")
FAR_FROM_ALL = ":4711"  # a display that nobody serves


@pytest.fixture(autouse=True)
def bare(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No display, no desktop, no choice of platform, all libraries there."""
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "WAYLAND_SOCKET", "QT_QPA_PLATFORM", "XDG_SESSION_TYPE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    monkeypatch.setattr(sys, "argv", ["main.py"])
    monkeypatch.setattr(sys, "orig_argv", ["python", "main.py"])
    load = ctypes.CDLL
    monkeypatch.setattr(ctypes, "CDLL", lambda library: Mock() if "libq" in library else load(library))


def lose(monkeypatch: pytest.MonkeyPatch, *libraries: str) -> None:
    """The loader finds all libraries but these, and no plugin that needs them."""

    def load(library: str) -> Mock:
        if library in libraries or "libq" in library:
            raise OSError("not found")
        return Mock(**{"xcb_connection_has_error.return_value": 0})  # an X server answers

    monkeypatch.setattr(ctypes, "CDLL", load)
    monkeypatch.setattr("shutil.which", lambda program: f"/usr/bin/{program}")
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    monkeypatch.setenv("DISPLAY", FAR_FROM_ALL)


def test_without_a_display_the_screenshot_is_suggested() -> None:
    assert preflight.missing_for_window() == (
        "There is no display: DISPLAY is not set.",
        "Start it on a desktop or through ssh -X; without a screen, use: python main.py screenshot window.png",
    )


def test_display_that_nobody_serves(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DISPLAY", FAR_FROM_ALL)
    problem = preflight.missing_for_window()
    assert problem
    assert problem[0] == f"No X server responds at DISPLAY={FAR_FROM_ALL}."


def test_drawing_into_a_picture_needs_no_display() -> None:
    assert preflight.missing_for_offscreen() is None


@pytest.mark.parametrize("platform", ["offscreen", "minimal", "Offscreen", "nonsense;offscreen"])
def test_platforms_that_need_no_display(platform: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QT_QPA_PLATFORM", platform)
    assert preflight.missing_for_window() is None


def test_unknown_platform_lists_the_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QT_QPA_PLATFORM", "nonsense")
    problem = preflight.missing_for_window()
    assert problem
    assert "'nonsense'" in problem[0]
    assert "offscreen" in problem[0]
    assert problem[1] == "Leave the choice to Qt: env -u QT_QPA_PLATFORM python main.py"


def test_all_missing_libraries_and_the_command_that_installs_them(monkeypatch: pytest.MonkeyPatch) -> None:
    lose(monkeypatch, "libxcb-icccm.so.4", "libxcb-keysyms.so.1")
    assert preflight.missing_for_window() == (
        "Qt needs system libraries that are missing: libxcb-icccm.so.4, libxcb-keysyms.so.1.",
        "Install them with: sudo apt-get install -y libxcb-icccm4 libxcb-keysyms1",
    )


def test_missing_libgl_also_stops_the_picture(monkeypatch: pytest.MonkeyPatch) -> None:
    lose(monkeypatch, "libGL.so.1")
    problem = preflight.missing_for_offscreen()
    assert problem
    assert problem[1] == "Install them with: sudo apt-get install -y libgl1"


def test_packages_are_installed_by_their_names_on_the_index(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    monkeypatch.setattr(preflight, "CHECKOUT_SETUP", Path("nowhere"))
    problem = preflight.missing_packages(["numpy", "PIL"])
    assert problem
    assert problem[1] == f"Install with: {sys.executable} -m pip install numpy pillow"


def test_missing_python_package() -> None:
    problem = preflight.missing_packages(["sys", "no_such_package"])
    assert problem
    assert problem[0].startswith("no_such_package is not installed")


@pytest.mark.parametrize(
    ("environment", "platforms"),
    [
        ({}, ["xcb"]),
        ({"XDG_SESSION_TYPE": "x11"}, ["xcb"]),
        ({"XDG_SESSION_TYPE": "wayland"}, ["wayland", "xcb"]),
        ({"XDG_SESSION_TYPE": "wayland", "XDG_CURRENT_DESKTOP": "ubuntu:GNOME"}, ["xcb"]),
        ({"QT_QPA_PLATFORM": "wayland;xcb"}, ["wayland", "xcb"]),
        ({"QT_QPA_PLATFORM": "vnc:size=640x480"}, ["vnc"]),
    ],
)
def test_platforms_are_tried_in_the_order_of_qt(environment: dict[str, str], platforms: list[str]) -> None:
    assert preflight.platforms_to_try(environment) == platforms


def test_asking_imports_neither_qt_nor_numpy() -> None:
    code = (
        "import sys; from nnviz.commands import preflight; preflight.missing_for_window();"
        "sys.exit(bool({'numpy', 'PyQt5', 'pyqtgraph'} & sys.modules.keys()))"
    )
    assert subprocess.run([sys.executable, "-c", code], cwd=Path(__file__).parents[3]).returncode == 0
