"""The page "Step through": one training step, forward and backward, with every number and its formula."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from PyQt5.QtCore import Qt
from PyQt5.QtGui import QKeySequence, QMouseEvent
from PyQt5.QtWidgets import QHBoxLayout, QShortcut, QStackedWidget

from engine.explain.formulas import Address, Formula, all_terms
from engine.explain.step_trace import BIAS, StepTrace
from nnviz.cards.registry import CARDS, CardInfo
from nnviz.cards.step_through.content import StepContent, StepPosition, check_text
from nnviz.cards.step_through.controls import StepChooser
from nnviz.cards.step_through.highlighting import StepHighlighting
from nnviz.cards.step_through.model import StepThrough
from nnviz.cards.step_through.names import StepNames, names_of
from nnviz.cards.step_through.navigation import (
    PathStop,
    StepPhase,
    StepStage,
    Visit,
    VisitHistory,
    all_stages,
    next_stop,
    stage_number,
)
from nnviz.cards.step_through.number_rows import NO_ROWS
from nnviz.cards.step_through.number_text import figure
from nnviz.cards.step_through.opened_formula import OpenedFormula
from nnviz.cards.step_through.past_notes import PastNote, StepPlaceholder
from nnviz.cards.step_through.stage_path import PathStage
from nnviz.cards.step_through.view import StepWidgets
from nnviz.session.selection import Neuron
from nnviz.session.session import Session
from nnviz.ui.card import Table
from nnviz.ui.pages import Page
from nnviz.ui.parts import arranged

_HEADINGS = {StepPhase.FORWARD: "forward", StepPhase.BACKWARD: "backward", StepPhase.UPDATE: "update"}


class StepThroughPage(Page):
    """Shows the path through the step at the left, a layer's numbers in the middle, and one formula at the right.

    The page makes its widgets when it is first shown.
    """

    def __init__(self, session: Session) -> None:
        super().__init__(
            "Step through",
            "stepThroughTab",
            "Shows one training step with its real numbers: forward pass, loss, backward pass, update.",
        )
        self.setObjectName("stepThroughPage")
        self._session, self._model = session, session.models[StepThrough]
        self._shape: tuple[int, ...] = ()
        self._stage = 0
        self._neurons: dict[int, int] = {}  # the chosen neuron of each layer
        self._source: int | None = None  # of an update; None for the parameter that changes most
        self._row = 0
        self._line: int | None = None  # the formula whose terms are shown; None for the last sum
        self._content: StepContent | None = None
        self._is_going_back = False

    def _make(self) -> None:
        session = self._session
        self.parts, self.which = StepWidgets(), StepChooser(self._model)
        self._pointing, self._trail = StepHighlighting(self.parts, session.selection), VisitHistory()
        self.note, self.nothing = PastNote(session, self._model), StepPlaceholder(self._model.past_batch)
        self._stack = QStackedWidget()
        for each in (self.parts, self.nothing):
            self._stack.addWidget(each)
        self.body.addWidget(self.note)
        self.body.addWidget(self._stack, 1)
        arranged(QHBoxLayout(self.aside), self.which)
        self._connect()

    def _connect(self) -> None:
        self._model.changed.connect(self.refresh)
        self._model.checked.connect(self._show_result)
        self._session.selection.neuron_changed.connect(self._follow)
        self.parts.path.picked.connect(self.go_to)
        self.parts.path.stepped.connect(self.walk)
        self.parts.walking.previous.clicked.connect(lambda: self.walk(False))
        self.parts.walking.next.clicked.connect(lambda: self.walk(True))
        self.parts.numbers.picked.connect(self._pick)
        self.parts.lines.picked.connect(self._choose_line)
        self.parts.terms.picked.connect(self._walk_from_term)
        self.parts.board.picked.connect(self._walk_from_cell)
        self.parts.neuron.box.valueChanged.connect(lambda value: self._choose_neuron(value - 1))
        self.parts.example.box.valueChanged.connect(lambda value: self._choose_row(value - 1))
        self.parts.temperature.slider.valueChanged.connect(lambda _: self._show())
        self.parts.check.clicked.connect(self._check)
        self.parts.take.clicked.connect(self._model.take)
        self.parts.back.clicked.connect(self.go_back)
        self.parts.undo.clicked.connect(self._session.undo.undo)
        for signal in (self._session.undo.changed, self._model.effects.changed):
            signal.connect(self._show_effects)
        for keys in (Qt.Key.Key_Backspace, Qt.Modifier.ALT | Qt.Key.Key_Left):
            QShortcut(QKeySequence(keys), self, self.go_back)

    # ---- display

    def set_in_view(self, in_view: bool) -> None:
        """Records steps only while the page is in view. A hidden page keeps none, since a step may be large."""
        if self._content is not None:
            self._stay(self._content.position)
        self._content = self._pointing.opened = None
        for each in (self.parts.numbers, self.parts.lines, self.parts.terms):
            each.show_rows(NO_ROWS)
        super().set_in_view(in_view)
        self._model.want(in_view)
        self._model.effects.want(in_view)

    @property
    def _step(self) -> StepTrace | None:
        recorded = self._model.recorded
        return None if recorded is None else recorded.step

    @property
    def stage(self) -> StepStage:
        """The current stage."""
        return all_stages(len(self._shape) - 1)[self._stage]

    def refresh(self) -> None:
        """Shows the recorded step at the current position."""
        if not self.in_view:
            return
        step = self._step
        self.which.refresh(self._session.class_names)
        self.parts.offer_take(self._model.can_take, is_past=not self._session.displayed.is_live)
        self.nothing.show_line(self._model.line)
        self.note.refresh()
        self._stack.setCurrentIndex(1 if step is None else 0)
        if step is None:
            self._content = None
            return
        if tuple(step.network.shape) != self._shape:
            self._start_anew(tuple(step.network.shape))
        elif self._content is not None and self._content.step is not step:
            self._stay(self._content.position)
        if self._content is None or self._content.step is not step:
            self._show()
            self._show_effects()

    def _stay(self, position: StepPosition) -> None:
        """Keeps the neuron and the weight of the position, even if another one is the largest in the next step."""
        self._neurons[position.stage.layer] = position.neuron
        if position.stage.phase is StepPhase.UPDATE:
            self._source = position.source

    def _start_anew(self, shape: tuple[int, ...]) -> None:
        self._shape, self._stage, self._neurons, self._source, self._row = shape, 0, {}, None, 0
        self._trail.clear()
        chosen = self._session.selection.neuron
        if chosen is not None and chosen.layer < len(shape):
            self._neurons[chosen.layer] = chosen.number
        names, before = self._names(), None
        stages: list[PathStage] = []
        for stage in all_stages(len(shape) - 1):
            heading = _HEADINGS.get(stage.phase, "") if stage.phase is not before else ""
            stages.append(PathStage(names.stage(stage), heading))
            before = stage.phase
        self.parts.path.show_stages(stages, 0)

    def _names(self) -> StepNames:
        return names_of(self._shape, self._session.meaning)

    def _neuron_in(self, step: StepTrace, stage: StepStage) -> int:
        """Returns the chosen neuron of the stage's layer; by default the most active, or that of the largest delta."""
        if stage.layer not in self._neurons:
            values = step.activations[0] if stage.layer == 0 else step.deltas[stage.layer - 1]
            return int(np.abs(values[min(self._row, step.rows - 1)]).argmax())
        return min(self._neurons[stage.layer], self._shape[stage.layer] - 1)

    def _position(self, step: StepTrace) -> StepPosition:
        stage, row = self.stage, min(self._row, step.rows - 1)
        neuron = self._neuron_in(step, stage)
        source = BIAS
        if stage.phase is StepPhase.UPDATE:
            before, _, after = step.parameters_of(stage.layer, neuron)
            most = int(np.abs(after.astype(np.float64) - before).argmax())
            most = BIAS if most == len(before) - 1 else most
            source = most if self._source is None or self._source >= len(before) - 1 else self._source
        return StepPosition(stage, neuron, source, row, self.parts.temperature.value if self._has_temperature else 1.0)

    @property
    def _has_temperature(self) -> bool:
        step, stage = self._step, self.stage
        is_output = stage.phase is StepPhase.FORWARD and stage.layer == len(self._shape) - 1
        return step is not None and is_output and step.network.activations[-1] == "softmax"

    def _show(self) -> None:
        step = self._step
        if step is None or not self.in_view:
            return
        position = self._position(step)
        content = self._content = StepContent(step, self._names(), position)
        self.parts.path.show_stages(self.parts.path.stages, self._stage)
        self.parts.keep_in_sight(self.parts.path, self._stage)
        self._show_head(content)
        self.parts.numbers.show_rows(content.rows(), content.place)
        self.parts.keep_in_sight(self.parts.numbers, content.place)
        self._show_lines()

    def _show_head(self, content: StepContent) -> None:
        position, names, step = content.position, content.names, content.step
        phase = position.stage.phase
        short = words = names.stage(position.stage)
        if phase is StepPhase.UPDATE:
            words += " · weights"
        elif phase is not StepPhase.LOSS:
            words += " · forward" if phase is StepPhase.FORWARD else " · backward"
        self.parts.where.show_versions(words, short)
        self.parts.neuron.setVisible(phase is StepPhase.UPDATE)
        self.parts.neuron.show_number(position.neuron, self._shape[position.stage.layer])
        self.parts.example.setVisible(step.rows > 1 and phase is not StepPhase.UPDATE)
        self.parts.example.show_number(position.row, step.rows)
        self.parts.temperature.setVisible(self._has_temperature)
        self.parts.check.setVisible(phase is StepPhase.UPDATE)

    def _show_lines(self) -> None:
        content, parts = self._content, self.parts
        assert content is not None
        lines = content.formulas()
        # The first line is the sum that the others start from.
        number = self._line if self._line is not None and self._line < len(lines) else 0
        opened = OpenedFormula(content, lines, number)
        parts.lines.show_rows(content.line_rows(lines), number)
        parts.fit_lines()
        parts.rule.show_versions(opened.formula.rule)
        parts.terms.show_rows(content.term_rows(opened.formula))
        self._show_board(content, opened.formula)
        self._pointing.show(opened)
        self._show_result()
        self._note_visit(content.position, number)

    def _show_board(self, content: StepContent, formula: Formula) -> None:
        step, at = content.step, formula.address
        values = step.activations[0][at.row] if at.layer == 0 else all_terms(step, at)
        self.parts.board.setVisible(values is not None and len(values) > 1)
        if values is not None:
            below = at.layer == 0 or (at.what == "sum" and at.layer == 1)
            self.parts.board.show_values(values, content.names.picture if below else None)

    def _show_result(self) -> None:
        content, check = self._content, self._model.check
        words = ""
        if content is not None and content.position.stage.phase is StepPhase.UPDATE:
            position = content.position
            if check is not None and check[0] == (position.stage.layer, position.neuron, position.source):
                found = check[1]
                words = f"measured {found.slope:.6g} · gradient {found.gradient:.6g}".replace("-", "−")
            else:
                words = content.change_text()
        elif content is not None:
            loss = f"loss {figure(content.step.loss)}{content.answer_text()}"
            words = ": ".join(filter(None, (self.which.moment_text(), loss)))
        self.parts.result.show_versions(words, tip=check_text(check[1]) if check is not None else "")

    def _show_effects(self) -> None:
        """Shows how the step would change the network's error, and how the last step changed it."""
        if self.in_view and self._step is not None:
            self.parts.show_effects(figure(self._step.loss), self._model.effects.would, self._model.effects.did)

    # ---- walking

    def walk(self, is_forward: bool) -> None:
        """Goes forward or back by the chosen stride."""
        step = self._step
        if step is None:
            return
        now = PathStop(self._stage, self._neuron_in(step, self.stage))
        to = next_stop(now, self._shape, self.parts.walking.stride, is_forward)
        if to == now:
            return
        is_neuron = to.stage == now.stage or self.parts.walking.stride.value == "neuron"
        self._stage, self._line, self._source = to.stage, None, None
        if is_neuron and self.stage.layer:
            self._choose_neuron(to.neuron)
        self._show()

    def _note_visit(self, position: StepPosition, line: int) -> None:
        chosen = self._session.selection.neuron
        self._trail.note(Visit(self._stage, position.neuron, position.source, position.row, line, chosen))
        self.parts.back.setEnabled(self._trail.can_go_back)

    def go_back(self) -> None:
        """Goes back to the previous place in the history of visits."""
        visit = self._trail.back() if self._content is not None else None
        if visit is None:
            return
        self._stage, self._row, self._line, self._source = visit.stage, visit.row, visit.line, visit.source
        self._neurons[self.stage.layer] = visit.neuron
        self._is_going_back = True
        self._session.selection.choose_neuron(visit.chosen)
        self._is_going_back = False
        self._show()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Goes back if the mouse's back button is pressed."""
        if event.button() == Qt.MouseButton.BackButton:
            self.go_back()
        else:
            super().mousePressEvent(event)

    def go_to(self, stage: int) -> None:
        """Goes to a stage."""
        if self._step is not None:
            self._stage, self._line, self._source = stage, None, None
            self._show()

    def _pick(self, place: int) -> None:
        content = self._content
        if content is None:
            return
        found = content.picked(place)
        if content.position.stage.phase is StepPhase.LOSS:
            self._choose_row(found)
        elif content.position.stage.phase is StepPhase.UPDATE:
            self._source = found
            self._show()
        else:
            self._choose_neuron(found)

    def _choose_neuron(self, neuron: int) -> None:
        layer = self.stage.layer
        self._neurons[layer] = neuron
        if self.stage.phase is StepPhase.UPDATE:
            self._source = None
        if layer:
            self._session.selection.choose_neuron(Neuron(layer, neuron))
        self._show()

    def _choose_row(self, row: int) -> None:
        self._row = row
        self._show()

    def _choose_line(self, line: int) -> None:
        self._line = line
        self._show_lines()

    def _follow(self) -> None:
        """Goes to the neuron that was chosen in another card, in the current phase."""
        neuron = self._session.selection.neuron
        if self._is_going_back or neuron is None or not self._shape or neuron.layer >= len(self._shape):
            return
        if self._neurons.get(neuron.layer) == neuron.number and self.stage.layer == neuron.layer:
            return
        self._neurons[neuron.layer], self._source, self._line = neuron.number, None, None
        phase = StepPhase.FORWARD if self.stage.phase is StepPhase.LOSS else self.stage.phase
        self._stage = stage_number(StepStage(phase, neuron.layer), len(self._shape) - 1)
        self._show()

    def _walk_from_term(self, place: int) -> None:
        if self._pointing.opened is not None:
            self._walk_to(self._pointing.opened.address_of_term(place))

    def _walk_from_cell(self, cell: int) -> None:
        if self._pointing.opened is not None:
            self._walk_to(self._pointing.opened.address_of_cell(cell))

    def _walk_to(self, at: Address | None) -> None:
        """Goes to the number at an address."""
        content = self._content
        if at is None or content is None:
            return
        stage = content.place_of(at)
        if stage is None:
            line = None if self._pointing.opened is None else self._pointing.opened.line_at(at)
            if line is not None:
                self._choose_line(line)
            return
        self._stage, self._row, self._line = stage, at.row, None
        if at.layer or self.stage.phase is StepPhase.FORWARD:
            self._neurons[at.layer] = at.neuron
        self._source = at.source if at.what == "weight" else None
        if at.layer and self.stage.phase is not StepPhase.LOSS:
            self._session.selection.choose_neuron(Neuron(at.layer, at.neuron))
        self._show()

    # ---- actions

    def _check(self) -> None:
        content = self._content
        if content is not None:
            position = content.position
            self._model.check_gradient(position.stage.layer, position.neuron, position.source)

    # ---- for a file

    def table(self) -> Table | None:
        """Returns the numbers of the stage for a file: names, and the displayed columns with all digits."""
        content = self._content
        if content is None:
            return None
        names = names_of(content.names.shape, content.names.meaning.for_file)
        rows = replace(content, names=names).rows()
        heads, values = ["what", *rows.heads[2:]], rows.values or rows.texts
        return heads, ([rows.name(place), *values(place)] for place in range(rows.count))


CARDS.register("stepThroughPage")(CardInfo(StepThroughPage, page_of="inspector", page_number=3))
