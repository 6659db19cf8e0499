"""Whether the database is as the models want it."""

from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from messaging.stop import Stop


def check_migrated() -> None:
    """Raise Stop where a migration has not been applied."""
    executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        raise Stop("The database lacks migrations: run `python manage.py migrate`.")
