"""Draws reasons: over a picture, as bars of columns, and layer by layer. A window is not needed for it."""
