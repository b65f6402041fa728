"""The only code that talks to a database: warehouse schema, dialects, store, migrations."""
