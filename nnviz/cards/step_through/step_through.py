"""Walks through one whole step of the training, forward and back, with every number and its formula."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from PyQt5.QtCore import Qt
from PyQt5.QtGui import QKeySequence, QMouseEvent
from PyQt5.QtWidgets import QHBoxLayout, QShortcut, QStackedWidget

from engine.explain.formulas import Address, Formula, all_terms
from engine.explain.step_trace import BIAS, StepTrace
from nnviz.cards.registry import CARDS, CardInfo
from nnviz.cards.step_through.figures import figure
from nnviz.cards.step_through.number_rows import NOTHING
from nnviz.cards.step_through.path import PathStage
from nnviz.cards.step_through.step_content import StepContent, StepView, check_text
from nnviz.cards.step_through.step_controls import WhichStep
from nnviz.cards.step_through.step_links import OpenedFormula
from nnviz.cards.step_through.step_names import StepNames, names_of
from nnviz.cards.step_through.step_parts import StepParts
from nnviz.cards.step_through.step_past import StepNote, StepNothing
from nnviz.cards.step_through.step_pointing import StepPointing
from nnviz.cards.step_through.step_trail import Trail, Visit
from nnviz.cards.step_through.step_walk import Phase, Spot, Stage, moved, number_of, stages_of
from nnviz.session.selection import Neuron
from nnviz.session.session import Session
from nnviz.ui.card import Table
from nnviz.ui.pages import Page
from nnviz.ui.parts import arranged

_HEADINGS = {Phase.FORWARD: "forward", Phase.BACKWARD: "backward", Phase.UPDATE: "update"}


class StepThroughPage(Page):
    """At the left the way through the step, in the middle a layer's numbers, at the right how one comes about.

    Empty until it is first seen.
    """

    def __init__(self, session: Session) -> None:
        super().__init__(
            "Step through",
            "stepThroughTab",
            "One whole step of the training with its real numbers: forward, loss, backward, update.",
        )
        self.setObjectName("stepThroughPage")
        self._session, self._asked, self._effects = session, session.step_through, session.step_effects
        self._shape: tuple[int, ...] = ()
        self._stage = 0
        self._neurons: dict[int, int] = {}  # the neuron looked at in each layer
        self._source: int | None = None  # of an update; None for the one that changes most
        self._row = 0
        self._line: int | None = None  # the formula whose terms are shown; None for the last sum
        self._content: StepContent | None = None
        self._is_going_back = False

    def _make(self) -> None:
        session = self._session
        self.parts, self.which = StepParts(), WhichStep(self._asked)
        self._pointing, self._trail = StepPointing(self.parts, session.selection), Trail()
        self.note, self.nothing = StepNote(session), StepNothing(session)
        self._stack = QStackedWidget()
        for each in (self.parts, self.nothing):
            self._stack.addWidget(each)
        self.body.addWidget(self.note)
        self.body.addWidget(self._stack, 1)
        arranged(QHBoxLayout(self.aside), self.which)
        self._connect()

    def _connect(self) -> None:
        self._asked.changed.connect(self.refresh)
        self._asked.checked.connect(self._show_result)
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
        self.parts.take.clicked.connect(self._asked.take)
        self.parts.back.clicked.connect(self.go_back)
        self.parts.undo.clicked.connect(self._session.undo.undo)
        for signal in (self._session.undo.changed, self._effects.changed):
            signal.connect(self._show_effects)
        for keys in (Qt.Key_Backspace, Qt.ALT | Qt.Key_Left):
            QShortcut(QKeySequence(keys), self, self.go_back)

    # ---- what is shown

    def set_in_view(self, in_view: bool) -> None:
        """Steps are written down only while the page is in view; out of view it holds none, since it may be large."""
        if self._content is not None:
            self._stay(self._content.view)
        self._content = self._pointing.opened = None
        for each in (self.parts.numbers, self.parts.lines, self.parts.terms):
            each.show_rows(NOTHING)
        super().set_in_view(in_view)
        self._asked.want(in_view)
        self._effects.want(in_view)

    @property
    def _step(self) -> StepTrace | None:
        written = self._asked.written
        return None if written is None else written.step

    @property
    def stage(self) -> Stage:
        """Where one stands."""
        return stages_of(len(self._shape) - 1)[self._stage]

    def refresh(self) -> None:
        """Shows what is written down now, from where one stands."""
        if not self.in_view:
            return
        step = self._step
        self.which.refresh(self._session.class_names)
        self.parts.offer_take(self._asked.can_take, is_past=not self._session.displayed.is_live)
        self.nothing.show_line(self._asked.line)
        self.note.refresh()
        self._stack.setCurrentIndex(1 if step is None else 0)
        if step is None:
            self._content = None
            return
        if tuple(step.network.shape) != self._shape:
            self._start_anew(tuple(step.network.shape))
        elif self._content is not None and self._content.step is not step:
            self._stay(self._content.view)
        if self._content is None or self._content.step is not step:
            self._show()

    def _stay(self, view: StepView) -> None:
        """Goes on looking at the same neuron and weight, whatever another step makes the largest."""
        self._neurons[view.stage.layer] = view.neuron
        if view.stage.phase is Phase.UPDATE:
            self._source = view.source

    def _start_anew(self, shape: tuple[int, ...]) -> None:
        self._shape, self._stage, self._neurons, self._source, self._row = shape, 0, {}, None, 0
        self._trail.clear()
        chosen = self._session.selection.neuron
        if chosen is not None and chosen.layer < len(shape):
            self._neurons[chosen.layer] = chosen.number
        names, before = self._names(), None
        stages: list[PathStage] = []
        for stage in stages_of(len(shape) - 1):
            heading = _HEADINGS.get(stage.phase, "") if stage.phase is not before else ""
            stages.append(PathStage(names.stage(stage), heading))
            before = stage.phase
        self.parts.path.show_stages(stages, 0)

    def _names(self) -> StepNames:
        return names_of(self._shape, self._session.meaning)

    def _neuron_in(self, step: StepTrace, stage: Stage) -> int:
        """The one that is looked at; at first the one that is most active, or whose delta is largest."""
        if stage.layer not in self._neurons:
            values = step.activations[0] if stage.layer == 0 else step.deltas[stage.layer - 1]
            return int(np.abs(values[min(self._row, step.rows - 1)]).argmax())
        return min(self._neurons[stage.layer], self._shape[stage.layer] - 1)

    def _view(self, step: StepTrace) -> StepView:
        stage, row = self.stage, min(self._row, step.rows - 1)
        neuron = self._neuron_in(step, stage)
        source = BIAS
        if stage.phase is Phase.UPDATE:
            before, _, after = step.parameters_of(stage.layer, neuron)
            most = int(np.abs(after.astype(np.float64) - before).argmax())
            most = BIAS if most == len(before) - 1 else most
            source = most if self._source is None or self._source >= len(before) - 1 else self._source
        return StepView(stage, neuron, source, row, self.parts.temperature.value if self._has_temperature else 1.0)

    @property
    def _has_temperature(self) -> bool:
        step, stage = self._step, self.stage
        is_output = stage.phase is Phase.FORWARD and stage.layer == len(self._shape) - 1
        return step is not None and is_output and step.network.activations[-1] == "softmax"

    def _show(self) -> None:
        step = self._step
        if step is None or not self.in_view:
            return
        view = self._view(step)
        content = self._content = StepContent(step, self._names(), view)
        self.parts.path.show_stages(self.parts.path.stages, self._stage)
        self.parts.keep_in_sight(self.parts.path, self._stage)
        self._show_head(content)
        self.parts.numbers.show_rows(content.rows(), content.place)
        self.parts.keep_in_sight(self.parts.numbers, content.place)
        self._show_lines()

    def _show_head(self, content: StepContent) -> None:
        view, names, step = content.view, content.names, content.step
        phase = view.stage.phase
        short = words = names.stage(view.stage)
        if phase is Phase.UPDATE:
            words += " · weights"
        elif phase is not Phase.LOSS:
            words += " · forward" if phase is Phase.FORWARD else " · backward"
        self.parts.where.show_versions(words, short)
        self.parts.neuron.setVisible(phase is Phase.UPDATE)
        self.parts.neuron.show_number(view.neuron, self._shape[view.stage.layer])
        self.parts.example.setVisible(step.rows > 1 and phase is not Phase.UPDATE)
        self.parts.example.show_number(view.row, step.rows)
        self.parts.temperature.setVisible(self._has_temperature)
        self.parts.check.setVisible(phase is Phase.UPDATE)

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
        self._note_visit(content.view, number)

    def _show_board(self, content: StepContent, formula: Formula) -> None:
        step, at = content.step, formula.address
        values = step.activations[0][at.row] if at.layer == 0 else all_terms(step, at)
        self.parts.board.setVisible(values is not None and len(values) > 1)
        if values is not None:
            below = at.layer == 0 or (at.what == "sum" and at.layer == 1)
            self.parts.board.show_values(values, content.names.picture if below else None)

    def _show_result(self) -> None:
        content, check = self._content, self._asked.check
        words = ""
        if content is not None and content.view.stage.phase is Phase.UPDATE:
            view = content.view
            if check is not None and check[0] == (view.stage.layer, view.neuron, view.source):
                found = check[1]
                words = f"measured {found.slope:.6g} · gradient {found.gradient:.6g}".replace("-", "−")
            else:
                words = content.change_text()
        elif content is not None:
            words = f"{self.which.moment_text()}: loss {figure(content.step.loss)}{content.answer_text()}"
        self.parts.result.show_versions(words, tip=check_text(check[1]) if check is not None else "")

    def _show_effects(self) -> None:
        """What the step would do to the network, and what the last one did."""
        if self.in_view:
            self.parts.show_effects(self._effects.would, self._effects.did)

    # ---- walking

    def walk(self, is_forward: bool) -> None:
        """Goes on or back, as far as the person wants."""
        step = self._step
        if step is None:
            return
        now = Spot(self._stage, self._neuron_in(step, self.stage))
        to = moved(now, self._shape, self.parts.walking.pace, is_forward)
        if to == now:
            return
        is_neuron = to.stage == now.stage or self.parts.walking.pace.value == "neuron"
        self._stage, self._line, self._source = to.stage, None, None
        if is_neuron and self.stage.layer:
            self._choose_neuron(to.neuron)
        self._show()

    def _note_visit(self, view: StepView, line: int) -> None:
        chosen = self._session.selection.neuron
        self._trail.note(Visit(self._stage, view.neuron, view.source, view.row, line, chosen))
        self.parts.back.setEnabled(self._trail.can_go_back)

    def go_back(self) -> None:
        """Goes to where the person was before."""
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
        """The mouse's back button goes back, too."""
        if event.button() == Qt.BackButton:
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
        if content.view.stage.phase is Phase.LOSS:
            self._choose_row(found)
        elif content.view.stage.phase is Phase.UPDATE:
            self._source = found
            self._show()
        else:
            self._choose_neuron(found)

    def _choose_neuron(self, neuron: int) -> None:
        layer = self.stage.layer
        self._neurons[layer] = neuron
        if self.stage.phase is Phase.UPDATE:
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
        """Goes to the neuron that was chosen elsewhere, in the present phase."""
        neuron = self._session.selection.neuron
        if self._is_going_back or neuron is None or not self._shape or neuron.layer >= len(self._shape):
            return
        if self._neurons.get(neuron.layer) == neuron.number and self.stage.layer == neuron.layer:
            return
        self._neurons[neuron.layer], self._source, self._line = neuron.number, None, None
        phase = Phase.FORWARD if self.stage.phase is Phase.LOSS else self.stage.phase
        self._stage = number_of(Stage(phase, neuron.layer), len(self._shape) - 1)
        self._show()

    def _walk_from_term(self, place: int) -> None:
        if self._pointing.opened is not None:
            self._walk_to(self._pointing.opened.address_of_term(place))

    def _walk_from_cell(self, cell: int) -> None:
        if self._pointing.opened is not None:
            self._walk_to(self._pointing.opened.address_of_cell(cell))

    def _walk_to(self, at: Address | None) -> None:
        """Goes to where a number is."""
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
        if at.layer or self.stage.phase is Phase.FORWARD:
            self._neurons[at.layer] = at.neuron
        self._source = at.source if at.what == "weight" else None
        if at.layer and self.stage.phase is not Phase.LOSS:
            self._session.selection.choose_neuron(Neuron(at.layer, at.neuron))
        self._show()

    # ---- what can be done

    def _check(self) -> None:
        content = self._content
        if content is not None:
            view = content.view
            self._asked.check_gradient(view.stage.layer, view.neuron, view.source)

    # ---- for a file

    def table(self) -> Table | None:
        """The numbers of the stage: names, and the columns that are shown, with all their digits."""
        content = self._content
        if content is None:
            return None
        names = names_of(content.names.shape, content.names.meaning.for_file)
        rows = replace(content, names=names).rows()
        heads, values = ["what", *rows.heads[2:]], rows.values or rows.texts
        return heads, ([rows.name(place), *values(place)] for place in range(rows.count))


CARDS.register("stepThroughPage")(CardInfo(StepThroughPage, page_of="networkDock", page_number=1))
