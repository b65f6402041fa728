"""Segments: who, by what they are and what they do."""

from components.segments.page import show

show()
