"""Segments: who meets a tree of conditions, usable in every question."""

# TRICKY: conditions hold questions and questions name segments. Read from this end first, the kinds would find this package half made.
import analytics.kinds  # noqa: F401
