"""Broadcast: what happened, told to every service that is interested, whoever and wherever it is.

publish(Broker(system), [Event("people.suppressed", "/people", Suppression(...))])       # returns when it is durable
subscription("sms", ["people.#"])      # for `App.queues`: a durable queue of the service's own, `events.sms`
read(delivery.message)                 # in the subscriber of that queue's consumer, or in a pipeline

An event goes to the exchange `events` with its type as the routing key. A service that is down finds in its queue what
it missed; one that is new hears what comes from then on. Delivered at least once: `source` and `id` tell a second copy.
"""

from actors.broadcast.event import EXCHANGE, Event, InvalidEvent, message_of, read
from actors.broadcast.publishing import publish, queue_of, subscription

__all__ = ["EXCHANGE", "Event", "InvalidEvent", "message_of", "publish", "queue_of", "read", "subscription"]
