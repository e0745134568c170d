"""Numbers as a person reads them."""

from __future__ import annotations

import pytest

from nnviz.formatting import text


@pytest.mark.parametrize(
    ("number", "written"),
    [(0, "0"), (999, "999"), (1000, "1\u202f000"), (60000, "60\u202f000"), (1234567, "1\u202f234\u202f567")],
)
def test_count(number: int, written: str) -> None:
    assert text.count(number) == written


def test_the_numbers_of_a_note_are_grouped_as_all_others() -> None:
    note = "300 of 60,000 examples, drawn by seed 1,234,567. Rows 1,000, 2,000 and 3,000."
    written = (
        "300 of 60\u202f000 examples, drawn by seed 1\u202f234\u202f567. Rows 1\u202f000, 2\u202f000 and 3\u202f000."
    )
    assert text.regrouped(note) == written
    quoted = ("is '1,000': it must", 'a "64, 64,128"', "column “a 1,000”", "1,000.csv")
    for other in ("0,001", "1,5", "12,34", "1,0000", "a1,000", "1,000b", "2.51,000", "2012,2013", *quoted):
        assert text.regrouped(other) == other


@pytest.mark.parametrize(
    ("share", "written"),
    [
        (0, "0.00 %"),
        (0.0241, "2.41 %"),
        (1, "100.00 %"),
        (0.0001, "0.01 %"),
        (0.000049, "0.0049 %"),
        (1 / 60000, "0.0017 %"),
        (2e-8, "0.0000020 %"),
    ],
)
def test_percent(share: float, written: str) -> None:
    assert text.percent(share) == written


@pytest.mark.parametrize(
    ("seconds", "written"),
    [
        (0.21, "0.21 s"),
        (0.5, "0.5 s"),
        (3.2, "3 s"),
        (12.4, "12 s"),
        (59.9, "1 min 00 s"),
        (60, "1 min 00 s"),
        (185, "3 min 05 s"),
        (119.7, "2 min 00 s"),
        (0, "0 s"),
    ],
)
def test_duration(seconds: float, written: str) -> None:
    assert text.duration(seconds) == written


def test_a_shape_of_many_layers_is_shortened() -> None:
    assert text.shape((784, 64, 10)) == "784-64-10"
    assert text.shape([1] * 12) == "-".join("1" * 12)
    assert text.shape([1] * 10_001) == "1-1-1-… (10\u202f000 layers)"


def test_a_long_list_is_shortened() -> None:
    assert text.listed(["0.2", "0.5"]) == "0.2, 0.5"
    assert text.listed(["0"] * 10_000, " ") == "0 0 0 … (10\u202f000 values)"


@pytest.mark.parametrize(
    ("value", "words"),
    [(0.05, "0.05"), (2500, "2500"), (9999, "9999"), (10_000, "10k"), (58_060, "58.1k"), (1_234_567, "1.23M"),
     (-64_717, "−64.7k"), (0, "0"), (3.4e38, "3.4e+38")],
)  # fmt: skip
def test_numbers_at_an_axis_are_short(value: float, words: str) -> None:
    assert text.compact(value) == words


@pytest.mark.parametrize(
    ("number", "batches", "words"),
    [(3.0, 0, "3"), (3.0, 600, "3"), (1.44, 0, "1.4"), (99.96, 0, "99.96"), (2.998, 0, "2.998"), (0.3, 10, "0.3"),
     (2 + 599 / 600, 600, "2.998"), (2.5, 600, "2.5"), (1 / 7, 7, "0.1"), (11407.5, 600, "11\u202f407.5"),
     (19900.0, 600, "19\u202f900"), (3 + 1e-12, 600, "3"), (0, 600, "0")],
)  # fmt: skip
def test_epochs(number: float, batches: int, words: str) -> None:
    assert text.epochs(number, batches) == words


@pytest.mark.parametrize("batches", [1, 2, 7, 10, 16, 99, 100, 101, 600, 1000, 6000])
def test_every_batch_of_an_epoch_has_its_own_name(batches: int) -> None:
    names = [text.epochs(2 + batch / batches, batches) for batch in range(batches + 1)]
    assert len(set(names)) == batches + 1
    assert [name for name in names if "." not in name] == ["2", "3"]


@pytest.mark.parametrize(
    ("nbytes", "written"),
    [(12, "12 bytes"), (3400, "3.4 kB"), (2e9, "2 GB"), (123_456_789, "123 MB"), (0, "0 bytes")],
)
def test_sizes(nbytes: float, written: str) -> None:
    assert text.size(nbytes) == written


@pytest.mark.parametrize(
    ("words", "stem"),
    [
        ("Wie viele Bilder auf einmal?", "wie-viele-bilder-auf-einmal"),
        ("../Änne: O'Neill\0", "änne-o-neill"),
        ("ab" * 40, "ab" * 20),
        ("?/", "x"),
    ],
)
def test_a_stem_can_be_the_name_of_a_file_everywhere(words: str, stem: str) -> None:
    assert text.file_stem(words, "x") == stem
