"""Lessons in the window: facts, what directives do, locks, the player and its panel."""
