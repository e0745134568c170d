"""The maker of films: displays each snapshot of a run, renders it off-screen, and passes the frame to the writer."""

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
from nnviz.cards.curves.player import Player
from nnviz.formatting import text
from nnviz.jobs.serial_thread import SerialThread
from nnviz.session.messages import Message, MessageChoice
from nnviz.session.run import Run
from nnviz.session.session import Session
from nnviz.session.snapshots import Snapshot
from nnviz.session.status import Status
from nnviz.ui import theme
from nnviz.window.film.frames import FilmFrame, FrameQueue
from nnviz.window.film.subjects import Subject, draw_fitting

if TYPE_CHECKING:
    from nnviz.window.film.writer import FilmFile

LONGEST = 600  # seconds of a film
MOST_PIXELS = 20_000_000  # of a frame
_POLL_INTERVAL = 2  # milliseconds
_PATIENCE = 60.0  # seconds, at most, until a snapshot is drawn
_PROGRESS_INTERVAL = 0.25  # seconds
_NOTHING = "No snapshots to film yet. Train the network first."
_NO_PAST = "No snapshots to film: a network of this size keeps none. Choose a smaller network."
_BUSY = "Another film is being written. Wait until it is finished, or cancel it."
_TOO_LARGE = "The film is too large. Make the window or the card smaller."
_ELSEWHERE = "Film cancelled: the window now shows another epoch or another network."
_BROKEN = "Film cancelled: a frame could not be drawn."
_TOO_SLOW = f"Film cancelled: the content of a frame was not computed within {_PATIENCE:.0f} seconds."


def film_snapshots(run: Run, frames: int) -> list[tuple[Snapshot, int]]:
    """Returns the snapshots of a film, spaced evenly over the run, each with its number of frames."""
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


class FrameRenderer(QObject):
    """Displays the snapshots one by one, and renders each once all visible views are up to date.

    Attributes:
        size: width and height of a frame in pixels; even numbers, which video codecs require.

    Signals:
        drawn(share): the share of the snapshots that are rendered.
        aborted(reason): the film cannot be finished.
    """

    drawn = pyqtSignal(float)
    aborted = pyqtSignal(str)

    def __init__(
        self, session: Session, subject: Subject, snapshots: list[tuple[Snapshot, int]], frames: FrameQueue
    ) -> None:
        super().__init__()
        self._session, self._subject, self._snapshots, self._frames = session, subject, snapshots, frames
        self.size = QSize(*(length - length % 2 for length in _lengths(subject.widget.size())))
        self._before = session.displayed.snapshot
        self._place = 0  # index of the snapshot that is displayed, or is displayed next
        self._snapshot: Snapshot | None = None  # displayed last
        self._is_drawn = True
        self._marks: dict[QObject, int] = {}  # by query: its number of requests before this snapshot
        self._since = 0.0  # time at which the snapshot was displayed
        self._timer = QTimer(self)
        self._timer.setInterval(_POLL_INTERVAL)
        self._timer.timeout.connect(self._advance)

    def begin(self) -> None:
        """Starts rendering."""
        session = self._session
        session.models[Player].stop()
        session.displayed.snapshot_changed.connect(self._moved)
        session.run_or_data_changed.connect(self._changed)
        self._timer.start()

    def stop(self) -> None:
        """Stops rendering, and displays the earlier snapshot again unless the user chose another meanwhile."""
        self._timer.stop()
        session = self._session
        session.displayed.snapshot_changed.disconnect(self._moved)
        session.run_or_data_changed.disconnect(self._changed)
        if self._snapshot is not None and session.displayed.snapshot is self._snapshot:
            session.displayed.look_back(self._before)

    def _moved(self) -> None:
        if self._session.displayed.snapshot is not self._snapshot:
            self._changed()

    def _changed(self) -> None:
        self.aborted.emit(_ELSEWHERE)

    def render(self) -> bytes:
        """Returns the subject as it is now: 4 bytes a pixel, blue, green, red and padding."""
        self._subject.refresh()
        QApplication.sendPostedEvents(None, QEvent.Type.LayoutRequest)  # texts may have changed
        image = QImage(self.size, QImage.Format.Format_RGB32)
        image.fill(theme.colour("window"))
        painter = QPainter(image)
        try:
            draw_fitting(self._subject, painter, self.size)
        finally:
            painter.end()
        return bytes(image.constBits().asstring(image.sizeInBytes()))

    def _advance(self) -> None:
        """Displays or draws the next snapshot, if that is possible now."""
        if not self._subject.is_in_view:
            self._since = time.perf_counter()
        elif not self._frames.has_room:
            pass
        elif self._is_drawn:
            self._display()
        elif self._is_settled:
            self._draw()
        elif time.perf_counter() - self._since > _PATIENCE:
            self.aborted.emit(_TOO_SLOW)

    def _display(self) -> None:
        self._marks = {query: query.questions for query in self._session.queries}
        self._since = time.perf_counter()
        self._snapshot, self._is_drawn = self._snapshots[self._place][0], False
        self._session.displayed.look_back(self._snapshot)
        for query in self._subject.queries:
            query.hurry()

    @property
    def _is_settled(self) -> bool:
        """Whether all queries that the views need have a result for this snapshot."""
        is_learning = self._session.state is Status.TRAINING
        return all(
            query.is_up_to_date or (is_learning and query.has_answered_after(self._marks.get(query, query.questions)))
            for query in self._subject.queries
        )

    def _draw(self) -> None:
        try:
            pixels = self.render()
        except Exception:
            self.aborted.emit(_BROKEN)
            raise  # the film has ended, so the error is shown once
        self._frames.put(FilmFrame(pixels, self._snapshots[self._place][1]))
        self._is_drawn = True
        self._place += 1
        if self._place == len(self._snapshots):
            self._timer.stop()
            self._frames.end()
        self.drawn.emit(self._place / len(self._snapshots))


