"""Leases: one holder per name over all nodes and machines; a row in the database, an epoch that fences writes."""

from typing import TYPE_CHECKING, Any

from supervision.app import App

if TYPE_CHECKING:
    from actors.lease.errors import LeaseLost
    from actors.lease.fence import fenced
    from actors.lease.holder import Lease
    from actors.lease.messages import Held, Lost
    from actors.lease.tenant import tenant_spec

__all__ = ["APP", "Held", "Lease", "LeaseLost", "Lost", "fenced", "tenant_spec"]

APP = App(
    name="lease",
    tables="actors.lease.tables:METADATA",
    verbs="actors.lease.verbs:VERBS",
    commands="actors.lease.commands:lease",
    placement="everywhere",
)

_HOMES = {
    "Held": "actors.lease.messages",
    "Lease": "actors.lease.holder",
    "LeaseLost": "actors.lease.errors",
    "Lost": "actors.lease.messages",
    "fenced": "actors.lease.fence",
    "tenant_spec": "actors.lease.tenant",
}


def __getattr__(name: str) -> Any:
    """Loaded when first used: the command line reads this package's record without paying for SQLAlchemy."""
    if name in _HOMES:
        from importlib import import_module

        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
