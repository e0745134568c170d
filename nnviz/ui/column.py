"""Scroll areas: for a column of widgets, and for the content of a card."""

from __future__ import annotations

from PyQt5.QtCore import QEvent, QObject, QPoint, QSize, Qt, QTimer
from PyQt5.QtGui import QHideEvent, QKeyEvent, QResizeEvent, QShowEvent
from PyQt5.QtWidgets import QFrame, QScrollArea, QScrollBar, QWidget

from nnviz.ui.parts import named

_BAR = 4
_SHOWN = 600  # milliseconds that the bar is shown after scrolling
_AIR = 8  # free pixels below a widget that was scrolled into view


class _Scroll(QScrollArea):
    """Leaves the arrows to the left and right, which move through time, to the window."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.setObjectName(name)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Left, Qt.Key.Key_Right):
            event.ignore()
        else:
            super().keyPressEvent(event)


class ScrollColumn(_Scroll):
    """Its scroll bar lies over the right padding of the cards and is visible briefly while it scrolls."""

    def __init__(self, name: str, content: QWidget) -> None:
        super().__init__(name)
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._bar = named(QScrollBar(Qt.Orientation.Vertical, self), "columnScrollBar")
        self._bar.hide()
        self._shown = QTimer(self)
        self._shown.setSingleShot(True)
        self._shown.setInterval(_SHOWN)
        self._shown.timeout.connect(self._hide_bar)
        self._bar.valueChanged.connect(self.verticalScrollBar().setValue)
        self.verticalScrollBar().valueChanged.connect(self._bar.setValue)
        self.verticalScrollBar().valueChanged.connect(self._show_bar)
        self.verticalScrollBar().rangeChanged.connect(self._fit)
        self.setWidget(content)
        self._fit()

    def _fit(self, *_: int) -> None:
        within = self.verticalScrollBar()
        self._bar.setRange(within.minimum(), within.maximum())
        self._bar.setPageStep(within.pageStep())
        self._bar.setSingleStep(within.singleStep())
        self._bar.setValue(within.value())
        self._bar.setGeometry(self.width() - _BAR - 2, 4, _BAR, self.height() - 8)
        self._bar.raise_()
        self._show_bar()

    def _show_bar(self) -> None:
        """Shows the bar for a moment, if there is something to scroll."""
        if self.isVisible() and self._bar.maximum() > self._bar.minimum():
            self._bar.show()
            self._shown.start()
        else:
            self._bar.hide()

    def _hide_bar(self) -> None:
        if self._bar.isSliderDown() or self._bar.underMouse():
            self._shown.start()
        else:
            self._bar.hide()

    def minimumSizeHint(self) -> QSize:
        """Returns the width that the content needs, so that it scrolls only up and down."""
        return QSize(self.widget().minimumSizeHint().width(), super().minimumSizeHint().height())

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Updates the width hint when the content needs another width."""
        done = super().eventFilter(watched, event)
        if event.type() == QEvent.Type.LayoutRequest and watched is self.widget():
            self.updateGeometry()
        return done

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._show_bar()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._shown.stop()
        self._bar.hide()

    def show_whole(self, widget: QWidget) -> None:
        """Scrolls as little as needed to show the whole widget, or its top if it is higher than the column."""
        content = self.widget()
        content.layout().activate()
        content.adjustSize()
        top = widget.mapTo(content, QPoint(0, 0)).y()
        needed = widget.heightForWidth(widget.width()) if widget.hasHeightForWidth() else widget.sizeHint().height()
        bottom = top + needed + _AIR
        bar, height = self.verticalScrollBar(), self.viewport().height()
        bar.setValue(min(max(bar.value(), bottom - height), top))


class CardScroll(_Scroll):
    """The content of a card. It asks for the room that the content needs, and scrolls if it gets less."""

    def __init__(self, content: QWidget) -> None:
        super().__init__("cardScroll")
        self.setCornerWidget(QWidget())  # else a frame is painted between two scroll bars
        self.setWidget(content)

    @property
    def _least_content(self) -> QSize:
        return self.widget().minimumSizeHint().expandedTo(self.widget().minimumSize())

    def sizeHint(self) -> QSize:
        return self.widget().sizeHint()

    def minimumSizeHint(self) -> QSize:
        return self._least_content

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Updates the size hint when the content needs another size."""
        done = super().eventFilter(watched, event)
        if event.type() == QEvent.Type.LayoutRequest and watched is self.widget():
            self.updateGeometry()
            self._fit_content()
        return done

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit_content()

    def _fit_content(self) -> None:
        """Makes the content as large as the card, but at least as it needs to be.

        With ``widgetResizable`` a content with wrapped texts would scroll below its preferred height already.
        """
        self.widget().resize(self.viewport().size().expandedTo(self._least_content))
