"""The database as a supervised actor, and the facade through which everybody else uses it.

The public names are loaded when first used: the command line reads this package's record without paying for SQLAlchemy.
"""

from typing import TYPE_CHECKING, Any

from supervision.app import App

if TYPE_CHECKING:
    from actors.database.access import Database, Unavailable
    from actors.database.columns import Connection, Json, Timestamp

__all__ = ["APP", "Connection", "Database", "Json", "Timestamp", "Unavailable"]

APP = App(
    name="database",
    config="actors.database.config:DatabaseConfig",
    supervisor="actors.database.pool:supervisor",
    commands="actors.database.commands:database",
    verbs="actors.database.verbs:VERBS",
    probes="actors.database.probes:probes",
    connections="actors.database.probes:connections",
    metrics="actors.database.metrics:collector",
    placement="everywhere",
)


def __getattr__(name: str) -> Any:
    if name in ("Database", "Unavailable"):
        from actors.database import access

        return getattr(access, name)
    if name in ("Connection", "Json", "Timestamp"):
        from actors.database import columns

        return getattr(columns, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
