"""Random experiments, for tests of what must hold for all of them."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from engine.experiment import Experiment
from engine.network.activations import ACTIVATIONS
from engine.network.initializers import INITIALIZERS
from engine.training.augmentation import Augmentation
from engine.training.optimizers import OPTIMIZERS
from engine.training.schedules import SCHEDULES
from engine.training.settings import TrainingSettings
from tests.engine.helpers import LOSS_AND_OUTPUT

_HIDDEN = [name for name in ACTIVATIONS if ACTIVATIONS[name].hidden]


@st.composite
def trainings(draw: st.DrawFn, layers: int) -> TrainingSettings:
    rates = st.floats(0, 0.95)
    chosen: dict[str, Any] = {
        "batch_size": st.integers(1, 1000),
        "epochs": st.integers(1, 1000),
        "learning_rate": st.floats(1e-12, 1e3),
        "seed": st.integers(0, 2**70),
        "optimizer": st.sampled_from(list(OPTIMIZERS)),
        "schedule": st.sampled_from(list(SCHEDULES)),
        "momentum": st.floats(0, 0.9999),
        "warmup": st.floats(0, 10),
        "weight_decay": st.floats(0, 1),
        "l1": st.floats(0, 1),
        "validation_share": st.floats(0, 0.5),
        "patience": st.integers(0, 10),
        "dropout": rates | st.lists(rates, min_size=layers, max_size=layers).map(tuple),
        "drop_last": st.booleans(),
        "evaluate": st.booleans(),
        "augmentation": st.builds(
            Augmentation, shift=st.floats(0, 5), rotation=st.floats(0, 30), noise=st.floats(0, 1)
        ),
    }
    return TrainingSettings(**draw(st.fixed_dictionaries({}, optional=chosen)))


@st.composite
def experiments(draw: st.DrawFn) -> Experiment:
    hidden = draw(st.lists(st.integers(1, 2000), max_size=4))
    loss, output = draw(st.sampled_from(LOSS_AND_OUTPUT))
    names = draw(st.lists(st.sampled_from(_HIDDEN), min_size=len(hidden), max_size=len(hidden)))
    return Experiment(
        shape=(draw(st.integers(1, 1000)), *hidden, draw(st.integers(1, 20))),
        activations=(*names, output),
        loss=loss,
        initializer=draw(st.sampled_from(list(INITIALIZERS))),
        weight_scale=draw(st.floats(0.001, 1000)),
        training=draw(trainings(len(hidden) + 1)),
    )
