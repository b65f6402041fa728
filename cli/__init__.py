"""The `vigie` command line, one file per command."""
