"""How alembic reaches the store: on the connection it is handed, inside that connection's transaction."""

from alembic import context

from data_access.store import metadata

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=metadata, render_as_batch=True, transactional_ddl=True)
context.run_migrations()
