"""Matrix products that write into existing arrays.

numpy's dot can write a product, but not add it to an array. BLAS can, in the same pass: GEMM is C = alpha A B + beta C
(Dongarra, Du Croz, Hammarling and Duff 1990, "A set of level 3 basic linear algebra subprograms"). numpy from PyPI
contains OpenBLAS under special names, which is called directly here on systems that find it through the library that
depends on it (Linux, macOS). On others the sum is a separate pass: slower, and equal up to rounding.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from typing import Any

import numpy as np

from engine.basics.validation import Array

# From this many numbers on, adding in the same pass saves more than calling BLAS directly costs (about 4 µs). With
# several threads, a core then need not read what another one has just written.
_WORTH_A_CALL = 65_536
# Constants of cblas.h.
_ROW_BY_ROW, _AS_IT_IS, _TRANSPOSED = 101, 111, 112
# Prefix and suffix of "sgemm" in the OpenBLAS of numpy's wheels, since 2.0 and before. Both use 64-bit sizes.
_NAMES = (("scipy_cblas_", "64_"), ("cblas_", "64_"))


def product(a: Array, b: Array, out: Array) -> None:
    """Writes a b into ``out``, which is contiguous by rows or by columns.

    numpy's dot writes by rows only; but (a b)^T = b^T a^T, and transposing copies nothing.
    """
    if out.flags.c_contiguous:
        np.dot(a, b, out=out)
    else:
        np.dot(b.T, a.T, out=out.T)


def supports_fused_add(out: Array) -> bool:
    """Whether :func:`add_product` to ``out`` can be done in one pass."""
    return out.size >= _WORTH_A_CALL and out.dtype in _GEMM


def add_product(a: Array, b: Array, out: Array, scratch: Array) -> None:
    """Adds a b to ``out``, which overlaps with neither. ``scratch`` has the shape of ``out``; its content is
    undefined.

    It takes one pass if :func:`supports_fused_add` and all three arrays have the same type and are contiguous.
    """
    if not supports_fused_add(out) or not _fit(a, b, out):
        product(a, b, scratch)
        out += scratch
        return
    if not out.flags.c_contiguous:
        a, b, out = b.T, a.T, out.T
    (rows, columns), inner = out.shape, len(b)
    a_kind, a_step = (_AS_IT_IS, inner) if a.flags.c_contiguous else (_TRANSPOSED, rows)
    b_kind, b_step = (_AS_IT_IS, columns) if b.flags.c_contiguous else (_TRANSPOSED, inner)
    _GEMM[out.dtype](
        *(_ROW_BY_ROW, a_kind, b_kind, rows, columns, inner),
        *(1.0, a.ctypes.data, a_step, b.ctypes.data, b_step),
        *(1.0, out.ctypes.data, columns),
    )


def _fit(a: Array, b: Array, out: Array) -> bool:
    """Whether the arrays can be passed to BLAS, which checks nothing."""
    return (
        a.dtype == b.dtype == out.dtype
        and a.shape == (out.shape[0], b.shape[0])
        and b.shape[1] == out.shape[1]
        and all(array.flags.forc and array.flags.aligned for array in (a, b, out))
        and out.flags.writeable
    )


def _find_gemm() -> dict[np.dtype[Any], Callable[..., None]]:
    """Returns GEMM for float32 and float64 in native byte order; empty if numpy's BLAS is not a known one."""
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
