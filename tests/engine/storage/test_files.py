"""Files are written whole or not at all, and read if they are regular files of a reasonable size."""

from __future__ import annotations

import errno
import os
import socket
import stat
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from engine.basics.errors import FileFormatError
from engine.basics.regular_files import open_regular, read_regular
from engine.storage.files import whole_folder, write_whole

posix = pytest.mark.skipif(os.name != "posix", reason="file modes and links of Unix")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """An older file."""
    path = tmp_path / "net.json"
    path.write_bytes(b"old")
    return path


def names(folder: Path) -> list[str]:
    return sorted(entry.name for entry in folder.iterdir())


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_writes_a_new_file(tmp_path: Path) -> None:
    write_whole(tmp_path / "new.json", b"content")
    assert (tmp_path / "new.json").read_bytes() == b"content"
    assert names(tmp_path) == ["new.json"]


def test_replaces_an_older_one(file: Path) -> None:
    write_whole(str(file), b"new")
    assert file.read_bytes() == b"new"
    assert names(file.parent) == ["net.json"]


def test_writes_beside_where_one_stands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    write_whole("net.json", b"here")
    assert (tmp_path / "net.json").read_bytes() == b"here"


@pytest.mark.parametrize("step", ["fsync", "chmod", "replace", "fdopen"])
@pytest.mark.parametrize("failure", [OSError("disk full"), KeyboardInterrupt()])
def test_a_failure_in_the_middle_leaves_the_old_file_and_no_litter(
    file: Path, monkeypatch: pytest.MonkeyPatch, step: str, failure: BaseException
) -> None:
    def fail(*_: Any) -> None:
        raise failure

    with monkeypatch.context() as patch:
        patch.setattr(os, step, fail)
        with pytest.raises(type(failure)):
            write_whole(file, b"new")
    assert file.read_bytes() == b"old"
    assert names(file.parent) == ["net.json"]


def test_the_new_file_is_on_the_disk_before_it_takes_the_old_ones_place(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[str] = []

    def noted(name: str) -> Callable[..., None]:
        call = getattr(os, name)

        def noting(*arguments: Any) -> None:
            done.append(name)
            call(*arguments)

        return noting

    for name in ("fsync", "replace"):
        monkeypatch.setattr(os, name, noted(name))
    write_whole(file, b"new")
    assert done == ["fsync", "replace"]


@pytest.mark.parametrize("path", ["missing/net.json", "net.json/below.json"])
def test_a_missing_folder_is_an_os_error(file: Path, path: str) -> None:
    with pytest.raises(OSError, match=r"net\.json"):
        write_whole(file.parent / path, b"new")
    assert names(file.parent) == ["net.json"]


def test_a_folder_is_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / "net.json").mkdir()
    with pytest.raises(OSError, match=r"net\.json"):
        write_whole(tmp_path / "net.json", b"new")
    assert names(tmp_path) == ["net.json"]


@posix
@pytest.mark.parametrize("bits", [0o600, 0o640, 0o664])
def test_an_older_files_mode_is_kept(file: Path, bits: int) -> None:
    file.chmod(bits)
    write_whole(file, b"new")
    assert mode(file) == bits


@posix
@pytest.mark.parametrize(("umask", "bits"), [(0o022, 0o644), (0o077, 0o600)])
def test_a_new_files_mode_follows_the_umask(tmp_path: Path, umask: int, bits: int) -> None:
    before = os.umask(umask)
    try:
        write_whole(tmp_path / "new.json", b"new")
        assert os.umask(umask) == umask
    finally:
        os.umask(before)
    assert mode(tmp_path / "new.json") == bits


@posix
def test_a_link_stays_a_link(file: Path) -> None:
    (file.parent / "elsewhere").mkdir()
    link = file.parent / "elsewhere" / "link.json"
    link.symlink_to("../net.json")
    write_whole(link, b"new")
    assert link.is_symlink()
    assert file.read_bytes() == b"new"
    assert names(link.parent) == ["link.json"]


@posix
def test_a_link_to_nothing_makes_what_it_points_to(tmp_path: Path) -> None:
    (tmp_path / "link.json").symlink_to("target.json")
    write_whole(tmp_path / "link.json", b"new")
    assert (tmp_path / "link.json").is_symlink()
    assert (tmp_path / "target.json").read_bytes() == b"new"


@posix
def test_another_name_of_the_old_file_keeps_the_old_content(file: Path) -> None:
    os.link(file, file.parent / "other name")
    write_whole(file, b"new")
    assert (file.parent / "other name").read_bytes() == b"old"


@posix
def test_a_pipe_is_not_replaced(tmp_path: Path) -> None:
    pipe = tmp_path / "net.json"
    os.mkfifo(pipe)
    (tmp_path / "link.json").symlink_to(pipe)
    for path in (pipe, tmp_path / "link.json"):
        with pytest.raises(OSError, match=r"a pipe is there, and only a regular file") as caught:
            write_whole(path, b"new")
        assert caught.value.filename == str(path)
    assert stat.S_ISFIFO(pipe.stat().st_mode)
    assert names(tmp_path) == ["link.json", "net.json"]


