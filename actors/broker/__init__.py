"""The broker port in AMQP's words, and the actors that carry it: one publisher per process, a consumer per queue.

broker.Broker(system).publish([Message(b"...", "user.created", "events")])         # returns when it is durable
broker.consumer_spec(settings, "consumer", "email.bulk", subscriber="/email/bulk/dispatcher")
"""

from actors.broker.client import Broker, settle
from actors.broker.deaths import Death, deaths
from actors.broker.message import Delivery, Message, Tag
from actors.broker.port import (
    PUBLISHER,
    Ack,
    Confirmed,
    Deliveries,
    Nack,
    NotConfirmed,
    Pause,
    Publish,
    Reject,
    Resume,
    SetPrefetch,
    Settlement,
)
from actors.broker.specs import consumer_spec, publisher_spec
from actors.broker.topology import DEAD_LETTERS, Binding, Exchange, Queue, Topology
from actors.errors import MessageRefused, TopologyConflict, Unavailable, Unroutable
from supervision.app import App

__all__ = [
    "APP",
    "DEAD_LETTERS",
    "PUBLISHER",
    "Ack",
    "Binding",
    "Broker",
    "Confirmed",
    "Death",
    "Deliveries",
    "Delivery",
    "Exchange",
    "Message",
    "MessageRefused",
    "Nack",
    "NotConfirmed",
    "Pause",
    "Publish",
    "Queue",
    "Reject",
    "Resume",
    "SetPrefetch",
    "Settlement",
    "Tag",
    "Topology",
    "TopologyConflict",
    "Unavailable",
    "Unroutable",
    "consumer_spec",
    "deaths",
    "publisher_spec",
    "settle",
]

APP = App(
    name="broker",
    config="actors.broker.config:BrokerConfig",
    supervisor="actors.broker.specs:supervisor",
    verbs="actors.broker.verbs:VERBS",
    commands="actors.broker.commands:broker",
    probes="actors.broker.verbs:probes",
    metrics="actors.broker.metrics:collector",
    placement="everywhere",
    metrics_of_process=False,
)
