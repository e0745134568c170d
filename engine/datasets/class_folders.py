"""The files of a folder that has a subfolder for each class. Their content is not read here."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from engine.basics.errors import DataError, bad_file
from engine.datasets.dataset import MOST_CLASSES
from engine.datasets.stored_texts import storable

ADVICE = "Choose a folder with one subfolder of images for each class."
MOST_NAMED = 100  # limit of the listed files; the others are only counted


@dataclass(frozen=True)
class UnreadFile:
    """A file or folder that was left out.

    Attributes:
        path: its path relative to the data set's folder, with ``/``.
        why: the reason, as a short text.
    """

    path: str
    why: str


class ClassFolders:
    """The files in the subfolders, in an order that does not depend on the disk's.

    Names that begin with a point are left out. Links are followed only within the folder.
    """

    def __init__(self, path: Path) -> None:
        _check_folder(path)
        self._path, self._inside = path, os.path.realpath(path)
        self.title = storable(Path(self._inside).name)
        self.files: list[str] = []
        self.class_of: list[int] = []
        self.is_test: list[bool] = []
        self.unread: list[UnreadFile] = []
        self.unread_count = 0
        parts = self._parts(self._subfolders())
        folder_names = sorted(set().union(*parts.values()), key=_order)
        self.names = [storable(name) for name in folder_names]
        self._check_count()
        for part, classes in parts.items():
            for number, name in enumerate(folder_names):
                if name in classes:
                    self._add(classes[name], number, part == "test")

    def leave_out(self, path: str, why: str) -> None:
        """Lists a file or folder as one that could not be read."""
        self.unread_count += 1
        if len(self.unread) < MOST_NAMED:
            relative = os.path.relpath(path, self._path).replace(os.sep, "/")
            self.unread.append(UnreadFile(storable(relative), why))

    def _subfolders(self) -> dict[str, str]:
        folders, files = self._entries(str(self._path))
        for file in files:
            self.leave_out(file, "it is not in the folder of a class")
        if not folders:
            raise DataError.from_problem(self.title, "the folder has no subfolders", ADVICE)
        return folders

    def _parts(self, folders: dict[str, str]) -> dict[str, dict[str, str]]:
        """Returns the classes' folders by name: of the training and the test set where these are the only folders."""
        if sorted(name.lower() for name in folders) == ["test", "train"]:
            parts = {name.lower(): self._entries(folder) for name, folder in folders.items()}
            if all(classes for classes, _ in parts.values()):
                for _, files in parts.values():
                    for file in files:
                        self.leave_out(file, "it is not in the folder of a class")
                return {part: parts[part][0] for part in ("train", "test")}
        return {"train": folders}

    def _check_count(self) -> None:
        if len(self.names) == 1:
            raise one_class(self.title, self.names[0])
        if len(self.names) > MOST_CLASSES:
            problem = f"it has {len(self.names):,} subfolders, at most {MOST_CLASSES:,} classes are allowed"
            raise DataError.from_problem(self.title, problem, ADVICE)

    def _add(self, folder: str, number: int, is_test: bool) -> None:
        folders, files = self._entries(folder)
        for inner in folders.values():
            self.leave_out(inner, "it is a folder inside the folder of a class")
        self.files += files
        self.class_of += [number] * len(files)
        self.is_test += [is_test] * len(files)

    def _entries(self, folder: str) -> tuple[dict[str, str], list[str]]:
        """Folders in a folder by their names, and the paths of everything else in it; sorted."""
        try:
            with os.scandir(folder) as found:
                entries = sorted(
                    (entry for entry in found if not entry.name.startswith(".")), key=lambda each: each.name
                )
        except OSError as error:
            self.leave_out(folder, error.strerror or "it cannot be read")
            return {}, []
        kept = [entry for entry in entries if self._stays_inside(entry)]
        folders = {entry.name: entry.path for entry in kept if entry.is_dir()}
        return folders, [entry.path for entry in kept if entry.name not in folders]

    def _stays_inside(self, entry: os.DirEntry[str]) -> bool:
        if not entry.is_symlink():
            return True
        real = os.path.realpath(entry.path)
        if os.path.commonpath([real, self._inside]) == self._inside:
            return True
        self.leave_out(entry.path, "it is a link that leads out of the folder")
        return False


def _check_folder(path: Path) -> None:
    """Raises FileFormatError unless it can be looked into."""
    try:
        with os.scandir(path):
            pass
    except FileNotFoundError:
        raise bad_file(path, "the folder does not exist", ADVICE) from None
    except (OSError, ValueError) as error:  # ValueError: a name with a null character
        why = getattr(error, "strerror", None) or error
        raise bad_file(path, f"the folder cannot be read ({why})", ADVICE) from None


def one_class(title: str, name: str) -> DataError:
    """Returns the error of a folder with images of one class only."""
    return DataError.from_problem(title, f"it has only one class, {name}, at least two are needed", ADVICE)


def _order(name: str) -> tuple[int, str]:
    return (int(name) if name.isascii() and name.isdecimal() and len(name) < 19 else -1, name)
