"""Matrix products that write to arrays which are there already.

numpy's dot writes a product; it cannot add one to what stands there. The BLAS below it can, in the same pass: GEMM is
C = alpha A B + beta C (Dongarra, Du Croz, Hammarling and Duff 1990, "A set of level 3 basic linear algebra
subprograms"). numpy from PyPI brings OpenBLAS along under names of its own, and there it is asked directly, where the
system finds by way of a library what that depends on (Linux, macOS). Elsewhere the sum is a pass of its own: the same
up to rounding, and slower.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from typing import Any

import numpy as np

from engine.validation import Array

# From so many numbers on, a sum in the same pass saves more than calling past numpy costs (some 4 µs). What it saves
# with several threads is above all that one core need not fetch what another has just written.
_WORTH_A_CALL = 65_536
# As in cblas.h.
_ROW_BY_ROW, _AS_IT_IS, _TRANSPOSED = 101, 111, 112
# Before and after "sgemm" in the OpenBLAS of numpy's wheels, since 2.0 and before. Sizes have 64 bits in both.
_NAMES = (("scipy_cblas_", "64_"), ("cblas_", "64_"))


def product(a: Array, b: Array, out: Array) -> None:
    """Writes a b into ``out``, which lies row by row or column by column in memory.

    numpy's dot writes rows only; but (a b)^T is b^T a^T, and transposing moves nothing.
    """
    if out.flags.c_contiguous:
        np.dot(a, b, out=out)
    else:
        np.dot(b.T, a.T, out=out.T)


def adds_at_once(out: Array) -> bool:
    """Whether :func:`add_product` to ``out`` is one pass."""
    return out.size >= _WORTH_A_CALL and out.dtype in _GEMM


def add_product(a: Array, b: Array, out: Array, scratch: Array) -> None:
    """Adds a b to ``out``, which overlaps with neither. ``scratch`` is as large; what is left in it means nothing.

    One pass where :func:`adds_at_once`, and all three are of one type and lie row by row or column by column in memory.
    """
    if not adds_at_once(out) or not _fit(a, b, out):
        product(a, b, scratch)
        out += scratch
        return
    if not out.flags.c_contiguous:
        a, b, out = b.T, a.T, out.T
    (rows, columns), inner = out.shape, len(b)
    a_kind, a_step = (_AS_IT_IS, inner) if a.flags.c_contiguous else (_TRANSPOSED, rows)
    b_kind, b_step = (_AS_IT_IS, columns) if b.flags.c_contiguous else (_TRANSPOSED, inner)
    addresses = a.ctypes.data, b.ctypes.data, out.ctypes.data
    _GEMM[out.dtype](
        *(_ROW_BY_ROW, a_kind, b_kind, rows, columns, inner),
        *(1.0, addresses[0], a_step, addresses[1], b_step),
        *(1.0, addresses[2], columns),
    )


def _fit(a: Array, b: Array, out: Array) -> bool:
    """Whether memory may be handed over as it is: nothing below checks anything."""
    return (
        a.dtype == b.dtype == out.dtype
        and a.shape == (out.shape[0], b.shape[0])
        and b.shape[1] == out.shape[1]
        and all(array.flags.forc and array.flags.aligned for array in (a, b, out))
        and out.flags.writeable
    )


def _find_gemm() -> dict[np.dtype[Any], Callable[..., None]]:
    """GEMM for float32 and float64, in this machine's byte order. Empty where numpy's BLAS is none that is known."""
    try:
        library = ctypes.CDLL(np.linalg._umath_linalg.__file__)
    except (AttributeError, OSError):
        return {}
    for before, after in _NAMES:
        if hasattr(library, f"{before}sgemm{after}"):
            return {
                np.dtype(np.float32): _declared(library[f"{before}sgemm{after}"], ctypes.c_float),
                np.dtype(np.float64): _declared(library[f"{before}dgemm{after}"], ctypes.c_double),
            }
    return {}


def _declared(function: Any, number: Any) -> Callable[..., None]:
    size, address, choice = ctypes.c_int64, ctypes.c_void_p, ctypes.c_int
    function.argtypes = [*[choice] * 3, *[size] * 3, number, *[address, size] * 2, number, address, size]
    function.restype = None
    gemm: Callable[..., None] = function
    return gemm


_GEMM = _find_gemm()
