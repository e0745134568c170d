"""The cards of Runs, which are imported when it is shown for the first time. A new card joins the list below."""

from nnviz.panels.runs import (
    disagreeing,
    kept_runs,
    sweep_page,
    their_answers,
    their_curves,
    trials_page,
    what_differs,
)

__all__ = [
    "disagreeing",
    "kept_runs",
    "sweep_page",
    "their_answers",
    "their_curves",
    "trials_page",
    "what_differs",
]
