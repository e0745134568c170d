"""Films of a training: each moment is displayed, drawn off-screen, and handed to the thread that writes it."""

from __future__ import annotations

import itertools
import time
from concurrent.futures import CancelledError
from pathlib import Path
from typing import TYPE_CHECKING

from PyQt5.QtCore import QEvent, QObject, QSize, QTimer, pyqtSignal
from PyQt5.QtGui import QImage, QPainter
from PyQt5.QtWidgets import QApplication

from engine.network.half_precision import pack_exactly
from nnviz.formatting import text
from nnviz.jobs.film_frames import Frame, Frames
from nnviz.jobs.lane import Lane
from nnviz.session.messages import Choice, Message
from nnviz.session.run import Run
from nnviz.session.session import Session
from nnviz.session.snapshots import Snapshot
from nnviz.session.status import Status
from nnviz.ui import theme
from nnviz.window.film_subjects import Subject, draw_fitting

if TYPE_CHECKING:
    from nnviz.jobs.film_writer import FilmFile

LONGEST = 600  # seconds of a film
MOST_PIXELS = 20_000_000  # of a frame
_BETWEEN_LOOKS = 2  # milliseconds
_PATIENCE = 60.0  # seconds that a moment may take
_BETWEEN_NEWS = 0.25  # seconds
_NOTHING = "There is nothing to film yet: train the network first."
_NO_PAST = "There is nothing to film: a network as large as this one keeps no moments of its past."
_BUSY = "A film is being made already: wait until it is there, or cancel it."
_TOO_LARGE = "That is too large for a film: make the window or the card smaller."
_ELSEWHERE = "The film was given up, because the window now shows another moment or another network."
_BROKEN = "The film was given up, because something in it could not be drawn."
_TOO_SLOW = f"The film was given up: for one moment, what it shows was not computed within {_PATIENCE:.0f} seconds."


def moments_of(run: Run, frames: int) -> list[tuple[Snapshot, int]]:
    """The moments of a film of that many frames, evenly over the run up to now, each with how many frames it stays."""
    now = Snapshot(run.epochs, pack_exactly(run.parameters, tuple(run.network.shape)))
    kept = [*(each for each in run.snapshots if each.epochs < now.epochs), now]
    after = [(one.epochs + other.epochs) / 2 for one, other in itertools.pairwise(kept)]  # where the next is nearer
    numbers, number = [], 0
    for frame in range(frames):
        epoch = run.epochs * frame / max(1, frames - 1)
        while number < len(after) and epoch >= after[number]:
            number += 1
        numbers.append(number)
    return [(kept[number], len(list(same))) for number, same in itertools.groupby(numbers)]


class Shooting(QObject):
    """Displays one moment after the other, and draws each when the views have followed.

    Signals:
        drawn(share): of the moments that are drawn by now.
        given_up(why): it cannot go on.
    """

    drawn = pyqtSignal(float)
    given_up = pyqtSignal(str)

    def __init__(self, session: Session, subject: Subject, moments: list[tuple[Snapshot, int]], frames: Frames) -> None:
        super().__init__()
        self._session, self._subject, self._moments, self._frames = session, subject, moments, frames
        self.size = QSize(*(length - length % 2 for length in _lengths(subject.widget.size())))
        self._before = session.displayed.moment
        self._place = 0  # of the moment that is to be displayed next, or is
        self._moment: Snapshot | None = None  # the one that was displayed last
        self._is_drawn = True
        self._marks: dict[QObject, int] = {}  # by probe: the questions that were begun before this moment
        self._since = 0.0  # when it was displayed
        self._timer = QTimer(self)
        self._timer.setInterval(_BETWEEN_LOOKS)
        self._timer.timeout.connect(self._look)

    def begin(self) -> None:
        session = self._session
        session.player.stop()
        session.displayed.moment_changed.connect(self._moved)
        for signal in (session.runs.replaced, session.data.changed):
            signal.connect(self._changed)
        self._timer.start()

    def stop(self) -> None:
        """Ends it, and goes back to where the window was, unless the person went elsewhere meanwhile."""
        self._timer.stop()
        session = self._session
        session.displayed.moment_changed.disconnect(self._moved)
        for signal in (session.runs.replaced, session.data.changed):
            signal.disconnect(self._changed)
        if self._moment is not None and session.displayed.moment is self._moment:
            session.displayed.look_back(self._before)

    def _moved(self) -> None:
        if self._session.displayed.moment is not self._moment:
            self._changed()

    def _changed(self) -> None:
        self.given_up.emit(_ELSEWHERE)

    def picture(self) -> bytes:
        """The subject as it is now: 4 bytes a pixel, blue, green, red and nothing."""
        self._subject.refresh()
        QApplication.sendPostedEvents(None, QEvent.LayoutRequest)  # texts may have changed
        image = QImage(self.size, QImage.Format_RGB32)
        image.fill(theme.colour("window"))
        painter = QPainter(image)
        try:
            draw_fitting(self._subject, painter, self.size)
        finally:
            painter.end()
        return bytes(image.constBits().asstring(image.sizeInBytes()))

    def _look(self) -> None:
        """Goes on as far as it can at present."""
        if not self._subject.is_in_view:
            self._since = time.perf_counter()
        elif not self._frames.has_room:
            pass
        elif self._is_drawn:
            self._display()
        elif self._is_settled:
            self._draw()
        elif time.perf_counter() - self._since > _PATIENCE:
            self.given_up.emit(_TOO_SLOW)

    def _display(self) -> None:
        probes = self._session.queries
        self._marks = {probe: probe.questions for probe in probes}
        self._since = time.perf_counter()
        self._moment, self._is_drawn = self._moments[self._place][0], False
        self._session.displayed.look_back(self._moment)
        for probe in self._subject.probes:
            probe.hurry()

    @property
    def _is_settled(self) -> bool:
        """Whether all that the views need of this moment was computed."""
        is_learning = self._session.state is Status.TRAINING
        return all(
            probe.is_up_to_date or (is_learning and probe.has_answered_after(self._marks[probe]))
            for probe in self._subject.probes
        )

    def _draw(self) -> None:
        try:
            pixels = self.picture()
        except Exception:
            self.given_up.emit(_BROKEN)
            raise  # it is shown once, not at every look
        self._frames.put(Frame(pixels, self._moments[self._place][1]))
        self._is_drawn = True
        self._place += 1
        if self._place == len(self._moments):
            self._timer.stop()
            self._frames.end()
        self.drawn.emit(self._place / len(self._moments))