@posix
def test_a_socket_is_not_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)  # a socket's path must be short
    with socket.socket(socket.AF_UNIX) as here:
        here.bind("net.json")
        with pytest.raises(OSError, match="a socket is there"):
            write_whole("net.json", b"new")
    assert names(tmp_path) == ["net.json"]


@posix
def test_a_device_is_not_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "replace", lambda *_: pytest.fail("the device would be gone"))
    (tmp_path / "link.json").symlink_to(os.devnull)
    with pytest.raises(OSError, match="a device is there"):
        write_whole(tmp_path / "link.json", b"new")


@posix
def test_a_link_to_itself_is_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "net.json").symlink_to("net.json")
    with pytest.raises(OSError, match=r"net\.json"):
        write_whole(tmp_path / "net.json", b"new")
    assert (tmp_path / "net.json").is_symlink()


@posix
@pytest.mark.parametrize("name", ["net.json", "new.json"])
def test_the_umask_which_all_threads_share_is_never_touched(
    file: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setattr(os, "umask", lambda _: pytest.fail("another thread may make a file now"))
    write_whole(file.parent / name, b"new")


@posix
def test_what_is_written_is_never_more_open_than_the_old_file(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file.chmod(0o600)
    seen: list[int] = []
    fsync = os.fsync

    def looking(handle: int) -> None:
        seen.append(stat.S_IMODE(os.fstat(handle).st_mode))
        fsync(handle)

    monkeypatch.setattr(os, "fsync", looking)
    write_whole(file, b"new")
    assert seen == [0o600]


def test_a_name_may_be_as_long_as_the_system_lets_it(tmp_path: Path) -> None:
    path = tmp_path / ("ä" * 125 + ".json")  # 255 bytes
    write_whole(path, b"content")
    assert path.read_bytes() == b"content"
    assert names(tmp_path) == [path.name]


def test_a_name_that_cannot_be_is_refused_as_any_other_place() -> None:
    with pytest.raises(OSError, match="null"):
        write_whole("net\0.json", b"content")


# ---- reading


def test_reads_a_file_of_just_the_size_that_is_allowed(file: Path) -> None:
    assert read_regular(str(file), 3) == b"old"
    with open_regular(file, 3) as opened:
        assert opened.read(2) == b"ol"


def test_reads_no_file_that_is_larger(file: Path) -> None:
    rule = r"^net\.json: the file has 3 bytes, at most 2 are allowed\. Check that"
    with pytest.raises(FileFormatError, match=rule):
        read_regular(file, 2)


def test_a_huge_file_is_refused_unread(tmp_path: Path) -> None:
    with open(tmp_path / "huge", "wb") as huge:
        huge.truncate(2**40)  # sparse
    with pytest.raises(FileFormatError, match=r"1,099,511,627,776 bytes"):
        read_regular(tmp_path / "huge", 10**9)


def test_an_empty_file_is_empty(tmp_path: Path) -> None:
    (tmp_path / "empty").touch()
    assert read_regular(tmp_path / "empty", 10) == b""


@pytest.mark.parametrize("name", ["missing.json", "a\0b"])
def test_reads_no_file_that_is_not_there(tmp_path: Path, name: str) -> None:
    with pytest.raises(OSError, match=r"missing\.json|a\\x00b|null"):
        read_regular(tmp_path / name, 10)


@posix
@pytest.mark.parametrize(("make", "kind"), [(os.mkfifo, "a pipe"), (os.mkdir, "a folder")])
def test_reads_neither_pipes_nor_folders(tmp_path: Path, make: Callable[[Path], None], kind: str) -> None:
    """And does not wait for whoever writes into the pipe."""
    make(tmp_path / "net.json")
    (tmp_path / "link.json").symlink_to("net.json")
    for name in ("net.json", "link.json"):
        with pytest.raises(OSError, match=f"this is {kind}, but only a regular file can be read"):
            read_regular(tmp_path / name, 10)


@posix
def test_a_pipe_in_place_of_a_file_that_was_there_a_moment_ago(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = (tmp_path / "file").write_bytes(b"") or os.stat(tmp_path / "file")
    os.mkfifo(tmp_path / "net.json")
    monkeypatch.setattr(os, "stat", lambda *_: before)
    with pytest.raises(OSError, match="this is a pipe"):
        read_regular(tmp_path / "net.json", 10)


@posix
def test_reads_no_devices() -> None:
    with pytest.raises(OSError, match="this is a device"):
        read_regular("/dev/zero", 10)


# ---- what killed processes leave


def leftover_of(file: Path, name: str = "net.json", token: str = "0123abcd") -> Path:
    left = file.parent / f".{name}.{token}.part"
    left.write_bytes(b"half a fi")
    return left


def test_what_a_killed_process_left_is_removed_by_the_next_write(file: Path) -> None:
    leftover_of(file)
    leftover_of(file, token="ffffffff")
    write_whole(file, b"new")
    assert [each.name for each in file.parent.iterdir()] == ["net.json"]


@pytest.mark.parametrize(
    "name",
    [".net2.json.0123abcd.part", ".net.json.0123abc.part", ".net.json.0123abcg.part", "net.json.0123abcd.part",
     ".net.json.0123abcd.part2", ".netxjson.0123abcd.part", ".net.json.0123abcd.part\n"],
)  # fmt: skip
def test_files_of_other_names_are_no_leftovers(file: Path, name: str) -> None:
    (file.parent / name).write_bytes(b"of somebody else")
    write_whole(file, b"new")
    assert (file.parent / name).exists()


@posix
def test_the_file_of_another_writer_at_work_stays_and_is_written(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One writer is within its flush while another writes the same file."""
    flush = os.fsync

    def write_another(handle: int) -> None:
        monkeypatch.setattr(os, "fsync", flush)
        write_whole(file, b"another")
        flush(handle)

    monkeypatch.setattr(os, "fsync", write_another)
    write_whole(file, b"the last to be renamed")
    assert file.read_bytes() == b"the last to be renamed"
    assert list(file.parent.iterdir()) == [file]


@posix
def test_a_file_that_another_writer_removed_before_it_was_locked_is_made_again(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import fcntl

    lock = fcntl.flock

    def remove_first(handle: int, how: int) -> None:
        monkeypatch.setattr(fcntl, "flock", lock)
        next(file.parent.glob(".*.part")).unlink()
        lock(handle, how)

    monkeypatch.setattr(fcntl, "flock", remove_first)
    write_whole(file, b"new")
    assert file.read_bytes() == b"new"
    assert list(file.parent.iterdir()) == [file]


def test_a_full_disk_is_reported_with_the_name_of_the_file(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(handle: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left on device") as caught:
        write_whole(file, b"new")
    assert caught.value.filename == str(file)
    assert list(file.parent.iterdir()) == [file]
    assert file.read_bytes() == b"old"


@posix
def test_many_writers_of_one_file_never_remove_what_another_one_writes(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One looks whether the new temporary file of another is left, before that one has locked it."""
    import fcntl

    monkeypatch.setattr(os, "fsync", lambda handle: None)
    lock = fcntl.flock

    def slow_lock(handle: int, how: int) -> None:
        time.sleep(0)  # lets another thread have its turn
        lock(handle, how)

    monkeypatch.setattr(fcntl, "flock", slow_lock)
    with ThreadPoolExecutor(3) as pool:
        for done in [pool.submit(write_whole, file, b"one of many") for _ in range(600)]:
            done.result()
    assert file.read_bytes() == b"one of many"
    assert list(file.parent.iterdir()) == [file]


# ---- folders


def fill(folder: Path, *files: str) -> None:
    for name in files:
        (folder / name).write_bytes(b"content")


def test_a_folder_appears_whole(tmp_path: Path) -> None:
    with whole_folder(tmp_path / "film") as folder:
        fill(folder, "1", "2")
        assert not (tmp_path / "film").exists()
    assert names(tmp_path) == ["film"]
    assert names(tmp_path / "film") == ["1", "2"]


def test_a_folder_that_is_there_is_only_replaced_by_a_whole_one(tmp_path: Path) -> None:
    (tmp_path / "film").mkdir()
    fill(tmp_path / "film", "old")
    with pytest.raises(FileExistsError, match="film"), whole_folder(tmp_path / "film"):
        pass

    def fail() -> None:
        with whole_folder(tmp_path / "film", replaces=True) as folder:
            fill(folder, "1")
            raise OSError(errno.ENOSPC, "No space left", "1")

    with pytest.raises(OSError, match="No space left"):
        fail()
    assert names(tmp_path / "film") == ["old"]
    with whole_folder(tmp_path / "film", replaces=True) as folder:
        fill(folder, "1", "2")
    assert names(tmp_path / "film") == ["1", "2"]
    assert names(tmp_path) == ["film"]


def test_a_file_is_no_folder_to_replace(file: Path) -> None:
    with pytest.raises(FileExistsError), whole_folder(file, replaces=True):
        pass
    assert file.read_bytes() == b"old"


def test_where_the_new_folder_cannot_have_its_place_the_old_one_comes_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "film").mkdir()
    fill(tmp_path / "film", "old")
    rename = os.rename

    def refused_once(source: Path, target: Path) -> None:
        if target == tmp_path / "film" and (source / "1").exists():
            raise OSError(errno.EACCES, "Permission denied")
        rename(source, target)

    monkeypatch.setattr(os, "rename", refused_once)
    with pytest.raises(OSError, match="Permission denied"), whole_folder(tmp_path / "film", replaces=True) as folder:
        fill(folder, "1")
    assert names(tmp_path / "film") == ["old"]
    assert names(tmp_path) == ["film"]


@posix
def test_folders_that_killed_processes_left_are_removed_but_none_that_is_being_filled(tmp_path: Path) -> None:
    left = tmp_path / ".film.0123abcd.part"
    left.mkdir()
    fill(left, "1")
    with whole_folder(tmp_path / "film") as folder:
        assert not left.exists()
        with whole_folder(tmp_path / "film") as other:
            assert folder.exists()
            fill(other, "other")
        (tmp_path / "film" / "other").unlink()
        (tmp_path / "film").rmdir()
    assert names(tmp_path) == ["film"]
