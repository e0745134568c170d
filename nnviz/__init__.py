"""The window in which a network is shaped, trained and watched. Uses PyQt5, pyqtgraph and ``engine``."""

__version__ = "0.12.0"
