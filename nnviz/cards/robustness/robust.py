"""How robust the network is: its error over disturbances of the examples, from none to much."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PyQt5.QtCore import Qt, QTimer
from PyQt5.QtWidgets import QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from engine.explain.perturbations import PERTURBATIONS, applicable_perturbations, is_picture
from engine.explain.robustness import Robustness, RobustnessPoint
from nnviz.cards.registry import CARDS, CardInfo
from nnviz.cards.robustness.plot_grid import GridPlot, Line, PlotGrid, Scale
from nnviz.cards.robustness.robust_example import RobustExample, amount_text, strength_text
from nnviz.digits.drawing import SIDE
from nnviz.digits.examples import fits_canvas
from nnviz.digits.strokes import Ink
from nnviz.formatting import text
from nnviz.formatting.round_numbers import round_top
from nnviz.session.robustness import DISTURBED, UNDISTURBED, Strength, Subject
from nnviz.session.session import Session
from nnviz.session.status import Status
from nnviz.ui.card import Table, label
from nnviz.ui.fixed_size_box import line, say
from nnviz.ui.pages import Page
from nnviz.ui.parts import arranged, named, pill
from nnviz.ui.read_out import Piece
from nnviz.ui.share_bar import ShareBar

_PATIENCE = 300  # milliseconds after which a first measurement begins by itself
_Found = tuple[Subject, Robustness] | None
_WAITING = "Once the training rests, the network is measured. Or press Measure."


class RobustPage(Page):
    """The curves, and beside them the current example at the strength that is pointed at.

    Empty until it is first seen.
    """

    def __init__(self, session: Session) -> None:
        super().__init__(
            "How robust",
            "robustTab",
            "The network's error when its examples are noisy, moved, turned, covered … from not at all to much.",
        )
        self._session, self._robust = session, session.robustness
        self._is_put_due = False  # whether the disturbed example goes on the canvas once it is there
        self._later = QTimer(self)
        self._later.setSingleShot(True)
        self._later.timeout.connect(self._begin)

    def _make(self) -> None:
        self._fill_aside()
        status_box, self.status = line("robustStatus")
        self.plots = named(PlotGrid(), "robustPlots", "The error over the strength of each disturbance")
        self.plots.setWhatsThis(
            "Point at a curve to see its numbers, and the example at that strength, also between those that were "
            "measured. Arrow keys move along a curve, with Shift in small steps, and to the next one; Enter or a "
            "double click puts the disturbed example on the canvas."
        )
        self.plots.describe = self._describe
        self.example = RobustExample(self._session)
        self._content = QWidget()
        row = arranged(QHBoxLayout(), (self.plots, 1), self.example, spacing=20)
        arranged(QVBoxLayout(self._content), status_box, (row, 1), spacing=4)
        self._nothing = named(label(role="muted"), "robustNothing")
        self._nothing.setAlignment(Qt.AlignCenter)
        self._nothing.setWordWrap(True)
        self._stack = QStackedWidget()
        self._stack.addWidget(self._content)
        self._stack.addWidget(self._nothing)
        self.body.addWidget(self._stack)
        self._connect()

    def _fill_aside(self) -> None:
        self.progress = ShareBar(120)
        tip = "Measures the network that is displayed, on every test example at each strength. It does not change it."
        self.measure_button = pill("Measure", "measureRobustButton", "Measure how robust the network is", tip)
        tip = "Stops the measurement; what was measured so far stays."
        self.cancel_button = pill("Cancel", "cancelRobustButton", "Stop measuring", tip)
        self.measure_button.clicked.connect(self._robust.measure)
        self.cancel_button.clicked.connect(self._robust.work.cancel)
        arranged(QHBoxLayout(self.aside), 1, self.progress, self.measure_button, self.cancel_button, spacing=8)

    def _connect(self) -> None:
        session, robust = self._session, self._robust
        robust.changed.connect(self.refresh)
        robust.pointed_changed.connect(self._show_mark)
        session.displayed.changed.connect(self._show_status)
        session.displayed.moment_changed.connect(self.refresh)
        session.training.state_changed.connect(self._rested)
        session.queries[DISTURBED].changed.connect(self._show_example)
        self.plots.pointed.connect(self._point)
        self.plots.opened.connect(self._put_on_canvas)

    # ---- the measurement begins by itself

    def set_in_view(self, in_view: bool) -> None:
        """Measures a network when the page is looked at for the first time."""
        super().set_in_view(in_view)
        self._is_put_due = False
        self._later.stop()
        self._rested()

    def _rested(self) -> None:
        """Begins a little later, since a person may only pass by, and a network that was just made be trained."""
        if self.in_view:
            self._later.start(_PATIENCE)
            self._show_status()

    def _begin(self) -> None:
        if self.in_view and self._session.state is not Status.TRAINING:
            self._robust.begin()

    # ---- what is shown

    def refresh(self) -> None:
        """Shows how far it is, and what is measured."""
        if not self.in_view:
            return
        subject = self._robust.subject
        self.measure_button.setEnabled(subject is not None)
        self.measure_button.setText("Measure" if self._drawn[0] is None else "Measure again")
        self._show_buttons(self._robust.work.is_running)
        self._nothing.setText(self._why_nothing(subject))
        self._stack.setCurrentWidget(self._nothing if self._nothing.text() else self._content)
        if subject is not None:
            self._show_plots(subject)
            self._show_status()
            self.example.refresh()
        if self._robust.work.about is None and not self._later.isActive():
            self._rested()

    def _show_buttons(self, is_running: bool) -> None:
        """Cancel takes the place of Measure while it is measured, and its focus."""
        shown, hidden = self.cancel_button, self.measure_button
        if not is_running:
            shown, hidden = hidden, shown
        shown.show()
        if hidden.hasFocus():
            shown.setFocus()
        hidden.hide()
        self.progress.show_share(self._robust.work.share, is_running)

    def _why_nothing(self, subject: Subject | None) -> str:
        """One calm line in place of the curves; empty if there is something to show."""
        if self._session.data.dataset is None:
            return "The data is being loaded."
        if subject is None:
            return "The network does not fit the data, so there is nothing to measure."
        return self._robust.problem

    @property
    def _drawn(self) -> tuple[_Found, _Found]:
        """What is drawn in colour, and in grey. While one looks back, nothing of another moment is in colour."""
        robust = self._robust
        is_of_other = not self._session.displayed.is_live and robust.is_outdated
        return (None, robust.measured) if is_of_other else (robust.measured, robust.before)

    def _show_plots(self, subject: Subject) -> None:
        measured, before = self._drawn
        about = subject if measured is None else measured[0]
        plots = [
            GridPlot(
                kind.label,
                kind.meaning(subject.shape),
                list(kind.strengths(subject.shape)),
                _unit(kind.unit(subject.shape)),
                _line(measured and measured[1], name),
                _line(before and before[1], name),
                _covered(kind.trained(about.augmentation)) if is_picture(subject.shape) else None,
                kind.step(subject.shape),
            )
            for name in applicable_perturbations(subject.shape)
            for kind in (PERTURBATIONS[name](),)
        ]
        self.plots.show_plots(plots, self._scale(subject), about.part.name)
        self._show_mark()

    def _scale(self, subject: Subject) -> Scale:
        """Errors from 0 to 100 %, so that the curves of all networks can be compared; an RMSE as far as it goes."""
        if subject.part.split.labels is not None:
            return Scale(100.0, [(0.0, "0"), (50.0, "50"), (100.0, "100 %")])
        found = [each[1] for each in self._drawn if each is not None]
        sizes = [one.rmse or 0.0 for each in found for curve in each.curves.values() for one in curve]
        return scale_to(max(sizes, default=1.0) or 1.0)

    def _show_mark(self) -> None:
        robust = self._robust
        subject, pointed = robust.subject, robust.pointed
        if not self.in_view or subject is None:
            return
        names = applicable_perturbations(subject.shape)
        if pointed is None or pointed.name not in names:
            self.plots.mark(None)
            return
        self.plots.mark((names.index(pointed.name), pointed.value))

    def _show_example(self) -> None:
        if self.in_view:
            self.example.refresh()
        if self._is_put_due:
            self._put_on_canvas()

    def _show_status(self) -> None:
        if self.in_view:
            say(self.status, self._status())

    def _status(self) -> str:
        """What is measured and when, and whether the network has moved on since."""
        robust, (measured, before) = self._robust, self._drawn
        if measured is None:
            return self._why_unmeasured() if before is None else f"Not measured at this moment{self._grey(before)}"
        subject = measured[0]
        meaning = self._session.meaning
        of = f" of {meaning.output(0)}" if meaning.is_single else ""
        what = "error" if subject.part.split.labels is not None else f"RMSE{of}"
        words = f"{what} on {text.count(subject.part.count)} {subject.part.name} examples at {self._moment(subject)}"
        if robust.work.was_stopped:
            words += ", stopped"
        if robust.is_outdated:
            now = self._session.displayed.epochs
            words += " · now the network has changed" if now == subject.epochs else f" · now {self._epoch(now)}"
        words += self._grey(before)
        return words[0].upper() + words[1:]

    def _epoch(self, epochs: float) -> str:
        return self._session.runs.current.moment(epochs)

    def _moment(self, subject: Subject) -> str:
        """ "epoch 3", "epoch 3 with layer 1 · neuron 4 off"."""
        return self._epoch(subject.epochs) + (f" with {subject.what_if}" if subject.what_if else "")

    def _grey(self, before: _Found) -> str:
        return "" if before is None else f" · grey: {self._moment(before[0])}"

    def _why_unmeasured(self) -> str:
        if self._robust.work.is_running:
            return "Measuring …"
        return _WAITING if self._session.state is Status.TRAINING else ""

    # ---- pointing

    def _strength(self, plot: int, place: int) -> Strength | None:
        subject = self._robust.subject
        if subject is None:
            return None
        name = applicable_perturbations(subject.shape)[plot]
        return Strength(name, PERTURBATIONS[name]().strengths(subject.shape)[place])

    def _point(self, plot: int, x: float) -> None:
        self._is_put_due = False
        subject = self._robust.subject
        self._robust.point_at(None if subject is None else Strength(applicable_perturbations(subject.shape)[plot], x))

    def _describe(self, plot: int, place: int) -> list[list[Piece]]:
        """The strength, the error there, that of before, and what the training covered."""
        strength, robust = self._strength(plot, place), self._robust
        subject, (measured, before) = robust.subject, self._drawn
        if strength is None or subject is None:
            return []
        lines: list[list[Piece]] = [[(strength_text(strength, subject.shape), "text")]]
        for each, ink in ((measured, None), (before, "muted")):
            one = None if each is None else _at(each[1], strength)
            if each is not None and one is not None:
                when: Piece = (f"at {self._moment(each[0])}", "muted")
                lines.append([(_figure(one), ink or each[0].part.name), when])
        about = subject if measured is None else measured[0]
        trained = _trained_text(strength.name, about)
        return [*lines, [(trained, "train")]] if trained else lines

    def _put_on_canvas(self) -> None:
        """Replaces the drawing by the disturbed example, once that is there; can be undone.

        The new drawing is then shown as it is, since the same disturbance would change it a second time.
        """
        subject, shown = self._robust.subject, self._session.queries[DISTURBED].result
        self._is_put_due = shown is None or shown.strength != (self._robust.pointed or UNDISTURBED)
        if self._is_put_due or subject is None or not fits_canvas(subject.dataset):
            return
        title = strength_text(shown.strength, subject.shape) if shown.strength.value else "example"
        pixels = shown.inputs[1].reshape(SIDE, SIDE)
        ink = Ink(pixels, 1.0, title, is_example=True, fingerprint=subject.dataset.fingerprint)
        self._robust.point_at(Strength(shown.strength.name, 0.0))
        self._session.sketch.replace("disturbed example", (ink,))

    # ---- for a file

    def table(self) -> Table | None:
        """A row for each strength, at both moments if there are two; None while nothing is measured."""
        rows: list[Sequence[object]] = []
        for each in self._drawn:
            if each is not None:
                rows += _rows(*each)
        head = ["disturbance", "strength", "unit", "error", "RMSE", "loss", "examples", "part", "epoch", "what if"]
        return (head, rows) if rows else None


def scale_to(largest: float) -> Scale:
    """A scale from 0 on, with room for errors so large, and with a tick in the middle."""
    end = round_top(largest, 2)
    return Scale(end, [(tick, text.compact(tick)) for tick in (0.0, end / 2, end)])


def _rows(subject: Subject, found: Robustness) -> list[Sequence[object]]:
    moment = subject.part.name, subject.epochs, subject.what_if
    return [
        [name, one.strength, PERTURBATIONS[name]().unit(subject.shape), *_figures(one), found.examples, *moment]
        for name, curve in found.curves.items()
        for one in curve
    ]


def _figures(one: RobustnessPoint) -> tuple[object, object, float]:
    return "" if one.error is None else one.error, "" if one.rmse is None else one.rmse, one.loss


def _unit(unit: str) -> str:
    return unit if unit in ("", "°") else f" {unit}"


def _line(found: Robustness | None, name: str) -> Line:
    curve = [] if found is None else found.curves.get(name, [])
    values = [one.rmse or 0.0 if one.error is None else 100 * one.error for one in curve]
    return Line(np.array([one.strength for one in curve], float), np.array(values, float))


def _covered(trained: tuple[float, float]) -> tuple[float, float] | None:
    return trained if trained[0] < trained[1] else None


def _at(found: Robustness, strength: Strength) -> RobustnessPoint | None:
    return next((one for one in found.curves.get(strength.name, ()) if one.strength == strength.value), None)


def _figure(one: RobustnessPoint) -> str:
    return f"RMSE {text.figure(one.rmse or 0.0)}" if one.error is None else text.percent(one.error)


def _trained_text(name: str, subject: Subject) -> str:
    """ "trained with up to 2 px", "trained with −10° to +10°"; empty if the training covered nothing of it."""
    if not is_picture(subject.shape):
        return ""
    low, high = PERTURBATIONS[name]().trained(subject.augmentation)
    if low >= high:
        return ""
    ends = [amount_text(Strength(name, float(f"{end:.3g}")), subject.shape) for end in (low, high)]
    return f"trained with {ends[0]} to {ends[1]}" if low else f"trained with up to {ends[1]}"


CARDS.register("robustPage")(CardInfo(RobustPage, needs=(DISTURBED,), page_of="networkDock", page_number=3))
