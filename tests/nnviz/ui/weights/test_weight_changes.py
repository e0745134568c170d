"""The words about how far weights have moved."""

from __future__ import annotations

import numpy as np
from PyQt5.QtGui import QTextLayout, QTextOption
from PyQt5.QtWidgets import QApplication

from nnviz.ui.weights.weight_changes import moved_text


def test_a_broken_line_keeps_a_number_and_its_percent_sign_together(qapp: QApplication) -> None:
    words = moved_text(np.ones(4), np.full(4, 1.777))
    assert words.split()[:4] == ["weights", "differ", "by", "77.7"]
    layout = QTextLayout(words)
    layout.setTextOption(QTextOption())
    layout.beginLayout()
    lines = []
    while (line := layout.createLine()).isValid():
        line.setLineWidth(1)  # a line for each piece that cannot be broken
        lines.append(words[line.textStart() : line.textStart() + line.textLength()].split())
    layout.endLayout()
    assert ["77.7", "%"] in lines


def test_weights_that_were_all_0_have_no_share() -> None:
    assert moved_text(np.zeros(3), np.ones(3)) == "weights were all 0"
