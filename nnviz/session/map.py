"""The map: which layer's activations place the examples, how, and where they are."""

from __future__ import annotations

from PyQt5.QtCore import QObject, pyqtSignal

from engine.explain.projection import PrincipalAxes
from nnviz.jobs.latest import QUICK, Latest, Request, RequestKey
from nnviz.jobs.pace import Budget
from nnviz.jobs.stepwise import Stepwise, giving_way
from nnviz.jobs.tsne import is_installed
from nnviz.session.cloud import Cloud, Subject, arrange, basis_for, cloud_on
from nnviz.session.data import Data
from nnviz.session.displayed import Displayed
from nnviz.session.mistakes import Mistakes
from nnviz.session.question import Question
from nnviz.session.runs import Runs
from nnviz.session.status import Stage

AXES, TSNE = "PCA", "t-SNE"  # the ways to place examples
COUNTS = (1000, 2500, 10_000)  # of examples for t-SNE
MOST = 10_000  # examples on axes
WHILE_TRAINING = 2000  # so that they move several times a second
_MOST_WORK = 20_000_000_000  # weights times examples, about a second; of larger networks fewer examples are shown …
_FEWEST = 500  # … but not fewer than these
MAP, MAP_PLACE = "map", "place on the map"
_SECONDS_BETWEEN = 0.1  # at least, between two computations; they may take a twentieth of a core's time


