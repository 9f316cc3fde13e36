"""A database of either kind for each test."""

from tests.actors.database.conftest import database_url, sqlite_url

__all__ = ["database_url", "sqlite_url"]
