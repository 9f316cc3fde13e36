"""Writing the demo's people into the people's tables, once. Functions over the database; any thread."""

from collections.abc import Sequence
from datetime import datetime

from actors.database import Database
from apps.demo.world import Person
from apps.people import address
from apps.people.preference import prefer
from apps.people.profile import Draft, by_id
from apps.people.upsert import upsert

#: The preference that the rule for `petition_update` asks.
TOPIC = "petition_updates"


def register(database: Database, people: Sequence[Person], now: datetime) -> int:
    """Add who is missing and leave the others as they are; how many were added. Raises Unavailable."""
    with database.begin() as connection:
        known = by_id(connection, [person.id for person in people])
        missing = [person for person in people if person.id not in known]
        added = upsert(connection, [_draft(person) for person in missing], now).inserted
        added_people = by_id(connection, [person.id for person in missing if not person.wants_updates])
        for id in added_people:
            prefer(connection, id, TOPIC, wanted=False, now=now)
    return added


def _draft(person: Person) -> Draft:
    return Draft(
        address=address.parse(person.address),
        id=person.id,
        name=person.name,
        locale=person.locale,
        time_zone=person.time_zone,
        attributes={"world": "demo"},
    )
