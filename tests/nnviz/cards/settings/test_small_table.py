"""The small table of a data set's first rows."""

from __future__ import annotations

from PyQt5.QtGui import QFontMetrics
from pytestqt.qtbot import QtBot

from nnviz.cards.settings.small_table import SmallTable
from nnviz.ui import theme


def test_a_long_name_takes_what_room_there_is(qtbot: QtBot) -> None:
    table = SmallTable()
    qtbot.addWidget(table)
    table.resize(260, 80)
    long = "consumption (kWh)"
    needed = QFontMetrics(theme.font(theme.SMALL, bold=True)).horizontalAdvance(long)
    assert needed > 260 // 3
    table.show_rows([long, "a name of middle", "x" * 40], [["1", "2", "3"]], [True, False, False])
    assert table.shown == 2
    assert table._widths()[0] == needed
