"""The contenders of the benchmarks: this engine, PyTorch, scikit-learn, JAX.

All train the same network from the same first weights on MNIST, cross-entropy behind softmax, in a new random order
every epoch. Each is written as its own documentation would have it, at the best of the ways that were tried, and
spared what only we do: the peers need not report the loss of a batch, and find their pictures as float32 in memory,
where the engine, as in the window, turns bytes to floats batch by batch. Each contender imports its own library.
"""

from __future__ import annotations

import itertools
import math
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from engine.datasets.mnist import load_mnist
from engine.network.network import Network
from engine.training.events import Batch, Event
from engine.training.metrics import Evaluator
from engine.training.settings import TrainingSettings
from engine.training.trainer import Trainer

BETA1, BETA2, EPSILON = 0.9, 0.999, 1e-8  # Adam's, for all
Layers = list[tuple[np.ndarray, np.ndarray]]  # weights (n_out, n_in) and biases (n_out,) of each layer


@dataclass(frozen=True)
class Job:
    """What to train, the same for all.

    Attributes:
        hidden, activation: the layers between 784 pixels and 10 digits.
        optimizer: "sgd", "adam" or "adamw".
        weight_decay: on weights, not on biases; by way of the gradient (L2), with "adamw" apart from it.
        epochs: what "cosine" ends after; it takes the learning rate to 0, step by step.
        seed: of the first weights and of the order of examples.
    """

    hidden: tuple[int, ...]
    activation: str = "relu"
    optimizer: str = "sgd"
    learning_rate: float = 0.1
    batch_size: int = 100
    epochs: int = 1_000_000
    weight_decay: float = 0.0
    schedule: str = "constant"
    seed: int = 1

    def rate_factor(self, step: int, steps: int) -> float:
        """What the learning rate is multiplied with at a step, counted from 0."""
        return 0.5 * (1 + math.cos(math.pi * step / steps)) if self.schedule == "cosine" else 1.0


class Contender(ABC):
    """Somebody who learns. Its public methods are the requests a child answers."""

    def __init__(self) -> None:
        """Loads the data. Raises ImportError where the library is missing."""
        self.data = load_mnist()

    def prepare(self, job: dict[str, Any], chunk: int) -> dict[str, float]:
        """Starts afresh. Batches will be asked for in multiples of ``chunk``, and never across an epoch's end.

        Returns:
            ``compile_seconds``: what it took to compile, where that is necessary.
        """
        self.job = Job(**{**job, "hidden": tuple(job["hidden"])})
        self.network = self._first_network()
        self.per_epoch = len(self.data.train) // self.job.batch_size
        self.steps = self.per_epoch * self.job.epochs
        return {"compile_seconds": self._build(chunk)}

    def learn(self, batches: int) -> dict[str, float]:
        """Takes that many steps. Returns the ``seconds`` they took."""
        start = time.perf_counter()
        self._learn(batches)
        return {"seconds": time.perf_counter() - start}

    def test_error(self) -> dict[str, float]:
        """The share of wrong answers: its weights, judged by one and the same evaluation for everybody."""
        for w, b, (trained_w, trained_b) in zip(self.network.weights, self.network.biases, self._layers(), strict=True):
            w[...], b[:, 0] = trained_w, trained_b
        assert self.data.test is not None
        result = Evaluator(self.network, self.data.test).evaluate()
        return {"error": float(result.error or 0.0), "loss": float(result.loss)}

    @abstractmethod
    def _build(self, chunk: int) -> float:
        """Makes model and optimizer from ``self.network``. Returns the seconds spent compiling."""

    @abstractmethod
    def _learn(self, batches: int) -> None:
        """Takes the steps."""

    @abstractmethod
    def _layers(self) -> Layers:
        """Weights and biases as they are now."""

    def _first_network(self) -> Network:
        """The first weights of everybody."""
        hidden, activation = self.job.hidden, self.job.activation
        return Network(
            [self.data.width, *hidden, self.data.outputs],
            [activation] * len(hidden) + ["softmax"],
            loss="cross-entropy",
            initializer="he" if activation == "relu" else "glorot",
            rng=np.random.default_rng(self.job.seed),
        )

    def _pictures(self) -> np.ndarray:
        """The training pictures, (60000, 784) float32 in 0…1."""
        return np.multiply(self.data.train.inputs, np.float32(self.data.train.scale), dtype=np.float32)


