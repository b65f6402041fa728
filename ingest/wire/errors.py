"""Which errors are the same error."""

from __future__ import annotations

import re
from hashlib import blake2b
from typing import Any

# Numbers, ids and addresses differ from one occurrence to the next.
_VARIES = re.compile(r"0x[0-9a-fA-F]+|[0-9a-fA-F]{8,}|\d+|'[^']*'|\"[^\"]*\"")


def fingerprint(*parts: Any) -> str:
    """Sixteen hexadecimal digits, the same for texts that differ only in numbers, ids and quoted values."""
    alike = "\x1f".join(_VARIES.sub("?", str(part))[:500] for part in parts if part)
    return blake2b(alike.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()
