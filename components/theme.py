"""The look: one style sheet for both themes. Its colours are `light-dark()` pairs, so the browser picks by itself."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

MARK = Path(__file__).parent / "assets" / "mark.svg"
SHEET = Path(__file__).parent / "assets" / "theme.css"


def apply() -> None:
    st.html(SHEET)
