"""Alembic's entry point; the address of the database comes from bot.store.database."""
from alembic import context

from bot.store.database import engine
from bot.store.models import Base

with engine(context.config.attributes["url"]).begin() as connection:
    # Batch mode: SQLite cannot alter a column in place.
    context.configure(connection=connection, target_metadata=Base.metadata, render_as_batch=True)
    context.run_migrations()
