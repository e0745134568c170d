"""The input part of the stage: the current input as a canvas, an image, a form, a plane or a curve."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PyQt5.QtCore import QMimeData, QSize, Qt
from PyQt5.QtGui import QResizeEvent
from PyQt5.QtWidgets import QApplication, QHBoxLayout, QLabel, QLayout, QSizePolicy, QToolButton, QVBoxLayout, QWidget

from engine.datasets.dataset import PICTURE
from nnviz.cards.stage.draw.draw_canvas import DrawCanvas
from nnviz.cards.stage.draw.input_form import InputForm
from nnviz.cards.stage.draw.input_menu import InputMenu, order_tabs, tab_stops
from nnviz.cards.stage.draw.keep_popup import KeepPopup
from nnviz.cards.stage.draw.picture_box import PictureBox
from nnviz.cards.stage.draw.value_form import ValueForm
from nnviz.cards.stage.part import StagePart
from nnviz.cards.stage.plane.curve_input import CurveInput
from nnviz.cards.stage.plane.dot_legend import DotLegend
from nnviz.cards.stage.plane.plane_input import PlaneInput
from nnviz.cards.stage.plane.surface_input import SurfaceInput
from nnviz.session.example_text import draw_request, example_noun, input_title, origin_texts
from nnviz.session.messages import Message
from nnviz.session.session import Session
from nnviz.session.undo import Kind
from nnviz.ui import theme
from nnviz.ui.card import Table, label
from nnviz.ui.elided_label import ElidedLabel
from nnviz.ui.parts import arranged, named, tool

# Pixels: the least side of a canvas, the side below which its tools give way, and likewise for a plane or a curve.
_LEAST, _TIGHT, _TIGHT_SURFACE = 120, 150, 200
_CANVAS, _SURFACE, _FORM = 230, 366, 272  # pixels: the largest side of a canvas, of a plane, and the width of a form
_HEAD, _FOOT, _FIELDS = 26, 26, 32  # pixels: the rows above and below the input, and a row of fields below it
_GAP, _BETWEEN = 4, 2  # pixels above and below the input, and between tools
_WIDE = 100  # the stretch of a form; that of the gap in a row is 1
_EDGE = 4  # pixels by which the words of buttons are inset; the input is, too
_BOX_TIP = "Shows the image as the input of the network. Drop or paste another one here."
_PASTE_TIP = "Replaces the input by the image in the clipboard (Ctrl+V)."
_PAINT_TIP = "Paints points of your own, from which the network learns at once."


@dataclass
class ToolRows:
    """The tools above and below an input and those in its menu.

    Attributes:
        head, foot: the first at the left, the others at the right.
        menu: from the top.
        leaving: what goes into the menu if a row is too narrow, in this order; title and legend are left out.
    """

    head: list[QWidget]
    foot: list[QWidget]
    menu: list[QWidget]
    leaving: Sequence[QWidget]

    def fit(self, width: int) -> None:
        """Moves tools into the menu until both rows fit into a width."""
        for row in (self.head, self.foot):
            for each in self.leaving:
                if _width(row) > width and each in row:
                    row.remove(each)
                    if not isinstance(each, QLabel | DotLegend):
                        self.menu.insert(0, each)


class InputPart(StagePart):
    """Shows the session's input in a way that suits the data, and passes changes to the session.

    Attributes:
        drawing: the canvas with its tools.
        canvas, pen: of the drawing; hidden for data that are not drawn.
        form: for rows, points and numbers.
        box: for images of another size than the canvas makes.
        surface: the plane or the curve, for data that lie on it; made when such data come first.
        keeping: the popup that keeps the input as a user example.
        menu: the popup of the further tools.
    """

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self.setAccessibleName("Input")
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Preferred)
        self.drawing = DrawCanvas(session)
        self.canvas, self.pen = self.drawing.canvas, self.drawing.pen
        self.form = InputForm(session)
        self.box = named(PictureBox(), "askedPicture", "Current input", _BOX_TIP)
        self.box.dropped.connect(lambda given: self._load(given, "the dropped image"))
        self.surface: SurfaceInput | None = None
        self._surfaces: dict[type[SurfaceInput], SurfaceInput] = {}
        self._make_tools()
        self._make_rows()
        self._failure: Message | None = None  # the message that a picture could not be read
        for signal in (session.pictures.read, session.pictures.resized):
            signal.connect(lambda _: session.messages.withdraw(self._failure))  # it is out of date
        session.pictures.failed.connect(self._picture_failed)
        for signal in (session.question.changed, session.sketch.changed):
            signal.connect(self._follow)
        session.undo.changed.connect(self._show_useful)
        self.form.rows_made.connect(self._follow_rows)
        session.painting.changed.connect(self._follow_painting)
        session.data.views.add(self._data_changed)
        theme.changed.connect(self._fit)
        self._data_changed()

    def _make_tools(self) -> None:
        self.title = named(label("", "title"), "inputTitle")
        self.title.setContentsMargins(_EDGE, 0, _EDGE, 0)
        self.caption_label = named(ElidedLabel(role="muted"), "seenLabel")
        self.caption_label.setContentsMargins(_EDGE, 0, 0, 0)
        self.random_button = tool("Random", "randomDigitButton", "", "")
        self.random_button.clicked.connect(self.show_random_digit)
        tip = "Undoes the last step on the canvas (Ctrl+Backspace)."
        self.undo_button = tool("Undo stroke", "undoStrokeButton", "Undo stroke", tip)
        theme.set_icon(self.undo_button, "undo-2", "muted")
        self.undo_button.clicked.connect(self._session.sketch.undo_stroke)
        self.clear_button = tool("Clear", "clearButton", "", "")
        self.clear_button.clicked.connect(self.clear)
        self.paint_button = tool("Paint points", "paintInputButton", "Paint points", _PAINT_TIP)
        self.paint_button.clicked.connect(self._session.painting.begin)
        self.paste_button = tool("Paste image", "pasteButton", "Paste image", _PASTE_TIP)
        self.paste_button.clicked.connect(self.paste)
        self.menu = InputMenu(self)
        self.keeping = KeepPopup(self._session, self, self.menu.button)
        buttons = [self.random_button, self.clear_button, self.paint_button, self.paste_button, self.keeping.button]
        for button in (*buttons, self.undo_button, self.menu.button):
            button.setProperty("role", "quiet")
        for button in (*buttons, self.undo_button, self.drawing.pen_button, self.drawing.eraser_button):
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            button.clicked.connect(self.menu.hide)

    def _make_rows(self) -> None:
        """Makes the rows above and below the input, which take their tools when these are known."""
        self._block, self._head, self._foot = QWidget(), QWidget(), QWidget()
        for row in (self._head, self._foot):
            arranged(QHBoxLayout(row), spacing=_BETWEEN)
        self._middle = arranged(QHBoxLayout(), self.drawing, self.box, margins=(_EDGE, 0, _EDGE, 0))
        arranged(QVBoxLayout(self._block), self._head, self._middle, self._foot, spacing=_GAP)
        arranged(QVBoxLayout(self), 1, arranged(QHBoxLayout(), 1, self._block, 1), 1)
        self.layout().setSizeConstraint(QLayout.SizeConstraint.SetNoConstraint)  # it may be smaller than its content
        self._placed: tuple[Sequence[QWidget], ...] = ()  # what the rows, the middle and the menu hold
        self._room_of_tools = QSize(0, 0)  # for painting
        self._is_presented = False

    def _all_tools(self) -> list[QWidget]:
        drawing, surface = self.drawing, self.surface
        return [
            *(self.title, self.caption_label, self.form, self.random_button, self.undo_button, self.clear_button),
            *(drawing.tools, drawing.pen_row, drawing.centre),
            *(self.paint_button, self.paste_button, self.keeping.button, self.menu.button),
            *([] if surface is None else [surface.key, surface.tests, *surface.options]),
        ]

    # ---- actions

    @property
    def is_drawn(self) -> bool:
        """Whether one draws."""
        return self._session.question.is_drawn

    @property
    def takes_pictures(self) -> bool:
        """Whether images can be pasted."""
        data = self._session.data.dataset
        return data is None or data.kind == PICTURE

    @property
    def noun(self) -> str:
        """The word for an input: "digit", "row", …"""
        return example_noun(self._session.data.dataset)

    def clear(self) -> None:
        """Clears the canvas, or sets back the row that was changed; can be undone."""
        if not self.is_drawn:
            self._session.question.reset()
        elif not self.canvas.is_empty:
            self._session.sketch.replace("clear", ())

    def toggle_eraser(self) -> None:
        self.drawing.toggle_eraser()

    def paste(self) -> None:
        """Replaces the image by the clipboard's; undoable. A message says why if that fails."""
        self._load(QApplication.clipboard().mimeData(), "the clipboard")

    def _load(self, given: QMimeData | None, giver: str) -> None:
        if not self.takes_pictures:
            return
        data = self._session.data.dataset
        shape = None if self.is_drawn or data is None else (data.example_shape[0], data.example_shape[1])
        self._session.pictures.load(given, giver, shape)

    @property
    def can_pick(self) -> bool:
        """Whether there are examples to pick from."""
        return self._session.data.dataset is not None

    def show_random_digit(self) -> None:
        """Makes a random example of the test set, or of the training set without one, the input; undoable."""
        self._session.question.set_random_example(f"test {self.noun}")

    def _picture_failed(self) -> None:
        """Stores the session's message, to dismiss it when the next image is read."""
        self._failure = self._session.messages.current

    # ---- display

    def _follow(self) -> None:
        """Shows the session's example, unless it is drawn: then the canvas follows by itself."""
        if not self.is_drawn and self.in_view:
            self.form.follow()
            self._show_box()
            self.caption_label.show_versions(*origin_texts(self._session))
            self.title.setToolTip(self.caption_label.text())
        self._show_title()
        self.clear_button.setVisible(self._can_clear)

    def _show_title(self) -> None:
        question = self._session.question
        words = input_title(self._session.data.dataset, question.label if self.is_drawn else None)
        if self.is_drawn:
            self.title.setToolTip("" if question.is_own else origin_texts(self._session)[0])
        if words != self.title.text():
            self.title.setText(words)
            self._fit()

    def _show_box(self) -> None:
        data, example = self._session.data.dataset, self._session.question.example
        if data is not None and data.kind == PICTURE and example is not None:
            self.box.show_picture(example.reshape(data.example_shape))

    @property
    def _can_clear(self) -> bool:
        return not self.canvas.is_empty if self.is_drawn else self._session.question.origin is None

    def _show_useful(self) -> None:
        """Shows those tools that have an effect."""
        session, surface = self._session, self.surface
        data = session.data.dataset
        others = not self._is_presented  # than *Clear*
        self.undo_button.setVisible(others and self.is_drawn and session.undo.last(Kind.DRAWING) is not None)
        self.clear_button.setVisible(self._can_clear)
        self.random_button.setEnabled(self.can_pick)
        self.paint_button.setVisible(others and session.painting.can_begin and not session.painting.is_on)
        if surface is not None:
            surface.tests.setVisible(others and data is not None and data.test is not None)

    def _data_changed(self) -> None:
        """Shows the widgets for the new data set."""
        data, is_drawn = self._session.data.dataset, self.is_drawn
        self._show_surface()
        self.drawing.setVisible(is_drawn)
        self.box.setVisible(self._is_picture)
        self.canvas.set_hint(f"{draw_request(data).capitalize()} here")
        self._name_buttons()
        self._room_of_tools = self._wanted_room()
        self._fit()
        self._follow()
        self._show_useful()

    def _show_surface(self) -> None:
        """Shows the plane or the curve of the data, or neither. Each is made when there are such data first."""
        data = self._session.data.dataset
        kind = None
        if data is not None:
            kind = PlaneInput if data.is_plane else CurveInput if data.is_curve else None
        if kind is not None and kind not in self._surfaces:
            made = self._surfaces[kind] = kind(self._session)
            made.hide()
            self._middle.addWidget(made)
        wanted = None if kind is None else self._surfaces[kind]
        if wanted is self.surface:
            return
        if self.surface is not None:
            self.surface.set_in_view(False)
            for each in (self.surface, self.surface.key, self.surface.tests, *self.surface.options):
                each.hide()
        self.surface = wanted
        if wanted is not None:
            wanted.show()
            wanted.set_in_view(self.in_view)

    def _name_buttons(self) -> None:
        noun, is_drawn = self.noun, self.is_drawn
        tip = f"Resets your changes to this {noun}. Undo restores them."
        if is_drawn:
            tip = "Clears the canvas. Undo restores the drawing."
        self.clear_button.setText("Clear" if is_drawn else "Reset")
        named(self.clear_button, "clearButton", "Clear the canvas" if is_drawn else f"Reset the {noun}", tip)
        tip = f"Shows a random {noun} of the test set, which the network has never learned from (Ctrl+T)."
        named(self.random_button, "randomDigitButton", f"Random test {noun}", tip)
        self.random_button.setText(f"Random test {noun}")

    def _follow_rows(self) -> None:
        """Fits the rows of the form for other data."""
        self._fit()
        self._order_tabs()

    def _wanted_room(self) -> QSize:
        return QSize(0, 0) if self.surface is None else self.surface.room_of_tools()

    def _follow_painting(self) -> None:
        """Makes room for the tools for painting, or takes their room again."""
        room = self._wanted_room()
        if room != self._room_of_tools:
            self._room_of_tools = room
            self._fit()
        self._show_useful()

    def set_in_view(self, in_view: bool) -> None:
        super().set_in_view(in_view)
        if self.surface is not None:
            self.surface.set_in_view(in_view)

    def invalidate(self) -> None:
        super().invalidate()
        for surface in self._surfaces.values():
            surface.invalidate()

    def adapt(self) -> None:
        self.drawing.setEnabled(self.is_drawn)  # no stroke until it is gone

    def refresh(self) -> None:
        self._follow()

    def table(self) -> Table | None:
        """Returns what the plane or the curve shows."""
        return None if self.surface is None else self.surface.table()

    # ---- sizes

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def sizeHint(self) -> QSize:
        """Returns the width that the input takes at the present height, and the height that it takes at most."""
        return QSize(self._width_at(self.height()), self._most + self._height_of_rows)

    def minimumSizeHint(self) -> QSize:
        if self._has_form:
            least = self.form.minimumSizeHint()
            return QSize(least.width() + 2 * _EDGE, least.height() + self._height_of_rows)
        tools = self._room_of_tools
        rows = theme.px(_HEAD) + _GAP if self._may_be_tight else self._height_of_rows
        return QSize(_LEAST + tools.width() + 2 * _EDGE, max(_LEAST, tools.height()) + rows)

    @property
    def _has_form(self) -> bool:
        """Whether a form is the input, and not only below it."""
        return self.surface is None and not self.takes_pictures

    @property
    def _is_picture(self) -> bool:
        """Whether an image is the input that one does not draw."""
        return self.takes_pictures and not self.is_drawn

    @property
    def _most(self) -> int:
        """The largest side of what is shown."""
        most = _CANVAS if self.surface is None else _SURFACE
        if self._is_presented:
            return theme.px(most)
        return most if self.surface is not None else round(most * (theme.text_size() / 100) ** 0.5)

    @property
    def _height_of_foot(self) -> int:
        return theme.px(_FOOT if self.surface is None else _FIELDS)

    @property
    def _height_of_rows(self) -> int:
        return theme.px(_HEAD) + self._height_of_foot + 2 * _GAP

    def _width_at(self, height: int) -> int:
        """Returns the width that the part takes at a height."""
        if self._has_form:
            return max(theme.px(_FORM), self.form.minimumSizeHint().width()) + 2 * _EDGE
        return self._side(self._most, height) + self._room_of_tools.width() + 2 * _EDGE

    @property
    def _may_be_tight(self) -> bool:
        """Whether what is shown may do without tools below it: not an image, and not while points are painted."""
        return not self._is_picture and self._room_of_tools.isEmpty()

    def _is_tight(self, width: int, height: int) -> bool:
        """Whether canvas, plane or curve get so little room that they have no tools below them."""
        least = _TIGHT if self.is_drawn else _TIGHT_SURFACE
        return self._may_be_tight and min(width, height - self._height_of_rows) < least

    def _side(self, width: int, height: int) -> int:
        """Returns the side of canvas, picture, plane or curve, for the width that it may take and the whole height."""
        rows = theme.px(_HEAD) + _GAP if self._is_tight(width, height) else self._height_of_rows
        return max(_LEAST, min(width, height - rows, self._most))

    def _fit(self) -> None:
        """Sizes the input for the present room, and places its tools."""
        width, tools = min(self.width(), self._width_at(self.height())), self._room_of_tools
        self._block.setFixedWidth(width)
        self._head.setFixedHeight(theme.px(_HEAD))
        self._foot.setFixedHeight(self._height_of_foot)
        across = width - 2 * _EDGE - tools.width()
        side = self._side(across, self.height())
        self.drawing.setFixedSize(side, side)
        self.box.setFixedSize(self._picture_size(side))
        for surface in self._surfaces.values():
            surface.setFixedSize(side + tools.width(), max(side, tools.height()))
        rows = self._rows(self._is_tight(across, self.height()))
        rows.fit(width)
        self._place(rows)
        self.updateGeometry()
        self.layout().activate()

    def _picture_size(self, side: int) -> QSize:
        """Returns the size of the data's pictures within a square."""
        data = self._session.data.dataset
        if data is None or data.kind != PICTURE:
            return QSize(side, side)
        height, width = data.example_shape[:2]
        return QSize(width, height).scaled(side, side, Qt.AspectRatioMode.KeepAspectRatio)

    def set_presented(self, is_presented: bool) -> None:
        """Leaves out all tools but *Clear*, or shows them."""
        self._is_presented = is_presented
        self._fit()

    def _rows(self, is_tight: bool) -> ToolRows:
        """Returns where the tools are if all rows are wide enough."""
        title, clear, random, keep = self.title, self.clear_button, self.random_button, self.keeping.button
        more, drawing, surface = self.menu.button, self.drawing, self.surface
        if self._is_presented:
            return ToolRows([title, clear], [], [], [title])
        if self.is_drawn:
            menu: list[QWidget] = [drawing.pen_row, drawing.centre, self.paste_button, keep]
            leaving = [random, drawing.tools, self.undo_button, title]
            if is_tight:
                return ToolRows([title, clear, more], [], [self.undo_button, drawing.tools, random, *menu], leaving)
            return ToolRows([title, self.undo_button, clear], [drawing.tools, random, more], menu, leaving)
        if surface is None:
            menu = [self.paste_button, keep] if self.takes_pictures else [keep]
            return ToolRows([title, random], [self.caption_label, clear, more], menu, [random])
        menu = [random, clear, *surface.options, keep]
        leaving = [surface.tests, self.form, surface.key, self.paint_button, title]
        if is_tight:
            return ToolRows(
                [title, surface.key, more], [], [self.form, surface.tests, self.paint_button, *menu], leaving
            )
        return ToolRows([title, surface.key, self.paint_button], [self.form, surface.tests, more], menu, leaving)

    def _place(self, rows: ToolRows) -> None:
        """Puts the tools where they belong, unless they are there."""
        wanted = rows.head, [self.form] if self._has_form else [], rows.foot, rows.menu
        if wanted == self._placed:
            return
        self._placed = wanted
        self.menu.hold(rows.menu)
        for row, tools in ((self._head, rows.head), (self._foot, rows.foot)):
            _fill(row, tools)
        if self._has_form:
            self._middle.addWidget(self.form)
        placed = [each for tools in wanted for each in tools]
        for each in self._all_tools():
            if each.parent() is None:
                each.setParent(self._block)
            each.setVisible(each in placed)
        self._order_tabs()
        self._foot.setVisible(bool(rows.foot))
        style = Qt.ToolButtonStyle
        in_menu = self.undo_button in rows.menu
        self.undo_button.setToolButtonStyle(style.ToolButtonTextOnly if in_menu else style.ToolButtonIconOnly)
        self._show_useful()

    def _order_tabs(self) -> None:
        """Lets Tab go from the canvas through the head, the input and the foot, whatever was made or moved last."""
        head, form, foot, _ = self._placed
        middle = [] if self.surface is None else [self.surface]
        order_tabs([self.canvas, *tab_stops([*head, *form, *middle, *foot])])


def _width(row: Sequence[QWidget]) -> int:
    """Returns the width that tools need side by side."""
    hints = [each.minimumSizeHint() for each in row]
    needed = [(hint if hint.isValid() else each.sizeHint()).width() for hint, each in zip(hints, row, strict=True)]
    return sum(needed) + _BETWEEN * max(0, len(row) - 1)


def _fill(row: QWidget, tools: Sequence[QWidget]) -> None:
    """Puts tools into a row: the first at its left unless it is a button, the others at its right."""
    layout = row.layout()
    assert isinstance(layout, QHBoxLayout)
    while layout.count():
        layout.takeAt(0)
    gap = 0 if tools and isinstance(tools[0], QToolButton) else 1  # the place of the gap
    for number, each in enumerate(tools):
        if number == gap:
            layout.addStretch(1)
        layout.addWidget(each, _WIDE if isinstance(each, ValueForm) else 0)