class _Order:
    """Random order, a permutation for each epoch, as rows of one batch's indices each."""

    def __init__(self, permutation: Callable[[], Any], per_epoch: int, batch_size: int) -> None:
        self._permutation, self._per_epoch, self._size = permutation, per_epoch, batch_size
        self._position = 0

    def take(self, batches: int) -> Any:
        """The next (batches, batch size) indices, of numpy or torch as the permutation is."""
        if self._position == 0:
            self._rows = self._permutation()[: self._per_epoch * self._size].reshape(self._per_epoch, self._size)
        rows = self._rows[self._position : self._position + batches]
        self._position = (self._position + batches) % self._per_epoch
        return rows


class Ours(Contender):
    """This engine, through the Trainer that the window uses."""

    def _build(self, chunk: int) -> float:
        self._events = self.run(evaluate=False)
        next(self._events)  # epoch 0: the network before the first step
        return 0.0

    def run(self, evaluate: bool) -> Iterator[Event]:
        """The trainer's events for the job."""
        chosen = {name: value for name, value in asdict(self.job).items() if name not in ("hidden", "activation")}
        settings = TrainingSettings(**chosen, momentum=BETA1, beta2=BETA2, epsilon=EPSILON, evaluate=evaluate)
        return Trainer(self.network, self.data, settings).run()

    def _learn(self, batches: int) -> None:
        for event in self._events:
            if isinstance(event, Batch):
                batches -= 1
            # The trainer's work at an epoch's end belongs to the epoch: the event after its last batch is waited for.
            if batches == 0 and not (isinstance(event, Batch) and event.batch == event.batches):
                return

    def _layers(self) -> Layers:
        return [(w, b[:, 0]) for w, b in zip(self.network.weights, self.network.biases, strict=True)]


class Torch(Contender):
    """PyTorch, eager: nn.Linear layers, the data in one tensor, a batch by indexing."""

    def __init__(self) -> None:
        import torch

        super().__init__()
        self._torch = torch
        self._x = torch.from_numpy(self._pictures())
        self._y = torch.from_numpy(self.data.train.labels.astype(np.int64))

    def _build(self, chunk: int) -> float:
        torch, job = self._torch, self.job
        torch.manual_seed(job.seed)
        nonlinear = {"relu": torch.nn.ReLU, "sigmoid": torch.nn.Sigmoid}[job.activation]
        modules: list[Any] = []
        for w, b in zip(self.network.weights, self.network.biases, strict=True):
            linear = torch.nn.Linear(w.shape[1], w.shape[0])
            with torch.no_grad():
                linear.weight.copy_(torch.from_numpy(w))
                linear.bias.copy_(torch.from_numpy(b[:, 0]))
            modules += [linear, nonlinear()]
        self._model = torch.nn.Sequential(*modules[:-1])  # cross_entropy holds the softmax
        self._optimizer = self._make_optimizer()
        self._order = _Order(lambda: torch.randperm(len(self._x)), self.per_epoch, job.batch_size)
        self._step = 0
        return 0.0

    def _make_optimizer(self) -> Any:
        """For Adam the fused kind, which is the fastest; all kinds of SGD are equally fast here."""
        optim, job, linear = self._torch.optim, self.job, self._linear()
        groups: list[dict[str, Any]] = [
            {"params": [p for m in linear for p in (m.weight, m.bias)], "weight_decay": 0.0}
        ]
        if job.weight_decay:
            weights = {"params": [m.weight for m in linear], "weight_decay": job.weight_decay}
            groups = [weights, {"params": [m.bias for m in linear], "weight_decay": 0.0}]
        if job.optimizer == "sgd":
            return optim.SGD(groups, lr=job.learning_rate, foreach=True)
        kind = {"adam": optim.Adam, "adamw": optim.AdamW}[job.optimizer]
        return kind(groups, lr=job.learning_rate, betas=(BETA1, BETA2), eps=EPSILON, fused=True)

    def _linear(self) -> list[Any]:
        return [module for module in self._model if hasattr(module, "weight")]

    def _learn(self, batches: int) -> None:
        cross_entropy = self._torch.nn.functional.cross_entropy
        for rows in self._order.take(batches):
            loss = cross_entropy(self._model(self._x[rows]), self._y[rows])
            self._optimizer.zero_grad()
            loss.backward()
            if self.job.schedule != "constant":
                self._set_rate()
            self._optimizer.step()
            self._step += 1

    def _set_rate(self) -> None:
        """What a LambdaLR would do, without its overhead."""
        for group in self._optimizer.param_groups:
            group["lr"] = self.job.learning_rate * self.job.rate_factor(self._step, self.steps)

    def _layers(self) -> Layers:
        return [(m.weight.detach().numpy(), m.bias.detach().numpy()) for m in self._linear()]


