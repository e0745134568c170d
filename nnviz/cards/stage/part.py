"""What the parts of the stage have in common."""

from __future__ import annotations

from PyQt5.QtWidgets import QWidget

from nnviz.ui.card import LazyView


class StagePart(QWidget, LazyView):
    """A part of the stage, which follows the session only while it is in view.

    Attributes:
        needs: names of the session's queries whose results it needs while it is in view.
    """

    needs: tuple[str, ...] = ()

    def set_in_view(self, in_view: bool) -> None:
        """Sets whether the part can be seen. Called by the stage."""
        self.in_view = in_view
        if in_view:
            self._catch_up()
