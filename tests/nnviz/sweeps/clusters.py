"""Dask clusters of processes on the loopback, for a test: a scheduler, and workers that have the engine alone."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from engine.basics.machine import THREADS

ROOT = Path(__file__).parents[3]
SECONDS = 20.0  # after which a test gives up
_KEPT_OUT = ("PyQt5", "pyqtgraph", "nnviz")
_REFUSED = 'raise ImportError("{0} is no part of what a worker may use", name="{0}")\n'


class LocalCluster:
    """A scheduler, and workers that it does not know until they are added.

    What its processes can import is in a folder: workers have the engine, the scheduler not even that, and who tries to
    import the window's parts gets an error.

    Attributes:
        file: the scheduler file, with its address.
    """

    def __init__(self, folder: Path, workers: int = 0, *words: str) -> None:
        """
        Args:
            words: more options for scheduler and workers, as for TLS.
        """
        self._folder, self._words = folder, words
        self.file = folder / "scheduler.json"
        self.processes: list[subprocess.Popen[bytes]] = []
        self._place("scheduler", *_KEPT_OUT, "engine")
        place = self._place("worker", *_KEPT_OUT)
        for name in ("engine", "assets", "tests"):
            (place / name).symlink_to(ROOT / name)
        options = ["--host", "127.0.0.1", "--port", "0", "--no-dashboard", "--scheduler-file", str(self.file)]
        self.scheduler = self._start("dask_scheduler", "scheduler", *options)
        self.workers = [self.add_worker() for _ in range(workers)]
        wait_for(lambda: self.file.exists() and self.file.read_text().endswith("}"))

    @property
    def address(self) -> str:
        return str(json.loads(self.file.read_text())["address"])

    def _place(self, name: str, *kept_out: str) -> Path:
        place = self._folder / name
        place.mkdir()
        for each in kept_out:
            (place / f"{each}.py").write_text(_REFUSED.format(each))
        return place

    def other_worker(self, name: str, version: str = "") -> None:
        """Adds a worker that has another version of nnviz; or, without one, no nnviz."""
        place = self._place(name, *_KEPT_OUT, *([] if version else ["engine"]))
        if version:
            engine = place / "engine"
            engine.mkdir()
            for part in (ROOT / "engine").iterdir():
                (engine / part.name).symlink_to(part)
            (engine / "version.py").unlink()
            (engine / "version.py").write_text(f"__version__ = {version!r}\n")
        self.add_worker(place=name)

    def add_worker(self, *words: str, place: str = "worker", threads: int = 1, **more: str) -> subprocess.Popen[bytes]:
        """Adds a worker; what it writes about itself comes into its folder."""
        options = ["--scheduler-file", str(self.file), "--nthreads", str(threads), "--no-nanny", "--no-dashboard"]
        options += ["--local-directory", str(self._folder)]
        return self._start("dask_worker", place, *options, *words, **more)

    def _start(self, program: str, place: str, *words: str, **more: str) -> subprocess.Popen[bytes]:
        folder = self._folder / place
        environment = {**os.environ, "PYTHONPATH": str(folder), **dict.fromkeys(THREADS, "1"), **more}
        with open(folder / f"{program}-{len(self.processes)}.log", "wb") as log:
            command = [sys.executable, "-m", f"distributed.cli.{program}", *self._words, *words]
            how = {"stdout": log, "stderr": log, "start_new_session": True}  # as in a terminal of its own
            started = subprocess.Popen(command, cwd=folder, env=environment, **how)
        self.processes.append(started)
        return started

    def close(self) -> None:
        for process in self.processes:
            process.kill()
            process.wait()


@contextmanager
def local_cluster(folder: Path, workers: int = 2, *words: str) -> Iterator[LocalCluster]:
    """One that is there for so long; nothing of it is left behind."""
    folder.mkdir(exist_ok=True)
    made = LocalCluster(folder, workers, *words)
    try:
        yield made
    finally:
        made.close()


class Certificates:
    """Made by openssl: an authority, and what it vouches for. All tests share these files of one key each.

    Attributes:
        words: the options of Dask's programs.
        settings: as in a file of settings.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        ca, ca_key, mine, key = (str(folder / name) for name in ("ca.pem", "ca-key.pem", "mine.pem", "mine-key.pem"))
        kind = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
        _openssl("req", "-x509", *kind, "-keyout", ca_key, "-out", ca, "-days", "2", "-subj", "/CN=authority")
        wanted = str(folder / "wanted.pem")
        _openssl("req", *kind, "-keyout", key, "-out", wanted, "-subj", "/CN=somebody")
        _openssl(
            "x509", "-req", "-in", wanted, "-CA", ca, "-CAkey", ca_key, "-CAcreateserial", "-out", mine, "-days", "2"
        )
        self.words = ("--protocol", "tls", "--tls-ca-file", ca, "--tls-cert", mine, "--tls-key", key)
        self.settings = {"tls_ca_file": ca, "tls_client_cert": mine, "tls_client_key": key}


def _openssl(*words: str) -> None:
    subprocess.run(["openssl", *words], check=True, capture_output=True)


def wait_for(what: Callable[[], bool]) -> None:
    end = time.monotonic() + SECONDS
    while not what():
        assert time.monotonic() < end
        time.sleep(0.02)


def kill(process: subprocess.Popen[bytes], how: int = signal.SIGKILL) -> None:
    process.send_signal(how)
    process.wait()
