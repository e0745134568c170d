"""``screenshot``: an image of the real window without a display, with training in its worker."""

from __future__ import annotations

import argparse
import json
import math
import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
from PyQt5.QtCore import (
    QEventLoop,
    QMessageLogContext,
    QTimer,
    QtMsgType,
    qInstallMessageHandler,
)
from PyQt5.QtWidgets import QApplication

from engine.datasets import Dataset, source_of
from engine.datasets.data_setting import Value
from engine.experiment import Experiment
from engine.old_experiments import recorded_data_settings
from engine.storage.files import write_whole
from nnviz.app import create_window, end_process
from nnviz.cards.sweep.model import SweepForm
from nnviz.cards.sweep.trials_model import VIEWS, TrialsModel
from nnviz.commands.checks import CommandError, check_folder, check_keeps_data
from nnviz.commands.data_options import given_options, load_named, settings_for
from nnviz.digits.drawing import SIDE
from nnviz.formatting import text
from nnviz.library import Library, RunGroup
from nnviz.session.comparison import COMPARED
from nnviz.session.hints import HINTS
from nnviz.session.selection import Neuron
from nnviz.session.status import Status
from nnviz.window.card_export import png
from nnviz.window.film.subjects import WindowSubject
from nnviz.window.main_window import MainWindow
from nnviz.window.preferences import Preferences

_MILLISECONDS_BETWEEN_LOOKS = 10
_MOST_TRIALS = 3  # of a sweep, that are compared
_NEURON = Neuron(1, 3)  # is chosen where a card shows one
# A seven as drawn by hand, in a box of 1 × 1.
_SEVEN = np.array([(0.0, 0.08), (0.3, 0.1), (0.62, 0.06), (0.72, 0.08), (0.66, 0.26), (0.5, 0.55), (0.3, 0.98)])


def run(arguments: argparse.Namespace) -> int:
    """Writes the image, without the user's preferences. Returns the exit code.

    Raises CommandError, SettingError or OSError. Any other error is shown in the window, and so in the image.
    """
    check_folder(arguments.out)
    if arguments.compare and arguments.workspace != "runs":
        raise CommandError("--compare requires the workspace of runs. Add --workspace runs.")
    if arguments.sweep is not None and arguments.workspace != "runs":
        raise CommandError("--sweep requires the workspace of runs. Add --workspace runs.")
    if arguments.side_by_side and arguments.at is None:
        raise CommandError("--side-by-side requires an earlier epoch. Add --at EPOCH.")
    if arguments.step != 1 and arguments.lesson is None:
        raise CommandError("--step requires a lesson. Add --lesson FILE.")
    if arguments.view is not None and arguments.sweep is None:
        raise CommandError("--view requires a sweep. Add --sweep ID.")
    if len(arguments.compare) > len(COMPARED):
        raise CommandError(f"--compare: at most {len(COMPARED)} runs can be compared. Leave some out.")
    data = arguments.data or Experiment.data
    source = source_of(data)
    settings = settings_for(source, given_options(arguments))
    check_keeps_data(arguments.out, data, settings)
    if source.download is not None and not source.download.is_here():
        load_named(data, settings)  # here they are downloaded, or that fails; the window would ask
    os.environ["QT_QPA_PLATFORM"] = "offscreen"
    _take(arguments, data, settings)
    return 0


def _take(wanted: argparse.Namespace, data: str, settings: Mapping[str, Value]) -> None:
    qInstallMessageHandler(print_qt_warning)
    preferences = Preferences(None)
    window = create_window(wanted.theme, preferences)
    window.session.records.set_on(False)  # a screenshot records no run
    window.head.recording_mark.hide()  # as it is while runs are recorded
    preferences.set("dataset", data)  # which it loads as soon as events are processed
    preferences.set("dataset_settings", json.dumps(recorded_data_settings(data, settings)))
    if not wanted.hints:
        window.session.queries.want(window, (HINTS,), False)
    window.resize(*wanted.size)
    window.show()
    session = window.session
    try:
        # Where they cannot be loaded, it stays as while they are.
        wait_until(window, lambda: session.state is not Status.LOADING or not session.data.loading)
        if session.data.dataset is None or session.data.name != data:
            load_named(data, settings)  # raises the error that the window would show
        if wanted.draw:
            _check_can_draw(session.data.dataset)
        if wanted.lesson is None:
            window.show_workspace(wanted.workspace)
        else:
            _play(window, Path(wanted.lesson), wanted.step)
        session.selection.choose_neuron(_NEURON)
        QApplication.processEvents()  # gives the canvas its size
        if wanted.draw:
            window.canvas.set_strokes([_on_canvas(window)])
        if wanted.epochs:
            _train(window, wanted.epochs, wanted.of)
        if wanted.at is not None:
            session.timeline.go_to(wanted.at)
        if wanted.side_by_side and session.side_by_side.kinds:
            session.side_by_side.toggle()
        if wanted.compare:
            _compare(window, wanted.compare)
        if wanted.sweep is not None:
            _show_sweep(window, wanted.sweep, wanted.view or VIEWS[0])
        wait_until(window, lambda: all(not query.is_wanted or query.is_up_to_date for query in session.queries))
        QApplication.processEvents()  # lets layouts follow
        WindowSubject(window).refresh()  # what would be drawn a moment later
        write_whole(wanted.out, png(window.grab()))
    finally:
        window.close_unasked()
    end_process(window, 0)


