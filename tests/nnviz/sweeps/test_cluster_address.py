"""Where a cluster is, in words and files, and which hosts may be spoken to, and may get a person's rows."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from engine.basics.errors import SettingError
from nnviz.sweeps.cluster_address import address_of, is_loopback
from tests.engine.helpers import refused


@pytest.mark.parametrize(
    ("typed", "url", "is_here"),
    [
        ("tcp://127.0.0.1:4000", "tcp://127.0.0.1:4000", True),
        ("localhost", None, None),
        ("localhost:4000", "tcp://localhost:4000", True),
        ("tcp://[::1]", "tcp://[::1]:8786", True),
        ("tcp://lab.example.org/", "tcp://lab.example.org:8786", False),
        ("10.0.0.7:1", "tcp://10.0.0.7:1", False),
    ],
)
def test_an_address_is_understood_as_it_is_typed(typed: str, url: str | None, is_here: bool | None) -> None:
    if url is None:
        with refused(SettingError, "--dask", typed):
            address_of(typed)
        return
    found = address_of(typed)
    assert (found.url, found.is_here) == (url, is_here)


@pytest.mark.parametrize(
    "typed", ["tcp://[::1", "tcp://::1]:1", "tcp://[x]:1", "tcp://h:99999", "tcp://\u2100/:1", "tcp://[", ":"]
)
def test_what_is_no_address_is_refused_in_words(typed: str) -> None:
    with pytest.raises(SettingError, match=r"--dask is .*: it must be tcp:// or tls://, a host and a port"):
        address_of(typed)
    assert not address_of("tcp://127.0.0.1:1").trusts(typed), "as the address of a worker"


def test_a_file_of_settings_and_one_of_dask(tmp_path: Path) -> None:
    names = ("tls_ca_file", "tls_client_cert", "tls_client_key")
    for name in names:
        (tmp_path / f"{name}.pem").touch()
    settings = {"address": "tls://lab:8786", **{name: f"{name}.pem" for name in names}}
    (tmp_path / "mine.json").write_text(json.dumps(settings))
    found = address_of(str(tmp_path / "mine.json"))
    assert found.url == "tls://lab:8786"
    assert found.tls == {name: tmp_path / f"{name}.pem" for name in names}
    found.check_trust()
    written = {"type": "Scheduler", "id": "Scheduler-1", "address": "tcp://127.0.0.1:8786", "workers": {}}
    (tmp_path / "theirs.json").write_text(json.dumps(written))
    assert address_of(str(tmp_path / "theirs.json")).url == "tcp://127.0.0.1:8786"
    del settings["tls_client_key"]
    (tmp_path / "mine.json").write_text(json.dumps(settings))
    with refused(SettingError, "--dask", "tls://lab:8786"):
        address_of(str(tmp_path / "mine.json"))


@pytest.mark.parametrize("host", ["127.0.0.1", "127.3.2.1", "::1", "localhost"])
def test_this_computer_is_known_by_its_addresses(host: str) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize("host", ["0.0.0.0", "10.0.0.1", "localhost.example.org", "127.0.0.1.example.org", "", "::"])
def test_no_name_or_other_address_passes_for_this_computer(host: str) -> None:
    assert not is_loopback(host)


def test_beyond_this_computer_trust_takes_tls_or_a_word_for_the_host() -> None:
    here, far, near = "tcp://127.0.0.1:1", "tcp://far:1", "tcp://10.0.0.7:1"
    assert address_of(here).trusts(here)
    assert not address_of(here).trusts(near), "a worker on another computer"
    assert address_of(here, ["10.0.0.7"]).trusts(near)
    assert address_of(here).trusts("tls://10.0.0.7:1")
    with refused(SettingError, "--dask", far):
        address_of(far).check_trust()
    with refused(SettingError, "--dask", far):
        address_of(far, ["10.0.0.7"]).check_trust()
    trusted = address_of(far, ["far"])
    trusted.check_trust()
    assert trusted.trusts(near), "its workers speak through it"


def test_rows_leave_this_computer_only_where_that_was_allowed() -> None:
    here, near = address_of("127.0.0.1:1"), "tcp://10.0.0.7:1"
    assert here.may_have_rows("tcp://127.0.0.1:5")
    assert not here.may_have_rows(near)
    far = address_of("far:1", ["far"])
    assert not far.may_have_rows("tcp://127.0.0.1:5"), "they would go by way of its scheduler"
    with refused(SettingError, "--dask", "tcp://far:1"):
        far.check_rows("mine")
    asked = address_of("far:1", ["far"], may_send_rows=True)
    asked.check_rows("mine")
    assert asked.may_have_rows(near)
