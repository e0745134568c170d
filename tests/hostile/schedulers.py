"""Listeners on this computer that are no scheduler of Dask: silence, garbage, huge messages, and ends at any time."""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import numpy as np
import pytest

from engine.basics.errors import EngineError
from nnviz.sweeps import cluster
from nnviz.sweeps.cluster_address import ClusterError, address_of
from tests.hostile.attack import attack, pick
from tests.hostile.damage import odd_bytes

_CHUNK = bytes(2**20)
_MOST = 2_000  # chunks that a listener sends at most
_SMALL = 30  # the same after a greeting as a scheduler's: Dask takes what comes then
_SECONDS = 20.0  # after which a listener ends by itself


@attack("raw Dask servers", cases=15, seconds=40, megabytes=300)
def raw_dask_server(rng: np.random.Generator, folder: Path) -> str:
    """The listener is refused in words within seconds, and memory does not grow."""
    cluster.ANSWER_TIMEOUT = 2.0
    kind, first, chunks = _said(rng)
    is_closed = bool(rng.random() < 0.3)
    with _listening(first, chunks, is_closed) as url, pytest.raises(ClusterError, match=r"127\.0\.0\.1"):
        cluster.cluster_status(address_of(url))
    return kind


@attack("odd addresses of Dask", cases=300, seconds=20)
def odd_address(rng: np.random.Generator, folder: Path) -> str:
    """An address is understood, or refused in words."""
    parts = (
        "tcp://",
        "tls://",
        "http://",
        "[",
        "]",
        "::1",
        ":",
        "8786",
        "127.0.0.1",
        "@",
        "/",
        "?",
        "#",
        "\u2100",
        "%",
        "",
    )
    typed = "".join(str(pick(rng, *parts)) for _ in range(int(rng.integers(1, 6))))
    try:
        found = address_of(typed)
    except EngineError:
        return "refused"
    assert found.host
    assert 0 < found.port < 65536
    return "understood"


def _said(rng: np.random.Generator) -> tuple[str, bytes, int]:
    """What a listener says: its kind in words, the first bytes, and how many chunks of zeros follow."""
    kind = str(pick(rng, "silence", "garbage", "huge message", "HTTP", "greeting, then garbage", "damaged greeting"))
    if kind == "garbage":
        return kind, rng.bytes(int(rng.integers(1, 5000))), int(pick(rng, 0, _MOST))  # type: ignore[call-overload]
    if kind == "huge message":
        size = int(pick(rng, 2**21, 2**32, 2**40, 2**63, 2**64 - 1))  # type: ignore[call-overload]
        return kind, struct.pack("<Q", size), _MOST
    if kind == "HTTP":
        return kind, b"HTTP/1.1 400 Bad Request\r\n\r\n", 0
    if kind == "greeting, then garbage":
        size = int(pick(rng, 8, 2**20, 2**32))  # type: ignore[call-overload]
        return kind, _greeting() + struct.pack("<Q", size), _SMALL
    if kind == "damaged greeting":
        return kind, odd_bytes(rng, _greeting()), 0
    return kind, b"", 0


def _greeting() -> bytes:
    """The first message of a scheduler."""
    from distributed.comm.tcp import _add_frames_header
    from distributed.protocol import dumps

    greeting = {"compression": None, "python": (3, 11), "pickle-protocol": 5}
    frames, _, _ = _add_frames_header(list(dumps(greeting)))
    return b"".join(bytes(each) for each in frames)


@contextmanager
def _listening(first: bytes, chunks: int, is_closed: bool) -> Iterator[str]:
    """The address of a listener that says these things to each who connects; it ends by itself."""
    server, ended = socket.create_server(("127.0.0.1", 0)), threading.Event()
    server.settimeout(_SECONDS)
    threads = []

    def say(connection: socket.socket) -> None:
        with suppress(OSError), connection:
            connection.settimeout(_SECONDS)
            connection.sendall(first)
            for _ in range(chunks):
                if ended.is_set():
                    return
                connection.sendall(_CHUNK)
            if not is_closed:
                ended.wait(_SECONDS)

    def serve() -> None:
        with suppress(OSError):
            while not ended.is_set():
                threads.append(threading.Thread(target=say, args=(server.accept()[0],)))
                threads[-1].start()

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield f"tcp://127.0.0.1:{server.getsockname()[1]}"
    finally:
        ended.set()
        with suppress(OSError):
            server.shutdown(socket.SHUT_RDWR)
        thread.join()
        server.close()
        for each in threads:
            each.join()
