"""The Segments page: the list, one segment, its editor."""