class SklearnMLP(Contender):
    """scikit-learn's MLPClassifier, an epoch for each partial_fit.

    Only the loop over the batches is timed: checking the data and making labels one-hot, which partial_fit repeats at
    every call and fit does once, is not held against it. Two things it cannot do itself: cosine is set from outside at
    every step; AdamW becomes Adam without weight decay.
    """

    def __init__(self) -> None:
        import sklearn.neural_network

        super().__init__()
        self._base = sklearn.neural_network.MLPClassifier
        self._x = self._pictures()
        self._y = self.data.train.labels

    def _build(self, chunk: int) -> float:
        job = self.job
        self._model = _timed(self._base, self)(
            job.hidden,
            activation={"relu": "relu", "sigmoid": "logistic"}[job.activation],
            solver="sgd" if job.optimizer == "sgd" else "adam",
            alpha=0 if job.optimizer == "adamw" else job.weight_decay * job.batch_size,  # it divides by the latter
            batch_size=job.batch_size,
            learning_rate="constant",
            learning_rate_init=job.learning_rate,
            momentum=0,
            nesterovs_momentum=False,  # it would work every update out twice, for the same result
            shuffle=True,
            random_state=job.seed,
            tol=0,
            n_iter_no_change=10**9,
            beta_1=BETA1,
            beta_2=BETA2,
            epsilon=EPSILON,
        )
        rng = np.random.default_rng(job.seed)
        self._order = _Order(lambda: rng.permutation(len(self._x)), self.per_epoch, job.batch_size)
        return 0.0

    def learn(self, batches: int) -> dict[str, float]:
        """As everybody's; the seconds are those inside the loop over the batches."""
        self._learn(batches)
        return {"seconds": self._model.loop_seconds}

    def _learn(self, batches: int) -> None:
        classes = np.arange(self.data.outputs)
        if batches == self.per_epoch:
            end = batches * self.job.batch_size
            self._model.partial_fit(self._x[:end], self._y[:end], classes=classes)
        else:  # part of an epoch: a random part of the data, put together outside the timed loop
            rows = self._order.take(batches).ravel()
            self._model.partial_fit(self._x[rows], self._y[rows], classes=classes)

    def _layers(self) -> Layers:
        return [(w.T, b) for w, b in zip(self._model.coefs_, self._model.intercepts_, strict=True)]


def _timed(base: Any, contender: SklearnMLP) -> Any:
    """MLPClassifier that starts from given weights, times its loop over the batches, and follows the schedule."""
    layers = zip(contender.network.weights, contender.network.biases, strict=True)
    first = iter([(np.ascontiguousarray(w.T), b[:, 0].copy()) for w, b in layers])
    steps = itertools.count()

    class TimedMLP(base):  # type: ignore[misc]
        loop_seconds = 0.0

        def _init_coef(self, fan_in: int, fan_out: int, dtype: Any) -> Any:
            return next(first)

        def _fit_stochastic(self, *arguments: Any, **named: Any) -> None:
            start = time.perf_counter()
            super()._fit_stochastic(*arguments, **named)
            self.loop_seconds = time.perf_counter() - start

        if contender.job.schedule != "constant":

            def _backprop(self, *arguments: Any, **named: Any) -> Any:
                factor = contender.job.rate_factor(next(steps), contender.steps)
                rate = contender.job.learning_rate * factor
                self._optimizer.learning_rate = self._optimizer.learning_rate_init = rate
                return super()._backprop(*arguments, **named)

    return TimedMLP


