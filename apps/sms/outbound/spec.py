"""`/sms/outbound`: what hands texts over.

    /sms/outbound
      clerk        reads the queue, claims, writes what became of texts
      authority    holds the lease, charges limits, gives pieces to links
      links        one per connection to a carrier, as long as the lease is ours
      lease        sms.outbound: one holder over all nodes and machines
      asker        asks carriers for texts whose receipts do not come

One that dies takes those below it along: a grant of the lease ends with its holder, and links never outlive it.
"""

from collections import Counter
from pathlib import Path

from actors.carrier.http.link import http_link_spec
from actors.carrier.simulated.link import simulated_link_spec
from actors.lease import Lease
from actors.smpp.specs import bind_specs
from apps.sms.config import Sms
from apps.sms.limits.log import FOLDER
from apps.sms.outbound.asker import Asker
from apps.sms.outbound.authority import LEASE, Authority
from apps.sms.outbound.clerk import Clerk
from apps.sms.outbound.config import Carrier
from supervision import Backoff, ChildSpec, DynamicSupervisor, Supervisor
from supervision.config import Settings

ID, PATH = "outbound", "/sms/outbound"
CLERK, AUTHORITY, LINKS, ASKER = f"{PATH}/clerk", f"{PATH}/authority", f"{PATH}/links", f"{PATH}/asker"
INTAKE = "/sms/intake"
BACKOFF = Backoff(min_seconds=0.05, max_seconds=5.0, stable_after_seconds=10.0)


def outbound_spec(settings: Settings) -> ChildSpec:
    """The branch with everything below it."""
    config: Sms = settings.section("sms")
    limits = tuple(section.limit for section in config.limits)
    specs = {spec.id: spec for carrier in config.carriers for spec in link_specs(carrier, settings.home)}
    counts: Counter[str] = Counter()
    authority = (config.outbound, config.carriers, limits, settings.home / FOLDER, CLERK, LINKS, specs)
    children = [
        ChildSpec(
            id="clerk", actor=Clerk, args=(config.outbound, config.carriers, LEASE, AUTHORITY, counts), backoff=BACKOFF
        ),
        ChildSpec(id="authority", actor=Authority, args=(*authority, Counter[str]()), backoff=BACKOFF, shutdown=20.0),
        DynamicSupervisor.spec("links", intensity=100, period=10.0),
        ChildSpec(id="lease", actor=Lease, args=(LEASE, AUTHORITY), backoff=BACKOFF, shutdown=10.0),
        ChildSpec(
            id="asker", actor=Asker, args=(config.outbound, config.carriers, AUTHORITY, Counter[str]()), backoff=BACKOFF
        ),
    ]
    return Supervisor.spec(ID, children, strategy="rest_for_one", intensity=20, period=10.0)


def link_specs(carrier: Carrier, home: Path) -> list[ChildSpec]:
    """The connections to one carrier."""
    if carrier.smpp is not None:
        return bind_specs(carrier.name, carrier.name, carrier.smpp, AUTHORITY, INTAKE, binds=carrier.links)
    if carrier.http is not None:
        http = carrier.http
        return [
            http_link_spec(f"{carrier.name}-{number}", carrier.name, http, subscriber=AUTHORITY, intake=INTAKE)
            for number in range(1, carrier.links + 1)
        ]
    assert carrier.simulated is not None
    return [
        simulated_link_spec(
            f"{carrier.name}-{number}", carrier.name, carrier.simulated, home, subscriber=AUTHORITY, intake=INTAKE
        )
        for number in range(1, carrier.links + 1)
    ]
