"""What /readyz asks of the SMS app. Runs in the probe's own thread, which may wait for the database."""

from collections.abc import Sequence
from functools import partial

from actors.database import Database, Unavailable
from actors.lease.verbs import list_leases
from apps.sms.hub import waiting
from apps.sms.outbound.authority import LEASE
from supervision.verbs import NoParams, Probe, Site

#: What waits longer for a hub waits for nobody.
DEAF_SECONDS = 120.0


def probes(site: Site) -> Sequence[Probe]:
    """Texts can leave, and those that come in are looked at, on whichever machine."""
    return (Probe("sms.outbound", partial(_outbound, site)), Probe("sms.hub", partial(_hub, site)))


def _outbound(site: Site) -> str | None:
    try:
        holders = [one["holder"] for one in list_leases(site, NoParams()) if one["name"] == LEASE]
    except Unavailable as error:
        return str(error)
    return None if any(holders) else "nobody holds the lease: no text leaves"


def _hub(site: Site) -> str | None:
    try:
        with Database(site.system).read() as conn:
            age = waiting.total(conn).age_seconds(site.system.clock.time())
    except Unavailable as error:
        return str(error)
    return f"a text has waited for {age:.0f} s and nobody looks at it" if age > DEAF_SECONDS else None
