"""Downloads: from a server on this machine, with right and with broken answers."""

from __future__ import annotations

import gzip
import os
import re
import resource
import socket
import sys
import threading
import time
from collections import namedtuple
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pooch
import pytest

from engine.basics.errors import DownloadError
from engine.basics.optional_packages import install_advice
from engine.datasets import DATASETS, fetching, kuzushiji, load_data
from engine.datasets.download import Download, RemoteFile, cache_folder, can_download
from engine.datasets.source import PICTURES
from tests.engine.datasets.servers import Answer, Server, sends, server
from tests.engine.datasets.test_idx import idx
from tests.engine.helpers import refused

CONTENT = bytes(range(256)) * 400
NAME = "some-file.gz"


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Server]:
    monkeypatch.setenv("NNVIZ_CACHE", str(tmp_path / "cache"))
    with server(monkeypatch) as running:
        yield running


def download(*files: RemoteFile, on_system: Path | None = None) -> Download:
    return Download("some", files, "CC0", "Somebody 2020", on_system)


def left(what: Download) -> list[str]:
    """The names of all that lies in its folder."""
    return sorted(os.listdir(what.folder)) if what.folder.is_dir() else []


def test_a_download_says_what_it_is_and_then_lies_in_the_cache(at: Server, tmp_path: Path) -> None:
    some = download(at.put(NAME, CONTENT), at.put("other.gz", b"other"))
    assert some.size == len(CONTENT) + 5
    assert not some.is_here()
    assert at.asked == []
    assert some.fetch() == some.folder == tmp_path / "cache" / "some"
    assert (some.folder / NAME).read_bytes() == CONTENT
    assert left(some) == ["other.gz", NAME]
    assert some.is_here()


