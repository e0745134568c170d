"""Training: the trainer, its settings, optimizers, schedules, metrics, history and events."""
