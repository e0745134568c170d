"""Damaged settings files. The window opens on them where it can be seen, and none of them runs code."""

from __future__ import annotations

import json
import logging
import os
import pickle
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from PyQt5.QtWidgets import QApplication

from engine.experiment import Experiment
from nnviz.app import create_window
from nnviz.window.main_window import MainWindow
from tests.hostile.attack import attack, pick
from tests.hostile.damage import as_json, odd_bytes, odd_document, odd_value

_LARGEST = 4000  # pixels


class _Evil:
    """Makes a folder when it is unpickled."""

    def __init__(self, folder: Path) -> None:
        self._folder = str(folder)

    def __reduce__(self) -> tuple[Any, ...]:
        return os.mkdir, (self._folder,)


@attack("settings files", cases=15, seconds=40)
def settings_file(rng: np.random.Generator, folder: Path) -> str:
    """Opens a window on a damaged file, processes events and closes it."""
    logging.getLogger("nnviz").setLevel(logging.CRITICAL)
    path, ran = folder / "settings.json", folder / "it ran"
    kind = str(pick(rng, "bytes", "document", "values", "place", "sizes"))
    path.write_bytes(_damaged(rng, kind, ran))
    window = create_window(settings=path)
    window.show()
    try:
        for _ in range(5):
            QApplication.processEvents()
        _check(window)
        assert not ran.exists(), "the settings file ran code"
    finally:
        window.close()
        QApplication.processEvents()  # it goes
    json.loads(path.read_bytes())
    return kind


def _check(window: MainWindow) -> None:
    """It can be seen, all of it can be reached, and it was not given up on."""
    place = window.geometry()
    assert window.isVisible()
    assert 200 <= place.width() <= _LARGEST, place
    assert 200 <= place.height() <= _LARGEST, place
    assert any(screen.geometry().intersects(place) for screen in QApplication.screens()), place
    for dock in window.panels:
        assert max(dock.width(), dock.height()) <= _LARGEST, (dock.objectName(), dock.geometry())
    picture = window.grab()
    assert not picture.isNull()


@cache
def _whole() -> dict[str, Any]:
    """What a window writes."""
    folder = Path(os.environ.get("TMPDIR", "/tmp"))
    path = folder / f"nnviz-hostile-{os.getpid()}.json"
    window = create_window(settings=path)
    window.show()
    window.dialogs._preferences.set("recent", json.dumps(["/tmp/a.json", "/tmp/b.npz"]))
    window.dialogs._preferences.set("configuration", json.dumps(Experiment().as_dict()))
    window.close()
    written: dict[str, Any] = json.loads(path.read_bytes())
    path.unlink()
    return written


def _damaged(rng: np.random.Generator, kind: str, ran: Path) -> bytes:
    document = dict(_whole())
    if kind == "bytes":
        return bytes(pick(rng, odd_bytes(rng, as_json(document)), rng.bytes(500), pickle.dumps(_Evil(ran)), b""))
    if kind == "document":
        return as_json(odd_document(rng, document))
    if kind == "values":  # JSON in text that is JSON
        key = str(pick(rng, "configuration", "strengths", "recent", "place"))
        inner = json.loads(document.get(key, "{}"))
        document[key] = json.dumps(odd_document(rng, {"x": inner}).get("x") if rng.random() < 0.5 else odd_value(rng))
        document[str(pick(rng, "network", "shipped", "folder", "theme", "dataset"))] = odd_value(rng)
    elif kind == "place":
        far = (0, 1, -1, -300, 2**15, 2**31 - 1, -(2**31), 10**30, 13_173_636, 5000, 29_999, 1440, 0.5, None)
        document["place"] = json.dumps([pick(rng, *far) for _ in range(int(pick(rng, 5, 5, 5, 5, 4, 6)))])
    else:
        sizes = {"whole": {"column": 0.2, "rest": 0.8}}
        document["split/train"] = json.dumps(odd_document(rng, {"x": sizes}).get("x"))
    return as_json(document)
