"""What goes wrong with a real cluster: who dies, who is another version, who does not answer. All ends in words."""

from __future__ import annotations

import json
import platform
import re
import shutil
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace
from pathlib import Path

import pytest

from engine.basics.errors import EngineError, SettingError
from engine.basics.machine import this_machine
from engine.basics.optional_packages import install_advice
from engine.sweeps.remote import WorkerEnvironment
from engine.sweeps.results import FAILED, FINISHED, STOPPED
from engine.sweeps.run_execution import Report, RunOutcome, RunSpec
from engine.version import __version__
from nnviz.sweeps import cluster as connections
from nnviz.sweeps.cluster import Cluster, cluster_status
from nnviz.sweeps.cluster_address import ClusterError, address_of
from nnviz.sweeps.cluster_executor import ClusterExecutor
from nnviz.sweeps.cluster_workers import RefusedError, _check_facts
from nnviz.sweeps.executor import ExecutorHalted, UserNotice
from tests.nnviz.library.helpers import DATA, an_experiment
from tests.nnviz.sweeps.clusters import Certificates, LocalCluster, kill, local_cluster
from tests.nnviz.sweeps.helpers import all_over, deadly, heard, is_as_alone, outcomes

LONG = an_experiment(epochs=1_000_000)

MakeCluster = Callable[..., LocalCluster]
MakeExecutor = Callable[..., ClusterExecutor]


@pytest.fixture
def make_cluster(tmp_path: Path) -> Iterator[MakeCluster]:
    with ExitStack() as stack:
        yield lambda workers, *words: stack.enter_context(local_cluster(tmp_path / "cluster", workers, *words))


@pytest.fixture
def make_executor(make_cluster: MakeCluster) -> Iterator[MakeExecutor]:
    """For a cluster whose workers are to have a given number of threads first."""
    with ExitStack() as stack:

        def make(cluster: LocalCluster, threads: int = 0) -> ClusterExecutor:
            connected = stack.enter_context(Cluster(address_of(str(cluster.file))))
            executor = stack.enter_context(ClusterExecutor(connected, DATA, "", {}))
            heard(executor, lambda reported: executor.workers == threads)
            return executor

        yield make


def ended(executor: ClusterExecutor) -> dict[int, str]:
    """How all runs ended."""
    return {number: each.status for number, each in outcomes(all_over(executor)).items()}


# ---- who dies


def test_workers_and_a_scheduler_that_are_killed_lose_nothing_and_nothing_counts_twice(
    make_cluster: MakeCluster, make_executor: MakeExecutor
) -> None:
    """First both workers by one of their runs, and at the end the scheduler."""
    cluster = make_cluster(0)
    cluster.workers = [cluster.add_worker(threads=2) for _ in range(2)]
    executor = make_executor(cluster, 4)
    made = {number: an_experiment(seed=number, epochs=100 if number == 2 else 20) for number in range(2, 6)}
    others = {number: RunSpec(number, each) for number, each in made.items()}
    executor.submit(others[3], RunSpec(1, deadly()), others[4])  # in turn: it is found out which of them it is
    executor.submit(others[2])
    executor.submit(others[5])
    reported = heard(executor, lambda reported: len([each for each in reported if isinstance(each, UserNotice)]) == 3)
    notices = sorted(each.text for each in reported if isinstance(each, UserNotice))
    assert notices[0] == "No usable worker is connected. The runs wait for one."
    assert all(each.endswith(" exited unexpectedly. Its unfinished runs are repeated.") for each in notices[1:])
    executor.submit(RunSpec(6, an_experiment(seed=2)))
    new = cluster.add_worker()
    found = outcomes(reported + all_over(executor))
    assert {number: each.status for number, each in found.items()} == {
        1: FAILED,
        **dict.fromkeys((*made, 6), FINISHED),
    }
    assert found[1].why == "Its worker exited unexpectedly 2 times, possibly out of memory."
    assert all(is_as_alone(found[number], each) for number, each in made.items())
    assert executor.workers == 1

    for number in (8, 9, 10):
        executor.submit(RunSpec(number, LONG))
    heard(executor, lambda reported: any(isinstance(each, Report) for each in reported))
    kill(cluster.scheduler)
    reported = all_over(executor)
    assert [each.text for each in reported if isinstance(each, ExecutorHalted)] == [
        "The scheduler of the cluster is gone. Finished runs are kept."
    ]
    found = outcomes(reported)
    assert {number: (each.status, each.reached) for number, each in found.items()} == dict.fromkeys(
        (8, 9, 10), (STOPPED, 0)
    )
    executor.submit(RunSpec(11, LONG))
    assert ended(executor) == {11: STOPPED}
    assert executor.workers == executor.capacity == 0
    new.wait(timeout=20)


# ---- who may not be used


