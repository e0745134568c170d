"""Many runs without processes, for what starts them in the window."""

from __future__ import annotations

import pytest

from engine.datasets import Dataset
from tests.nnviz.jobs.plans_helpers import Beside, Does


@pytest.fixture
def does(few_digits: Dataset, monkeypatch: pytest.MonkeyPatch) -> Does:
    """Has runs done without processes; one with a certain seed waits for the test."""

    def make(held_seed: int | None = None, data: Dataset = few_digits) -> Beside:
        made = Beside(held_seed, data)
        monkeypatch.setattr("nnviz.jobs.executors.beside_a_window", lambda dataset, experiment: made)
        return made

    return make
