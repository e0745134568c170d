"""Zips, arrays and JSON that are well-formed, and still nothing that a program of good faith would write."""

from __future__ import annotations

import io
import json
import re
import warnings
import zipfile
from collections.abc import Callable

import numpy as np

from tests.hostile.attack import pick
from tests.hostile.damage import as_json, odd_bytes, odd_name

Members = dict[str, bytes]


def odd_archive(rng: np.random.Generator, content: bytes) -> bytes:
    """A checkpoint as another program could have zipped it, with members of another kind or number."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    change: Callable[[np.random.Generator, Members], None] | None = pick(  # type: ignore[assignment]
        rng, _another_format, _bomb, _many, _nested, _odd_past, None, None
    )
    if change is not None:
        change(rng, members)
    written = _zipped(rng, members)
    return _odd_directory(rng, written) if change is None or rng.random() < 0.2 else written


def _zipped(rng: np.random.Generator, members: Members) -> bytes:
    written = io.BytesIO()
    method = pick(
        rng, zipfile.ZIP_DEFLATED, zipfile.ZIP_DEFLATED, zipfile.ZIP_STORED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA
    )
    assert isinstance(method, int)
    with warnings.catch_warnings(), zipfile.ZipFile(written, "w", method) as archive:
        warnings.simplefilter("ignore")  # of a name that is there twice
        for name, data in members.items():
            with archive.open(name, "w", force_zip64=rng.random() < 0.3) as member:
                member.write(data)
        if rng.random() < 0.1:
            name = list(members)[int(rng.integers(len(members)))]
            archive.writestr(str(pick(rng, name, name.removesuffix(".npy"), "../" + name)), members[name])
    return written.getvalue()


def _odd_directory(rng: np.random.Generator, content: bytes) -> bytes:
    """Fields of the directory or of the end changed: flags, methods, sizes, counts, places."""
    data = bytearray(content)
    for _ in range(int(rng.integers(1, 4))):
        mark = pick(rng, b"PK\x01\x02", b"PK\x01\x02", b"PK\x03\x04", b"PK\x05\x06")
        assert isinstance(mark, bytes)
        places = [found.start() for found in re.finditer(re.escape(mark), content)]
        place = places[int(rng.integers(len(places)))] + int(rng.integers(4, 46))
        value = pick(
            rng, b"\xff\xff\xff\xff", b"\x00\x00\x00\x00", b"\x01", b"\xff\xff", b"\x00\x00\x00\x80", rng.bytes(2)
        )
        assert isinstance(value, bytes)
        if place + len(value) <= len(data):
            data[place : place + len(value)] = value
    return bytes(data)


def _another_format(rng: np.random.Generator, members: Members) -> None:
    """An array in another version of the format, order or type."""
    name = list(members)[int(rng.integers(len(members)))]
    array = np.load(io.BytesIO(members[name]))
    kinds = (
        (">f4", "<f8", "<f2", "<c16", ">f8", "<f16", "<i8", "|u1")
        if array.dtype.kind == "f"
        else (">u4", "<c8", "<f8", "|b1")
    )
    if array.dtype.kind != "U" and rng.random() < 0.6:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            array = array.astype(str(kinds[int(rng.integers(len(kinds)))]))
    elif array.dtype.kind == "U" and rng.random() < 0.3:
        array = array.astype(array.dtype.newbyteorder(">"))
    if array.ndim == 1 and rng.random() < 0.3:
        array = np.asfortranarray(array.reshape(-1, 1) if rng.random() < 0.5 else np.stack([array, array]))
    written = io.BytesIO()
    version = pick(rng, (1, 0), (2, 0), (3, 0))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        np.lib.format.write_array(written, array, version)  # type: ignore[arg-type]
    members[name] = written.getvalue()


def _bomb(rng: np.random.Generator, members: Members) -> None:
    """16 MB of zeros where a few are expected, or all those of a header that claims to be so long."""
    size = 2**24
    name = str(pick(rng, *members, "training/optimizer.more.npy", "more.npy"))
    kind, width = [("<f4", 4), ("<U", 0), ("<u4", 4), ("<f8", 8)][int(rng.integers(4))]
    descr = kind if width else f"<U{size // 4}"
    claim = f"({size // width},)" if width else "()"
    header = f"{{'descr': '{descr}', 'fortran_order': False, 'shape': {claim}, }}".encode()
    length = pick(rng, len(header), len(header), 0, 2**16 - 1)
    assert isinstance(length, int)
    members[name] = b"\x93NUMPY\x01\x00" + length.to_bytes(2, "little") + header + bytes(size)


def _many(rng: np.random.Generator, members: Members) -> None:
    members.update(
        {f"training/{number}.npy": members["parameters.npy"] for number in range(int(rng.integers(1, 5000)))}
    )


def _nested(rng: np.random.Generator, members: Members) -> None:
    """A zip in the zip."""
    name = list(members)[int(rng.integers(len(members)))]
    members[name] = _zipped(rng, dict(members))


def _odd_past(rng: np.random.Generator, members: Members) -> None:
    header = str(np.load(io.BytesIO(members["header.npy"]))[()])
    written = io.BytesIO()
    np.save(written, np.array(odd_past(rng, header.encode()).decode("utf-8", "replace").rstrip("\0")))
    members["header.npy"] = written.getvalue()


def odd_past(rng: np.random.Generator, content: bytes) -> bytes:
    """The JSON of a network whose provenance is nested deep, long, or names things twice."""
    document = json.loads(content)
    how = int(rng.integers(5))
    if how == 0:
        depth = int(pick(rng, 20, 98, 99, 100, 101, 300, 900, 1500))  # type: ignore[call-overload]
        return content.rstrip()[:-1] + b',"provenance":{"deep":' + b"[" * depth + b"]" * depth + b"}}"
    if how == 1:
        epochs = int(pick(rng, 1000, 40_000, 120_000))  # type: ignore[call-overload]
        points = [[epoch * float(pick(rng, 1, 0.1)), 0.5] for epoch in range(epochs)]  # type: ignore[arg-type]
        document["provenance"] = {"curves": {"test": points, "changes": [[1, odd_name(rng)]] * 2000}, "epochs": epochs}
    elif how == 2:
        key = list(document)[int(rng.integers(len(document)))]
        return content.rstrip()[:-1] + b"," + as_json({key: document[key], "loss": odd_name(rng)})[1:]
    elif how == 3:
        document["shape"] = [str(size) for size in document["shape"]]
    else:
        document["provenance"] = {"title": odd_name(rng), "data": odd_name(rng), odd_name(rng): [odd_name(rng)] * 3}
    return as_json(document)


def odd_text(rng: np.random.Generator, content: bytes) -> bytes:
    """JSON in another encoding, with a mark at its start, or with numbers as texts."""
    text = content.decode()
    how = int(rng.integers(6))
    if how == 0:
        return text.encode(str(pick(rng, "utf-8-sig", "utf-16", "utf-32", "utf-16-be", "utf-7")))
    if how == 1:
        return re.sub(r"(-?\d+\.\d+(e-?\d+)?)", r'"\1"', text, count=int(rng.integers(1, 4))).encode()
    if how == 2:
        return re.sub(
            r"-?\d+\.\d+(e-?\d+)?",
            str(pick(rng, "1e999", "-1e999", "NaN", "9" * 5000, "0x10", "1_0", "true")),
            text,
            count=1,
        ).encode()
    if how == 3:
        return odd_bytes(rng, text.encode("utf-16"))
    if how == 4:
        return (text + str(pick(rng, " ", "\n" * 100, "\x00", "{}", "//", "\ufeff"))).encode()
    return odd_past(rng, content)
