"""A lesson in one file, ``.nnvizlesson``: a zip of the lesson's folder."""

from __future__ import annotations

import hashlib
import io
import os
import stat
import zipfile
import zlib
from pathlib import Path
from typing import BinaryIO

from engine.basics.errors import EngineError
from engine.basics.npz import InPieces
from engine.basics.regular_files import open_regular, read_regular
from engine.storage.files import write_whole
from nnviz.lessons.document import is_translation
from nnviz.lessons.errors import LessonError
from nnviz.lessons.folder import is_inside

SUFFIX = ".nnvizlesson"
_MOST_FILES = 200  # and folders
_MOST_BYTES = 32 * 2**20  # of the zip, and of all its files together
_LONGEST_NAME = 200
_LONGEST_END = 22 + 2**16  # bytes of the record at the end of a zip, with its comment
_UNKNOWN = 2**16 - 1  # the count in that record for this and all larger counts
_PIECE = 2**16
_ANOTHER = "Ask its author for another copy."
_DAMAGE = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, UnicodeDecodeError, ValueError)


def unpack(path: Path, folder: Path) -> Path:
    """Writes the files of a packed lesson into an empty folder. Returns the path of the lesson.

    Raises:
        LessonError: it is no zip of a lesson's folder, has too many or too large files, or one that leaves the folder.
        OSError: it cannot be read, or the files cannot be written.
    """
    try:
        with open_regular(path, _MOST_BYTES) as file:
            _check_count(path.name, _claimed_count(file))
            with zipfile.ZipFile(InPieces(file)) as packed:
                _unpack_all(path.name, packed, folder)
    except LessonError:
        raise
    except _DAMAGE as error:
        raise LessonError.from_problem(path.name, f"it is damaged ({error})", _ANOTHER) from None
    return lesson_in(path.name, folder)


def fingerprint(path: Path) -> str:
    """Returns a short fingerprint of a packed lesson. Raises LessonError if it is too large, and OSError."""
    try:
        return hashlib.sha256(read_regular(path, _MOST_BYTES)).hexdigest()[:16]
    except EngineError as error:
        raise LessonError.from_problem(path.name, error.problem.removeprefix(": "), error.remedy) from None


def _claimed_count(file: BinaryIO) -> int:
    """Returns the number of files and folders that a zip claims to have; ``_UNKNOWN`` for too many, 0 for no zip."""
    file.seek(max(0, file.seek(0, os.SEEK_END) - _LONGEST_END))
    end = file.read()
    place = end.rfind(b"PK\x05\x06")
    return int.from_bytes(end[place + 10 : place + 12], "little") if place >= 0 else 0


def _check_count(name: str, count: int, remedy: str = _ANOTHER) -> None:
    """Raises LessonError for too many files and folders."""
    if count > _MOST_FILES:
        more = " or more" if count == _UNKNOWN else ""
        problem = f"it has {count:,}{more} files and folders, at most {_MOST_FILES} are allowed"
        raise LessonError.from_problem(name, problem, remedy)


def _unpack_all(name: str, packed: zipfile.ZipFile, folder: Path) -> None:
    _check_count(name, len(packed.infolist()))  # it may have more than it claims
    free = _MOST_BYTES
    for member in packed.infolist():
        if member.is_dir():
            continue
        kind = stat.S_IFMT(member.external_attr >> 16)  # 0 where the zip does not say
        if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):  # others are unpacked at once
            problem = f"“{member.filename[:60]}” is compressed in a way that is not read"
            raise LessonError.from_problem(name, problem, _ANOTHER)
        is_long = len(member.filename) > _LONGEST_NAME
        if is_long or not is_inside(member.filename) or kind not in (0, stat.S_IFREG):
            problem = f"“{member.filename[:60]}” is not a file of the lesson's folder"
            raise LessonError.from_problem(name, problem, _ANOTHER)
        target = folder / member.filename
        target.parent.mkdir(parents=True, exist_ok=True)
        with packed.open(member) as source, target.open("xb") as copy:
            while piece := source.read(_PIECE):  # what is claimed of its size may be wrong
                free -= len(piece)
                if free < 0:
                    problem = f"its files have more than {_MOST_BYTES // 2**20} MB"
                    raise LessonError.from_problem(name, problem, _ANOTHER)
                copy.write(piece)


def lesson_in(name: str, folder: Path) -> Path:
    """Returns the lesson in the folder, or in the only folder in it, and none of its translations.

    Raises LessonError if it has none, or several; ``name`` is that of the packed lesson.
    """
    inner = [entry for entry in folder.iterdir() if entry.name != "__MACOSX"]
    if len(inner) == 1 and inner[0].is_dir():
        folder = inner[0]
    found = [path for path in sorted(folder.glob("*.md")) if not is_translation(path)]
    if len(found) != 1:
        names = ", ".join(path.name for path in found[:3])
        problem = f"it has {len(found)} lessons ({names})" if found else "it has no lesson"
        raise LessonError.from_problem(name, problem, "Pack one file .md with its translations and images.")
    return found[0]


def pack(lesson: Path, files: list[str], target: Path) -> None:
    """Packs a lesson with the files that it names, paths in its folder.

    Raises LessonError if it could not be unpacked, as it has too many or too large files, and OSError.
    """
    names = dict.fromkeys([lesson.name, *files])
    _check_count(lesson.name, len(names), "Use fewer images.")
    nbytes = sum((lesson.parent / name).stat().st_size for name in names)
    if nbytes > _MOST_BYTES:
        problem = f"its files have {nbytes / 2**20:.1f} MB, at most {_MOST_BYTES // 2**20} MB are allowed"
        raise LessonError.from_problem(lesson.name, problem, "Use smaller images.")
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as packed:
        for name in names:
            packed.write(lesson.parent / name, name)
    write_whole(target, content.getvalue())
