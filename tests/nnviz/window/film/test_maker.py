"""Films of the window and of a card, by menus and keys: what is in them, and what becomes of the window meanwhile."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageSequence
from PyQt5.QtCore import Qt
from PyQt5.QtGui import QImage, QPainter
from PyQt5.QtWidgets import QApplication, QFileDialog, QLabel, QMessageBox, QPushButton
from pytestqt.qtbot import QtBot

from nnviz.cards.curves.player import Player
from nnviz.cards.curves.prediction_over_time import PAST_PREDICTIONS
from nnviz.session.session import Session
from nnviz.session.shared_queries import MISTAKES
from nnviz.session.status import Status
from nnviz.ui.card import Panel
from nnviz.window.film import maker as films
from nnviz.window.film import writer
from nnviz.window.film.frames import FrameQueue
from nnviz.window.film.maker import FilmMaker, film_snapshots
from nnviz.window.film.subjects import CardSubject, Subject, WindowSubject, draw_fitting
from nnviz.window.main_window import MainWindow
from tests.nnviz.cards.card_window import AnyWindow, CardWindow, MakeCards
from tests.nnviz.conftest import Gate
from tests.nnviz.helpers import (
    action,
    announced,
    choose_file,
    click,
    ends_whole,
    find,
    pause,
    press,
    seven,
    show_view,
    train_for_a_while,
    wait_for,
)
from tests.nnviz.window.test_card_menu import choose

SECONDS = 0.5
FRAMES = 10  # of a GIF


def train(qtbot: QtBot, window: AnyWindow) -> None:
    """Four epochs, one by one, so that the end of each is kept, with a drawing; a film is short."""
    window.canvas.set_strokes([seven(window.canvas)])
    window.session.settings.change("small", hidden=(16, 8), epochs=4)
    for _ in range(4):
        window.session.step_epoch()
        wait_for(qtbot, window, Status.PAUSED, Status.FINISHED)
    window.session.models[Player].set_seconds(SECONDS)


class Studio:
    """A window of a few cards, and a film of one."""

    def __init__(self, window: CardWindow, name: str) -> None:
        self.window, self.session = window, window.session
        self.maker = FilmMaker(window.session)
        self.subject = CardSubject(find(window, Panel, name), window.session)

    @property
    def reported(self) -> str:
        message = self.session.messages.current
        return "" if message is None else message.text


MakeStudio = Callable[..., Studio]


@pytest.fixture
def make_untrained(make_cards: MakeCards) -> Iterator[MakeStudio]:
    """Makes windows of the named cards, with a film of the first."""
    made: list[Studio] = []

    def make(*names: str, workspace: str = "train") -> Studio:
        made.append(Studio(make_cards(*names, workspace=workspace), names[0]))
        return made[-1]

    yield make
    assert all(studio.maker.close(5000) for studio in made)


@pytest.fixture
def make_studio(make_untrained: MakeStudio, qtbot: QtBot) -> MakeStudio:
    """The same of a network that has learned."""

    def make(*names: str, workspace: str = "train") -> Studio:
        studio = make_untrained(*names, workspace=workspace)
        train(qtbot, studio.window)
        return studio

    return make


@pytest.fixture
def weights_studio(make_studio: MakeStudio) -> Studio:
    return make_studio("stagePanel")


def count_of(session: Session) -> int:
    """How many moments a GIF of it has."""
    return len(film_snapshots(session.runs.current, FRAMES))


def film_of(window: MainWindow) -> FilmMaker:
    return window.films.maker


def wait_for_film(qtbot: QtBot, maker: FilmMaker) -> None:
    qtbot.waitUntil(lambda: not maker.is_active, timeout=90_000)


def reported(window: MainWindow) -> str:
    return find(window, QLabel, "messageText").text() if window.message_bar.isVisible() else ""


def pages_of(path: Path) -> list[tuple[Image.Image, int]]:
    """The pictures of a film, and how many milliseconds each stays."""
    with Image.open(path) as read:
        return [(page.convert("RGB"), page.info["duration"]) for page in ImageSequence.Iterator(read)]


def drawn(subject: Subject) -> QImage:
    """The subject as it is now."""
    subject.refresh()
    size = subject.widget.size()
    image = QImage(size.width() // 2 * 2, size.height() // 2 * 2, QImage.Format.Format_RGB32)
    painter = QPainter(image)
    draw_fitting(subject, painter, image.size())
    painter.end()
    return image


def slow_down(session: Session, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a probe computes takes longer than a network learns until the next view."""
    lane = session.queries[name]._thread
    run = lane.run

    def run_slowly(work: Callable[[], Any], *reported: Callable[[Any], None]) -> None:
        run(lambda: (threading.Event().wait(0.1), work())[1], *reported)

    monkeypatch.setattr(lane, "run", run_slowly)


