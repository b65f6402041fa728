"""Names from outside, shown literally where Streamlit would read Markdown, LaTeX, emoji codes or HTML."""

from __future__ import annotations

import html
import re

_MARKDOWN = re.compile(r"([\\`*_{}\[\]()#+\-.!|$~<>&^=\"'])")
_BLANK = re.compile(r"[ \t\r\n\f\v\u2028\u2029]+")  # no-break spaces stay: they hold numbers together
_CODE = re.compile(r":(?=\S)")
_JOINER = "\u2060"  # a word joiner: unseen, and it parts ":material" and ":smile:" from what they would become


def markdown(text: str) -> str:
    """For labels of widgets: every mark escaped, no line breaks."""
    escaped = _MARKDOWN.sub(r"\\\1", _BLANK.sub(" ", text).strip())
    return _CODE.sub(f":{_JOINER}", escaped)


def text(value: object) -> str:
    """For `st.html`: as text, also inside a quoted attribute."""
    return html.escape(str(value), quote=True)
