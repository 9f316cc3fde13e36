"""The branch `/cluster` of every root, in the root process: consumer of the signs, member, and the service `roots`."""

import uuid
from functools import partial

from actors.broker import Binding, Queue, Topology
from actors.broker.consumer import Consumer
from actors.broker.specs import BACKOFF, INTENSITY, PERIOD_SECONDS, engine_of
from actors.rpc import server_spec
from apps.cluster.identity import identity
from apps.cluster.member import Member
from apps.cluster.service import RootsService
from apps.cluster.signs import ROOTS
from supervision import ChildSpec, Supervisor
from supervision.config import Settings

MEMBER = "/cluster/member"
PREFETCH = 100


def supervisor(settings: Settings) -> ChildSpec:
    """`/cluster` with everything below it."""
    children = [
        ChildSpec(id="consumer", actor=partial(_sign_consumer, settings), start="eventual", backoff=BACKOFF),
        ChildSpec(id="member", actor=Member, args=(settings.home, settings.section("cluster")), backoff=BACKOFF),
        server_spec(settings, RootsService, "/cluster/rpc", identity(settings.home).id, concurrency=1),
    ]
    return Supervisor.spec("cluster", children, intensity=INTENSITY, period=PERIOD_SECONDS)


def _sign_consumer(settings: Settings) -> Consumer:
    """In each of its lives on a queue of its own: the broker may not know yet that the one before is gone."""
    queue = Queue(f"roots.{uuid.uuid4().hex}", dead_letter_exchange=None, exclusive=True)
    own = Topology((ROOTS,), (queue,), (Binding(ROOTS.name, queue.name),))
    return Consumer(engine_of(settings).with_topology(own), queue.name, MEMBER, PREFETCH, PREFETCH)
