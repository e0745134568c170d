"""The model: its state, and signals about changes. No widgets, no threads."""
