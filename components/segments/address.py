"""What the Segments page is about, in its address: `?segment=<id>`, `?edit=<id>`, `?new=1`; nothing is the list."""

from __future__ import annotations

import streamlit as st

SEGMENT, EDIT, NEW = "segment", "edit", "new"
NAMES = (SEGMENT, EDIT, NEW)


def go(name: str = "", value: str = "") -> None:
    """Show something else from the next run on; the list without a name."""
    for one in NAMES:
        st.query_params.pop(one, None)
    if name:
        st.query_params[name] = value


def at(name: str) -> str:
    """The address's word of that name, at most as long as an id may be."""
    return str(st.query_params.get(name, ""))[:64]
