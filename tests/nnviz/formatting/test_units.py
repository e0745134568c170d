"""Which unit a column's name tells."""

from __future__ import annotations

import pytest

from nnviz.formatting.units import unit_of


@pytest.mark.parametrize(
    ("name", "unit"),
    [
        ("hours to close (h)", "h"),
        ("price [€]", "€"),
        ("Wohnfläche (m²)", "m²"),
        ("rent (USD/month)", "USD/month"),
        ("wait (hours)", "hours"),
        ("share ( % )", "%"),
        ("mpg", "mpg"),
        ("Kaufpreis", ""),
        ("Miete (kalt)", ""),
        ("price (without furniture)", ""),
        ("(h) later", ""),
        ("a ()", ""),
        ("", ""),
    ],
)
def test_units_stand_in_brackets_at_the_end(name: str, unit: str) -> None:
    assert unit_of(name) == unit
