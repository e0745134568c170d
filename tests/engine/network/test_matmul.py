"""Products into arrays that are there: written, and added in one pass where numpy's BLAS can be asked for it."""

from __future__ import annotations

import itertools
import sys
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.basics.validation import Array
from engine.network import matmul
from engine.network.buffers import TrainingBuffers
from engine.network.matmul import add_product, product, supports_fused_add
from engine.network.network import Network
from tests.engine.helpers import numbered_data, trainer

ORDERS = [*itertools.product("CF", repeat=3)]
BRINGS_OPENBLAS = np.show_config("dicts")["Build Dependencies"]["blas"]["name"] == "scipy-openblas"  # type: ignore[call-overload,index]


@pytest.fixture(params=["one pass", "two passes"])
def passes(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Both ways, for arrays of any size."""
    monkeypatch.setattr(matmul, "_WORTH_A_CALL", 0)
    if request.param == "two passes":
        monkeypatch.setattr(matmul, "_GEMM", {})
    elif not matmul._GEMM:
        pytest.skip("this numpy brings no BLAS that can be asked")
    name: str = request.param
    return name


def numbers(rng: np.random.Generator, shape: tuple[int, ...], dtype: Any, order: str = "C") -> Array:
    return np.asarray(rng.standard_normal(shape), dtype, order=order)  # type: ignore[call-overload,no-any-return]


@pytest.mark.skipif(not BRINGS_OPENBLAS, reason="this numpy was not built with its own OpenBLAS")
@pytest.mark.skipif(sys.platform == "win32", reason="what a library depends on is not found by way of it")
def test_the_blas_that_numpy_brings_is_found() -> None:
    assert set(matmul._GEMM) == {np.dtype(np.float32), np.dtype(np.float64)}


@pytest.mark.parametrize("orders", ORDERS, ids="".join)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_adds_whatever_lies_row_by_row_or_column_by_column(passes: str, orders: tuple[str, ...], dtype: type) -> None:
    rng = np.random.default_rng(0)
    for m, k, n in [(5, 3, 4), (1, 7, 6), (6, 1, 3), (4, 5, 1), (1, 1, 1), (100, 20, 64)]:
        a, b, out = (numbers(rng, s, dtype, o) for s, o in zip([(m, k), (k, n), (m, n)], orders, strict=True))
        before = a.copy(), b.copy()
        expected = out.astype(np.float64) + a.astype(np.float64) @ b.astype(np.float64)
        assert supports_fused_add(out) == (passes == "one pass")
        add_product(a, b, out, np.empty_like(out))
        np.testing.assert_allclose(out, expected, rtol=1e-4, atol=1e-4 if dtype == np.float32 else 1e-12)
        np.testing.assert_array_equal(a, before[0])
        np.testing.assert_array_equal(b, before[1])


@given(m=st.integers(1, 9), k=st.integers(1, 9), n=st.integers(1, 9), orders=st.sampled_from(ORDERS))
@settings(max_examples=80, derandomize=True)
def test_nothing_but_the_output_is_written(m: int, k: int, n: int, orders: tuple[str, ...]) -> None:
    """Views into the middle of vectors, as weights are: their neighbours stay."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(matmul, "_WORTH_A_CALL", 0)
        rng = np.random.default_rng(m * 100 + k * 10 + n)
        vectors = [numbers(rng, (rows * columns + 20,), np.float32) for rows, columns in [(m, k), (k, n), (m, n)]]
        copies = [vector.copy() for vector in vectors]
        a, b, out = (
            vector[10:-10].reshape(shape, order=order)  # type: ignore[call-overload]
            for vector, shape, order in zip(vectors, [(m, k), (k, n), (m, n)], orders, strict=True)
        )
        expected = out + a @ b
        add_product(a, b, out, np.empty_like(out))
    np.testing.assert_allclose(out, expected, rtol=1e-4, atol=1e-5)
    copies[2][10:-10] = vectors[2][10:-10]
    for vector, copy in zip(vectors, copies, strict=True):
        np.testing.assert_array_equal(vector, copy)


def test_what_memory_cannot_be_handed_over_for_is_added_all_the_same(passes: str) -> None:
    """Gaps between the rows, other types, and shapes that do not fit, which numpy refuses."""
    rng = np.random.default_rng(1)
    a, b, out = numbers(rng, (6, 5), np.float32), numbers(rng, (5, 4), np.float32), numbers(rng, (6, 4), np.float32)
    wide = numbers(rng, (6, 12), np.float32)
    cases = [(wide[:, :5], b, out), (wide[:, ::3][:, :4], b[:4], out), (a, b, wide[:, :4])]
    for left, right, target in cases:
        expected = target + left @ right
        add_product(left, right, target, np.empty((6, 4), np.float32))
        np.testing.assert_allclose(target, expected, rtol=1e-4, atol=1e-5)
    with pytest.raises(ValueError, match=r"aligned|shape"):
        add_product(a, b[:4], out, np.empty_like(out))
    with pytest.raises(ValueError, match="not acceptable"):
        add_product(a.astype(np.float64), b, out, np.empty_like(out))
    swapped = (part.astype(part.dtype.newbyteorder()) for part in (a, b, out))
    with pytest.raises(ValueError, match="not acceptable"):
        add_product(*swapped, scratch=out.astype(out.dtype.newbyteorder()))
    out.flags.writeable = False
    with pytest.raises(ValueError, match="read-only"):
        add_product(a, b, out, np.empty_like(out))


@pytest.mark.parametrize("order", ["C", "F"])
def test_written_in_either_order(order: str) -> None:
    rng = np.random.default_rng(2)
    a, b = numbers(rng, (4, 3), np.float64), numbers(rng, (3, 5), np.float64)
    out = numbers(rng, (4, 5), np.float64, order)
    product(a, b, out)
    np.testing.assert_allclose(out, a @ b, rtol=1e-12)


# what a network does with it


@pytest.mark.parametrize("shape", [(7, 4), (7, 6, 5, 4), (7, 300, 4)], ids=str)
@pytest.mark.parametrize("rows", [1, 5])
def test_a_network_steps_down_its_gradient(passes: str, shape: tuple[int, ...], rows: int) -> None:
    rng = np.random.default_rng(3)
    names = ["tanh"] * (len(shape) - 2) + ["softmax"]
    network = Network(shape, names, "cross-entropy", "glorot", rng, dtype=np.float64)
    inputs, targets = rng.standard_normal((rows, 7)), np.eye(4)[rng.integers(0, 4, rows)]
    buffers, twin = TrainingBuffers(network, 5), network.copy()
    twin.forward(inputs, buffers)
    expected = twin.parameters - 0.3 * twin.backward(inputs, targets, buffers)
    network.forward(inputs, buffers)
    network.descend(inputs, targets, buffers, 0.3)
    np.testing.assert_allclose(network.parameters, expected, rtol=1e-12, atol=1e-14)


def test_a_subclass_with_a_gradient_of_its_own_steps_along_that(passes: str) -> None:
    class Frozen(Network):
        def backward(self, *given: Any, **named: Any) -> Array:
            gradient = super().backward(*given, **named)
            gradient[...] = 0
            return gradient

    network = Frozen([2, 8, 1], rng=np.random.default_rng(0))
    before = network.parameters.copy()
    list(trainer(numbered_data(40), network, epochs=1).run())
    np.testing.assert_array_equal(network.parameters, before)


@pytest.mark.parametrize("how", [{}, {"dropout": 0.5}, {"max_norm": 0.5}, {"weight_decay": 0.1}, {"batch_size": 7}])
def test_training_comes_to_the_same_in_one_pass_and_in_two(
    monkeypatch: pytest.MonkeyPatch, how: dict[str, Any]
) -> None:
    def learned(worth: int) -> Array:
        monkeypatch.setattr(matmul, "_WORTH_A_CALL", worth)
        network = Network([2, 8, 1], rng=np.random.default_rng(0), dtype=np.float64)
        training = {"batch_size": 8, "epochs": 3, "learning_rate": 0.5, "drop_last": False, **how}
        before = network.parameters.copy()
        list(trainer(numbered_data(40), network, **training).run())
        assert not np.array_equal(network.parameters, before)
        return network.parameters

    np.testing.assert_allclose(learned(0), learned(10**9), rtol=1e-9)
    np.testing.assert_array_equal(learned(0), learned(0))  # the same seed gives the same bits
