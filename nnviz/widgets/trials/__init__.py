"""Widgets of a sweep: what varies, and its trials."""
