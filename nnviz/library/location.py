"""The path of the library: in the user's data directory, or the one that ``NNVIZ_LIBRARY`` names."""

from __future__ import annotations

import os
from pathlib import Path

import platformdirs

VARIABLE = "NNVIZ_LIBRARY"
_NAME = "library.sqlite"
_MOUNTS = Path("/proc/mounts")
# File systems on which programs on several computers cannot share memory, as SQLite's write-ahead log needs.
_OF_NETWORKS = ("nfs", "cifs", "smb", "9p", "afs", "fuse.sshfs", "fuse.glusterfs", "ceph", "lustre", "ncpfs", "gpfs")


def default_library_path() -> Path:
    """Returns the path in the user's data directory; the file need not exist."""
    return platformdirs.user_data_path("nnviz", appauthor=False) / _NAME


def library_path() -> Path:
    """Returns the path of the library that is used unless another one is given."""
    named = os.environ.get(VARIABLE, "").strip()
    return Path(named).expanduser() if named else default_library_path()


def is_on_network(path: Path, mounts: Path = _MOUNTS) -> bool:
    """Whether the file is on a network file system, according to the operating system's mounts."""
    kind, longest = "", -1
    folder = os.path.realpath(path.parent)
    for where, what in _mounted(mounts):
        is_above = folder == where or folder.startswith(where.rstrip("/") + "/")
        if is_above and len(where) >= longest:
            kind, longest = what, len(where)
    return kind.startswith(_OF_NETWORKS)


def _mounted(mounts: Path) -> list[tuple[str, str]]:
    """Returns mount points and their file systems; empty if the operating system has no such list."""
    try:
        lines = mounts.read_text(errors="replace").splitlines()
    except OSError:
        return []
    parts = [line.split() for line in lines]
    return [(each[1].replace("\\040", " "), each[2]) for each in parts if len(each) > 2]
