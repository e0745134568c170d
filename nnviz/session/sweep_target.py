"""The target of sweeps: this machine, or a Dask cluster; with the cluster's status."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from PyQt5.QtCore import QObject, pyqtSignal

from engine.experiment import Experiment
from nnviz.formatting.text import regrouped
from nnviz.jobs.executors import address_typed, who_is_there
from nnviz.jobs.serial_thread import SerialThreads
from nnviz.session.messages import Message, MessageChoice, Messages
from nnviz.session.sweep_text import (
    format_cluster_error,
    format_hosts,
    format_rows_question,
    format_trust_question,
    is_sweep,
    user_data_title,
)
from nnviz.session.undo import Kind, Step, Undo

if TYPE_CHECKING:  # loaded when there is an address
    from engine.sweeps.plan import Plan
    from nnviz.sweeps.cluster import ClusterStatus
    from nnviz.sweeps.cluster_address import ClusterAddress

_ASKING = "Connecting to the cluster …"


@dataclass(eq=False)
class _TargetStatus:
    """The status of a typed address."""

    address: ClusterAddress | None = None
    cluster: ClusterStatus | None = None
    reason_unavailable: str = ""
    is_waited_for: bool = False  # by a sweep that is to begin


class SweepTarget(QObject):
    """The target of sweeps, with the user's permissions.

    Nothing is sent to another computer without TLS before the user trusts its host, and no rows of the user's own data
    without permission. Both permissions are kept in memory only, until the window closes.

    Signals:
        changed: ``typed`` or its status has changed.

    Attributes:
        typed: an address or the path of a settings file, valid or not; empty for this machine.
    """

    changed = pyqtSignal()

    def __init__(self, undo: Undo, messages: Messages) -> None:
        super().__init__()
        self._undo, self._messages = undo, messages
        self.typed = ""
        self._threads = SerialThreads()  # one for each address, so that an address that does not answer blocks no other
        self._status = _TargetStatus()
        self._trusted: set[str] = set()  # hosts
        self._may_have_rows: set[str] = set()  # hosts of schedulers
        self._question: Message | None = None

    # ---- what was typed

    def restore(self, typed: str) -> None:
        """Restores a remembered address, without connecting."""
        self.typed = typed

    def type(self, text: str) -> None:
        """Sets the address, and reads the status, also if the address is the same."""
        text = text.strip()
        if text == self.typed:
            self._put(text)
        else:
            self._undo.push(Step("change of where the sweep is done", Kind.SETTINGS, self._put, self.typed, text))

    def _put(self, typed: str) -> None:
        self.typed = typed
        self._read(partial(self._trusting, lambda: None))

    def refresh_status(self) -> None:
        """Reads the status if it is not known and needs no question."""
        if self.typed and self._status.cluster is None:
            self._read(lambda: None if self._untrusted else self._ask_who())

    # ---- what is known of it

    @property
    def problem(self) -> str:
        """The reason why the address is invalid, in sentences; empty if it is valid."""
        return "" if self._status.address is not None else self._status.reason_unavailable

    @property
    def status_text(self) -> str:
        """The cluster's status, or why it is not known, as a sentence; empty for this machine."""
        found = self._status
        if not self.typed:
            return ""
        if found.cluster is not None:
            cluster = found.cluster
            where = "" if cluster.address == self.typed else f"{cluster.address}: "
            return f"{where}{regrouped(cluster.summary)}"
        if found.address is not None and self._untrusted and not found.reason_unavailable:
            return f"nnviz sends nothing to {format_hosts(self._untrusted)} until you trust it. Start asks you."
        return found.reason_unavailable or _ASKING

    @property
    def cores(self) -> int | None:
        """The number of concurrent runs on the cluster; None on this machine, 0 if it is not known."""
        if not self.typed:
            return None
        return 0 if self._status.cluster is None else self._status.cluster.cores

    @property
    def _address(self) -> ClusterAddress:
        """The address with the user's permissions."""
        address = self._status.address
        assert address is not None
        may_send = address.host in self._may_have_rows
        return replace(address, trusted=frozenset(self._trusted), may_send_rows=may_send)

    @property
    def _urls(self) -> list[str]:
        """The addresses of the scheduler and of known workers."""
        cluster = self._status.cluster
        return [self._address.url, *(each.address for each in (() if cluster is None else cluster.workers))]

    @property
    def _untrusted(self) -> list[str]:
        """The hosts that need the user's trust."""
        return _hosts(url for url in self._urls if not self._address.trusts(url))

    # ---- in background threads

    def _read(self, then: Callable[[], None]) -> None:
        """Reads the typed address, or its settings file, and withdraws an earlier question."""
        self._withdraw()
        self._status = _TargetStatus()
        self.changed.emit()
        if not self.typed:
            return
        typed = self.typed

        def read(address: ClusterAddress) -> None:
            self._status.address = address
            then()

        self._run(lambda: address_typed(typed), read)

    def _ask_who(self) -> None:
        address, self._status.reason_unavailable = self._address, ""

        def answered(cluster: ClusterStatus) -> None:
            self._status.cluster = cluster

        self._run(lambda: who_is_there(address), answered)

    def _run(self, work: Callable[[], Any], done: Callable[[Any], None]) -> None:
        """Runs a function in the background. Its result counts only if the address is still the same."""
        wanted = self._status

        def succeeded(outcome: Any) -> None:
            if self._status is wanted:
                done(outcome)
                self.changed.emit()

        def failed(error: Exception) -> None:
            if self._status is wanted:
                wanted.reason_unavailable = format_cluster_error(error)
                if wanted.address is None and wanted.is_waited_for:
                    self._messages.warn(wanted.reason_unavailable)
                self.changed.emit()

        self._threads.run(self.typed, lambda: work() if self._status is wanted else None, succeeded, failed)

    # ---- before a sweep begins

    def choose(self, plan: Plan, then: Callable[[ClusterAddress | None], None]) -> None:
        """Calls ``then`` with the address for a plan, None for this machine, after questions to the user if necessary.

        Seeds and races are always trained on this machine.
        """
        if not self.typed or not is_sweep(plan):
            then(None)
        elif self._status.address is None:
            self._read(partial(self._agree, plan.base, then))
            self._status.is_waited_for = True
        else:
            self._agree(plan.base, then)

    def _agree(self, made: Experiment, then: Callable[[ClusterAddress | None], None]) -> None:
        self._trusting(lambda: self._sending(made, lambda: then(self._address)))

    def _trusting(self, then: Callable[[], None]) -> None:
        """Asks for trust if necessary, reads an unknown status, then continues."""
        hosts = self._untrusted

        def yes() -> None:
            self._trusted.update(hosts)
            self._trusting(then)

        if hosts:
            self._ask(format_trust_question(self._address.url, hosts), f"Trust {format_hosts(hosts)}", yes)
            return
        if self._status.cluster is None:
            self._ask_who()
        then()

    def _sending(self, made: Experiment, then: Callable[[], None]) -> None:
        """Asks for permission to send the user's own rows if necessary, then continues."""
        address, own = self._address, user_data_title(made)
        hosts = _hosts(url for url in self._urls if not address.may_have_rows(url))

        def yes() -> None:
            self._may_have_rows.add(address.host)
            then()

        if own and hosts:
            self._ask(format_rows_question(own, hosts), f"Send them to {format_hosts(hosts)}", yes)
        else:
            then()

    def _ask(self, words: str, choice: str, yes: Callable[[], None]) -> None:
        self._question = self._messages.show(
            words, MessageChoice(choice, yes), MessageChoice("Do not send", lambda: None)
        )
        self.changed.emit()

    def _withdraw(self) -> None:
        if self._question is not None:
            self._messages.withdraw(self._question)
            self._question = None

    def close(self, milliseconds: int) -> bool:
        """Drops all results; returns whether no query is left."""
        return self._threads.close(milliseconds)


def _hosts(urls: Any) -> list[str]:
    from nnviz.sweeps.cluster_address import host_of

    return list(dict.fromkeys(map(host_of, urls)))