class Jax(Contender):
    """JAX: a chunk of an epoch (all of it, for throughput) is one compiled scan, with donated parameters."""

    def __init__(self) -> None:
        import jax

        super().__init__()
        self._jax = jax
        self._x = jax.device_put(self._pictures())
        self._y = jax.device_put(self.data.train.targets)  # one-hot, as the engine has them

    def _build(self, chunk: int) -> float:
        jnp = self._jax.numpy
        layers = zip(self.network.weights, self.network.biases, strict=True)
        # Copies: device_put may alias numpy's memory, and donated buffers are written to.
        parameters = [(jnp.array(w), jnp.array(b[:, 0])) for w, b in layers]
        zeros = self._jax.tree.map(jnp.zeros_like, (parameters, parameters))
        self._state = (parameters, zeros if self.job.optimizer != "sgd" else (), jnp.zeros((), jnp.int32))
        rng = np.random.default_rng(self.job.seed)
        examples = np.arange(len(self._x), dtype=np.int32)
        self._order = _Order(lambda: rng.permutation(examples), self.per_epoch, self.job.batch_size)
        self._chunk = chunk
        return self._compile(np.zeros((chunk, self.job.batch_size), np.int32))

    def _compile(self, order: np.ndarray) -> float:
        self._jax.clear_caches()  # or a second run would find its tracing done
        start = time.perf_counter()
        jitted = self._jax.jit(self._scan, donate_argnums=0)
        self._compiled = jitted.lower(self._state, order, self._x, self._y).compile()
        return time.perf_counter() - start

    def _scan(self, state: Any, order: Any, x: Any, y: Any) -> Any:
        def step(state: Any, rows: Any) -> Any:
            parameters, moments, count = state
            gradient = self._jax.grad(self._loss)(parameters, x[rows], y[rows])
            return (*self._update(parameters, gradient, moments, count), count + 1), None

        return self._jax.lax.scan(step, state, order)[0]

    def _loss(self, parameters: Any, x: Any, y: Any) -> Any:
        nonlinear = {"relu": self._jax.nn.relu, "sigmoid": self._jax.nn.sigmoid}[self.job.activation]
        for w, b in parameters[:-1]:
            x = nonlinear(x @ w.T + b)
        w, b = parameters[-1]
        return -(self._jax.nn.log_softmax(x @ w.T + b) * y).sum(axis=1).mean()

    def _update(self, parameters: Any, gradient: Any, moments: Any, count: Any) -> tuple[Any, Any]:
        tree, jnp, job = self._jax.tree.map, self._jax.numpy, self.job
        rate = job.learning_rate
        if job.schedule == "cosine":
            rate *= 0.5 * (1 + jnp.cos(jnp.pi * count / self.steps))
        decay = job.weight_decay
        if decay and job.optimizer != "adamw":
            gradient = tree(lambda p, g: g + decay * p if p.ndim == 2 else g, parameters, gradient)
        if job.optimizer == "sgd":
            return tree(lambda p, g: p - rate * g, parameters, gradient), moments
        first = tree(lambda m, g: BETA1 * m + (1 - BETA1) * g, moments[0], gradient)
        second = tree(lambda v, g: BETA2 * v + (1 - BETA2) * g * g, moments[1], gradient)
        c1, c2 = 1 - BETA1 ** (count + 1.0), 1 - BETA2 ** (count + 1.0)

        def moved(p: Any, m: Any, v: Any) -> Any:
            kept = p * (1 - rate * decay) if job.optimizer == "adamw" and p.ndim == 2 else p
            return kept - rate * (m / c1) / (jnp.sqrt(v / c2) + EPSILON)

        return tree(moved, parameters, first, second), (first, second)

    def _learn(self, batches: int) -> None:
        rows = self._order.take(batches)
        for start in range(0, batches, self._chunk):
            self._state = self._compiled(self._state, rows[start : start + self._chunk], self._x, self._y)
        self._jax.block_until_ready(self._state)

    def _layers(self) -> Layers:
        return [(np.asarray(w), np.asarray(b)) for w, b in self._state[0]]


CONTENDERS = {
    "ours": "tests.benchmarks.peers:Ours",
    "torch": "tests.benchmarks.peers:Torch",
    "sklearn": "tests.benchmarks.peers:SklearnMLP",
    "jax": "tests.benchmarks.peers:Jax",
}
TITLES = {"ours": "this engine", "torch": "PyTorch", "sklearn": "scikit-learn", "jax": "JAX"}
PEERS = ("torch", "sklearn", "jax")
