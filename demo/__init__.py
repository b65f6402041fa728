"""The demonstration business: two invented companies with a true story in their data (see docs/demo.md)."""

from demo.load import create

__all__ = ["create"]
