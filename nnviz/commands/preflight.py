"""Checks whether the window can open here, before Qt is imported, because Qt aborts the process if it cannot.

The checks use the system itself: they load Qt's platform plugin and connect to the X server. Only if that fails do they
look for libraries and their packages. They take about 10 ms, most of which Qt's import then saves.
"""

from __future__ import annotations

import ctypes
import importlib.util
import os
import sys
from collections.abc import Iterable
from pathlib import Path

from nnviz.program_name import program_name

# Packages that have another name on the index than in Python.
_ON_THE_INDEX = {"PIL": "pillow"}

# Two lines: what is missing, and the command or option that helps.
Problem = tuple[str, str]

# The system libraries that PyQt5 needs, and the Debian packages that hold them.
OFFSCREEN_LIBRARIES = {
    "libGL.so.1": "libgl1",
    "libglib-2.0.so.0": "libglib2.0-0",
    "libgthread-2.0.so.0": "libglib2.0-0",
    "libfontconfig.so.1": "libfontconfig1",
    "libfreetype.so.6": "libfreetype6",
    "libz.so.1": "zlib1g",
    "libstdc++.so.6": "libstdc++6",
    "libX11.so.6": "libx11-6",
    "libXext.so.6": "libxext6",
}
XCB_LIBRARIES = OFFSCREEN_LIBRARIES | {
    "libdbus-1.so.3": "libdbus-1-3",
    "libX11-xcb.so.1": "libx11-xcb1",
    "libxcb.so.1": "libxcb1",
    "libxcb-icccm.so.4": "libxcb-icccm4",
    "libxcb-image.so.0": "libxcb-image0",
    "libxcb-keysyms.so.1": "libxcb-keysyms1",
    "libxcb-randr.so.0": "libxcb-randr0",
    "libxcb-render.so.0": "libxcb-render0",
    "libxcb-render-util.so.0": "libxcb-render-util0",
    "libxcb-shape.so.0": "libxcb-shape0",
    "libxcb-shm.so.0": "libxcb-shm0",
    "libxcb-sync.so.1": "libxcb-sync1",
    "libxcb-xfixes.so.0": "libxcb-xfixes0",
    "libxcb-xinerama.so.0": "libxcb-xinerama0",
    "libxcb-xkb.so.1": "libxcb-xkb1",
    "libxkbcommon.so.0": "libxkbcommon0",
    "libxkbcommon-x11.so.0": "libxkbcommon-x11-0",
}
WAYLAND_LIBRARIES = OFFSCREEN_LIBRARIES | {
    "libdbus-1.so.3": "libdbus-1-3",
    "libxkbcommon.so.0": "libxkbcommon0",
    "libwayland-client.so.0": "libwayland-client0",
    "libwayland-cursor.so.0": "libwayland-cursor0",
}

WINDOW_PACKAGES = ("numpy", "PyQt5", "pyqtgraph")
CHECKOUT_SETUP = Path(__file__).parents[2] / ".ci" / "setup"


def missing_for_window() -> Problem | None:
    """Returns the reason why the window cannot open here; None if it can."""
    problem = missing_packages(WINDOW_PACKAGES)
    if problem or sys.platform in ("win32", "cygwin", "darwin"):  # Qt has all it needs there
        return problem
    problems = [_problem_of(name) for name in platforms_to_try(os.environ)]
    # Qt takes the first platform that works. If none does, the problem of the last is shown: X11, the common one.
    return None if None in problems else problems[-1]


def missing_for_offscreen() -> Problem | None:
    """Returns the reason why the window cannot be rendered to an image without a display; None if it can."""
    return missing_packages(WINDOW_PACKAGES) or _missing_libraries("offscreen", OFFSCREEN_LIBRARIES)


def missing_packages(needed: Iterable[str]) -> Problem | None:
    """Returns a problem that names the packages missing from this interpreter; None if there are none."""
    missing = [name for name in needed if importlib.util.find_spec(name) is None]
    if not missing:
        return None
    names = " and ".join(filter(None, [", ".join(missing[:-1]), missing[-1]]))
    what = f"{names} {'is' if len(missing) == 1 else 'are'} not installed for {sys.executable}."
    if CHECKOUT_SETUP.exists() and os.name == "posix":
        return what, "Install with: .ci/setup run && .venv/bin/python main.py"
    packages = " ".join(_ON_THE_INDEX.get(name, name) for name in missing)
    return what, f"Install with: {sys.executable} -m pip install {packages}"


def platforms_to_try(environment: os._Environ[str] | dict[str, str]) -> list[str]:
    """Returns the names of the platform plugins that Qt 5.15 tries, in its order."""
    chosen = environment.get("QT_QPA_PLATFORM", "")
    if chosen:
        # "wayland;xcb" is a list of choices, "vnc:size=640x480" one choice with arguments.
        return [choice.partition(":")[0].lower() for choice in chosen.split(";")]
    desktop = environment.get("XDG_CURRENT_DESKTOP", "") + environment.get("XDG_SESSION_DESKTOP", "")
    if environment.get("XDG_SESSION_TYPE") == "wayland" and "gnome" not in desktop.lower():
        return ["wayland", "xcb"]
    return ["xcb"]


