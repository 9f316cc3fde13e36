"""What the tests of leases share."""

from typing import Any

from sqlalchemy import URL

from actors.database import Database
from actors.database.pool import PATH, pool_supervisor
from actors.lease import tables
from actors.lease.holder import Lease
from actors.lease.messages import Held
from supervision import ChildSpec, State
from supervision.testing import Inbox, Probe, Running
from tests.actors.database.things import QUICK

NAME = "birds"
SUBSCRIBER = "/subscriber"


def database_spec(url: URL) -> ChildSpec:
    return pool_supervisor(url, QUICK, tables.METADATA.create_all)


def lease_spec(term: float = 0.9, margin: float = 0.2, subscriber: str = SUBSCRIBER, **fields: Any) -> ChildSpec:
    return ChildSpec(id="lease", actor=Lease, args=(NAME, subscriber, term, margin), shutdown=10.0, **fields)


def subscriber_spec(inbox: Inbox) -> ChildSpec:
    return ChildSpec(id="subscriber", actor=Probe, args=(inbox,))


def database_of(app: Running) -> Database:
    app.wait_state(PATH, State.RUNNING)
    return Database(app.system)


def held(inbox: Inbox, epoch: int) -> Held:
    return inbox.expect(Held, lambda one: one.epoch == epoch)
