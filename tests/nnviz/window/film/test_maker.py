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

from nnviz.cards.prediction_over_time.model import PAST_PREDICTIONS
from nnviz.cards.timeline.player import Player
from nnviz.session.session import Session
from nnviz.session.shared_queries import MISTAKES
from nnviz.session.status import Status
from nnviz.ui.card import DockCard
from nnviz.window.film import maker as films
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
    click_tab,
    ends_whole,
    find,
    pause,
    press,
    seven,
    train_for_a_while,
    wait_for,
)
from tests.nnviz.window.test_card_menu import choose

SECONDS = 0.5
FRAMES = 10  # of a GIF


def train(qtbot: QtBot, window: AnyWindow) -> None:
    """Four epochs, one by one, so that the end of each is kept, with a drawing; a film is short."""
    window.canvas.set_strokes([seven(window.canvas)])
    window.session.settings.change("epochs", epochs=4)
    for _ in range(4):
        window.session.step_epoch()
        wait_for(qtbot, window, Status.PAUSED, Status.FINISHED)
    window.session.models[Player].set_seconds(SECONDS)


@pytest.fixture
def trained(ready_window: MainWindow, qtbot: QtBot) -> MainWindow:
    """The whole window, for what its menus, keys, bars and its end do with a film."""
    train(qtbot, ready_window)
    return ready_window


class Studio:
    """A window of a few cards, and a film of one."""

    def __init__(self, window: CardWindow, name: str) -> None:
        self.window, self.session = window, window.session
        self.maker = FilmMaker(window.session)
        self.subject = CardSubject(find(window, DockCard, name), window.session)

    @property
    def told(self) -> str:
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
    return make_studio("weightsDock")


def count_of(session: Session) -> int:
    """How many moments a GIF of it has."""
    return len(film_snapshots(session.runs.current, FRAMES))


def film_of(window: MainWindow) -> FilmMaker:
    return window.films.maker


def wait_for_film(qtbot: QtBot, maker: FilmMaker) -> None:
    qtbot.waitUntil(lambda: not maker.is_active, timeout=90_000)


def weights(window: MainWindow) -> CardSubject:
    return CardSubject(find(window, DockCard, "weightsDock"), window.session)


def told(window: MainWindow) -> str:
    return find(window, QLabel, "messageText").text() if window.message_bar.isVisible() else ""


def pages_of(path: Path) -> list[tuple[Image.Image, int]]:
    """The pictures of a film, and how many milliseconds each stays."""
    with Image.open(path) as read:
        return [(page.convert("RGB"), page.info["duration"]) for page in ImageSequence.Iterator(read)]