def as_pillow(image: QImage) -> Image.Image:
    size = image.width(), image.height()
    return Image.frombytes("RGB", size, image.constBits().asstring(image.sizeInBytes()), "raw", "BGRX")


# ---- what is in it


def test_the_whole_window_and_its_dialog_and_what_gives_a_film_up(
    ready_window: MainWindow, qtbot: QtBot, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    window = ready_window
    subject, probes = WindowSubject(window), window.session.queries
    qtbot.waitUntil(lambda: all(not probe.is_wanted or probe.is_up_to_date for probe in probes))
    before = drawn(subject)
    window.session.messages.show("Something else that is reported")
    window.session.messages.announce("Saved to x.json")
    QApplication.processEvents()
    assert window.message_bar.isVisible()
    assert window.announcement_bar.isVisible()
    assert drawn(subject) == before
    assert window.message_bar.isVisible()
    assert window.announcement_bar.isVisible()
    seen = window.grab().toImage().convertToFormat(QImage.Format.Format_RGB32)
    assert as_pillow(seen).tobytes() != as_pillow(before).tobytes()

    # The whole window.
    window.session.messages.clear()
    press(qtbot, window, Qt.Key.Key_M, Qt.KeyboardModifier.ControlModifier)
    assert "Train the network first" in reported(window)
    assert window.findChild(QFileDialog, "filmDialog") is None
    window.session.messages.clear()
    window.resize(window.minimumSizeHint())
    train(qtbot, window)
    press(qtbot, window, Qt.Key.Key_M, Qt.KeyboardModifier.ControlModifier)
    choose_file(qtbot, window, "filmDialog", home / "first")
    wait_for_film(qtbot, film_of(window))
    pages = pages_of(home / "first.gif")
    assert sum(duration for _, duration in pages) == 1000 * SECONDS
    assert len(pages) == count_of(window.session) >= 5
    assert pages[0][0].size == (window.width() // 2 * 2, window.height() // 2 * 2)
    assert pages[0][0].tobytes() != pages[-1][0].tobytes()
    assert "Film saved as first.gif" in announced(window.session)
    assert not reported(window)
    assert window.session.timeline.is_live

    # What the dialog proposes refuses and replaces and what gives a film up.
    monkeypatch.setenv("PATH", str(home))
    monkeypatch.setitem(sys.modules, "imageio_ffmpeg", None)

    # Of a card.
    card = find(window, Panel, "stagePanel")
    choose(qtbot, window, card, "Film")
    dialog = find(window, QFileDialog, "filmDialog")
    assert Path(dialog.selectedFiles()[0]).name == "stage.gif"
    assert dialog.windowTitle() == "Film of 0.5 seconds"
    choose_file(qtbot, window, "filmDialog", home / "weights.gif")
    wait_for_film(qtbot, film_of(window))
    pages = pages_of(home / "weights.gif")
    assert pages[0][0].size == (card.width() // 2 * 2, card.height() // 2 * 2)
    assert pages[0][0].tobytes() != pages[-1][0].tobytes()

    # Another format gives the name its ending.
    action(window, "actionFilm").trigger()
    dialog = find(window, QFileDialog, "filmDialog")
    webp = next(each for each in dialog.nameFilters() if "webp" in each)
    dialog.selectNameFilter(webp)
    dialog.filterSelected.emit(webp)
    assert Path(dialog.selectedFiles()[0]).name == "training.webp"
    assert not any("mp4" in each for each in dialog.nameFilters())
    dialog.close()

    # Formats that cannot be written.
    for name, what in (("film.avi", ".gif, .webp, .mp4, .png"), ("film.mp4", "ffmpeg")):
        window.session.messages.clear()
        action(window, "actionFilm").trigger()
        choose_file(qtbot, window, "filmDialog", home / name)
        wait_for_film(qtbot, film_of(window))
        assert what in reported(window), name
        assert window.session.timeline.is_live
        assert not (home / name).exists()

    # A folder is replaced only if it is a film, and after a question.
    window.session.models[Player].set_seconds(0.2)
    window.session.messages.clear()

    def film_to_folder() -> None:
        window.films.of_card(find(window, Panel, "stagePanel"))
        choose_file(qtbot, window, "filmDialog", home / "film.png")

    (home / "film").mkdir()
    (home / "film" / "film-9999.png").write_bytes(b"an old one")
    film_to_folder()
    find(window, QMessageBox, "replaceFilmBox").reject()
    assert not film_of(window).is_active
    assert (home / "film" / "film-9999.png").exists()
    film_to_folder()
    box = find(window, QMessageBox, "replaceFilmBox")
    replace = next(button for button in box.buttons() if "Rep" in button.text())
    qtbot.mouseClick(replace, Qt.MouseButton.LeftButton)
    wait_for_film(qtbot, film_of(window))
    assert len(os.listdir(home / "film")) == round(25 * 0.2)
    assert not (home / "film" / "film-9999.png").exists()
    (home / "film" / "letter.txt").write_text("dear")
    film_to_folder()
    assert "the folder exists and is not a film" in reported(window)
    assert (home / "film" / "letter.txt").exists()

    # End cancel and closing the window give it up.
    window.session.messages.clear()
    window.session.models[Player].set_seconds(SECONDS)
    session, maker = window.session, film_of(window)

    def begin() -> None:
        maker.make(CardSubject(find(window, Panel, "stagePanel"), session), home / "film.gif")
        qtbot.waitUntil(lambda: not session.timeline.is_live)
        assert "Writing the film film.gif" in reported(window)

    begin()
    window.setFocus()
    press(qtbot, window, Qt.Key.Key_End)
    assert not maker.is_active
    assert session.timeline.is_live
    session.messages.clear()
    begin()
    click(qtbot, window, QPushButton, "messageChoice1Button")
    assert not maker.is_active
    assert session.timeline.is_live
    assert not reported(window)
    begin()
    assert ends_whole(window)
    assert not [name for name in os.listdir(home) if "film.gif" in name]


@pytest.mark.parametrize(("workspace", "name"), [("train", "stagePanel"), ("inside", "mistakesDock")])
def test_every_frame_shows_its_moment(
    workspace: str, name: str, make_studio: MakeStudio, qtbot: QtBot, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also of what is computed in another thread: it was drawn when that was there."""
    studio = make_studio(name, workspace=workspace)
    session, subject = studio.session, studio.subject
    slow_down(session, MISTAKES, monkeypatch)
    QApplication.processEvents()  # the cards get their sizes
    studio.maker.make(subject, home / "film.png")
    wait_for_film(qtbot, studio.maker)
    names = sorted(os.listdir(home / "film"))
    assert len(names) == round(25 * SECONDS)
    for number in (0, 5):
        session.timeline.go_to(session.timeline.live_epoch * number / (len(names) - 1))
        qtbot.waitUntil(lambda: all(probe.is_up_to_date for probe in subject.queries))
        QApplication.processEvents()
        with Image.open(home / "film" / names[number]) as read:
            assert read.tobytes() == as_pillow(drawn(subject)).tobytes(), number


def test_the_moments_are_even_and_held_as_long_as_it_takes(weights_studio: Studio) -> None:
    run = weights_studio.session.runs.current
    kept = len(run.snapshots) + (run.snapshots.epochs[-1] < run.epochs)
    for frames, least in ((2, 2), (7, 5), (1000, kept)):
        moments = film_snapshots(run, frames)
        epochs = [moment.epochs for moment, _ in moments]
        assert sum(count for _, count in moments) == frames
        assert epochs == sorted(set(epochs))
        assert (epochs[0], epochs[-1]) == (0, run.epochs)
        assert least <= len(epochs) <= min(frames, kept)
    shown = [moment.epochs for moment, count in film_snapshots(run, 1000) for _ in range(count)]
    wanted = [weights_studio.session.timeline.nearest(run.epochs * frame / 999) for frame in range(1000)]
    assert shown == pytest.approx(wanted, abs=1e-9)


def test_a_card_that_changes_its_size_keeps_that_of_the_film(weights_studio: Studio, qtbot: QtBot, home: Path) -> None:
    window, card, timeline = weights_studio.window, weights_studio.subject.widget, weights_studio.session.timeline
    size = card.size()
    moments: set[float | None] = set()

    def resize_at_the_second() -> None:
        moments.add(timeline.epoch)
        if len(moments) == 2:  # the picture of the first is taken
            window.resize(window.width() + 100, window.height() + 300)

    timeline.changed.connect(resize_at_the_second)
    weights_studio.maker.make(weights_studio.subject, home / "film.gif")
    wait_for_film(qtbot, weights_studio.maker)
    pages = pages_of(home / "film.gif")
    assert card.width() > size.width()
    assert pages[-1][0].size == (size.width() // 2 * 2, size.height() // 2 * 2)
    left = [{page.getpixel((x, y)) for x in range(8) for y in range(size.height() - 2)} for page, _ in pages]
    assert len(left[0]) > len(left[-1]) == 1, "smaller, in the middle"


# ---- meanwhile, and afterwards


def test_it_goes_back_to_the_moment_before_and_is_given_up_for_another_one(
    weights_studio: Studio, qtbot: QtBot, home: Path
) -> None:
    studio, timeline = weights_studio, weights_studio.session.timeline
    timeline.go_to(1)
    studio.maker.make(studio.subject, home / "film.gif")
    qtbot.waitUntil(lambda: timeline.epoch != 1)
    wait_for_film(qtbot, studio.maker)
    assert timeline.epoch == 1
    assert (home / "film.gif").exists()

    # Who goes to another moment stays there.
    timeline.go_live()
    studio.maker.make(studio.subject, home / "second.gif")
    qtbot.waitUntil(lambda: not timeline.is_live)
    wanted = 0 if timeline.epoch == 1 else 1  # not where the film is just now
    timeline.go_to(wanted)
    assert not studio.maker.is_active
    assert "another epoch" in studio.reported
    assert timeline.epoch == wanted

    # A place that cannot be written.
    timeline.go_live()
    studio.maker.make(studio.subject, home / "nowhere" / "film.gif")
    wait_for_film(qtbot, studio.maker)
    assert "film.gif could not be written: No such file or directory" in studio.reported
    assert studio.session.timeline.is_live

    # Another network ends it.
    studio.session.messages.clear()
    studio.maker.make(studio.subject, home / "third.gif")
    qtbot.waitUntil(lambda: not studio.session.timeline.is_live)
    studio.session.reset()
    wait_for_film(qtbot, studio.maker)
    assert "was replaced" in studio.reported, "what happened to the network matters more"
    assert studio.session.timeline.is_live
    assert studio.maker.close(5000)
    assert sorted(name for name in os.listdir(home) if "gif" in name) == ["film.gif"]


def test_training_goes_on(
    make_untrained: MakeStudio, qtbot: QtBot, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Even where something that is shown is never up to date meanwhile."""
    studio = make_untrained("curvesDock")
    session, window = studio.session, studio.window
    window.canvas.set_strokes([seven(window.canvas)])
    train_for_a_while(qtbot, window)
    session.models[Player].set_seconds(SECONDS)
    slow_down(session, PAST_PREDICTIONS, monkeypatch)
    before = session.timeline.live_epoch
    studio.maker.make(studio.subject, home / "film.gif")
    wait_for_film(qtbot, studio.maker)
    assert session.state is Status.TRAINING
    assert session.timeline.is_live
    assert len(pages_of(home / "film.gif")) > 1
    qtbot.waitUntil(lambda: session.timeline.live_epoch > before)
    pause(qtbot, window)


def test_it_waits_while_its_card_cannot_be_seen_and_there_is_one_at_a_time(
    weights_studio: Studio, qtbot: QtBot, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    maker, subject, shares = weights_studio.maker, weights_studio.subject, []
    maker.make(subject, home / "film.gif")
    shooting = maker._renderer
    assert shooting is not None
    shooting.drawn.connect(shares.append)
    qtbot.waitUntil(lambda: bool(shares))
    subject.widget.hide()
    assert not subject.is_in_view
    before = len(shares)
    for _ in range(3):
        with qtbot.waitSignal(shooting._timer.timeout):
            pass
    assert len(shares) == before
    subject.widget.show()
    wait_for_film(qtbot, maker)
    assert len(pages_of(home / "film.gif")) == count_of(weights_studio.session)

    # One at a time and limits.
    for limit, value, what in (("LONGEST", 0.1, "must be at most 0.1 s"), ("MOST_PIXELS", 1000, "smaller")):
        with monkeypatch.context() as patch:
            patch.setattr(films, limit, value)
            maker.make(subject, home / "film.gif")
        assert what in weights_studio.reported
        assert not maker.is_active
    weights_studio.session.messages.clear()
    maker.make(subject, home / "film.gif")
    first = maker._renderer
    maker.make(subject, home / "other.gif")
    assert "Another film is being written" in weights_studio.reported
    assert maker._renderer is first


def test_a_film_that_is_cancelled_too_late_is_reported(
    weights_studio: Studio, qtbot: QtBot, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written, goes_on = threading.Event(), threading.Event()

    def write_and_wait(film: writer.FilmFile, frames: FrameQueue) -> None:
        write_film(film, frames)
        written.set()
        goes_on.wait(30)

    write_film = writer.write_film
    monkeypatch.setattr(writer, "write_film", write_and_wait)
    maker, news = weights_studio.maker, []
    maker.done.connect(news.append)
    maker.make(weights_studio.subject, home / "film.gif")
    qtbot.waitUntil(written.is_set, timeout=90_000)
    maker.cancel()
    assert not maker.is_active
    goes_on.set()
    qtbot.waitUntil(lambda: len(news) == 2)
    assert news[-1] == "Film saved as film.gif"
    assert (home / "film.gif").exists()


def test_a_moment_that_takes_too_long(
    make_studio: MakeStudio, qtbot: QtBot, home: Path, gate: Gate, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(films, "_PATIENCE", 0.2)
    studio = make_studio("curvesDock")
    show_view(qtbot, studio.window, "distributionsView")
    gate.close()
    studio.maker.make(studio.subject, home / "film.gif")
    wait_for_film(qtbot, studio.maker)
    assert "was not computed" in studio.reported
    gate.open()
    assert studio.maker.close(5000)
    assert not (home / "film.gif").exists()


def test_a_card_that_cannot_be_drawn_is_reported_once(
    weights_studio: Studio, qtbot: QtBot, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    maker, subject = weights_studio.maker, weights_studio.subject
    maker.make(subject, home / "film.gif")

    def broken(_: QPainter) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(subject, "draw", broken)
    with qtbot.captureExceptions() as raised:
        wait_for_film(qtbot, maker)
        QApplication.processEvents()
    assert [kind for kind, _, _ in raised] == [ZeroDivisionError]
    assert "could not be drawn" in weights_studio.reported
    assert maker.close(5000)
    assert not (home / "film.gif").exists()


# ---- what is refused


# ---- the dialog
