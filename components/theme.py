"""The look: one style sheet for both themes. Its colours are `light-dark()` pairs, so the browser picks by itself."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import streamlit as st

ASSETS = Path(__file__).parent / "assets"
SHEET, MARK = ASSETS / "theme.css", ASSETS / "mark.svg"


def apply() -> None:
    """Style this run.

    TRICKY: dialogs and popovers live outside the app's element, which alone knows the theme; they take it from the root.
    """
    scheme = {"light": "light", "dark": "dark"}.get(str(st.context.theme.type), "light dark")
    st.html(f"<style>{_sheet()}:root {{ color-scheme: {scheme}; }}</style>")


@lru_cache(maxsize=1)
def _sheet() -> str:
    return SHEET.read_text("utf-8")
