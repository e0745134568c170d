"""Films of a run: frames of the window or a card, written as GIF, WebP, MP4 or PNG files."""
