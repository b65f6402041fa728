"""The Content-Security-Policy the pages work under."""

from __future__ import annotations

import base64
import hashlib
import importlib.util
import re
from pathlib import Path

_INLINE = re.compile(rb"<script>(.*?)</script>", re.DOTALL)


def content_security_policy(index: bytes) -> str:
    """Everything from this origin only. Of inline scripts just the ones `index` itself has, by their hash.

    Styles must be allowed inline: Streamlit's components write theirs at run time. `blob:` images and workers are its
    charts and tables. No `unsafe-eval`: Streamlit interprets Vega expressions instead of compiling them.
    """
    hashes = " ".join(f"'sha256-{base64.b64encode(hashlib.sha256(script).digest()).decode()}'" for script in _INLINE.findall(index))
    rules = {
        "default-src": "'self'",
        "script-src": f"'self' {hashes}".strip(),
        "style-src": "'self' 'unsafe-inline'",
        "img-src": "'self' data: blob:",
        "font-src": "'self' data:",
        "connect-src": "'self'",
        "worker-src": "'self' blob:",
        "object-src": "'none'",
        "base-uri": "'self'",
        "form-action": "'self'",
        "frame-ancestors": "'none'",
    }
    return "; ".join(f"{name} {value}" for name, value in rules.items())


def streamlit_folder() -> Path:
    """Where Streamlit keeps its page shell and its bundles, found without importing it."""
    spec = importlib.util.find_spec("streamlit")
    if spec is None or spec.origin is None:
        raise RuntimeError("streamlit is not installed")
    return Path(spec.origin).parent / "static"
