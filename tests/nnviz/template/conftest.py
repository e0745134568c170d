"""For the tests of the template: it is registered and described, as its copy will be."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import nnviz.cards
from nnviz.cards import registry
from nnviz.window import help_texts
from tests.engine.helpers import restored_later

TEMPLATE = Path(__file__).parent


@pytest.fixture(autouse=True)
def copied(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """Does what CONTRIBUTING.md asks for: the folder, the line in the registry, the text of F1."""
    for workspace in registry.WORKSPACES:  # modules register their cards once
        registry.register_cards(workspace)
    restored_later(monkeypatch, registry.CARDS)
    monkeypatch.setattr(nnviz.cards, "__path__", [*nnviz.cards.__path__, str(TEMPLATE / "nnviz" / "cards")])
    modules = (*registry._MODULES["inside"], "confidence.card")
    monkeypatch.setitem(registry._MODULES, "inside", modules)
    texts = [file.read_text(encoding="utf-8") for file in (help_texts.FILE, TEMPLATE / "help.md")]
    (tmp_path / "help.md").write_text("\n".join(texts), encoding="utf-8")
    monkeypatch.setattr(help_texts, "FILE", tmp_path / "help.md")
    help_texts.texts.cache_clear()
    yield
    help_texts.texts.cache_clear()
    for name in [name for name in sys.modules if name.startswith("nnviz.cards.confidence")]:
        del sys.modules[name]