def drawn(subject: Subject) -> QImage:
    """The subject as it is now."""
    subject.refresh()
    size = subject.widget.size()
    image = QImage(size.width() // 2 * 2, size.height() // 2 * 2, QImage.Format_RGB32)
    painter = QPainter(image)
    draw_fitting(subject, painter, image.size())
    painter.end()
    return image


def slow_down(session: Session, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a probe computes takes longer than a network learns until the next view."""
    lane = session.queries[name]._thread
    run = lane.run

    def run_slowly(work: Callable[[], Any], *told: Callable[[Any], None]) -> None:
        run(lambda: (threading.Event().wait(0.1), work())[1], *told)

    monkeypatch.setattr(lane, "run", run_slowly)


def as_pillow(image: QImage) -> Image.Image:
    size = image.width(), image.height()
    return Image.frombytes("RGB", size, image.constBits().asstring(image.sizeInBytes()), "raw", "BGRX")


# ---- what is in it


def test_the_whole_window(trained: MainWindow, qtbot: QtBot, home: Path) -> None:
    press(qtbot, trained, Qt.Key_M, Qt.ControlModifier)
    choose_file(qtbot, trained, "filmDialog", home / "first")
    wait_for_film(qtbot, film_of(trained))
    pages = pages_of(home / "first.gif")
    assert sum(duration for _, duration in pages) == 1000 * SECONDS
    assert len(pages) == count_of(trained.session) >= 5
    assert pages[0][0].size == (trained.width() // 2 * 2, trained.height() // 2 * 2)
    assert pages[0][0].tobytes() != pages[-1][0].tobytes()
    assert "Film saved as first.gif" in announced(trained.session)
    assert not told(trained)
    assert trained.session.timeline.is_live


def test_one_card(trained: MainWindow, qtbot: QtBot, home: Path) -> None:
    card = find(trained, DockCard, "weightsDock")
    choose(qtbot, trained, card, "Film")
    dialog = find(trained, QFileDialog, "filmDialog")
    assert Path(dialog.selectedFiles()[0]).name == "weights-layer-1.gif"
    assert dialog.windowTitle() == "Film of 0.5 seconds"
    choose_file(qtbot, trained, "filmDialog", home / "weights.webp")
    wait_for_film(qtbot, film_of(trained))
    pages = pages_of(home / "weights.webp")
    assert pages[0][0].size == (card.width() // 2 * 2, card.height() // 2 * 2)
    assert pages[0][0].tobytes() != pages[-1][0].tobytes()


@pytest.mark.parametrize(
    ("workspace", "name"), [("train", "weightsDock"), ("train", "predictionDock"), ("inside", "mistakesDock")]
)
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


def test_messages_are_not_in_the_film(trained: MainWindow, qtbot: QtBot) -> None:
    subject, probes = WindowSubject(trained), trained.session.queries
    qtbot.waitUntil(lambda: all(not probe.is_wanted or probe.is_up_to_date for probe in probes))
    before = drawn(subject)
    trained.session.messages.show("Something else that is told")
    trained.session.messages.announce("Saved to x.json")
    QApplication.processEvents()
    assert trained.message_bar.isVisible()
    assert trained.announcement_bar.isVisible()
    assert drawn(subject) == before
    assert trained.message_bar.isVisible()
    assert trained.announcement_bar.isVisible()
    assert (
        as_pillow(trained.grab().toImage().convertToFormat(QImage.Format_RGB32)).tobytes()
        != as_pillow(before).tobytes()
    )


def test_a_window_that_changes_its_size_keeps_that_of_the_film(trained: MainWindow, qtbot: QtBot, home: Path) -> None:
    size, timeline = trained.size(), trained.session.timeline
    moments: set[float | None] = set()

    def resize_at_the_second() -> None:
        moments.add(timeline.epoch)
        if len(moments) == 2:  # the picture of the first is taken
            trained.resize(size.width() + 100, size.height() + 200)

    timeline.changed.connect(resize_at_the_second)
    film_of(trained).make(WindowSubject(trained), home / "film.gif")
    wait_for_film(qtbot, film_of(trained))
    pages = pages_of(home / "film.gif")
    assert pages[-1][0].size == (size.width(), size.height())
    assert pages[-1][0].getpixel((2, 2)) != pages[0][0].getpixel((2, 2)), "smaller, in the middle"


# ---- meanwhile, and afterwards


def test_it_goes_back_to_the_moment_before(weights_studio: Studio, qtbot: QtBot, home: Path) -> None:
    studio, timeline = weights_studio, weights_studio.session.timeline
    timeline.go_to(1)
    studio.maker.make(studio.subject, home / "film.gif")
    qtbot.waitUntil(lambda: timeline.epoch != 1)
    wait_for_film(qtbot, studio.maker)
    assert timeline.epoch == 1
    assert (home / "film.gif").exists()


def test_cancel(trained: MainWindow, qtbot: QtBot, home: Path) -> None:
    film_of(trained).make(weights(trained), home / "film.gif")
    qtbot.waitUntil(lambda: not trained.session.timeline.is_live)
    assert "Writing the film film.gif" in told(trained)
    click(qtbot, trained, QPushButton, "messageChoice1Button")
    assert not film_of(trained).is_active
    assert trained.session.timeline.is_live
    assert not told(trained)
    assert film_of(trained).close(5000)
    assert not [name for name in os.listdir(home) if "film" in name]


def test_who_goes_to_another_moment_stays_there(weights_studio: Studio, qtbot: QtBot, home: Path) -> None:
    studio, timeline = weights_studio, weights_studio.session.timeline
    studio.maker.make(studio.subject, home / "film.gif")
    qtbot.waitUntil(lambda: not timeline.is_live)
    timeline.go_to(1)
    assert not studio.maker.is_active
    assert "another epoch" in studio.told
    assert timeline.epoch == 1
    assert studio.maker.close(5000)
    assert not [name for name in os.listdir(home) if "film" in name]


def test_end_goes_live_and_ends_it(trained: MainWindow, qtbot: QtBot, home: Path) -> None:
    film_of(trained).make(weights(trained), home / "film.gif")
    qtbot.waitUntil(lambda: not trained.session.timeline.is_live)
    trained.setFocus()
    press(qtbot, trained, Qt.Key_End)
    assert not film_of(trained).is_active
    assert trained.session.timeline.is_live


def test_another_network_ends_it(trained: MainWindow, qtbot: QtBot, home: Path) -> None:
    film_of(trained).make(weights(trained), home / "film.gif")
    qtbot.waitUntil(lambda: not trained.session.timeline.is_live)
    trained.session.reset()
    wait_for_film(qtbot, film_of(trained))
    assert "was replaced" in told(trained), "what happened to the network matters more"
    assert trained.session.timeline.is_live
    assert film_of(trained).close(5000)
    assert not (home / "film.gif").exists()


@pytest.mark.parametrize("name", ["predictionDock", "learningStripDock"])
def test_training_goes_on(
    name: str, make_untrained: MakeStudio, qtbot: QtBot, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Even where something that is shown is never up to date meanwhile."""
    studio = make_untrained(name, "learningStripDock")
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


def test_it_waits_while_its_card_cannot_be_seen(weights_studio: Studio, qtbot: QtBot, home: Path) -> None:
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


def test_a_moment_that_takes_too_long(
    make_studio: MakeStudio, qtbot: QtBot, home: Path, gate: Gate, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(films, "_PATIENCE", 0.2)
    studio = make_studio("curvesDock")
    click_tab(qtbot, studio.window, "distributionsTab")
    gate.close()
    studio.maker.make(studio.subject, home / "film.gif")
    wait_for_film(qtbot, studio.maker)
    assert "was not computed" in studio.told
    gate.open()
    assert studio.maker.close(5000)
    assert not (home / "film.gif").exists()


def test_a_card_that_cannot_be_drawn_is_told_once(
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
    assert "could not be drawn" in weights_studio.told
    assert maker.close(5000)
    assert not (home / "film.gif").exists()


def test_closing_the_window_gives_it_up(trained: MainWindow, qtbot: QtBot, home: Path) -> None:
    film_of(trained).make(weights(trained), home / "film.gif")
    qtbot.waitUntil(lambda: not trained.session.timeline.is_live)
    assert ends_whole(trained)
    assert not [name for name in os.listdir(home) if "film" in name]


# ---- what is refused


def test_before_any_training(ready_window: MainWindow, qtbot: QtBot) -> None:
    press(qtbot, ready_window, Qt.Key_M, Qt.ControlModifier)
    assert "Train the network first" in told(ready_window)
    assert ready_window.findChild(QFileDialog, "filmDialog") is None


def test_one_at_a_time(trained: MainWindow, qtbot: QtBot, home: Path) -> None:
    film_of(trained).make(weights(trained), home / "film.gif")
    action(trained, "actionFilm").trigger()
    assert "Another film is being written" in told(trained)
    wait_for_film(qtbot, film_of(trained))
    assert (home / "film.gif").exists()


@pytest.mark.parametrize(("name", "what"), [("film.avi", ".gif, .webp, .mp4, .png"), ("film.mp4", "ffmpeg")])
def test_formats_that_cannot_be_written(
    name: str, what: str, trained: MainWindow, qtbot: QtBot, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(home))
    monkeypatch.setitem(sys.modules, "imageio_ffmpeg", None)
    action(trained, "actionFilm").trigger()
    assert not any("mp4" in each for each in find(trained, QFileDialog, "filmDialog").nameFilters())
    choose_file(qtbot, trained, "filmDialog", home / name)
    wait_for_film(qtbot, film_of(trained))
    assert what in told(trained)
    assert trained.session.timeline.is_live
    assert not (home / name).exists()


def test_a_place_that_cannot_be_written(weights_studio: Studio, qtbot: QtBot, home: Path) -> None:
    studio = weights_studio
    studio.maker.make(studio.subject, home / "nowhere" / "film.gif")
    wait_for_film(qtbot, studio.maker)
    assert "film.gif could not be written: No such file or directory" in studio.told
    assert studio.session.timeline.is_live


def test_limits(trained: MainWindow, monkeypatch: pytest.MonkeyPatch) -> None:
    for limit, value, what in (("LONGEST", 0.1, "must be at most 0.1 s"), ("MOST_PIXELS", 1000, "smaller")):
        with monkeypatch.context() as patch:
            patch.setattr(films, limit, value)
            action(trained, "actionFilm").trigger()
        assert what in told(trained)


def test_a_folder_is_replaced_only_if_it_is_a_film_and_one_says_so(
    trained: MainWindow, qtbot: QtBot, home: Path
) -> None:
    def film_to_folder() -> None:
        action(trained, "actionFilm").trigger()
        choose_file(qtbot, trained, "filmDialog", home / "film.png")

    film_to_folder()
    wait_for_film(qtbot, film_of(trained))
    (home / "film" / "film-9999.png").write_bytes(b"an old one")
    film_to_folder()
    find(trained, QMessageBox, "replaceFilmBox").reject()
    assert not film_of(trained).is_active
    assert (home / "film" / "film-9999.png").exists()
    film_to_folder()
    replace = next(
        button for button in find(trained, QMessageBox, "replaceFilmBox").buttons() if "Rep" in button.text()
    )
    qtbot.mouseClick(replace, Qt.LeftButton)
    wait_for_film(qtbot, film_of(trained))
    assert len(os.listdir(home / "film")) == round(25 * SECONDS)
    (home / "film" / "letter.txt").write_text("dear")
    film_to_folder()
    assert "the folder exists and is not a film" in told(trained)
    assert (home / "film" / "letter.txt").exists()


def test_another_format_gives_the_name_its_ending(trained: MainWindow) -> None:
    action(trained, "actionFilm").trigger()
    dialog = find(trained, QFileDialog, "filmDialog")
    webp = next(each for each in dialog.nameFilters() if "webp" in each)
    dialog.selectNameFilter(webp)
    dialog.filterSelected.emit(webp)
    assert Path(dialog.selectedFiles()[0]).name == "training.webp"
    dialog.close()
