"""Points of the plane or of a curve that the user paints, and from which the network learns at once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from PyQt5.QtCore import QObject, pyqtSignal

from engine.basics.errors import EngineError
from engine.basics.validation import Array
from engine.datasets import Dataset
from engine.datasets.curve import CURVES
from engine.datasets.data_setting import SEED, TEST_SHARE, Value
from engine.datasets.painted_points import MOST_PAINTED, PAINTED, PAINTED_CURVE, PAINTED_PLANE, POINTS, PaintedPoints
from engine.datasets.plane import PLANES
from engine.datasets.splitting import steady_parts
from engine.explain.input_grid import places_of
from nnviz.formatting import text
from nnviz.session.data import Data
from nnviz.session.messages import Messages
from nnviz.session.status import Status
from nnviz.session.training import Training
from nnviz.session.undo import Kind, Step, Undo

REACH = 0.09  # radius of the eraser; points of the plane and of a curve lie within about -1 and 1
_APART = 0.06  # distance of painted points along a stroke
_SPREAD = 0.02  # standard deviation of the points of a stroke, across and along it


class PaintedPointsModel(QObject):
    """Paints points, which are a data set: each stroke loads them, as a change that can be undone.

    Attributes are for reading.

    Signals:
        changed: any attribute has changed.

    Attributes:
        is_on: whether points are painted now.
        brush: the class whose points are painted, counted from 0; None for the eraser.
        points: the points, with those of the stroke in progress, which the data have when it ends.
        latest: the settings of the points that were painted last, by the name of the data.
    """

    changed = pyqtSignal()

    def __init__(self, data: Data, training: Training, undo: Undo, messages: Messages) -> None:
        super().__init__()
        self._data, self._training, self._undo, self._messages = data, training, undo, messages
        self.is_on = False
        self.brush: int | None = 0
        self.points = PaintedPoints.none()
        self.latest: dict[str, Mapping[str, Value]] = {}
        self._is_awaited = False  # whether painting begins when the loading data are there
        self._added: int | None = None  # the class to choose when the data with it are there
        self._at: Array | None = None  # where the last point of the stroke was set; None between strokes
        self._has_changed = False  # whether the stroke has changed the points
        self._loaded: str | None = None  # the points of the data, or of the loading data, as text
        self._random = np.random.default_rng(0)
        data.changed.connect(self._follow)
        data.failed.connect(self._await_no_more)

    # ---- begin and end

    @property
    def is_curve(self) -> bool:
        """Whether the points are x and y of a curve, not points of the plane."""
        data = self._data.dataset
        return data is not None and data.is_curve

    def toggle(self) -> None:
        """Begins or ends painting."""
        (self.end if self.is_on else self.begin)()

    def begin(self) -> None:
        """Begins with the points of the data, or with those painted last if the data cannot be painted."""
        if self.can_begin:
            self._turn_on()
        else:
            self._is_awaited = True
            self.load_latest(PAINTED_PLANE)

    def load_latest(self, name: str) -> None:
        """Loads the points that were painted last under that name; by default a few points."""
        try:
            self._data.load(name, self.latest.get(name, {}))
        except EngineError as error:
            self._messages.show_error("The painted points could not be loaded", error)

    def end(self) -> None:
        """Ends painting; the points stay."""
        self.lift()
        self._is_awaited = False
        if self.is_on:
            self.is_on = False
            self.changed.emit()

    def choose(self, brush: int | None) -> None:
        """Chooses the class to paint, or the eraser. A class that does not exist is ignored."""
        if brush is None or brush < self.classes:
            self.brush = brush
            self.changed.emit()

    def add_class(self) -> None:
        """Loads the points as data with one more class, and chooses it. Ignored before the first point."""
        if len(self.points) or self._loaded is not None:
            self._added = self.classes
            self._load(self.classes + 1)

    @property
    def classes(self) -> int:
        """The number of classes; 1 for a curve."""
        data = self._data.dataset
        return 1 if data is None or data.is_curve else data.outputs

    @property
    def are_tests(self) -> Array:
        """Returns which points belong to the test set, (k,) booleans."""
        settings = {each.name: each.default for each in (TEST_SHARE, SEED)} | self._data.settings
        found = np.zeros(len(self.points), bool)
        found[steady_parts(self.points.kinds, settings[TEST_SHARE.name], settings[SEED.name])[1]] = True
        return found

    # ---- a stroke

    def touch(self, x: float, y: float, erases: bool = False) -> None:
        """Sets points from the last place of the stroke to this one, or erases them."""
        place = np.array([x, y])
        if self.brush is None or erases:
            self._put(self.points.without(self._way_to(place, REACH / 2), REACH))
            self._at = place
        elif self._at is None:
            self._put(self.points.with_more(place[None], self.brush))
            self._at = place
        elif np.hypot(*(place - self._at)) >= _APART:
            way = self._way_to(place, _APART)
            self._put(self.points.with_more(way + self._random.normal(0, _SPREAD, way.shape), self.brush))
            self._at = place

    def _way_to(self, place: Array, step: float) -> Array:
        """Returns (n, 2) places from the last one, without it, to this one, about ``step`` apart."""
        start = place if self._at is None else self._at
        count = max(1, round(float(np.hypot(*(place - start))) / step))
        return start + (place - start) * np.arange(1, count + 1)[:, None] / count

    def _put(self, points: PaintedPoints) -> None:
        if len(points) != len(self.points):
            self._has_changed = True
            self.points = points
            self.changed.emit()

    def lift(self) -> None:
        """Ends the stroke: the network learns from the points that are there now."""
        self._at = None
        if not self._has_changed:
            return
        self._has_changed = False
        if len(self.points) >= MOST_PAINTED:
            self._messages.show(f"At most {text.count(MOST_PAINTED)} points can be painted. Erase some first.")
        if len(self.points):
            self._load(self.classes)

    def clear(self) -> None:
        """Erases all points, which can be undone. The network keeps learning the old ones until there are others."""
        if len(self.points):
            self._undo.push(Step("clearing of the points", Kind.VIEW, self._restore, self.points, PaintedPoints.none()))

    def _restore(self, points: PaintedPoints) -> None:
        if self.is_on:
            self.points = points
            self.changed.emit()

    def _load(self, classes: int) -> None:
        """Loads the points as data with that many classes. A training in progress continues with them."""
        name = PAINTED_CURVE if self.is_curve else PAINTED_PLANE
        goes_on = self._training.state is Status.TRAINING or self._training.will_start
        if len(self.points):
            self._loaded = self.points.write()
        kept = dict(self._data.settings) if self._data.name == name else {}
        chosen: dict[str, Value] = {} if self.is_curve else {"classes": classes}
        self._data.load(name, {**kept, **chosen, POINTS: self._loaded})
        if goes_on:
            self._training.start()

    # ---- the data

    def _await_no_more(self) -> None:
        self._is_awaited = False

    @property
    def can_begin(self) -> bool:
        """Whether the data can be painted."""
        name = self._data.loaded_name
        return self._data.dataset is not None and name in (*PLANES, *CURVES, *PAINTED)

    def _turn_on(self) -> None:
        self._is_awaited, self.is_on = False, True
        self._take_points()

    def _follow(self) -> None:
        """Reacts to other data: begins if requested, ends if they cannot be painted, else shows their points."""
        name, (added, self._added) = self._data.loaded_name, (self._added, None)
        if added is not None and added < self.classes:
            self.brush = added
        elif self.brush is not None and self.brush >= self.classes:
            self.brush = 0
        if name in PAINTED and self._data.dataset is not None:
            self.latest[name] = dict(self._data.loaded_settings)
        if self._is_awaited:
            self._is_awaited = False
            if name in PAINTED:
                self._turn_on()
        elif self.is_on and not self.can_begin:
            self._has_changed = False  # an unfinished stroke belongs to points that are gone
            self.end()
        elif self.is_on and self._data.loaded_settings.get(POINTS) != self._loaded:
            self._take_points()
        elif self.is_on:
            self.changed.emit()

    def _take_points(self) -> None:
        data = self._data.dataset
        assert data is not None
        self._loaded = self._data.loaded_settings.get(POINTS)
        self.points = _points_of(data) if self._loaded is None else PaintedPoints.read(self._loaded)
        self._at, self._has_changed = None, False
        self.changed.emit()

    # ---- restoring

    def restore(self, document: object) -> None:
        """Restores ``latest`` from a JSON document; damaged entries are left out."""
        entries: dict[Any, Any] = document if isinstance(document, dict) else {}
        for name, settings in entries.items():
            if name in PAINTED and isinstance(settings, dict) and isinstance(settings.get(POINTS), str):
                self.latest[name] = settings


def _points_of(data: Dataset) -> PaintedPoints:
    """Returns the points of all splits of the data. Too many are thinned evenly."""
    splits = list(data.splits.values())
    places = np.concatenate([places_of(data, split) for split in splits])
    kinds = [split.labels if split.labels is not None else np.zeros(len(split), np.int64) for split in splits]
    step = -(-len(places) // MOST_PAINTED)
    return PaintedPoints(places[::step], np.concatenate(kinds)[::step])