def _lengths(size: QSize) -> tuple[int, int]:
    return size.width(), size.height()


class Film(QObject):
    """Makes one film at a time; says how far it is, and offers to cancel it.

    Signals:
        done(text): what was written, to be announced.
    """

    done = pyqtSignal(str)

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self._lane = Lane()
        self._shooting: Shooting | None = None
        self._frames = Frames()
        self._name = ""
        self._offer: Message | None = None
        self._last_news = 0.0

    @property
    def is_being_made(self) -> bool:
        return self._shooting is not None

    def problem(self, subject: Subject) -> str:
        """Why no film of that can be made now; empty if one can."""
        width, height = _lengths(subject.widget.size())
        if self.is_being_made:
            return _BUSY
        if not self._session.timeline.has_past:
            return _NO_PAST if self._session.timeline.live_epoch else _NOTHING
        if self._session.player.seconds > LONGEST:
            return f"A film may last {LONGEST} seconds, not {self._session.player.seconds:g}: choose fewer."
        return _TOO_LARGE if width * height > MOST_PIXELS else ""

    def make(self, subject: Subject, path: Path) -> None:
        """Writes a film of the training up to now; the path's ending, one of ``film_writer.endings``, is its format.

        It lasts as long as the player is set to. Where there is a :meth:`problem`, that is told.
        """
        from nnviz.jobs import film_writer  # which needs Pillow: the window opens sooner without

        problem = self.problem(subject)
        if problem:
            self._session.messages.tell(problem)
            return
        rate = film_writer.FRAMES_A_SECOND[path.suffix.lower()]
        moments = moments_of(self._session.runs.current, max(2, round(rate * self._session.player.seconds)))
        self._frames = frames = Frames()
        self._shooting = shooting = Shooting(self._session, subject, moments, frames)
        size, counts = _lengths(shooting.size), [count for _, count in moments]
        film = film_writer.FilmFile(path, size, counts, shooting.picture())
        self._name = text.name(_path_of(film).name)
        shooting.drawn.connect(self._progressed)
        shooting.given_up.connect(self._give_up)
        self._lane.run(lambda: film_writer.write_film(film, frames), lambda _: self._written(), self._failed)
        self._progressed(0)
        shooting.begin()

    def cancel(self) -> None:
        """Writes nothing; the window shows again what it showed before."""
        if self._shooting is not None:
            self._end()
            self.done.emit("The film was cancelled")

    def close(self, milliseconds: int) -> bool:
        """Cancels the film; returns whether its thread ended in time."""
        if self._shooting is not None:
            self._end()
        return self._lane.close(milliseconds)

    def _end(self) -> None:
        assert self._shooting is not None
        shooting, self._shooting = self._shooting, None
        shooting.stop()
        self._frames.cancel()
        self._session.messages.withdraw(self._offer)
        self._offer = None

    def _written(self) -> None:
        if self._shooting is not None:
            self._end()
            self.done.emit(f"The film is in {self._name}")

    def _failed(self, error: Exception) -> None:
        """Not of a film that nobody wants any more."""
        from nnviz.jobs.film_writer import FilmError

        if self._shooting is None or isinstance(error, CancelledError):
            return
        self._end()
        if isinstance(error, FilmError):
            self._session.messages.warn(f"{self._name} could not be written. {error}")
        else:
            self._session.messages.tell_error(f"{self._name} could not be written", error)

    def _give_up(self, why: str) -> None:
        self._end()
        self._session.messages.tell(why)

    def _progressed(self, share: float) -> None:
        """Offers to cancel it, unless another message is shown; not of every frame: nobody reads that fast."""
        messages, now = self._session.messages, time.perf_counter()
        if 0 < share < 1 and now - self._last_news < _BETWEEN_NEWS:
            return
        if messages.current is None or messages.current is self._offer:
            self._last_news = now
            words = f"The film {self._name} is being made: {100 * share:.0f} %. Going to another moment ends it."
            self._offer = messages.tell(words, Choice("Cancel", self.cancel), dismissed=self.cancel)


def _path_of(film: FilmFile) -> Path:
    from nnviz.jobs.film_writer import folder_of

    return folder_of(film.path) if film.path.suffix.lower() == ".png" else film.path
