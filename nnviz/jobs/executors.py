"""Who does the runs of a plan beside the window: processes of this machine, or a Dask cluster."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING

from engine.datasets import Dataset
from engine.experiment import Experiment
from nnviz.jobs.child import give_way_apart

if TYPE_CHECKING:
    from nnviz.sweeps.cluster import WhoIsThere
    from nnviz.sweeps.cluster_address import ClusterAddress
    from nnviz.sweeps.executor import Executor

MakeExecutor = Callable[[], "Executor"]


@contextmanager
def engine_for(dataset: Dataset, made: Experiment, cluster: ClusterAddress | None) -> Iterator[MakeExecutor]:
    """Yields what makes the executor, which its user closes. A cluster is connected to before anything begins.

    Args:
        made: an experiment of the plan, which says where the data come from.
        cluster: None for this machine.

    Raises SettingError where the cluster is not trusted, or Dask is not installed; ClusterError.
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
    """This machine's processes, which leave a core to the window, and give way to it."""
    from nnviz.sweeps.pool import Pool, usual_workers

    return Pool(dataset, made.data, made.data_settings, usual_workers(beside_a_window=True), prepare=give_way_apart)


def address_typed(typed: str) -> ClusterAddress:
    """The address of a cluster, or that in a file of its settings. Nothing is sent. Raises SettingError, OSError."""
    from nnviz.sweeps.cluster_address import address_of

    return address_of(os.path.expanduser(typed))


def who_is_there(address: ClusterAddress) -> WhoIsThere:
    """Asks a cluster, which takes a while. Raises SettingError if it is not trusted, or without Dask; ClusterError."""
    from nnviz.sweeps import cluster

    return cluster.who_is_there(address)
