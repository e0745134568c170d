"""Where a painted text stands in its box: the flags of ``QPainter.drawText``, which Qt types as a plain number.

Each but ``TOP_…`` and ``BOTTOM_…`` is centred vertically. Combine them with flags of the text by ``|``.
"""

from typing import cast

from PyQt5.QtCore import Qt

_SIDE, _TEXT = Qt.AlignmentFlag, Qt.TextFlag

LEFT = cast(int, _SIDE.AlignLeft | _SIDE.AlignVCenter)
RIGHT = cast(int, _SIDE.AlignRight | _SIDE.AlignVCenter)
CENTER = cast(int, _SIDE.AlignCenter)
TOP_LEFT = cast(int, _SIDE.AlignLeft | _SIDE.AlignTop)
TOP_RIGHT = cast(int, _SIDE.AlignRight | _SIDE.AlignTop)
BOTTOM_LEFT = cast(int, _SIDE.AlignLeft | _SIDE.AlignBottom)
BOTTOM_RIGHT = cast(int, _SIDE.AlignRight | _SIDE.AlignBottom)
TOP = cast(int, _SIDE.AlignHCenter | _SIDE.AlignTop)
BOTTOM = cast(int, _SIDE.AlignHCenter | _SIDE.AlignBottom)
