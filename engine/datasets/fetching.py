"""Fetches one file over HTTP by pooch: whole and checked, or not at all. The only part of the engine that needs pooch.

pooch (Uieda et al. 2020, doi:10.21105/joss.01943) writes a temporary file in the same folder, compares its checksum,
and only then gives it its name. What is sent is read here, so that it can be stopped, and refused as soon as it is seen
to be something else.
"""

from __future__ import annotations

import contextlib
import re
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any
from urllib.parse import urlsplit

from engine.basics.errors import DownloadError, EngineError
from engine.basics.optional_packages import install_advice
from engine.basics.validation import gigabytes
from engine.datasets.download import CACHE_VARIABLE, RemoteFile

_PIECE = 4096  # bytes; a read waits for this many, few enough that slow downloads can be stopped, too
_SECONDS = 15  # without a byte, then it is given up
_EACH = 0.05  # seconds between two calls of ``report``
_TEMPORARY = re.compile(r"tmp[a-z0-9_]{8}")  # names of Python's tempfile, which pooch uses
_SURELY_LEFT = 60  # seconds since the last change of a temporary file
_AGAIN = "Try again."
_NO_LINE = "Check the internet connection and try again."
_LOGIN = "If your network requires a login, open any page in a browser. Then try again."

Report = Callable[[int], None]


def fetch_file(file: RemoteFile, folder: Path, report: Report) -> None:
    """Downloads a file into the folder, which is created if missing; does nothing if the file is there and intact.

    Args:
        report: called with the bytes done. Its exceptions, except OSError, are passed on.

    Raises:
        DownloadError: the file cannot be downloaded or stored, or ``pooch`` is not installed. No incomplete file is
        left.
    """
    try:
        if not file.is_intact_at(folder / file.name):
            _fetch(file, folder, report)
    except OSError as error:
        raise _unkept(file, folder, error.strerror or str(error)) from None
    report(file.size)


def _fetch(file: RemoteFile, folder: Path, report: Report) -> None:
    try:
        import pooch
    except ModuleNotFoundError:
        remedy = install_advice("download")
        raise DownloadError.from_problem("pooch", "this package is needed for downloads", f"{remedy}.") from None
    pooch.get_logger().setLevel("WARNING")  # otherwise it prints
    folder.mkdir(parents=True, exist_ok=True)
    _remove_leftovers(folder)
    free = shutil.disk_usage(folder).free
    if free < file.size:
        raise _unkept(file, folder, f"only {gigabytes(free)} are free")

    def copy(url: str, output: str, _: object) -> None:
        with open(output, "wb") as target, _sent(file, folder) as pieces:
            _copy(pieces, target, report)

    try:
        pooch.retrieve(file.url, f"md5:{file.md5}", fname=file.name, path=folder, downloader=copy)
    except EngineError:
        raise
    except ValueError:  # the checksum
        raise _error(file, f"the file from {_host(file)} does not have the MD5 {file.md5}") from None


def _copy(pieces: Iterator[bytes], target: IO[bytes], report: Report) -> None:
    done, next_time = 0, 0.0
    report(0)
    for piece in pieces:
        target.write(piece)
        done += len(piece)
        if (now := time.monotonic()) >= next_time:
            report(done)
            next_time = now + _EACH


# ---- what is sent


@contextlib.contextmanager
def _sent(file: RemoteFile, folder: Path) -> Iterator[Iterator[bytes]]:
    """Yields the bytes of the file, piece by piece, while the connection is open. Raises DownloadError."""
    import requests

    # A server may send a .gz as the packed form of something else; then it would be unpacked on the way.
    headers = {"Accept-Encoding": "identity"}
    try:
        response = requests.get(file.url, stream=True, timeout=_SECONDS, headers=headers)
    except requests.Timeout:
        raise _silent(file) from None
    except (requests.RequestException, OSError):
        raise _error(file, f"no connection to {_host(file)}", _NO_LINE) from None
    with response:
        _check_answer(file, folder, response)
        yield _pieces(file, response.raw)


def _check_answer(file: RemoteFile, folder: Path, response: Any) -> None:
    """Raises DownloadError for a response whose headers show that it is not the file."""
    if response.status_code != 200:
        why = f"{file.url} returned {response.status_code} {str(response.reason)[:40]}"
        raise _error(file, why, f"Try again later, or put the file into {folder} yourself.")
    length, kind = response.headers.get("Content-Length", ""), response.headers.get("Content-Type", "")
    if length.isdecimal() and int(length) != file.size:
        raise _another(file, f"{int(length):,} bytes", kind)
    if not length and kind.startswith("text/html"):
        raise _another(file, "a page", kind)


def _pieces(file: RemoteFile, raw: Any) -> Iterator[bytes]:
    from urllib3.exceptions import HTTPError, ReadTimeoutError

    done = 0
    try:
        for piece in raw.stream(_PIECE, decode_content=False):
            done += len(piece)
            if done > file.size:
                raise _another(file, f"more than {file.size:,} bytes", "")
            yield piece
    except ReadTimeoutError:
        raise _silent(file) from None
    except (HTTPError, OSError):
        raise _cut(file, done) from None
    if done < file.size:
        raise _cut(file, done)


# ---- words


def _host(file: RemoteFile) -> str:
    return urlsplit(file.url).hostname or file.url


def _error(file: RemoteFile, why: str, remedy: str = _AGAIN) -> DownloadError:
    return DownloadError.from_problem(file.name, f"the download failed ({why})", remedy)


def _silent(file: RemoteFile) -> DownloadError:
    return _error(file, f"{_host(file)} sent nothing for {_SECONDS} s", _NO_LINE)


def _cut(file: RemoteFile, done: int) -> DownloadError:
    return _error(file, f"the connection was lost after {done:,} of {file.size:,} bytes")


def _another(file: RemoteFile, what: str, kind: str) -> DownloadError:
    of_kind = f" of {kind.partition(';')[0][:40]}" if kind else ""
    return _error(file, f"{_host(file)} sent {what}{of_kind} instead of {file.size:,} bytes", _LOGIN)


def _unkept(file: RemoteFile, folder: Path, why: str) -> DownloadError:
    problem = f"it cannot be saved in {folder}, where it needs {gigabytes(file.size)} ({why})"
    remedy = f"Free space there, or name another folder in the environment variable {CACHE_VARIABLE}."
    return DownloadError.from_problem(file.name, problem, remedy)


# ---- leftovers


def _remove_leftovers(folder: Path) -> None:
    """Removes temporary files that were left by processes which were ended while they wrote."""
    for path in folder.iterdir():
        if _TEMPORARY.fullmatch(path.name):
            with contextlib.suppress(OSError):
                if time.time() - path.stat().st_mtime > _SURELY_LEFT:
                    path.unlink()
