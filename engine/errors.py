"""The public import path of :mod:`engine.basics.errors`."""

from engine.basics.errors import (
    ANOTHER_FILE,
    DataError,
    DivergenceError,
    DownloadError,
    EngineError,
    FileFormatError,
    PlotError,
    ProcessError,
    SettingError,
    UnknownNameError,
    Verbatim,
    bad_file,
    counted,
    not_started,
    shown,
)

__all__ = [
    "ANOTHER_FILE",
    "DataError",
    "DivergenceError",
    "DownloadError",
    "EngineError",
    "FileFormatError",
    "PlotError",
    "ProcessError",
    "SettingError",
    "UnknownNameError",
    "Verbatim",
    "bad_file",
    "counted",
    "not_started",
    "shown",
]
