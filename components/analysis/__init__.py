"""Analysis pages: an editor that makes one question, the address that carries it, the panels that answer it."""
