"""The address of a Dask cluster, and whether it is trusted. Only the user names it, never an opened file.

Messages of a cluster are pickled, and pickles are code: an attacker who changes them on their way can run programs on
both ends. Beyond this computer a connection therefore needs TLS with certificates, or the user's trust in the host.
"""

from __future__ import annotations

import ipaddress
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from engine.basics.errors import EngineError, SettingError, Verbatim
from engine.basics.regular_files import read_regular

DEFAULT_PORT = 8786
TLS_FILES = ("tls_ca_file", "tls_client_cert", "tls_client_key")
_MOST_BYTES = 10**6
_EXAMPLE = "For example tcp://127.0.0.1:8786, or a settings file."


class ClusterError(EngineError):
    """A cluster is not reachable or not usable. ``parameter`` is "the cluster"."""


@dataclass(frozen=True)
class ClusterAddress:
    """The address of a cluster's scheduler.

    Attributes:
        url: "tcp://host:port", or "tls://host:port".
        tls: files by the names in :data:`TLS_FILES`; empty without TLS.
        trusted: hosts beyond this computer that the user trusts without TLS.
        may_send_rows: whether rows of the user's own data may leave this computer.
    """

    url: str
    tls: Mapping[str, Path]
    trusted: frozenset[str] = frozenset()
    may_send_rows: bool = False

    @property
    def host(self) -> str:
        return host_of(self.url)

    @property
    def port(self) -> int:
        return urlsplit(self.url).port or DEFAULT_PORT

    @property
    def is_here(self) -> bool:
        """Whether the scheduler is on this computer."""
        return is_loopback(self.host)

    def trusts(self, url: str) -> bool:
        """Whether the scheduler or worker at this address is trusted.

        A worker is reached through its scheduler: if that is trusted by name, its workers are.
        """
        host = host_of(url)
        return url.startswith("tls://") or is_loopback(host) or not self.trusted.isdisjoint((host, self.host))

    def may_have_rows(self, url: str) -> bool:
        """Whether rows of the user's own data may go to this address through the scheduler."""
        return self.may_send_rows or (self.is_here and is_loopback(host_of(url)))

    def check_trust(self) -> None:
        """Raises SettingError if the scheduler is on another computer, without TLS and without the user's trust."""
        if not self.trusts(self.url):
            problem = (
                f"{self.url} is on another computer without TLS, so others could read and change the code sent there"
            )
            remedy = f"Use tls:// with certificates, or add --dask-trust {self.host} if you trust the network."
            raise SettingError.from_problem("--dask", problem, remedy)

    def check_rows(self, title: str) -> None:
        """Raises SettingError unless rows of the user's own data may go to the scheduler."""
        if not self.may_have_rows(self.url):
            problem = f"the rows of {title} are your own data and would be sent to {self.url}, another computer"
            raise SettingError.from_problem("--dask", problem, "Allow it with --dask-send-rows.")


def host_of(url: str) -> str:
    """Returns the host in an address; empty if there is none."""
    try:
        return urlsplit(url).hostname or ""
    except ValueError:  # half a bracket, say
        return ""


def is_loopback(host: str) -> bool:
    """Whether a host is this computer, by its address. The only accepted name is "localhost"."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def address_of(typed: str, trusted: Iterable[str] = (), may_send_rows: bool = False) -> ClusterAddress:
    """Returns the address for a typed one, or from a settings file. Raises SettingError, or OSError.

    The file is JSON with the key "address", and with "tls_ca_file", "tls_client_cert" and "tls_client_key", relative to
    its folder, for TLS; or the file of ``dask scheduler --scheduler-file``.
    """
    if "://" not in typed and Path(typed).is_file():
        found = _read(Path(typed))
    elif ":" in typed:
        found = _of_url(typed, {})
    else:
        raise SettingError("--dask", typed, "must be an address or an existing file", _EXAMPLE)
    return replace(found, trusted=frozenset(trusted), may_send_rows=may_send_rows)


def _read(path: Path) -> ClusterAddress:
    try:
        settings = json.loads(read_regular(path, _MOST_BYTES))
    except (ValueError, RecursionError) as error:
        if isinstance(error, EngineError):
            raise
        settings = None
    if not isinstance(settings, dict) or not isinstance(settings.get("address"), str):
        raise SettingError("--dask", path.name, "must be JSON with the key “address”", _EXAMPLE)
    if settings.get("type") == "Scheduler":  # a file of Dask's, with more in it
        settings = {"address": settings["address"]}
    return _of_url(settings.pop("address"), {name: _file(path, name, value) for name, value in settings.items()})


def _file(path: Path, name: str, value: Any) -> Path:
    if name not in TLS_FILES or not isinstance(value, str):
        rule = f"must have only “address” and the files {', '.join(TLS_FILES)}"
        raise SettingError("--dask", Verbatim(f"{path.name} with “{name[:40]}”"), rule, "Correct the file.")
    found = path.parent / value
    if not found.is_file():
        problem = f"{path.name} names the {name} “{value[:80]}”, which does not exist"
        raise SettingError.from_problem("--dask", problem, "Give paths relative to its folder.")
    return found


def _of_url(typed: str, tls: Mapping[str, Path]) -> ClusterAddress:
    url = typed if "://" in typed else f"tcp://{typed}"
    try:
        parts = urlsplit(url)
        is_whole = bool(parts.hostname) and (parts.port is None or parts.port > 0)
        rest = parts.path.strip("/") or parts.query or parts.fragment or parts.username
        is_right = parts.scheme in ("tcp", "tls") and is_whole and not rest
    except ValueError:
        is_right = False
    if not is_right:
        raise SettingError("--dask", typed, "must be tcp:// or tls://, a host and a port", _EXAMPLE)
    if (parts.scheme == "tls") != bool(tls) or (tls and len(tls) < len(TLS_FILES)):
        rule = f"must be tls:// with the files {', '.join(TLS_FILES)}, all of them, or tcp:// with none"
        remedy = "Name them next to the address in a settings file, and give that file."
        raise SettingError("--dask", Verbatim(url), rule, remedy)
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
    return ClusterAddress(f"{parts.scheme}://{host}:{parts.port or DEFAULT_PORT}", tls)
