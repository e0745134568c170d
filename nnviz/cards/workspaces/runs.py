"""The cards of Runs, which are imported when it is shown for the first time. A new card joins the list below."""

from nnviz.cards.comparison import disagreeing  # isort: skip
from nnviz.cards.runs import kept_runs  # isort: skip
from nnviz.cards.sweep import sweep_page  # isort: skip
from nnviz.cards.comparison import their_answers, their_curves  # isort: skip
from nnviz.cards.sweep import trials_page  # isort: skip
from nnviz.cards.comparison import what_differs  # isort: skip

__all__ = [
    "disagreeing",
    "kept_runs",
    "sweep_page",
    "their_answers",
    "their_curves",
    "trials_page",
    "what_differs",
]
