"""Reads the settings of version 0.4, once: plain values only, never by way of QSettings, which can run code."""

from __future__ import annotations

import configparser
import json
import logging
import re

_LOG = logging.getLogger("nnviz")
_TEXTS = ("theme", "configuration", "strengths", "dataset", "network", "shipped", "folder")
_NUMBERS = ("sure_from", "pen_width", "log_error", "log_loss")
_ESCAPE = re.compile(r"\\(?:x([0-9a-fA-F]{1,5})|(.))")
_ITEM = re.compile(r'(?:\s*"((?:[^"\\]|\\.)*)"\s*|((?:[^,"\\]|\\.)*))(?:,|$)')


def values_of_0_4(content: bytes) -> dict[str, object]:
    """The values in that ``nnviz.ini`` by their names of today. Raises ValueError."""
    parser = configparser.RawConfigParser(strict=False, delimiters=("=",), comment_prefixes=(";",))
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    try:
        parser.read_string(content.decode("latin-1"))  # as Qt wrote it
    except configparser.Error as error:
        raise ValueError(str(error)) from None
    stored = dict(parser["General"]) if parser.has_section("General") else {}
    hints = dict(parser["hints"]) if parser.has_section("hints") else {}
    return _plain(stored) | {f"hints/{name}": "followed" for name in hints}


def _plain(stored: dict[str, str]) -> dict[str, object]:
    found: dict[str, object] = {}
    for key in [key for key in (*_TEXTS, *_NUMBERS, "recent") if key in stored]:
        items = _items(stored[key])
        if items is None:
            _LOG.warning("settings: %s of version 0.4 is no plain text and was left out", key)
        elif key == "recent":
            found[key] = json.dumps(items)
        elif len(items) == 1:
            found[key] = items[0]
    for key in _NUMBERS:
        if key in found:
            try:
                found[key] = float(str(found[key]))
            except ValueError:
                del found[key]
    return found


def _items(value: str) -> list[str] | None:
    """The texts of a value, which may be a list, without Qt's quotes and escapes; None if any is not plain text."""
    items, place = [], 0
    while place < len(value):
        found = _ITEM.match(value, place)
        if found is None:
            return None
        inner = found[2].strip() if found[1] is None else found[1]
        place = found.end()
        if inner.startswith("@"):  # bytes and objects
            return None
        if inner:
            items.append(_ESCAPE.sub(_unescaped, inner))
    return items


def _unescaped(escape: re.Match[str]) -> str:
    return chr(int(escape[1], 16)) if escape[1] else {"n": "\n", "t": "\t"}.get(escape[2], escape[2])
