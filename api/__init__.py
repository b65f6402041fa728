"""The HTTP side of the one process: API, session routes, health, static files."""