def test_it_is_fetched_once_and_then_pooch_is_not_needed(at: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    some = download(at.put(NAME, CONTENT))
    some.fetch()
    monkeypatch.setitem(sys.modules, "pooch", None)
    some.fetch()
    assert at.asked == [f"/{NAME}"]


def test_without_pooch_it_says_how_to_get_it(at: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    some = download(at.put(NAME, CONTENT))
    assert can_download()
    monkeypatch.setitem(sys.modules, "pooch", None)
    assert not can_download()
    with refused(DownloadError, "pooch", "package is needed"):
        some.fetch()
    with pytest.raises(DownloadError, match=re.escape(install_advice("download"))) as caught:
        some.fetch()
    assert "\n" not in str(caught.value)
    assert at.asked == []


def test_pooch_prints_nothing(at: Server, caplog: pytest.LogCaptureFixture) -> None:
    logger = pooch.get_logger()
    logger.setLevel("INFO")
    logger.addHandler(caplog.handler)
    download(at.put(NAME, CONTENT)).fetch()
    logger.removeHandler(caplog.handler)
    assert caplog.records == []


def test_progress_counts_the_bytes_of_all_files(at: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetching, "_EACH", 0)
    some = download(at.put(NAME, CONTENT), at.put("other.gz", b"other"))
    seen: list[tuple[int, int]] = []
    some.fetch(lambda done, total: seen.append((done, total)))
    assert {total for _, total in seen} == {some.size}
    done = [done for done, _ in seen]
    assert done[0] == 0
    assert done == sorted(done)
    assert done[-1] == some.size
    assert len(set(done)) > 10


# ---- broken answers


BROKEN: dict[str, tuple[Answer, str]] = {
    "not found": (sends(b"<html>no</html>", 404), "returned 404 Not Found"),
    "server error": (sends(b"", 503), "returned 503"),
    "wrong checksum": (sends(CONTENT[::-1]), "the file from 127.0.0.1 does not have the MD5"),
    "cut short": (sends(CONTENT[:5000], stated=len(CONTENT)), "the connection was lost after"),
    "cut short without a length": (sends(CONTENT[:5000], stated=None), "was lost after 5,000 of"),
    "a page": (
        sends(b"<html>log in</html>", Content_Type="text/html; charset=utf-8"),
        "sent 19 bytes of text/html instead of",
    ),
    "an endless page": (
        sends(b"<html>" * 50_000, stated=None, Content_Type="text/html"),
        "sent a page of text/html instead of",
    ),
    "more than there is": (sends(CONTENT + b"x", stated=None), f"sent more than {len(CONTENT):,} bytes"),
    "another length": (sends(CONTENT + b"x"), f"sent {len(CONTENT) + 1:,} bytes"),
    "nothing": (lambda handler: None, "no connection to 127.0.0.1"),
    "elsewhere, in a circle": (sends(b"", 302, Location=f"/{NAME}"), "no connection to 127.0.0.1"),
}


@pytest.mark.parametrize(("answer", "value"), BROKEN.values(), ids=BROKEN)
def test_a_broken_answer_leaves_nothing_and_a_second_try_gets_it(at: Server, answer: Answer, value: str) -> None:
    some = download(at.put("first.gz", b"first"), at.put(NAME, CONTENT, answer))
    with refused(DownloadError, NAME, value):
        some.fetch()
    assert left(some) == ["first.gz"]
    assert not some.is_here()
    at.put(NAME, CONTENT)
    some.fetch()
    assert (some.folder / NAME).read_bytes() == CONTENT
    assert at.asked.count("/first.gz") == 1


def test_no_network(at: Server) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}/{NAME}"
    some = download(RemoteFile(url, 5, "0" * 32))
    with refused(DownloadError, NAME, "no connection to 127.0.0.1"):
        some.fetch()
    assert left(some) == []


@pytest.mark.parametrize("after", [0, 100], ids=["before it answers", "in the middle"])
def test_a_silent_server_is_given_up(at: Server, monkeypatch: pytest.MonkeyPatch, after: int) -> None:
    monkeypatch.setattr(fetching, "_SECONDS", 0.2)

    def falls_silent(handler: BaseHTTPRequestHandler) -> None:
        if after:
            sends(CONTENT[:after], stated=len(CONTENT))(handler)
        at.released.wait()

    some = download(at.put(NAME, CONTENT, falls_silent))
    with refused(DownloadError, NAME, "sent nothing for 0.2 s"):
        some.fetch()
    assert left(some) == []


def test_a_slow_one_can_be_stopped_in_the_middle(at: Server) -> None:
    def trickles(handler: BaseHTTPRequestHandler) -> None:
        sends(CONTENT[:8192], stated=len(CONTENT))(handler)
        while not at.released.wait(0.02):
            handler.wfile.write(b"x" * 400)

    class StoppedError(Exception):
        pass

    def stop(done: int, total: int) -> None:
        if done > 10_000:
            raise StoppedError

    some = download(at.put(NAME, CONTENT, trickles))
    start = time.monotonic()
    with pytest.raises(StoppedError):
        some.fetch(stop)
    assert time.monotonic() - start < 2
    assert left(some) == []
    at.put(NAME, CONTENT)
    some.fetch()
    assert some.is_here()


def test_a_full_disk(at: Server) -> None:
    some = download(at.put(NAME, CONTENT))
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (len(CONTENT) // 2, limits[1]))  # of a file: the disk cannot be filled
    try:
        with refused(DownloadError, NAME, "(File too large)"):
            some.fetch()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert left(some) == []
    some.fetch()
    assert some.is_here()


def test_too_little_room_is_seen_before_anything_is_asked_for(at: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    some = download(at.put(NAME, CONTENT))
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(fetching.shutil, "disk_usage", lambda folder: usage(10, 5, 5))
    with refused(DownloadError, NAME, "(only 0.0 MB are free)"):
        some.fetch()
    assert at.asked == []


def test_a_folder_that_cannot_be_made(at: Server, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    monkeypatch.setenv("NNVIZ_CACHE", str(tmp_path / "file" / "below"))
    with refused(DownloadError, NAME, "cannot be saved"):
        download(at.put(NAME, CONTENT)).fetch()


# ---- what lies there


def test_a_changed_file_is_fetched_again(at: Server) -> None:
    some = download(at.put(NAME, CONTENT))
    some.fetch()
    (some.folder / NAME).write_bytes(CONTENT[::-1])
    assert (some.fetch() / NAME).read_bytes() == CONTENT


def test_a_file_that_a_person_put_there_is_used(at: Server) -> None:
    some = download(at.put(NAME, CONTENT))
    some.folder.mkdir(parents=True)
    (some.folder / NAME).write_bytes(CONTENT)
    assert some.is_here()
    some.fetch()
    assert at.asked == []


def test_what_a_killed_process_left_is_removed_and_what_another_one_writes_is_not(at: Server) -> None:
    some = download(at.put(NAME, CONTENT))
    some.folder.mkdir(parents=True)
    for name, age in (("tmpabcd_123", 3600), ("tmpwritten1", 0), ("tmp.notes", 3600)):
        (some.folder / name).write_bytes(b"half")
        os.utime(some.folder / name, (time.time() - age,) * 2)
    some.fetch()
    assert left(some) == [NAME, "tmp.notes", "tmpwritten1"]


def test_two_at_once_get_the_same_file(at: Server) -> None:
    some = download(at.put(NAME, CONTENT))
    threads = [threading.Thread(target=some.fetch) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert left(some) == [NAME]
    assert (some.folder / NAME).read_bytes() == CONTENT


def test_what_the_system_has_is_used(at: Server, tmp_path: Path) -> None:
    on_system = tmp_path / "system"
    some = download(at.put(NAME, CONTENT), on_system=on_system)
    assert not some.is_here()
    on_system.mkdir()
    (on_system / NAME).write_bytes(gzip.compress(b"packed by the system"))
    assert some.is_here()
    assert some.fetch() == on_system
    assert at.asked == []


def test_a_gz_is_kept_packed_whatever_the_server_calls_it(at: Server) -> None:
    packed = gzip.compress(CONTENT)
    some = download(at.put(NAME, packed, sends(packed, Content_Encoding="gzip")))
    assert (some.fetch() / NAME).read_bytes() == packed


def test_the_cache_is_where_pooch_has_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert cache_folder() == pooch.os_cache("nnviz")
    monkeypatch.setenv("XDG_CACHE_HOME", "")
    assert cache_folder() == pooch.os_cache("nnviz")
    monkeypatch.setenv("NNVIZ_CACHE", str(tmp_path))
    assert cache_folder() == tmp_path


# ---- the registered ones

DOWNLOADED = [name for name in DATASETS if DATASETS[name].download]


def test_what_is_downloaded_is_registered() -> None:
    splits = ("balanced", "letters", "digits", "mnist", "bymerge", "byclass")
    assert ["fashion-mnist", "kuzushiji-mnist", *(f"emnist-{split}" for split in splits)] == DOWNLOADED


@pytest.mark.parametrize("name", DOWNLOADED)
def test_its_source_tells_what_a_person_has_to_know_first(name: str) -> None:
    source = DATASETS[name]
    assert source.download is not None
    assert source.shows_progress
    assert source.group == PICTURES
    assert source.download.licence
    assert "arXiv" in source.download.origin
    assert all(len(bytes.fromhex(file.md5)) == 16 for file in source.download.files)


def test_a_source_downloads_with_progress_and_then_loads(at: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    labels, pictures = idx(2, body=b"\0\1"), idx(2, 28, 28)
    contents = {"images-idx3-ubyte.gz": pictures, "labels-idx1-ubyte.gz": labels}
    files = [at.put(f"{part}-{name}", each) for part in ("train", "t10k") for name, each in contents.items()]
    monkeypatch.setattr(kuzushiji, "DOWNLOAD", download(*files))
    seen: list[int] = []
    data = load_data("kuzushiji-mnist", progress=lambda done, total: seen.append(total))
    assert len(data.train) == 2
    assert set(seen) == {2 * (len(labels) + len(pictures))}