class Map(QObject):
    """Places the examples of the part that the mistakes are of.

    On two axes of the largest variance (PCA), which are kept until the user asks for others, or chooses another layer,
    network or part; or by t-SNE, for one moment of the network.

    Signals:
        changed: a choice, the cloud, or what is going on has changed.
        asked: a person asked for something else, which is due at once.

    Attributes:
        method: ``AXES`` or ``TSNE``.
        count: how many examples t-SNE places, at most.
        arranging: the work of t-SNE.
    """

    changed = pyqtSignal()
    asked = pyqtSignal()

    def __init__(self, displayed: Displayed, runs: Runs, data: Data, mistakes: Mistakes, question: Question) -> None:
        super().__init__()
        self._displayed, self._runs, self._mistakes, self._question = displayed, runs, mistakes, question
        self.method, self.count = AXES, COUNTS[1]
        self.arranging = Stepwise()
        self.arranging.changed.connect(self.changed)
        self._wanted: int | None = None  # the layer that was chosen; None for the usual one
        self._on_axes: Cloud | None = None
        self._turned = object()  # another one whenever other axes are wanted
        self._kept: tuple[object, PrincipalAxes | None] = (None, None)  # the axes, and what they were made for
        for signal in (runs.replaced, data.changed):
            signal.connect(self._forget)
        mistakes.part_changed.connect(self._take_other_part)

    # ---- choices

    @property
    def layers(self) -> range:
        """The layers there are; 0 is the input, the last one gives the answer."""
        return range(len(self._displayed.network.shape))

    @property
    def layer(self) -> int:
        """The layer whose activations place the examples: the chosen one, or else the last hidden one."""
        last = self.layers[-1]
        return self._wanted if self._wanted in self.layers and self._wanted is not None else max(last - 1, min(1, last))

    def choose_layer(self, layer: int) -> None:
        """Places the examples by another layer."""
        if layer != self.layer:
            self._wanted = layer
            self.turn()

    def choose_method(self, method: str) -> None:
        """Places the examples on two axes, or by t-SNE, which begins at once if there is nothing from before."""
        if method != self.method:
            self.method = method
            self._place()

    def choose_count(self, count: int) -> None:
        """Arranges so many examples by t-SNE."""
        if count != self.count:
            self.count = count
            self._place()

    def turn(self) -> None:
        """Works the two axes out from this moment."""
        self._turned = object()
        self._place()

    def _place(self) -> None:
        if self.method == AXES:
            self.arranging.cancel()
        elif not self._is_about(self.arranging.about):
            self.arrange()
        self.changed.emit()
        self.asked.emit()

    def _take_other_part(self) -> None:
        """On other axes at once; t-SNE waits until it is asked for, since nobody may be looking."""
        self._turned = object()
        self.arranging.forget()
        self.changed.emit()
        self.asked.emit()

    def _is_about(self, subject: Subject | None) -> bool:
        return subject is not None and (subject.part, subject.layer, subject.most) == (
            self._mistakes.part,
            self.layer,
            self.count,
        )

    def _forget(self) -> None:
        self._on_axes, self._turned = None, object()
        self.arranging.forget()
        self.changed.emit()

    # ---- what there is

    @property
    def cloud(self) -> Cloud | None:
        """The points; None while there are none."""
        if self.method == AXES:
            return self._on_axes
        done: Cloud | None = self.arranging.result or self.arranging.partial
        return done

    @property
    def is_of_now(self) -> bool:
        """Whether the points are those of the displayed network."""
        return self.cloud is not None and self.cloud.subject.network is self._displayed.network

    # ---- on axes, for a probe

    def question(self) -> Request | None:
        """Where the examples are on the axes; while training for some of them, so that they move."""
        part = self._mistakes.part
        if part is None or self.method != AXES:
            return None
        run, network = self._runs.current, self._displayed.network
        is_training = run.stage is Stage.TRAINING
        affordable = max(_MOST_WORK // len(network.parameters), _FEWEST)
        most = min(affordable, WHILE_TRAINING if is_training else MOST)
        subject = Subject(network, self._displayed.epochs, part, self.layer, most)
        turned = self._turned
        return RequestKey(network, part, turned, is_training), lambda: self._cloud(subject, turned)

    def _cloud(self, subject: Subject, turned: object) -> Cloud | None:
        """Runs in the lane's thread, the only one that uses what is kept. Gives up when other axes are wanted."""
        made_for, basis = self._kept
        if basis is None or made_for is not turned or len(basis.mean) != subject.network.shape[subject.layer]:
            basis = basis_for(subject)
            self._kept = turned, basis
        return cloud_on(subject, basis, lambda: self._turned is turned)

    def take(self, cloud: Cloud | None) -> None:
        """Takes what the probe has found; points that were given up, or are of another choice, leave earlier ones."""
        if cloud is None or cloud.subject.layer != self.layer or cloud.subject.part is not self._mistakes.part:
            return
        if cloud is not self._on_axes:
            self._on_axes = cloud
            self.changed.emit()

    # ---- t-SNE

    @property
    def can_arrange(self) -> bool:
        """Whether openTSNE is installed."""
        return is_installed()

    def arrange(self) -> None:
        """Begins to arrange the examples as the displayed network sees them now, from where they were last."""
        part = self._mistakes.part
        if part is None or not self.can_arrange:
            return
        before: Cloud | None = self.arranging.result or self.arranging.partial
        subject = Subject(self._displayed.network, self._displayed.epochs, part, self.layer, self.count)
        self.arranging.start(subject, lambda: giving_way(arrange(subject, before), self._runs.is_training))

    # ---- the drawing

    def question_of_place(self) -> Request | None:
        """Where the drawing is among the points."""
        cloud, example, network = self.cloud, self._question.example, self._displayed.network
        if cloud is None or example is None or len(example) != network.shape[0] or self.arranging.is_running:
            return None
        if cloud.subject.network.shape != network.shape:
            return None
        about = (cloud.basis, network) if cloud.arrangement is None else (cloud, None)
        return RequestKey(example, *about), lambda: cloud.place(network, example)


def map_probes(map: Map, displayed: Displayed) -> dict[str, Latest]:
    """The probes of the points and of the drawing's place among them."""
    points = Latest(map.question, Budget(_SECONDS_BETWEEN, 19))
    place = Latest(map.question_of_place, quick=QUICK, size=lambda: (displayed.network.shape, map.method, map.layer))
    points.changed.connect(lambda: map.take(points.result))
    for signal in (map.asked, displayed.what_if_changed):
        signal.connect(points.hurry)
    map.changed.connect(place.look)
    return {MAP: points, MAP_PLACE: place}
