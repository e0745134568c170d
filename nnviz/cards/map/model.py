"""Model of the map card: the embedding of the examples by the activations of a layer."""

from __future__ import annotations

from PyQt5.QtCore import QObject, pyqtSignal

from engine.explain.projection import PrincipalAxes
from nnviz.cards.map.embedding import Embedding, EmbeddingSource, basis_for, embed_by_tsne, project
from nnviz.cards.map.tsne import is_installed
from nnviz.jobs.latest import QUICK, Latest, Request, RequestKey
from nnviz.jobs.stepwise import StepwiseTask, yield_to_training
from nnviz.jobs.timing import TimeBudget
from nnviz.session.session import Session
from nnviz.session.status import Stage

PCA, TSNE = "PCA", "t-SNE"  # methods
COUNTS = (1000, 2500, 10_000)  # choices for the number of examples for t-SNE
MOST = 10_000  # examples for PCA
WHILE_TRAINING = 2000  # Examples for PCA during training, so that they move several times a second.
_MOST_WORK = 20_000_000_000  # Weights times examples, about a second. Larger networks get fewer examples …
_FEWEST = 500  # … but at least these.
MAP, MAP_PLACE = "map", "position on the map"  # names of the queries
_SECONDS_BETWEEN = 0.1  # least pause between two computations, which may take a twentieth of a core's time


