"""What the person behind a link has said, and saying something else. Functions on a connection; any thread.

Somebody whose profile we have gets preferences, topic by topic. Of an address alone we can only keep that it wants no
bulk mail at all, so that is what unsubscribing means there.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from actors.database import Connection
from apps.email.letterhead.links import Stands
from apps.people.preference import TRANSACTIONAL, prefer, preferences
from apps.people.profile import by_id
from apps.people.suppression import Scope, Why, suppress, suppressions, unsuppress

#: The preference that stands for every topic.
BULK = "bulk"
VIA = {"via": "link"}


@dataclass(frozen=True, slots=True)
class Wishes:
    """What a person wants, by topic, `BULK` first; `locale` as their profile says. Nobody known: nothing to choose."""

    wanted: Mapping[str, bool]
    locale: str | None = None


def wishes(conn: Connection, stands: Stands, topics: Iterable[str]) -> Wishes:
    """Of the person behind a link, about these topics, about the link's, and about all they said something about."""
    if not stands.person:
        reasons = {entry.reason for entry in suppressions(conn, stands.address)}
        return Wishes({BULK: Why.UNSUBSCRIBE not in reasons})
    profile = by_id(conn, [stands.person]).get(stands.person)
    if profile is None:
        return Wishes({})
    said = preferences(conn, [profile.id]).get(profile.id, {})
    names = {*topics, *said, stands.topic} - {"", BULK, TRANSACTIONAL}
    return Wishes({name: said.get(name, True) for name in (BULK, *sorted(names))}, profile.locale)


def leave(conn: Connection, stands: Stands, now: datetime) -> Wishes:
    """Unsubscribe from what the link is about; may be repeated. A person who is not known any more gets no mail."""
    known = wishes(conn, stands, ())
    return choose(conn, stands, {stands.topic if stands.person and stands.topic else BULK: False}, known, now)


def choose(conn: Connection, stands: Stands, said: Mapping[str, bool], known: Wishes, now: datetime) -> Wishes:
    """Write down what was said about topics that are known; the wishes afterwards."""
    changed = {topic: wanted for topic, wanted in said.items() if topic in known.wanted}
    if stands.person:
        for topic, wanted in changed.items():
            prefer(conn, stands.person, topic, wanted, now, evidence=VIA)
    elif changed.get(BULK):
        unsuppress(conn, stands.address, now, Why.UNSUBSCRIBE, evidence=VIA)
    elif changed:
        suppress(conn, stands.address, Why.UNSUBSCRIBE, now, scope=Scope.BULK, evidence=VIA)
    return Wishes({**known.wanted, **changed}, known.locale)
