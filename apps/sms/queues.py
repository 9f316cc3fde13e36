"""The queues of the SMS app. Values only; any thread.

Texts coming in are spread over buckets by our number: all to one number lie in one bucket, in order, and a flood of
them fills that one alone. What is nothing but an opt-out word goes to a queue of its own, which is read first. One
consumer at a time reads each of them, over all nodes and machines: that keeps their order.
"""

import zlib

from actors.broadcast import EXCHANGE
from actors.broker import Exchange, Queue, Topology
from apps.sms.config import Sms
from supervision.config import Settings

#: Opt-out, opt-in and help words that stand alone.
STOP = "sms.stop"
#: Receipts of all carriers.
RECEIPTS = "sms.receipts"
#: `SendRequest`s of other services.
OUTBOUND = "sms.outbound"


def buckets(count: int) -> list[str]:
    """The names of the queues that texts coming in are spread over."""
    return [f"sms.inbound.{number:02}" for number in range(count)]


def bucket_of(number: str, count: int) -> str:
    """Where texts to this number of ours wait; the same in every process."""
    return buckets(count)[zlib.crc32(number.encode()) % count]


def queues(settings: Settings) -> Topology:
    """Each message comes back whenever a root is killed: no delivery limit."""
    config: Sms = settings.section("sms")
    ordered = [Queue(name, single_active_consumer=True) for name in (STOP, *buckets(config.inbound_buckets))]
    return Topology(exchanges=(Exchange(EXCHANGE, "topic"),), queues=(*ordered, Queue(RECEIPTS), Queue(OUTBOUND)))
