"""A server of files on this machine, whose answers can be broken on purpose."""

from __future__ import annotations

import contextlib
import hashlib
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from engine.datasets.download import RemoteFile

Answer = Callable[[BaseHTTPRequestHandler], None]


class Server:
    """Answers each path with what is put there; everything else is not found.

    Attributes:
        asked: the paths that were asked for, in order.
        released: is set when the test is over, so that no answer outlives it.
    """

    def __init__(self, http: ThreadingHTTPServer) -> None:
        self._http = http
        self.answers: dict[str, Answer] = {}
        self.asked: list[str] = []
        self.released = threading.Event()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._http.server_port}"

    def put(self, name: str, content: bytes, answer: Answer | None = None) -> RemoteFile:
        """Describes the right file; ``answer`` may send something else."""
        self.answers[f"/{name}"] = answer or sends(content)
        return RemoteFile(f"{self.url}/{name}", len(content), hashlib.md5(content).hexdigest())


def sends(content: bytes, status: int = 200, stated: int | None = -1, **headers: str) -> Answer:
    """Sends this; ``stated`` is the length it claims, None for no claim."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        if stated is not None:
            handler.send_header("Content-Length", str(len(content) if stated < 0 else stated))
        handler.end_headers()
        handler.wfile.write(content)

    return answer


@contextlib.contextmanager
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """Runs a server in a thread, which ends with the block, as do the threads of its answers."""
    monkeypatch.setenv("NO_PROXY", "*")

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            running.asked.append(self.path)
            with contextlib.suppress(ConnectionError):
                running.answers.get(self.path, sends(b"nothing", 404))(self)

        def log_message(self, *_: object) -> None:
            pass

    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    http.daemon_threads = False  # so that they are waited for
    running = Server(http)
    thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield running
    finally:
        running.released.set()
        http.shutdown()
        http.server_close()
        thread.join()