def _lengths(size: QSize) -> tuple[int, int]:
    return size.width(), size.height()


class FilmMaker(QObject):
    """Makes one film at a time, shows its progress, and offers to cancel it.

    Signals:
        done(text): a film was written or cancelled; a message for the user.
    """

    done = pyqtSignal(str)

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self._thread = SerialThread()
        self._renderer: FrameRenderer | None = None
        self._frames = FrameQueue()
        self._name = ""
        self._offer: Message | None = None
        self._last_progress = 0.0

    @property
    def is_active(self) -> bool:
        """Whether a film is in progress."""
        return self._renderer is not None

    def reason_unavailable(self, subject: Subject) -> str:
        """Returns why a subject cannot be filmed now; "" if it can."""
        width, height = _lengths(subject.widget.size())
        if self.is_active:
            return _BUSY
        if not self._session.timeline.has_past:
            return _NO_PAST if self._session.timeline.live_epoch else _NOTHING
        if self._session.models[Player].seconds > LONGEST:
            return f"Film length {self._session.models[Player].seconds:g} s: it must be at most {LONGEST} s."
        return _TOO_LARGE if width * height > MOST_PIXELS else ""

    def make(self, subject: Subject, path: Path) -> None:
        """Starts a film of the current run. The path's ending, one of ``writable_endings``, chooses the format.

        The film lasts as long as the player is set to. Shows the :meth:`reason_unavailable` instead, if there is one.
        """
        from nnviz.window.film import writer  # imports Pillow, which would delay the start of the window

        reason = self.reason_unavailable(subject)
        if reason:
            self._session.messages.show(reason)
            return
        rate = writer.FRAMES_A_SECOND[path.suffix.lower()]
        snapshots = film_snapshots(
            self._session.runs.current, max(2, round(rate * self._session.models[Player].seconds))
        )
        self._frames = frames = FrameQueue()
        self._renderer = renderer = FrameRenderer(self._session, subject, snapshots, frames)
        size, counts = _lengths(renderer.size), [count for _, count in snapshots]
        film = writer.FilmFile(path, size, counts, renderer.render())
        self._name = name = text.name(_path_of(film).name)
        renderer.drawn.connect(self._progressed)
        renderer.aborted.connect(self._give_up)
        self._thread.run(
            lambda: writer.write_film(film, frames),
            lambda _: self._written(renderer, name),
            lambda error: self._failed(renderer, error),
        )
        self._progressed(0)
        renderer.begin()

    def cancel(self) -> None:
        """Cancels the film, unless all frames are written; the window displays the earlier snapshot again."""
        if self._renderer is not None:
            self._end()
            self.done.emit("Film cancelled")

    def close(self, milliseconds: int) -> bool:
        """Cancels the film; returns whether its thread ended in time."""
        if self._renderer is not None:
            self._end()
        return self._thread.close(milliseconds)

    def _end(self) -> None:
        assert self._renderer is not None
        renderer, self._renderer = self._renderer, None
        renderer.stop()
        self._frames.cancel()
        self._session.messages.withdraw(self._offer)
        self._offer = None

    def _written(self, renderer: FrameRenderer, name: str) -> None:
        """Reports the file, also if the film was cancelled too late."""
        if self._renderer is renderer:
            self._end()
        self.done.emit(f"Film saved as {name}")

    def _failed(self, renderer: FrameRenderer, error: Exception) -> None:
        """Reports an error, unless the film was cancelled."""
        from nnviz.window.film.writer import FilmError

        if self._renderer is not renderer or isinstance(error, CancelledError):
            return
        self._end()
        if isinstance(error, FilmError):
            self._session.messages.warn(f"{self._name} could not be written. {error}")
        else:
            self._session.messages.show_error(f"{self._name} could not be written", error)

    def _give_up(self, why: str) -> None:
        self._end()
        self._session.messages.show(why)

    def _progressed(self, share: float) -> None:
        """Shows the progress with a Cancel button at most four times a second, unless another message is shown."""
        messages, now = self._session.messages, time.perf_counter()
        if 0 < share < 1 and now - self._last_progress < _PROGRESS_INTERVAL:
            return
        if messages.current is None or messages.current is self._offer:
            self._last_progress = now
            words = f"Writing the film {self._name}: {100 * share:.0f} %. Going to another epoch cancels it."
            self._offer = messages.show(words, MessageChoice("Cancel", self.cancel), dismissed=self.cancel)


def _path_of(film: FilmFile) -> Path:
    from nnviz.window.film.writer import folder_of

    return folder_of(film.path) if film.path.suffix.lower() == ".png" else film.path
