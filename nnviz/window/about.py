"""About nnviz: its version and that of what it runs on, the licences of all its parts, and where files are."""

from __future__ import annotations

import html
import platform
from pathlib import Path

import numpy as np
from PyQt5.QtCore import PYQT_VERSION_STR, QUrl, qVersion

from engine.basics.assets_folder import ASSETS
from nnviz import __version__
from nnviz.window.user_files import user_files

LICENCE = "licence"  # the scheme of links to the text of a licence, which is at its path
# What is included, under which licence, and where among the assets its text is.
_PARTS = (
    ("nnviz, our source", "MIT", "LICENSE"),
    ("PyQt5, the window", "GPL-3.0", "licences/GPL-3.0.txt"),
    ("Qt 5", "LGPL-3.0", "licences/LGPL-3.0.txt"),
    ("MNIST, by LeCun, Cortes and Burges", "CC BY-SA 3.0", "mnist/ATTRIBUTION.md"),
    ("Palmer penguins and Auto MPG, the tables", "CC0 and CC BY 4.0", "tables/ATTRIBUTION.md"),
    ("Inter, the font", "OFL 1.1", "fonts/OFL.txt"),
    ("Lucide, the icons", "ISC", "icons/LICENSE.txt"),
)
_TEXT = """<h2>nnviz {version}</h2>
<p>Train a neural network and watch it learn. The network is plain NumPy.</p>
<p>{versions}</p>
<h3>Licences</h3>
<p>Our source is under the MIT licence. PyQt5 is under the GNU General Public License 3: if you distribute nnviz
together with PyQt5, for example as the folder that needs no Python, that licence applies to the whole.</p>
<table cellspacing="4">{licences}</table>
<p>NumPy, pyqtgraph, Pillow, platformdirs, tqdm, markdown-it-py and mdit-py-plugins have licences of their own, and come
with their texts.</p>
<h3>Files</h3>
<table cellspacing="4">{files}</table>
"""


def about_text() -> str:
    """Returns the text as HTML, with links to licences and folders."""
    versions = (
        f"Python {platform.python_version()}",
        f"NumPy {np.__version__}",
        f"PyQt {PYQT_VERSION_STR}",
        f"Qt {qVersion()}",
        f"{platform.system()} {platform.release()}",
    )
    licences = [(part, f'<a href="{LICENCE}:{file}">{name}</a>') for part, name, file in _PARTS]
    files = [(what, _linked(path)) for what, path in user_files().items()]
    return _TEXT.format(
        version=__version__, versions=html.escape(" · ".join(versions)), licences=_rows(licences), files=_rows(files)
    )


def _rows(pairs: list[tuple[str, str]]) -> str:
    return "".join(f"<tr><td>{html.escape(what)}&nbsp;&nbsp;</td><td>{content}</td></tr>" for what, content in pairs)


def _linked(path: Path) -> str:
    """Returns a path that is linked to its folder, if that exists."""
    folder = path if path.is_dir() else path.parent
    words = html.escape(str(path))
    return f'<a href="{QUrl.fromLocalFile(str(folder)).toString()}">{words}</a>' if folder.is_dir() else words


def licence_text(file: str) -> str:
    """Returns a file among the assets, or the licence of nnviz, as HTML that keeps its lines."""
    path = ASSETS / file
    if not path.is_file():
        path = ASSETS.parent / file  # in a checkout, our own is at the top
    return f"<pre>{html.escape(path.read_text(encoding='utf-8'))}</pre>"
