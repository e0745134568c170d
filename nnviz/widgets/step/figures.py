"""Numbers of a step as text."""

from __future__ import annotations

import math

from engine.formulas import Formula

_LEAST, _MOST = 0.001, 1000.0  # between them a number has four decimals
_WRITTEN_TERMS = 3  # of a long sum, in its formula


def figure(value: float) -> str:
    """0, 0.1234, −12.3457, 3.1e−5: four decimals where that says something, in at most eight letters."""
    if not math.isfinite(value) or value in (0, 1, -1):
        return f"{value or 0.0:.0f}".replace("-", "−")  # without a negative zero
    return _tidy(f"{value:.4f}" if _LEAST <= abs(value) < _MOST else f"{value:.1e}")


def short_figure(value: float) -> str:
    """The same in three digits, for formulas."""
    return _tidy(f"{value or 0.0:.3g}")


def _tidy(words: str) -> str:
    """Real minus signs, and exponents without zeros: 3.1e−5."""
    return words.replace("e-0", "e-").replace("e+0", "e").replace("e+", "e").replace("-", "−")


def in_brackets(value: float) -> str:
    """A negative number in brackets, as a factor of a product."""
    return f"({short_figure(value)})" if value < 0 else short_figure(value)


def signed(value: float) -> str:
    """+0.1234, −0.1234."""
    return f"+{figure(value)}" if value > 0 else figure(value)


def product_text(formula: Formula, place: int) -> str:
    """ "0.31 · 0.99": what a term of a formula is made of."""
    term = formula.terms[place]
    if formula.address.what == "loss":
        a, y = (short_figure(part.value) for part in term.parts)
        return f"−{y} · log {a}" if formula.rule.endswith("Σ y · log a") else f"a {a}, y {y}"
    return " · ".join(in_brackets(part.value) for part in term.parts)


def written(formula: Formula) -> str:
    """The right side of a formula with its numbers put in; of a long sum its first terms."""
    if formula.written:
        return formula.written.format(*[in_brackets(part.value) for part in formula.parts])
    if not formula.terms:
        return "0"
    if formula.address.what == "loss" and len(formula.terms) > 1:
        shown = [short_figure(term.value) for term in formula.terms[:_WRITTEN_TERMS]]
    else:
        shown = [product_text(formula, place) for place in range(min(_WRITTEN_TERMS, len(formula.terms)))]
    more = len(formula.terms) > _WRITTEN_TERMS or formula.left_sum
    words, divisor = " + ".join(shown) + (" + …" if more else ""), formula.terms[0].divisor
    return f"({words}) / {divisor}" if divisor > 1 else words
