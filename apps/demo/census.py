"""Writing the demo's people, and what they signed, into the people's tables, once. Functions over the database."""

from collections.abc import Sequence
from datetime import datetime

from actors.database import Database
from apps.demo.world import PETITIONS, Person, signed_by
from apps.people import address
from apps.people.audience.store import sign
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
        kept = by_id(connection, [person.id for person in missing])
        new = [person for person in missing if person.id in kept]
        for person in new:
            if not person.wants_updates:
                prefer(connection, person.id, TOPIC, wanted=False, now=now)
        for petition in PETITIONS:
            signers = [person.id for person in new if petition in signed_by(person)]
            sign(connection, petition.slug, signers, now)
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