class MapModel(QObject):
    """Embedding of the examples of the part of the data that the mistakes card shows.

    PCA follows the displayed network. Its two axes are kept until the user wants new ones, or another layer, run or
    part of the data. t-SNE embeds the examples as seen by the network of one epoch.

    Signals:
        changed: a choice, the embedding or the progress of t-SNE has changed.
        asked: the user made another choice, whose result is due at once.

    Attributes:
        method: ``PCA`` or ``TSNE``.
        count: largest number of examples for t-SNE.
        tsne: the computation of t-SNE.
    """

    changed = pyqtSignal()
    asked = pyqtSignal()

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._displayed, self._runs, self._mistakes = session.displayed, session.runs, session.mistakes
        self._question = session.question
        self.method, self.count = PCA, COUNTS[1]
        self.tsne = StepwiseTask()
        self.tsne.changed.connect(self.changed)
        self.tsne.failed.connect(session.messages.crashed)
        self._wanted: int | None = None  # the chosen layer; None for the default
        self._pca: Embedding | None = None
        self._axes_key = object()  # a new object whenever the axes are computed again
        self._kept: tuple[object, PrincipalAxes | None] = (None, None)  # the axes, and their key
        self._points = Latest(self._pca_request, TimeBudget(_SECONDS_BETWEEN, 19), forget_on_new_run=True)
        size = lambda: (self._displayed.network.shape, self.method, self.layer)  # noqa: E731
        self._place = Latest(self._place_request, quick=QUICK, size=size, forget_on_new_run=True)
        session.queries.add({MAP: self._points, MAP_PLACE: self._place})
        self._points.changed.connect(lambda: self._take_pca(self._points.result))
        for signal in (self.asked, session.displayed.what_if_changed):
            signal.connect(self._points.hurry)
        self.changed.connect(self._place.look)
        session.mistakes.part_changed.connect(self._change_part)

    def close(self, milliseconds: int) -> bool:
        """Stops t-SNE. Returns whether its thread ended in time."""
        return self.tsne.close(milliseconds)

    # ---- choices

    @property
    def layers(self) -> range:
        """All layers: 0 is the input, the last one the output."""
        return range(len(self._displayed.network.shape))

    @property
    def layer(self) -> int:
        """The embedded layer: the chosen one, by default the last hidden one."""
        last = self.layers[-1]
        return self._wanted if self._wanted in self.layers and self._wanted is not None else max(last - 1, min(1, last))

    def choose_layer(self, layer: int) -> None:
        """Embeds the activations of another layer."""
        if layer != self.layer:
            self._wanted = layer
            self.fit_axes()

    def choose_method(self, method: str) -> None:
        """Sets the method. t-SNE starts if it has no result for the current choices."""
        if method != self.method:
            self.method = method
            self._embed()

    def choose_count(self, count: int) -> None:
        """Sets the largest number of examples for t-SNE."""
        if count != self.count:
            self.count = count
            self._embed()

    def fit_axes(self) -> None:
        """Computes the axes of PCA for the displayed network."""
        self._axes_key = object()
        self._embed()

    def _embed(self) -> None:
        if self.method == PCA:
            self.tsne.cancel()
        elif not self._is_about(self.tsne.about):
            self.start_tsne()
        self.changed.emit()
        self.asked.emit()

    def _change_part(self) -> None:
        """Computes the axes for another part of the data. t-SNE waits for a request: the card may be hidden."""
        self._axes_key = object()
        self.tsne.forget()
        self.changed.emit()
        self.asked.emit()

    def _is_about(self, source: EmbeddingSource | None) -> bool:
        return source is not None and (source.part, source.layer, source.most) == (
            self._mistakes.part,
            self.layer,
            self.count,
        )

    def forget(self) -> None:
        """Drops the embeddings and the axes."""
        self._pca, self._axes_key = None, object()
        self.tsne.forget()
        self.changed.emit()

    # ---- what there is

    @property
    def embedding(self) -> Embedding | None:
        """The embedding; None until there is one."""
        if self.method == PCA:
            return self._pca
        done: Embedding | None = self.tsne.result or self.tsne.partial
        return done

    @property
    def is_of_now(self) -> bool:
        """Whether the embedding is that of the displayed network."""
        return self.embedding is not None and self.embedding.source.network is self._displayed.network

    # ---- PCA

    def _pca_request(self) -> Request | None:
        part = self._mistakes.part
        if part is None or self.method != PCA:
            return None
        run, network = self._runs.current, self._displayed.network
        is_training = run.stage is Stage.TRAINING
        affordable = max(_MOST_WORK // len(network.parameters), _FEWEST)
        most = min(affordable, WHILE_TRAINING if is_training else MOST)
        source = EmbeddingSource(network, self._displayed.epochs, part, self.layer, most)
        axes_key = self._axes_key
        return RequestKey(network, part, axes_key, is_training), lambda: self._project(source, axes_key)

    def _project(self, source: EmbeddingSource, axes_key: object) -> Embedding | None:
        """Runs in the query's thread, the only one that uses the kept axes. Returns None once other axes are wanted."""
        made_for, basis = self._kept
        if basis is None or made_for is not axes_key or len(basis.mean) != source.network.shape[source.layer]:
            basis = basis_for(source)
            self._kept = axes_key, basis
        return project(source, basis, lambda: self._axes_key is axes_key)

    def _take_pca(self, embedding: Embedding | None) -> None:
        """Stores a result of the query, unless it was cancelled or is of another choice."""
        if embedding is None or embedding.source.layer != self.layer:
            return
        if embedding.source.part is self._mistakes.part and embedding is not self._pca:
            self._pca = embedding
            self.changed.emit()

    # ---- t-SNE

    @property
    def has_tsne(self) -> bool:
        """Whether openTSNE is installed."""
        return is_installed()

    def start_tsne(self) -> None:
        """Starts t-SNE for the displayed network, from the previous embedding of the same examples."""
        part = self._mistakes.part
        if part is None or not self.has_tsne:
            return
        before: Embedding | None = self.tsne.result or self.tsne.partial
        source = EmbeddingSource(self._displayed.network, self._displayed.epochs, part, self.layer, self.count)
        self.tsne.start(source, lambda: yield_to_training(embed_by_tsne(source, before), self._runs.is_training))

    # ---- the current input

    def _place_request(self) -> Request | None:
        embedding, example, network = self.embedding, self._question.example, self._displayed.network
        if embedding is None or example is None or len(example) != network.shape[0] or self.tsne.is_running:
            return None
        if embedding.source.network.shape != network.shape:
            return None
        about = (embedding.basis, network) if embedding.tsne is None else (embedding, None)
        return RequestKey(example, *about), lambda: embedding.place(network, example)
