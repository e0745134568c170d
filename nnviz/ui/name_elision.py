"""Elision of names where they differ least."""

from __future__ import annotations

from functools import lru_cache

from PyQt5.QtCore import Qt
from PyQt5.QtGui import QFontMetrics

from nnviz.formatting.run_name import BETWEEN, RunName
from nnviz.ui import theme

_LEAST = 40  # pixels that are left of what stands before the last part


def fitted(name: str, width: int, bold: bool = False, size: int = theme.SMALL) -> str:
    """Returns a name, by default in small letters, as much of it as fits into that many pixels.

    The name of a run loses its least important parts. Other names are cut in the middle, as they often differ at their
    ends; of "784-512-256-10 · Adam 0.001" the sizes are cut, or left out.
    """
    return _fitted(name.forms if isinstance(name, RunName) else name, width, bold, theme.px(size), size)


@lru_cache(maxsize=4000)
def _fitted(name: str | tuple[str, ...], width: int, bold: bool, _: int, size: int) -> str:
    metrics = QFontMetrics(theme.font(size, bold))
    if isinstance(name, tuple):
        return RunName(*name).within(width, metrics.horizontalAdvance)
    if metrics.horizontalAdvance(name) <= width:
        return name
    before, between, last = name.rpartition(BETWEEN)
    room = width - metrics.horizontalAdvance(between + last)
    if not before:
        return _cut(metrics, name, width)
    if room >= _LEAST:
        return f"{_cut(metrics, before, room)}{between}{last}"
    if metrics.horizontalAdvance(f"…{last}") <= width:
        return f"…{last}"
    rest = width - _LEAST - metrics.horizontalAdvance(between)
    if rest < _LEAST:
        return _cut(metrics, last, width)
    return f"{_cut(metrics, before, _LEAST)}{between}{_cut(metrics, last, rest)}"


def _cut(metrics: QFontMetrics, words: str, width: int) -> str:
    return str(metrics.elidedText(words, Qt.TextElideMode.ElideMiddle, width))
