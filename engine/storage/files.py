"""Files are written whole or not at all."""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
import stat
from pathlib import Path

_NEW_FILE = 0o666  # less the umask, which the system takes off by itself
_KINDS = (
    (stat.S_ISDIR, "a folder"),
    (stat.S_ISFIFO, "a pipe"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
)


def write_whole(path: str | Path, content: bytes) -> None:
    """Writes through a temporary file beside ``path``, flushed and renamed: a reader sees the old or the new file.

    Raises:
        OSError: the folder is missing or cannot be written, or something other than a file stands at ``path``;
            what was there is then untouched.
    """
    mode = mode_of_file(path)
    # A link stays a link: what it points to is replaced.
    path = Path(os.path.realpath(path))
    # Of a long name only the beginning: no name may have more than 255 bytes.
    temporary = path.parent / f".{path.name[:50]}.{secrets.token_hex(4)}.part"
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    try:
        handle = os.open(temporary, flags, _NEW_FILE if mode is None else mode)
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(path)) from None  # the person knows no .part
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        if mode is not None:
            os.chmod(temporary, mode)
        os.replace(temporary, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        raise


def mode_of_file(path: str | Path) -> int | None:
    """The permissions of the file at ``path``, or None where there is nothing yet.

    Raises:
        OSError: something other than a file stands there, which :func:`write_whole` would not replace.
    """
    try:
        mode = os.stat(path).st_mode
    except FileNotFoundError:
        return None
    except ValueError as error:  # a name with a null character
        raise OSError(errno.EINVAL, str(error), str(path)) from None
    if stat.S_ISREG(mode):
        return mode & 0o777
    kind = next((name for is_kind, name in _KINDS if is_kind(mode)), "something else")
    reason = f"{kind} stands there, and only a regular file can be replaced"
    raise OSError(errno.EISDIR if stat.S_ISDIR(mode) else errno.EINVAL, reason, str(path))
