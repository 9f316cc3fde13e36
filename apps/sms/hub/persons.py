"""Who a member is: linked to a profile in `people` once they told their e-mail address. Over a connection; any thread.

Whoever texts may name any address: a profile that is there already is linked to and not changed.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

from actors.database import Connection
from apps.people import address
from apps.people.errors import Refused
from apps.people.profile import Draft, Profile, profiles
from apps.people.upsert import upsert
from apps.sms.hub.member import Member

#: The answer that is an address.
EMAIL = "email"


def linked(conn: Connection, changed: Sequence[Member], now: datetime) -> list[Member]:
    """The same members, those who said an address with their person: somebody known already, or new."""
    drafts = {(one.leader, one.number): draft for one in changed if (draft := _draft(one)) is not None}
    if not drafts:
        return list(changed)
    keys = [draft.address.key for draft in drafts.values()]
    known = profiles(conn, keys)
    fresh = [draft for draft in drafts.values() if draft.address.key not in known]
    if fresh:
        upsert(conn, fresh, now)
        known = profiles(conn, keys)
    return [_linked(one, drafts.get((one.leader, one.number)), known) for one in changed]


def _draft(member: Member) -> Draft | None:
    said = member.answers.get(EMAIL)
    if member.person is not None or not isinstance(said, str):
        return None
    try:
        parsed = address.parse(said)
    except Refused:  # the question of that name was not about an address
        return None
    return Draft(parsed, name=member.name or None, locale=member.locale, time_zone=member.time_zone)


def _linked(member: Member, draft: Draft | None, known: Mapping[str, Profile]) -> Member:
    person = known.get(draft.address.key) if draft is not None else None
    return member if person is None else member.but(person=person.id)
