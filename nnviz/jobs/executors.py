"""Executors for the runs of a plan: processes on this machine, or a Dask cluster."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING

from engine.datasets import Dataset
from engine.experiment import Experiment
from nnviz.jobs.child import lower_priority_apart

if TYPE_CHECKING:
    from nnviz.sweeps.cluster import ClusterStatus
    from nnviz.sweeps.cluster_address import ClusterAddress
    from nnviz.sweeps.executor import Executor

MakeExecutor = Callable[[], "Executor"]


@contextmanager
def engine_for(dataset: Dataset, made: Experiment, cluster: ClusterAddress | None) -> Iterator[MakeExecutor]:
    """Yields a function that makes the executor, which the caller closes. A cluster is connected to first.

    Args:
        made: an experiment of the plan, which names the data.
        cluster: None for this machine.

    Raises SettingError if the cluster is not trusted or Dask is not installed; ClusterError.
    """
    if cluster is None:
        yield partial(beside_a_window, dataset, made)
        return
    from engine.sweeps.worker_priority import WindowProcess
    from nnviz.sweeps.cluster import Cluster  # with Dask, which nothing else needs
    from nnviz.sweeps.cluster_executor import ClusterExecutor

    with Cluster(cluster) as connected:
        beside = WindowProcess.here()
        yield partial(ClusterExecutor, connected, dataset, made.data, made.data_settings, beside)


def beside_a_window(dataset: Dataset, made: Experiment) -> Executor:
    """Returns an executor on this machine that leaves the window a core, at a lower priority."""
    from nnviz.sweeps.pool import ProcessPool, default_workers

    return ProcessPool(
        dataset, made.data, made.data_settings, default_workers(beside_a_window=True), prepare=lower_priority_apart
    )


def address_typed(typed: str) -> ClusterAddress:
    """Parses an address or reads it from a settings file. Sends nothing. Raises SettingError or OSError."""
    from nnviz.sweeps.cluster_address import address_of

    return address_of(os.path.expanduser(typed))


def who_is_there(address: ClusterAddress) -> ClusterStatus:
    """Queries the workers of a cluster. Raises ClusterError; SettingError if it is not trusted or without Dask."""
    from nnviz.sweeps import cluster

    return cluster.cluster_status(address)
