"""Read formatted words back as numbers, independently of how they are written."""

from __future__ import annotations

import re

SCALES = {"": 1.0, "k": 1e3, "M": 1e6, "B": 1e9, "Md": 1e9}
PARTS = {"j": 86_400.0, "d": 86_400.0, "h": 3_600.0, "min": 60.0, "ms": 0.001, "s": 1.0}
SPACES = str.maketrans({"\u202f": " ", "\u00a0": " ", "\u2212": "-"})
DASH = "—"


def spoken(text: str, unit: str, locale: str) -> tuple[float, float] | None:
    """(value in the metric's own unit, weight of the last digit said); None for a dash.

    Money is in major units; a share of 12.4 % is 0.124; times are seconds, or milliseconds where
    that is the unit; a bare number is in the unit itself.
    """
    if text == DASH:
        return None
    plain = text.translate(SPACES).replace(*((",", ".") if locale == "fr" else (",", "")))
    sign, plain = (-1.0 if "-" in plain else 1.0), plain.replace("-", "")
    if unit in ("seconds", "milliseconds") and re.search("[a-z]", plain):
        value, step = _time(plain)
        factor = 1.0 if unit == "seconds" else 1_000.0
    else:
        value, step = _number(plain)
        factor = 0.01 if unit == "ratio" else 1.0
    return sign * value * factor, step * factor


def _number(plain: str) -> tuple[float, float]:
    found = re.search(r"(\d[\d ]*(?:\.(\d+))?) ?(Md|[kMB](?![a-zA-Z]))?", plain)
    assert found, plain
    digits, decimals, scale = found[1].replace(" ", ""), len(found[2] or ""), SCALES[found[3] or ""]
    return float(digits) * scale, 10**-decimals * scale


def _time(plain: str) -> tuple[float, float]:
    """TRICKY: from an hour on what is left is cut, not rounded, and “1 h 05” leaves out the word for minutes."""
    parts = re.findall(r"(\d[\d ]*(?:\.\d+)?) ?(min|ms|[jdhs])?", plain)
    assert parts, plain
    total, step = 0.0, 0.0
    for digits, word in parts:
        decimals = len(digits.partition(".")[2])
        weight = PARTS[word or "min"]
        total += float(digits.replace(" ", "")) * weight
        step = 10**-decimals * weight
    return total, 1.0 if parts[-1][1] == "min" else step
