"""What can be asked about leases while a root runs. Any thread."""

from typing import Any

from actors.database import Database
from actors.lease import tables
from actors.lease.watch import SECOND_US
from supervision.verbs import NoParams, Site, Verb


def list_leases(site: Site, params: NoParams) -> list[dict[str, Any]]:
    """Every lease: who holds it, under which epoch, and for how many seconds yet (0: free). Raises Unavailable."""
    with Database(site.system).read() as connection:
        rows = connection.execute(tables.all_leases()).all()
        now_us = tables.now_us(connection)
    return [
        {
            "name": row.name,
            "holder": row.holder if row.until_us > now_us else None,
            "last_holder": row.holder,
            "epoch": row.epoch,
            "seconds_left": max(0, row.until_us - now_us) / SECOND_US,
        }
        for row in rows
    ]


VERBS = (Verb("lease.list", NoParams, list_leases, doc="Every lease, its holder and its epoch."),)
