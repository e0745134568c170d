"""``sweep --dask`` as a program, on clusters of processes: whatever dies or stops, nothing is lost or done twice."""

from __future__ import annotations

import json
import os
import signal
import time
from pathlib import Path

import numpy as np
import pytest
from tqdm import tqdm

from nnviz.commands import cli
from nnviz.library import Library, RunRecord
from nnviz.library.sweeps import STOPPED, SweepLibrary
from tests.nnviz.commands.programs import (
    SECONDS,
    begun,
    begun_again,
    finished_runs,
    is_whole,
    processes_of,
    resume,
    wait_for,
    written_runs,
)
from tests.nnviz.sweeps.clusters import kill, local_cluster


@pytest.fixture(autouse=True)
def no_bars_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tqdm, "monitor_interval", 0)


@pytest.fixture
def path() -> Path:
    """Of the library."""
    return Path(os.environ["NNVIZ_LIBRARY"])


def test_ctrl_c_and_a_killed_scheduler_end_all_at_once_and_the_sweep_goes_on(tmp_path: Path, path: Path) -> None:
    """It goes on in the cluster, and then elsewhere."""
    with local_cluster(tmp_path / "cluster", 1) as cluster:
        program = begun("--dask", str(cluster.file))
        wait_for(lambda: written_runs(path) > 0)
        start = time.monotonic()
        os.killpg(program.pid, signal.SIGINT)
        out, reported = program.communicate(timeout=SECONDS)
        assert time.monotonic() - start < 4
        assert program.returncode == cli.INTERRUPTED
        done = expect_stopped(path, program.pid, out, reported)

        program = begun_again("--dask", cluster.address)
        wait_for(lambda: len(finished_runs(path)) > len(done))
        kill(cluster.scheduler)
        out, reported = program.communicate(timeout=SECONDS)
    assert program.returncode == 1
    assert out.startswith(f"{cluster.address}: ")
    assert " of memory; nnviz " in out.splitlines()[0]
    assert "nnviz: The scheduler of the cluster is gone. Finished runs are kept.\n" in reported
    done = expect_stopped(path, program.pid, out, reported)
    resume("--workers", "1")
    expect_whole(path, done)
    assert cli.main(done[0].experiment.command()) == 0
    with Library(path) as library:
        in_the_cluster, here = (library.network(run).parameters for run in (done[0].id, 9))
    np.testing.assert_array_equal(here, in_the_cluster)


def expect_stopped(path: Path, session: int, out: str, reported: str) -> list[RunRecord]:
    """The program tells how to go on, and left nothing behind. Returns the runs that are finished."""
    assert reported.count("stopped; continue with: python main.py sweep --resume 1") == 1
    assert "Traceback" not in out + reported
    assert processes_of(session) == []
    with Library(path) as library:
        assert SweepLibrary(library).get(1).status == STOPPED
    done = finished_runs(path)
    assert 0 < len(done) < 8
    return done


def expect_whole(path: Path, done: list[RunRecord]) -> None:
    with Library(path) as library:
        is_whole(library)
        assert all(library.run(run.id).updated == run.updated for run in done), "none is done again"


# ---- what is refused


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """With a table of a person's own, and files of settings."""
    monkeypatch.chdir(tmp_path)
    rows = "".join(f"{number},{number * 7 % 11},{'ab'[number % 2]}\n" for number in range(60))
    (tmp_path / "mine.csv").write_text("p,q,kind\n" + rows)
    (tmp_path / "bad.json").write_text("{")
    (tmp_path / "more.json").write_text(json.dumps({"address": "tcp://127.0.0.1:1", "password": "x"}))
    (tmp_path / "lost.json").write_text(json.dumps({"address": "tls://127.0.0.1:1", "tls_ca_file": "ca.pem"}))
    (tmp_path / "far.json").write_text(json.dumps({"type": "Scheduler", "id": "x", "address": "tcp://far.org:8786"}))
    return tmp_path


REFUSED = [
    (["--dask", "127.0.0.1:1", "--workers", "2"], "--workers cannot be given with --dask"),
    (["--dask-trust", "far.org"], "--dask-trust requires --dask, which names the cluster."),
    (["--dask-send-rows"], "--dask-send-rows requires --dask"),
    (["--dask", "nonsense"], "--dask is 'nonsense': it must be an address or an existing file."),
    (["--dask", "http://127.0.0.1:1"], "it must be tcp:// or tls://, a host and a port."),
    (["--dask", "tcp://127.0.0.1:many"], "it must be tcp:// or tls://, a host and a port."),
    (["--dask", "tcp://:8786"], "it must be tcp:// or tls://, a host and a port."),
    (["--dask", "bad.json"], "--dask is 'bad.json': it must be JSON with the key “address”."),
    (["--dask", "more.json"], "--dask is more.json with “password”: it must have only “address” and the"),
    (["--dask", "lost.json"], "--dask: lost.json names the tls_ca_file “ca.pem”, which does not exist."),
    (["--dask", "tls://127.0.0.1:1"], "it must be tls:// with the files tls_ca_file, tls_client_cert, tls_client"),
    (["--dask", "tcp://far.org:8786"], "tcp://far.org:8786 is on another computer without TLS"),
    (["--dask", "far.json"], "add --dask-trust far.org if you trust the network."),
    (["--dask", "tcp://far.org:8786", "--dask-trust", "near.org"], "add --dask-trust far.org if"),
    (
        ["--data", "mine.csv", "--dask", "tcp://far.org", "--dask-trust", "far.org"],
        "--dask: the rows of mine are your own data and would be sent to tcp://far.org:8786, another computer. "
        "Allow it with --dask-send-rows.",
    ),
    (["--dask", "tcp://127.0.0.1:1"], "no scheduler is listening at tcp://127.0.0.1:1."),
]


def test_what_is_not_trusted_or_not_there_is_refused_before_anything_is_sent_or_recorded(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for words, said in REFUSED:
        data = [] if "--data" in words else ["--data", "spirals", "--points", "200"]
        call = ["sweep", *data, "--epochs", "1", "--vary", "hidden=3,4", *words]
        assert cli.main(call) == cli.USAGE_ERROR, words
        assert said in capsys.readouterr().err, words
    with Library() as library:
        assert SweepLibrary(library).all() == []