def test_workers_of_other_versions_are_refused_in_words_and_runs_wait_for_one_that_is_not(
    make_cluster: MakeCluster, make_executor: MakeExecutor
) -> None:
    cluster = make_cluster(0)
    cluster.other_worker("old", version="0.11.0")
    cluster.other_worker("bare")
    cluster.add_worker(OPENBLAS_NUM_THREADS="2")
    executor = make_executor(cluster)
    executor.submit(RunSpec(1, LONG))
    reported = heard(executor, lambda reported: len([each for each in reported if isinstance(each, UserNotice)]) == 4)
    texts = [each.text for each in reported if isinstance(each, UserNotice)]
    for said in (
        f" is not used: it has nnviz 0.11.0 instead of {__version__}.",
        f" is not used: it has nnviz none instead of {__version__}.",
        " is not used: it computes products with 2 threads; start it with OPENBLAS_NUM_THREADS=1",
        "No usable worker is connected. The runs wait for one.",
    ):
        assert len([text for text in texts if said in text]) == 1, (said, texts)
    assert executor.workers == 0
    reported_all = cluster_status(address_of(cluster.address))
    assert sorted(each.version for each in reported_all.workers) == ["0.11.0", __version__, "none"]
    assert not any(isinstance(each, RunOutcome) for each in reported)
    executor.stop()
    assert ended(executor) == {1: STOPPED}, "a run that waits for a worker ends when it is asked to"


def test_a_worker_whose_sums_may_be_others_is_refused_in_words() -> None:
    here = WorkerEnvironment(platform.python_version(), replace(this_machine(), threads="1"))
    _check_facts(here)
    for other, said in (
        (replace(here, machine=replace(here.machine, numpy="1.99.0")), "has numpy 1.99.0 instead of"),
        (replace(here, python="3.1.4"), "has Python 3.1.4 instead of"),
        (replace(here, machine=replace(here.machine, threads="2")), "computes products with 2 threads"),
    ):
        with pytest.raises(RefusedError, match=said):
            _check_facts(other)


# ---- who does not answer


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    assert connections.ANSWER_TIMEOUT < 10, "seconds, in which a person is notified"
    monkeypatch.setattr(connections, "ANSWER_TIMEOUT", 1.0)


@contextmanager
def listening(answer: bytes) -> Iterator[str]:
    """The address of somebody who takes connections, and says one thing."""
    server, held = socket.create_server(("127.0.0.1", 0)), []

    def serve() -> None:
        with suppress(OSError):  # it is closed
            while True:
                held.append(server.accept()[0])
                held[-1].sendall(answer)

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield f"tcp://127.0.0.1:{server.getsockname()[1]}"
    finally:
        server.shutdown(socket.SHUT_RDWR)
        thread.join()
        for each in (server, *held):
            each.close()


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (b"", "did not respond within"),
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", "did not respond as a Dask scheduler does"),
        (struct.pack("<Q", 2**22) + bytes(2**22), r"its first message would have 4,194,304 bytes"),
    ],
)
def test_a_listener_that_is_no_scheduler_is_reported_in_words(impatient: None, answer: bytes, said: str) -> None:
    with listening(answer) as address, pytest.raises(ClusterError, match=said):
        cluster_status(address_of(address))


def test_an_address_where_nothing_is_and_a_host_that_nobody_knows_are_reported_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    with pytest.raises(ClusterError, match="no scheduler is listening at"):
        cluster_status(address_of(f"127.0.0.1:{port}"))

    def unknown(*words: object, **more: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    with pytest.raises(ClusterError, match="is unknown"):
        cluster_status(address_of("tcp://no-such-host:8786", ["no-such-host"]))


@pytest.mark.skipif(shutil.which("openssl") is None, reason="there is no openssl to make certificates with")
def test_certificates_that_are_right_do_and_others_are_reported_in_words(
    make_cluster: MakeCluster, tmp_path: Path, impatient: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    right, other = Certificates(tmp_path / "right"), Certificates(tmp_path / "other")
    cluster = make_cluster(1, *right.words)
    file = tmp_path / "settings.json"

    def ask(settings: dict[str, str]) -> str:
        file.write_text(json.dumps({"address": cluster.address, **settings}))
        try:
            return cluster_status(address_of(str(file))).summary
        except EngineError as error:
            return str(error)

    vouches = "its certificate or yours was rejected"
    assert vouches in ask(other.settings)
    assert vouches in ask({**other.settings, "tls_ca_file": right.settings["tls_ca_file"]})
    assert "the certificates for" in ask({**right.settings, "tls_client_key": other.settings["tls_client_key"]})
    with pytest.raises(ClusterError, match="did not respond as a Dask scheduler does"):
        cluster_status(address_of(cluster.address.replace("tls", "tcp")))
    monkeypatch.undo()
    file.write_text(json.dumps({"address": cluster.address, **right.settings}))
    with Cluster(address_of(str(file))) as connected, ClusterExecutor(connected, DATA, "", {}) as executor:
        executor.submit(RunSpec(1, an_experiment()))
        assert ended(executor) == {1: FINISHED}


# ---- without Dask


def test_a_missing_dask_is_reported_with_what_gets_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "distributed", None)
    with pytest.raises(SettingError, match=re.escape(install_advice("dask"))):
        cluster_status(address_of("127.0.0.1:8786"))


def test_a_dask_that_is_too_old_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nnviz.sweeps.cluster.version", lambda name: "2024.12.1")
    with pytest.raises(SettingError, match=r"2024\.12\.1 is too old"):
        cluster_status(address_of("127.0.0.1:8786"))
