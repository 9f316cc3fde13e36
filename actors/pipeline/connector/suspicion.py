"""Which message is to blame when a stage dies, and what is done about it. Pure; any thread.

A message that was in the hands of a dying stage is a suspect, and so is one that came back too often for another cause,
such as the death of the whole process. A suspect is handled alone: its neighbours are then not blamed for its deeds. A
suspect that was at N deaths, at least one of them alone, goes into quarantine.
"""

from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256

from actors.broker.message import Delivery

#: Deaths after which a message is put aside.
DEATHS = 3


class Treatment(StrEnum):
    """How a delivery is handled."""

    COMPANY = "company"
    ALONE = "alone"
    QUARANTINE = "quarantine"


@dataclass(frozen=True, slots=True)
class Record:
    """What is known of one message.

    Attributes:
        deaths: how often a stage died with it in hand.
        alone: how many of these it was alone in.
        traceback: of the last of them, if there was one; a killed process leaves none.
    """

    deaths: int = 0
    alone: int = 0
    traceback: str = ""


def identity(delivery: Delivery) -> str:
    """The same for each delivery of one message, and for every copy of it in this queue."""
    message = delivery.message
    digest = sha256(f"{delivery.queue}\0{message.message_id}\0{message.exchange}\0{message.routing_key}\0".encode())
    digest.update(message.body)
    return digest.hexdigest()


def is_known(delivery: Delivery) -> bool:
    """Whether there can be a record: a message that was never handed out has none."""
    return delivery.redelivered or delivery.delivery_count > 0


def treatment(delivery_count: int, record: Record, limit: int = DEATHS) -> Treatment:
    """How to handle a message that comes (again)."""
    if record.alone and max(record.deaths, delivery_count) >= limit:
        return Treatment.QUARANTINE
    if record.deaths or delivery_count >= limit:
        return Treatment.ALONE
    return Treatment.COMPANY
