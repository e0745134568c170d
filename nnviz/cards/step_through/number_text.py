"""Numbers of a step as text, with enough digits to show that each formula holds."""

from __future__ import annotations

import math

from engine.explain.formulas import Formula

_MOST = 1000.0  # up to there a number is written without an exponent
_DECIMALS, _MOST_DECIMALS = 4, 9
_DIGITS, _MOST_DIGITS = 3, 9  # of the numbers in a formula; float32 has no more than nine
_KNOWN_DIGITS = 8  # of a float32; what is beyond is rounding
_WRITTEN_TERMS = 3  # of a long sum, in its formula
_CHANGED = ("after", "moved", "decayed")  # lines whose value is their first number, a little changed


def figure(value: float, decimals: int = _DECIMALS) -> str:
    """Returns a number with four decimals, or more if they matter: 0, 0.1234, −12.3457, 3.1e−5; mostly 8 letters."""
    if not math.isfinite(value) or value in (0, 1, -1):
        return f"{value or 0.0:.0f}".replace("-", "−")  # without a negative zero
    return _tidy(f"{value:.{decimals}f}" if 10.0 ** (1 - decimals) <= abs(value) < _MOST else f"{value:.1e}")


def short_figure(value: float, digits: int = _DIGITS) -> str:
    """Returns a number with three significant digits by default, for formulas."""
    return _tidy(f"{value or 0.0:.{digits}g}")


def _tidy(words: str) -> str:
    """Returns the text with real minus signs, and with exponents without zeros: 3.1e−5."""
    return words.replace("e-0", "e-").replace("e+0", "e").replace("e+", "e").replace("-", "−")


def in_brackets(value: float, digits: int = _DIGITS) -> str:
    """Returns a number as a factor of a product: in brackets if it is negative."""
    return f"({short_figure(value, digits)})" if value < 0 else short_figure(value, digits)


def signed(value: float, decimals: int = _DECIMALS) -> str:
    """Returns a number with its sign: +0.1234, −0.1234."""
    return f"+{figure(value, decimals)}" if value > 0 else figure(value, decimals)


# ---- how many digits


def decimals_for_change(change: float) -> int:
    """Returns the decimals that show a change of a number: those of the change's second digit."""
    if not change or not math.isfinite(change):
        return _DECIMALS
    return min(max(2 - _magnitude(change), _DECIMALS), _MOST_DECIMALS)


def value_text(formula: Formula) -> str:
    """Returns the value of a formula as text."""
    return figure(formula.value, _decimals_of(formula))


def digits_of_parts(formula: Formula) -> list[int]:
    """Returns the digits that each number of a formula needs to show that it holds, in the order of ``parts``."""
    if not formula.written:
        return [digits for n, term in enumerate(formula.terms) for digits in [_factors(formula, n)] * len(term.parts)]
    is_rounded = sum(1 for part in formula.parts if part.value) > 1
    shown = _shown_decimals(formula.value, _decimals_of(formula)) + is_rounded
    digits: list[int] = []
    for part in formula.parts:
        largest = max(
            _magnitude(each) for each in ((formula.value, part.value) if _has_sum(formula) else (formula.value,))
        )
        digits.append(min(max(_DIGITS, largest + shown), _MOST_DIGITS) if formula.value not in (0, 1, -1) else _DIGITS)
    return digits


def _has_sum(formula: Formula) -> bool:
    return " − " in formula.written or " + " in formula.written


def _decimals_of(formula: Formula) -> int:
    if formula.address.what not in _CHANGED or not formula.parts:
        return _DECIMALS
    most = _KNOWN_DIGITS - _magnitude(formula.value)
    return max(_DECIMALS, min(most, decimals_for_change(formula.value - formula.parts[0].value)))


def _magnitude(value: float) -> int:
    """Returns the digits before the point: 1 for 2.5, −1 for 0.025; for 0 the same as for 1."""
    return math.floor(math.log10(abs(value))) + 1 if value and math.isfinite(value) else 1


def _shown_decimals(value: float, decimals: int) -> int:
    """Returns the number of decimals that :func:`figure` shows."""
    is_plain = 10.0 ** (1 - decimals) <= abs(value) < _MOST
    return decimals if is_plain or not value else 2 - _magnitude(value)


def _factors(formula: Formula, place: int) -> int:
    """Returns the fewest digits at which the product of a term's factors is the displayed value of the term."""
    term = formula.terms[place]
    is_product = math.isclose(math.prod(part.value for part in term.parts) / term.divisor, term.value, rel_tol=1e-6)
    for digits in range(_DIGITS, _MOST_DIGITS + 1 if is_product else _DIGITS):
        product = math.prod(float(f"{part.value:.{digits}g}") for part in term.parts) / term.divisor
        if figure(product) == figure(term.value):
            return digits
    return _DIGITS


# ---- formulas


def product_text(formula: Formula, place: int) -> str:
    """Returns the factors of a term: "0.31 · 0.99"."""
    term = formula.terms[place]
    if formula.address.what == "loss":
        return _loss_text(formula, place)
    digits = _factors(formula, place)
    return " · ".join(in_brackets(part.value, digits) for part in term.parts)


def _loss_text(formula: Formula, place: int) -> str:
    """Returns a term of the loss: "−1 · log 0.31". Close to 1 the logarithm needs more digits."""
    a, y = (part.value for part in formula.terms[place].parts)
    digits = _DIGITS if not 0 < a < 1 else min(max(_DIGITS, 2 - _magnitude(1 - a)), _MOST_DIGITS)
    shown = short_figure(a, digits)
    return formula.terms[place].written.format(shown, short_figure(y))


def written(formula: Formula) -> str:
    """Returns the right side of a formula with its numbers; of a long sum the first terms."""
    return written_versions(formula)[0]


def written_versions(formula: Formula) -> list[str]:
    """Returns the right side of a formula and shorter versions of it: a sum with fewer terms, else fewer digits."""
    if formula.written:
        digits = digits_of_parts(formula)
        shorter = digits if _has_sum(formula) else [_DIGITS] * len(digits)  # fewer would hide a difference
        return [_put_in(formula, each) for each in (digits, shorter)]
    if not formula.terms:
        return ["0"]
    return [_sum_text(formula, count) for count in range(min(_WRITTEN_TERMS, len(formula.terms)), 0, -1)]


def _put_in(formula: Formula, digits: list[int]) -> str:
    numbers = [in_brackets(part.value, each) for part, each in zip(formula.parts, digits, strict=True)]
    return formula.written.format(*numbers)


def _sum_text(formula: Formula, count: int) -> str:
    """Returns a sum with its first ``count`` terms."""
    is_loss = formula.address.what == "loss" and len(formula.terms) > 1
    terms = range(count)
    shown = [short_figure(formula.terms[n].value) if is_loss else product_text(formula, n) for n in terms]
    more = count < len(formula.terms) or formula.left_sum
    words, divisor = " + ".join(shown) + (" + …" if more else ""), formula.terms[0].divisor
    return f"({words}) / {divisor}" if divisor > 1 and not is_loss else words
