"""The mistakes card."""
