"""Who holds a lock is known everywhere, and it ends with its process; also on Windows, which locks in its own way."""

from __future__ import annotations

import errno
import fcntl
import importlib.util
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest

from nnviz.library import Library, LibraryError, Recording, locks
from tests.nnviz.library.helpers import DATA, an_experiment

ROOT = Path(__file__).parents[3]
HOLDER = """
import sys
from pathlib import Path
from nnviz.library.locks import Lock
print(Lock(Path(sys.argv[1]), "run7").acquire(), flush=True)
sys.stdin.read()
"""


def lock_as_windows_does(handle: int, mode: int, size: int) -> None:
    """``msvcrt.locking``: for one handle; a lock that another handle has is an error with the number EACCES."""
    assert size == 1
    assert os.lseek(handle, 0, os.SEEK_CUR) == 0, "it locks from where the file stands"
    try:
        fcntl.flock(handle, {0: fcntl.LOCK_UN, 2: fcntl.LOCK_EX | fcntl.LOCK_NB}[mode])
    except BlockingIOError:
        raise PermissionError(errno.EACCES, "Permission denied") from None


def remove_as_windows_does(place: Path) -> None:
    """``os.unlink``: not while anybody has the file open."""
    if any(os.path.samefile(place, f"/proc/self/fd/{each}") for each in open_files()):
        raise PermissionError(errno.EACCES, "The process cannot access the file", str(place))
    Path(place).unlink()


def open_files() -> list[str]:
    return [each for each in os.listdir("/proc/self/fd") if os.path.exists(f"/proc/self/fd/{each}")]


def as_on_windows(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The module as it is there."""
    windows = SimpleNamespace(LK_UNLCK=0, LK_NBLCK=2, locking=lock_as_windows_does)
    monkeypatch.setitem(sys.modules, "msvcrt", windows)
    spec = importlib.util.spec_from_file_location("locks_on_windows", locks.__file__)
    assert spec is not None
    assert spec.loader is not None
    made = importlib.util.module_from_spec(spec)
    with monkeypatch.context() as patch:
        patch.setattr(sys, "platform", "win32")
        spec.loader.exec_module(made)
    system = SimpleNamespace(**{name: getattr(os, name) for name in dir(os)} | {"unlink": remove_as_windows_does})
    monkeypatch.setattr(made, "os", system)
    return made


@pytest.fixture(params=["this system", "Windows"])
def a_lock(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[[], locks.Lock]:
    """Makes locks of one name beside one file."""
    module = locks if request.param == "this system" else as_on_windows(monkeypatch)
    return lambda: module.Lock(tmp_path / "library.sqlite", "run7")


def test_only_one_gets_it_and_everybody_knows(a_lock: Callable[[], locks.Lock], tmp_path: Path) -> None:
    mine, other = a_lock(), a_lock()
    assert not other.is_held
    assert mine.acquire()
    assert mine.acquire(), "who has it keeps it"
    assert mine.is_held
    assert other.is_held
    assert not other.acquire()
    mine.release()
    mine.release()
    assert not other.is_held
    assert list(tmp_path.iterdir()) == [], "nothing is left beside the library"
    assert other.acquire()
    other.release()


def test_who_waits_gets_it_when_it_is_given_back(a_lock: Callable[[], locks.Lock], tmp_path: Path) -> None:
    mine, other, got = a_lock(), a_lock(), threading.Event()
    mine.acquire()

    def wait() -> None:
        other.acquire(waits=True)
        got.set()

    waiter = threading.Thread(target=wait)
    waiter.start()
    assert not got.wait(0.05)
    mine.release()
    assert got.wait(10)
    waiter.join()
    assert mine.is_held
    assert not mine.acquire()
    other.release()
    assert list(tmp_path.iterdir()) == []


def test_it_ends_with_its_process(tmp_path: Path) -> None:
    path = tmp_path / "library.sqlite"
    command, pipe = [sys.executable, "-c", HOLDER, str(path)], subprocess.PIPE
    with subprocess.Popen(command, cwd=ROOT, stdin=pipe, stdout=pipe, text=True) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "True\n"
        lock = locks.Lock(path, "run7")
        assert lock.is_held
        assert not lock.acquire()
        holder.send_signal(signal.SIGKILL)
    assert not lock.is_held
    assert lock.acquire()
    lock.release()


def test_on_a_disk_without_locks_everybody_gets_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(handle: int, how: int) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(fcntl, "flock", refuse)
    with Library(tmp_path / "library.sqlite") as library:
        run = library.begin(an_experiment())
        recording = Recording(library, run, an_experiment().trainer(DATA))
        assert not library.is_live(run)
        assert recording.finish()


def test_a_lock_that_cannot_be_made_is_reported_in_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*arguments: object) -> int:
        raise OSError(errno.EMFILE, "Too many open files")

    with Library(tmp_path / "library.sqlite") as library:
        run = library.begin(an_experiment())
        with monkeypatch.context() as patch:
            patch.setattr(os, "open", fail)
            with pytest.raises(
                LibraryError, match=r"library\.sqlite: the library cannot be accessed \(Too many open files\)"
            ):
                Recording(library, run, an_experiment().trainer(DATA))
