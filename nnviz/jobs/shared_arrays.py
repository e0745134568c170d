"""Large arrays that a process has made and the one that started it sees, without a copy. Linux can do that.

Their memory is that of a file without a name, which the other process opens by its number. No Qt.
"""

from __future__ import annotations

import math
import mmap
import os
import sys
import weakref
from contextlib import suppress

import numpy as np
import numpy.typing as npt

from engine.validation import Array

_LEAST = 1_000_000  # bytes of an array that is worth it


class _Memory(mmap.mmap):
    """Attributes: number: that of its file in this process."""

    number: int


def can_see(pid: int) -> bool:
    """Whether this process sees arrays that the other one makes."""
    return sys.platform == "linux" and os.path.exists(f"/proc/{pid}/fd/0")


def empty(shape: tuple[int, ...], dtype: npt.DTypeLike) -> Array:
    """As ``numpy.empty``, in memory that another process can see if it is large and the system has such memory."""
    size = math.prod(shape) * np.dtype(dtype).itemsize
    if size >= _LEAST and hasattr(os, "memfd_create"):  # Python may have been built without it
        with suppress(OSError):
            return np.frombuffer(_memory(size), dtype).reshape(shape)
    return np.empty(shape, dtype)


def _memory(size: int) -> _Memory:
    number = os.memfd_create("data")
    try:
        os.ftruncate(number, size)
        memory = _Memory(number, size)
    except OSError:
        os.close(number)
        raise
    memory.number = number
    weakref.finalize(memory, os.close, number)  # once no array is in it
    return memory


def number_of(part: memoryview) -> int | None:
    """The number of the memory that holds just this array; None if another process cannot see it."""
    owner: object = part.obj
    while isinstance(owner, (np.ndarray, memoryview)):
        owner = owner.base if isinstance(owner, np.ndarray) else owner.obj
    return owner.number if isinstance(owner, _Memory) and len(owner) == part.nbytes else None


def seen(pid: int, number: int, size: int) -> Array:
    """(size,) bytes of an array that the other process has made. What is written here is not seen there.

    Raises OSError if it cannot be seen, or that process has ended.
    """
    file = os.open(f"/proc/{pid}/fd/{number}", os.O_RDONLY)
    try:
        memory = mmap.mmap(file, size, flags=mmap.MAP_PRIVATE, prot=mmap.PROT_READ | mmap.PROT_WRITE)
    finally:
        os.close(file)
    array = np.frombuffer(memory, np.uint8)
    array[:: mmap.PAGESIZE].max()  # each page is found here, and not later while somebody waits
    return array