def _play(window: MainWindow, path: Path, step: int) -> None:
    """Opens a lesson, and carries out the solutions of the steps before the one of that number, from 1."""
    from nnviz.commands.lesson import wait_for_lesson  # which imports this module

    lesson = window.lessons.files.read(path)
    if not 1 <= step <= len(lesson.steps):
        raise CommandError(f"--step {step}: the lesson has the steps 1 to {len(lesson.steps)}. Choose one of them.")
    player = window.lessons.begin(lesson, path)
    wait_for_lesson(window, player)
    for _ in range(step - 1):
        player.solve()
        wait_for_lesson(window, player)
        player.skip_met()
        wait_for_lesson(window, player)


def _check_can_draw(dataset: Dataset | None) -> None:
    if dataset is not None and dataset.example_shape != (SIDE, SIDE):
        raise CommandError(f"--draw: {text.name(dataset.title)} has no images of {SIDE} × {SIDE}. Choose other data.")


def _train(window: MainWindow, epochs: int, of: int) -> None:
    session = window.session
    session.settings.change("epochs", epochs=max(epochs, of))
    session.start()
    end = epochs if of > epochs else math.inf
    wait_until(window, lambda: session.state is not Status.TRAINING or session.runs.current.epochs > end)


def _compare(window: MainWindow, numbers: list[int]) -> None:
    """Compares runs; a run of a group of seeds stands for its group. Raises CommandError if the library lacks a run."""
    session = window.session
    wait_until(window, lambda: session.library.is_read)
    groups = _groups(session.records.path)
    session.comparison.clear()
    for number in numbers:
        session.comparison.toggle(groups.get(number, number))
    wait_until(window, lambda: len(session.comparison.runs) == len(session.comparison.colours))
    missing = [number for number in numbers if groups.get(number, number) not in session.comparison.colours]
    if missing:
        raise CommandError(f"--compare {missing[0]}: {session.records.path} has no such run. “nnviz runs” lists them.")


def _groups(path: Path) -> dict[int, RunGroup]:
    """Returns the group of each run that belongs to a plan, by run number."""
    if not path.exists():
        return {}
    with Library(path) as library:
        return library.groups()


def _show_sweep(window: MainWindow, number: int, view: str) -> None:
    """Shows a sweep: its trials, the best ones compared, the best one chosen, and its dimensions in the form.

    Raises CommandError if the library lacks it.
    """
    trials = window.session.models[TrialsModel]
    trials.set_view(view)
    window.show_sweep_form()
    trials.show(number)
    wait_until(window, lambda: trials.table is not None or trials.shown != number)
    if trials.table is None or trials.shown != number:
        where = window.session.records.path
        raise CommandError(f"--sweep {number}: {where} has no such sweep. “nnviz runs” shows the sweep of each run.")
    from nnviz.cards.sweep.form_parser import fields_of_plan  # which only sweeps need

    window.session.models[SweepForm].restore(fields_of_plan(trials.table.plan).as_dict())
    window.session.comparison.clear()
    best = trials.table.results.ranked(_MOST_TRIALS)
    for each in best:
        trials.compare(each.trial)
    trials.choose(best[0].trial if best else None)
    comparison = window.session.comparison
    wait_until(window, lambda: len(comparison.runs) == len(comparison.colours))


def print_qt_warning(kind: QtMsgType, context: QMessageLogContext, text: str) -> None:
    """Prints Qt's warnings, except those about the desktop that is absent on purpose."""
    if not text.startswith(("This plugin does not support", "QStandardPaths: XDG_RUNTIME_DIR")):
        sys.stderr.write(f"{text}\n")


def _on_canvas(window: MainWindow) -> np.ndarray:
    """Returns the seven as a stroke in the middle of the canvas, with corners rounded by interpolation."""
    side = 0.72 * min(window.canvas.width(), window.canvas.height())
    steps = np.linspace(0, len(_SEVEN) - 1, 40)
    smooth = np.stack([np.interp(steps, np.arange(len(_SEVEN)), _SEVEN[:, axis]) for axis in (0, 1)], axis=1)
    corner = np.array([window.canvas.width() - 0.72 * side, window.canvas.height() - side]) / 2
    return smooth * side + corner


def wait_until(window: MainWindow, reached: Callable[[], bool], seconds: float | None = None) -> bool:
    """Runs the event loop until ``reached`` returns True while no view is being made; it is called again and again.

    Args:
        seconds: the longest wait; None for no limit.

    Returns:
        Whether ``reached`` returned True in time.
    """
    views = window.session.data.views

    def is_there() -> bool:
        return not views.is_in_progress and reached()

    if is_there():
        return True
    loop, again, limit = QEventLoop(), QTimer(), QTimer()
    again.timeout.connect(lambda: loop.quit() if is_there() else None)
    again.start(_MILLISECONDS_BETWEEN_LOOKS)
    limit.setSingleShot(True)
    limit.timeout.connect(loop.quit)
    if seconds is not None:
        limit.start(round(1000 * seconds))
    loop.exec()
    return is_there()
