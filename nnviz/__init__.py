"""The window in which a network is shaped, trained and watched. PyQt5 and pyqtgraph; knows ``engine``."""

__version__ = "0.4.0"
