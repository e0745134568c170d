"""Makes damaged files of whole ones."""

from __future__ import annotations

import copy
import io
import json
import zipfile
from typing import Any

import numpy as np

from tests.hostile.attack import pick

_DEEP = 3000
_ODD_NAMES = (
    "<h1>ALL WELL<!--",
    '<img src="/dev/zero">',
    "a\x00b",
    "\ud800",
    "‮gnp.exe",
    '"; import os; HOSTILE = 1 #',
    "'''\nHOSTILE = 1\n'''",
    "..//..//etc/passwd",
    "x" * 5000,
    "",
)


def odd_name(rng: np.random.Generator) -> str:
    """A name that is more than a name to whoever takes it for code, HTML or a path."""
    return _ODD_NAMES[int(rng.integers(len(_ODD_NAMES)))]


def odd_value(rng: np.random.Generator) -> Any:
    """A value that JSON can hold and no file should."""
    numbers = (0, -1, 1, 2, 10**5, 2**31, 2**63, 10**30, 10**400, 0.5, -0.0, 1e308, 1e-320, float("nan"), float("inf"))
    deep: Any = []
    kind = int(rng.integers(8))
    if kind < 4:
        return numbers[int(rng.integers(len(numbers)))]
    if kind == 4:
        return odd_name(rng)
    if kind == 5:
        for _ in range(int(rng.integers(1, 50))):
            deep = [deep]
        return deep
    return pick(rng, None, True, False, [], {}, [[1], [2, 3]], {"a": 1}, ["softmax"], [1, 2, 3], "0.1", "nan")


def odd_document(rng: np.random.Generator, document: Any) -> Any:
    """A copy of a JSON document in which some places hold something else, or nothing."""
    document = copy.deepcopy(document)
    for _ in range(int(rng.integers(1, 4))):
        places = list(_places(document))
        if not places:
            break
        holder, key = places[int(rng.integers(len(places)))]
        how = int(rng.integers(4))
        if how == 0:
            del holder[key]
        elif how == 1:
            other_holder, other_key = places[int(rng.integers(len(places)))]
            holder[key] = copy.deepcopy(other_holder[other_key])
        else:
            holder[key] = odd_value(rng)
    return document


def _places(document: Any, most: int = 40) -> Any:
    """Holders and keys in a document; of long lists only some."""
    keys = list(document) if isinstance(document, dict) else list(range(len(document)))[:most]
    for key in keys if isinstance(document, (dict, list)) else ():
        yield document, key
        if isinstance(document[key], (dict, list)):
            yield from _places(document[key], 3)


def as_json(document: Any) -> bytes:
    """Its text. Surrogates and such are written as they are escaped by JSON."""
    return json.dumps(document).encode()


def odd_json(rng: np.random.Generator, content: bytes) -> bytes:
    """JSON with odd values in some places, or nested too deep."""
    if rng.random() < 0.02:
        return b"[" * _DEEP + b"]" * _DEEP
    return as_json(odd_document(rng, json.loads(content)))


def odd_bytes(rng: np.random.Generator, content: bytes) -> bytes:
    """Bytes changed, cut, doubled or put in."""
    data = bytearray(content)
    for _ in range(int(rng.integers(1, 4))):
        if not data:
            break
        start = int(rng.integers(len(data)))
        stop = min(len(data), start + int(rng.integers(1, 64)))
        how = int(rng.integers(7))
        if how == 0:
            data[start] ^= 1 << int(rng.integers(8))
        elif how == 1:
            del data[start:]
        elif how == 2:
            del data[start:stop]
        elif how == 3:
            data[start:start] = data[start:stop]
        elif how == 4:
            data[start:stop] = rng.bytes(stop - start)
        elif how == 5:
            data[start:stop] = bytes(stop - start)
        else:
            data[start:stop] = b"\xff" * (stop - start)
    return bytes(data)


def odd_zip(rng: np.random.Generator, content: bytes) -> bytes:
    """A zip whose members are damaged, but whose checksums are right; or with members that are odd, or missing."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    name = list(members)[int(rng.integers(len(members)))]
    how = int(rng.integers(7))
    if how == 0:
        members[name] = odd_bytes(rng, members[name])
    elif how == 1:
        members[name] = odd_array(rng)
    elif how == 2:
        del members[name]
    elif how == 3:
        members[odd_name(rng).replace("\x00", "") or "x"] = members[name]
    elif how == 4:
        other = list(members)[int(rng.integers(len(members)))]
        members[name], members[other] = members[other], members[name]
    elif how == 5 and "header.npy" in members:
        members["header.npy"] = _odd_header(rng, members["header.npy"])
    elif rng.random() < 0.1:
        members[name] = _header_of("<f4", (2**28,)) + bytes(2**28)  # 256 MiB of zeros, of which few bytes are left
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as archive:
        for each, data in members.items():
            archive.writestr(each.encode("utf-8", "replace").decode(), data)
    return written.getvalue()


def _odd_header(rng: np.random.Generator, member: bytes) -> bytes:
    header = json.loads(str(np.load(io.BytesIO(member))[()]))
    written = io.BytesIO()
    np.save(written, np.array(json.dumps(odd_document(rng, header))))
    return written.getvalue()


def odd_array(rng: np.random.Generator) -> bytes:
    """An ``.npy`` that claims what it does not hold, or holds what nobody asks for."""
    kind = str(pick(rng, "<f4", "<f8", ">f4", "<c16", "|O", "<i8", "|b1", "<U5", "<M8[s]", "<f2", "|V3"))
    shape = pick(rng, (10**30,), (2**62,), (2**31,), (-1,), (0,), (3,), (2, 2), (), (10**9, 10**9), (1,) * 40)
    assert isinstance(shape, tuple)
    return _header_of(kind, shape) + rng.bytes(int(rng.integers(0, 64)))


def _header_of(kind: str, shape: tuple[int, ...]) -> bytes:
    text = repr({"descr": kind, "fortran_order": False, "shape": shape}).encode()
    text = text.ljust(118 - len(b"\n")) + b"\n"
    return b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text
