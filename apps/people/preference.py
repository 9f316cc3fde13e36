"""What a person wants to hear about. Functions over a connection, and the pure rule; any thread.

A preference is about a topic (any word a rule uses) or about a whole class of mail. What nobody said anything about is
wanted. Transactional mail (a password reset) was asked for by the person and cannot be switched off. What is said is
written into the ledger of consents too.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from actors.database import Connection
from actors.database.statements import among, insert_or_update
from apps.people import tables
from apps.people.consent import ALL, Channel, Said, record
from apps.people.errors import Refused
from apps.people.profile import batches, by_id
from apps.people.text import one_line

TRANSACTIONAL = "transactional"
#: The class that stands for every topic.
BULK = "bulk"
MAX_TOPIC_CHARACTERS = 100


def preferences(connection: Connection, people: Iterable[str]) -> dict[str, dict[str, bool]]:
    """By the person's id, what they said: topic -> wanted. People who said nothing are left out."""
    found: dict[str, dict[str, bool]] = {}
    for some in batches(list(dict.fromkeys(people))):
        for row in among(connection, tables.preferences.c.person, some):
            found.setdefault(row.person, {})[row.topic] = row.wanted
    return found


def prefer(
    connection: Connection,
    person: str,
    topic: str,
    wanted: bool,
    now: datetime,
    *,
    evidence: Mapping[str, Any] | None = None,
) -> None:
    """Write down what a person (an id that exists) said. Raises Refused."""
    row = {"person": person, "topic": checked_topic(topic), "wanted": wanted, "changed_at": now}
    if topic == TRANSACTIONAL and not wanted:
        raise Refused("topic", "transactional mail cannot be switched off", topic)
    statement = insert_or_update(connection, tables.preferences, ("person", "topic"), ("wanted", "changed_at"))
    connection.execute(statement, row)
    if topic != TRANSACTIONAL:
        key = by_id(connection, [person])[person].key
        scope, state = ALL if topic == BULK else topic, Said.GRANTED if wanted else Said.REVOKED
        record(connection, Channel.EMAIL, key, scope, state, now, source="preference", evidence=evidence)


def unwanted(said: Mapping[str, bool], mail_class: str, topic: str | None) -> str | None:
    """The class or topic because of which this person does not want this mail; None when they do."""
    if mail_class == TRANSACTIONAL:
        return None
    names = (mail_class,) if topic is None else (mail_class, topic)
    return next((name for name in names if not said.get(name, True)), None)


def checked_topic(topic: str) -> str:
    """Raises Refused."""
    if not topic.strip() or len(topic) > MAX_TOPIC_CHARACTERS:
        raise Refused("topic", f"needs 1 to {MAX_TOPIC_CHARACTERS} characters", topic)
    return one_line("topic", topic)
