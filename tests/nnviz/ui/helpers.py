"""What the tests of the curves share: a plot on the screen, and where something lies in it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from xml.etree import ElementTree

import pyqtgraph as pg
from PyQt5.QtCore import QBuffer, QPointF, Qt
from PyQt5.QtGui import QFontMetrics, QTextDocumentFragment
from PyQt5.QtSvg import QSvgGenerator
from PyQt5.QtWidgets import QApplication, QLabel, QWidget
from pytestqt.qtbot import QtBot

from engine.training.history import Curve
from nnviz.cards.curves.curve_plot import CurvePlot
from nnviz.ui import theme
from nnviz.ui.plots.curve_axes import epoch_marks, epoch_texts
from tests.nnviz.helpers import find


def shown_plot(qtbot: QtBot, app: QApplication, curves: Mapping[str, Curve], epochs: int) -> CurvePlot:
    """A plot in the dark theme, 744 × 300, with these curves of a run of a given number of epochs, on a linear axis."""
    theme.apply(app, "dark")
    plot = CurvePlot()
    qtbot.addWidget(plot)
    plot.resize(744, 300)
    plot.set_axes(is_log=True, is_root=False)
    plot.show()
    plot.show_curves(curves, epochs)
    return plot


def ranges(plot: CurvePlot) -> tuple[list[float], list[float]]:
    """Epochs, and percent."""
    x, y = plot.getPlotItem().getViewBox().viewRange()
    return [plot.axes.epoch(at) for at in x], [10**value for value in y]


def pixel(plot: CurvePlot, epoch: float, height: float) -> tuple[float, float]:
    """Where that lies in the widget; the height is as the axis has it, a decimal logarithm of percent."""
    place = QPointF(float(plot.axes.across(epoch)), height)
    at = plot.mapFromScene(plot.getPlotItem().getViewBox().mapViewToScene(place))
    return at.x(), at.y()


def place_of(plot: CurvePlot, epoch: float, percent: float = 10) -> tuple[float, float]:
    """The same for percent."""
    return pixel(plot, epoch, math.log10(percent))


def left_axis(plot: CurvePlot) -> pg.AxisItem:
    """The axis of values."""
    return plot.getPlotItem().getAxis("left")


def epochs_under(plot: CurvePlot) -> list[str]:
    """The epochs that have a number under the plot."""
    return epoch_texts(plot.axes, epoch_marks(plot.axes, plot.view[0], plot.plot_area().width()))


def cross(plot: pg.PlotWidget, angle: int = 90) -> pg.InfiniteLine:
    """The dotted line through the place under the mouse: the upright one, or with 0 the level one."""
    lines = [item for item in plot.getPlotItem().items if isinstance(item, pg.InfiniteLine) and item.angle == angle]
    playhead = [plot.playhead.line, plot.playhead.second] if isinstance(plot, CurvePlot) else []
    (line,) = (line for line in lines if line not in playhead)
    return line


def read_out(plot: QWidget) -> QLabel:
    """The small sheet beside the mouse."""
    return find(plot, QLabel, "readOut")


def said(plot: QWidget) -> str:
    """The text of the read-out, without colours."""
    label = read_out(plot)
    if label.textFormat() == Qt.TextFormat.PlainText:
        return label.text()
    return QTextDocumentFragment.fromHtml(label.text()).toPlainText().replace("\u00a0", " ")


def painted_words(widget: QWidget) -> list[tuple[str, QPointF]]:
    """The words that it paints, and where the left end of each stands, half its capitals' height above the foot."""
    data = QBuffer()
    picture = QSvgGenerator()
    picture.setOutputDevice(data)
    picture.setResolution(96)
    picture.setSize(widget.size())
    widget.render(picture)
    font = QFontMetrics(theme.font(theme.SMALL))
    middle = (font.ascent() - font.descent()) / 2
    texts = ElementTree.fromstring(bytes(data.data())).iter("{http://www.w3.org/2000/svg}text")
    return [(text.text or "", QPointF(float(text.attrib["x"]), float(text.attrib["y"]) - middle)) for text in texts]
