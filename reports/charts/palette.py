"""Colours of the charts: one blue, green and red only for good and bad.

`LIGHT` and `DARK` are for paper and pictures. On screen `SCREEN` writes each colour as CSS `light-dark(…)`, which the
browser resolves by the theme the reader is in, so a change of theme needs no new chart.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import lru_cache
from typing import Any, Literal

HEAT_STEPS = 16
FONT = "Inter, 'Segoe UI', system-ui, sans-serif"


@dataclass(frozen=True)
class Palette:
    ink: str
    muted: str
    grid: str
    card: str
    accent: str
    wash: str  # the area under a line
    previous: str
    good: str
    good_pale: str
    good_deep: str
    bad: str
    bad_pale: str
    idle: str
    hover: str
    series: tuple[str, ...]
    heat: tuple[str, ...]  # pale to full
    heat_ink: tuple[str, ...]  # readable on each step of `heat`


def _mix(low: str, high: str, share: float) -> str:
    pairs = ((int(low[i : i + 2], 16), int(high[i : i + 2], 16)) for i in (1, 3, 5))
    return "#" + "".join(f"{round(a + (b - a) * share):02x}" for a, b in pairs)


def _ramp(low: str, high: str) -> tuple[str, ...]:
    return tuple(_mix(low, high, i / (HEAT_STEPS - 1)) for i in range(HEAT_STEPS))


LIGHT = Palette(
    ink="#131722", muted="#5a6372", grid="#e9ecf1", card="#ffffff", accent="#3b5bdb", wash="#eef1fd", previous="#6b7483",
    good="#0ca678", good_pale="#7fd8bb", good_deep="#087f5b", bad="#ee3f46", bad_pale="#f8a3a6", idle="#c3cad6", hover="#3b5bdb",
    series=("#3b5bdb", "#22a5c9", "#8d7ae6", "#94a3b8", "#1e3a8a", "#7cc4e8", "#5b6478"),
    heat=_ramp("#eef1fe", "#748ffc"), heat_ink=("#131722",) * HEAT_STEPS,
)  # fmt: skip
DARK = Palette(
    ink="#e9ebef", muted="#a3abb8", grid="#272d39", card="#171b24", accent="#748ffc", wash="#1c2236", previous="#97a0af",
    good="#38d9a9", good_pale="#1d7f66", good_deep="#8ff0d2", bad="#ff8787", bad_pale="#8a4249", idle="#465063", hover="#9db0ff",
    series=("#748ffc", "#4cc9e8", "#b3a3ff", "#8b97a8", "#a9c0ff", "#2c8fb3", "#c6cedb"),
    heat=_ramp("#1c2338", "#3f5fe0"), heat_ink=("#e9ebef",) * HEAT_STEPS,
)  # fmt: skip


def _both(light: Any, dark: Any) -> Any:
    return tuple(map(_both, light, dark)) if isinstance(light, tuple) else f"light-dark({light}, {dark})"


SCREEN = Palette(**{f.name: _both(getattr(LIGHT, f.name), getattr(DARK, f.name)) for f in fields(Palette)})
PALETTES: dict[Literal["screen", "light", "dark"], Palette] = {"screen": SCREEN, "light": LIGHT, "dark": DARK}


@lru_cache(maxsize=8)
def config(palette: Palette) -> dict[str, Any]:
    """The Vega configuration shared by every chart: no clutter, tabular type, no frame."""
    axis = {
        "labelColor": palette.muted, "labelFontSize": 12, "labelPadding": 8, "title": None, "domain": False, "ticks": False,
        "gridColor": palette.grid, "labelLimit": 180,
    }  # fmt: skip
    return {
        "background": "transparent",
        "font": FONT,
        "padding": {"left": 5, "right": 6, "top": 4, "bottom": 2},
        "view": {"stroke": None},
        "axis": axis,
        "axisX": {"grid": False},
        "legend": {
            "orient": "top", "title": None, "labelColor": palette.muted, "labelFontSize": 12, "symbolSize": 90, "symbolStrokeWidth": 2,
            "padding": 0, "offset": 10, "columnPadding": 16, "labelLimit": 160,
        },
        "text": {"color": palette.ink, "fontSize": 12},
        "bar": {"cornerRadius": 2},
    }  # fmt: skip


def heat(palette: Palette, share: float) -> tuple[str, str]:
    """Fill and ink of a cell at `share` (0 to 1) of the scale."""
    step = round(min(max(share, 0.0), 1.0) * (HEAT_STEPS - 1))
    return palette.heat[step], palette.heat_ink[step]
