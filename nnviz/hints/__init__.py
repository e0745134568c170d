"""Hints: advice about a run, as pure functions of a snapshot of its state. No Qt, no session."""
