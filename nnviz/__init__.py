"""The window in which a network is shaped, trained and watched. Uses PyQt5, pyqtgraph and ``engine``."""

from engine.version import __version__

__all__ = ["__version__"]
