"""Numbered migrations of the warehouse, one folder per engine, each applied once and in its own transaction."""