def _problem_of(platform: str) -> Problem | None:
    if platform == "xcb":
        return _both(_missing_libraries("xcb", XCB_LIBRARIES), _missing_x_server())
    if platform.startswith("wayland"):
        return _both(_missing_libraries("wayland-generic", WAYLAND_LIBRARIES), _missing_compositor())
    return _unknown_platform(platform) or _missing_libraries(platform, OFFSCREEN_LIBRARIES)


def _both(first: Problem | None, second: Problem | None) -> Problem | None:
    """Joins two problems into one, so that both can be mended at once; None if there is none."""
    if first and second:
        return f"{first[0]} {second[0]}", f"{first[1]}; then {second[1][0].lower()}{second[1][1:]}"
    return first or second


# --- libraries ------------------------------------------------------------------------------------------------


def _missing_libraries(plugin: str, needed: dict[str, str]) -> Problem | None:
    """Loads Qt's plugin as Qt would. If that fails, tries each library, since the loader names only the first."""
    file = _plugin_folder() / f"libq{plugin}.so"
    failure = _load_failure(str(file)) if file.exists() else None
    if failure is None:
        return None
    missing = [name for name in needed if _load_failure(name)]
    if not missing:
        return f"Qt's platform plugin cannot be loaded: {failure}.", _without_window()
    return f"Qt needs system libraries that are missing: {', '.join(missing)}.", _install_line(missing, needed)


def _plugin_folder() -> Path:
    """Returns the folder of platform plugins in PyQt5's wheel. Packages of Linux distributions have them elsewhere."""
    spec = importlib.util.find_spec("PyQt5")
    places = (spec.submodule_search_locations if spec else None) or ["."]
    return Path(places[0]) / "Qt5" / "plugins" / "platforms"


def _load_failure(library: str) -> str | None:
    try:
        ctypes.CDLL(library)
    except OSError as error:
        return str(error)
    return None


def _install_line(missing: list[str], package_of: dict[str, str]) -> str:
    import shutil  # imported here, as below, so that a start without problems does not wait for it

    if shutil.which("apt-get") is None:
        return "Install the packages of your system that hold these libraries."
    packages = sorted({package_of[name] for name in missing})
    sudo = "" if os.geteuid() == 0 else "sudo "
    return f"Install them with: {sudo}apt-get install -y {' '.join(packages)}"


# --- display --------------------------------------------------------------------------------------------------


def _missing_x_server() -> Problem | None:
    display = os.environ.get("DISPLAY", "")
    if display and _x_server_responds():
        return None
    what = f"No X server responds at DISPLAY={display}." if display else "There is no display: DISPLAY is not set."
    if _compositor_responds():
        return what, f"Use the Wayland desktop: QT_QPA_PLATFORM=wayland {program_name()}"
    return what, _without_window()


def _x_server_responds() -> bool:
    """Connects as Qt would, with the user's authority file.

    True also if libxcb is missing, so that nothing is known.
    """
    try:
        xcb = ctypes.CDLL("libxcb.so.1")
    except OSError:
        return True
    xcb.xcb_connect.restype = ctypes.c_void_p
    xcb.xcb_connection_has_error.argtypes = xcb.xcb_disconnect.argtypes = [ctypes.c_void_p]
    connection = xcb.xcb_connect(None, None)
    failed = xcb.xcb_connection_has_error(connection)
    xcb.xcb_disconnect(connection)
    return not failed


def _missing_compositor() -> Problem | None:
    if _compositor_responds():
        return None
    return f"No Wayland compositor responds at {_wayland_socket()}.", _without_window()


def _wayland_socket() -> Path:
    folder = Path(os.environ.get("XDG_RUNTIME_DIR", "/"))
    return folder / os.environ.get("WAYLAND_DISPLAY", "wayland-0")


def _compositor_responds() -> bool:
    if "WAYLAND_SOCKET" in os.environ:  # an open connection inherited from the parent process
        return True
    import socket

    with socket.socket(socket.AF_UNIX) as connection:
        return connection.connect_ex(str(_wayland_socket())) == 0


def _unknown_platform(platform: str) -> Problem | None:
    folder = _plugin_folder()
    elsewhere = {"QT_PLUGIN_PATH", "QT_QPA_PLATFORM_PLUGIN_PATH"} & os.environ.keys()
    if elsewhere or not folder.is_dir():
        return None
    known = {file.name[len("libq") : -len(".so")] for file in folder.glob("libq*.so")}
    if platform in known:
        return None
    choices = ", ".join(sorted(known - {"wayland-generic"} | {"wayland"}))
    what = f"Qt has no platform {platform!r} (QT_QPA_PLATFORM). It has {choices}."
    return what, f"Leave the choice to Qt: env -u QT_QPA_PLATFORM {program_name()}"


# --- texts ----------------------------------------------------------------------------------------------------


def _without_window() -> str:
    return f"Start it on a desktop or through ssh -X; without a screen, use: {program_name()} screenshot window.png"
