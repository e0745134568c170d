"""Draws the program's icon in the formats of all systems: ``python packaging/icons.py FOLDER``.

Makes ``hicolor/<size>x<size>/apps/nnviz.png`` and ``hicolor/scalable/apps/nnviz.svg`` for Linux, ``nnviz.ico`` for
Windows and ``nnviz.icns`` for macOS.
"""

from __future__ import annotations

import io
import os
import shutil
import sys
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PIL import Image
from PyQt5.QtCore import QBuffer, QIODevice, Qt
from PyQt5.QtGui import QGuiApplication, QImage, QPainter
from PyQt5.QtSvg import QSvgRenderer

SOURCE = Path(__file__).parents[1] / "assets" / "icons" / "nnviz.svg"
LINUX_SIZES = (16, 22, 24, 32, 48, 64, 128, 256, 512)
WINDOWS_SIZES = (16, 24, 32, 48, 64, 128, 256)
LARGEST = 1024  # of macOS, from which Pillow makes the smaller ones


def drawn(size: int) -> Image.Image:
    """Returns the icon with that many pixels on each side."""
    image = QImage(size, size, QImage.Format.Format_ARGB32)
    image.fill(Qt.GlobalColor.transparent)
    painter = QPainter(image)
    QSvgRenderer(str(SOURCE)).render(painter)
    painter.end()
    png = QBuffer()
    png.open(QIODevice.OpenModeFlag.WriteOnly)
    image.save(png, "PNG")
    return Image.open(io.BytesIO(bytes(png.data().data())))


def main(folder: Path) -> None:
    """Writes all files into a folder."""
    application = QGuiApplication(["icons"])
    for size in LINUX_SIZES:
        place = folder / "hicolor" / f"{size}x{size}" / "apps"
        place.mkdir(parents=True, exist_ok=True)
        drawn(size).save(place / "nnviz.png")
    scalable = folder / "hicolor" / "scalable" / "apps"
    scalable.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(SOURCE, scalable / "nnviz.svg")
    sizes = [(size, size) for size in WINDOWS_SIZES]
    drawn(WINDOWS_SIZES[-1]).save(folder / "nnviz.ico", sizes=sizes, append_images=[drawn(size) for size, _ in sizes])
    drawn(LARGEST).save(folder / "nnviz.icns")
    del application


if __name__ == "__main__":
    main(Path(sys.argv[1]))
