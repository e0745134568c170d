"""One slot, latest wins, from any thread."""

from __future__ import annotations

import threading

from nnviz.jobs.mailbox import Mailbox


def test_a_letter_is_taken_once() -> None:
    box: Mailbox[str] = Mailbox()
    assert box.empty
    assert box.take() is None
    box.put("first")
    assert not box.empty
    assert box.take() == "first"
    assert box.empty
    assert box.take() is None


def test_the_latest_wins() -> None:
    box: Mailbox[int] = Mailbox()
    for number in range(5):
        box.put(number)
    assert box.take() == 4
    assert box.take() is None


def test_many_threads() -> None:
    """Readers never see a letter twice or an older one after a newer, and the last one is not lost."""
    box: Mailbox[int] = Mailbox()
    letters, seen = 20_000, []

    def write() -> None:
        for number in range(letters):
            box.put(number)

    writer = threading.Thread(target=write)
    writer.start()
    while writer.is_alive() or not box.empty:
        letter = box.take()
        if letter is not None:
            seen.append(letter)
    writer.join()
    assert seen == sorted(set(seen))
    assert seen[-1] == letters - 1
