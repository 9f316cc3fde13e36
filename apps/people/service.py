"""The service `people` for other services: `apps/contracts/people.proto`. Each call is one transaction.

The handlers run in the workers of `/people/rpc`; all raise Unavailable when the database is.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import ClassVar

from google.protobuf.descriptor import ServiceDescriptor

from actors.database import Database
from actors.rpc import server_spec
from apps.contracts import people_pb2 as messages
from apps.people import address
from apps.people.errors import NoSuchPerson, Refused
from apps.people.preference import prefer, preferences
from apps.people.profile import Profile, find, profiles
from apps.people.suppression import Suppression, Why, suppress, suppressions
from supervision import ChildSpec, Supervisor
from supervision.config import Settings
from supervision.verbs import Site

MAX_ADDRESSES = 500
_WHY: Mapping["messages.Reason", Why] = {
    messages.REASON_HARD_BOUNCE: Why.HARD_BOUNCE,
    messages.REASON_COMPLAINT: Why.COMPLAINT,
    messages.REASON_UNSUBSCRIBE: Why.UNSUBSCRIBE,
    messages.REASON_MANUAL: Why.MANUAL,
}
_REASON = {why.value: reason for reason, why in _WHY.items()}


def supervisor(settings: Settings) -> ChildSpec:
    """`/people` with the branch that serves."""
    rpc = server_spec(settings, PeopleService, "/people/rpc")
    return Supervisor.spec("people", [rpc], intensity=5, period=30.0)


class PeopleService:
    """The handlers of one worker."""

    contract: ClassVar[ServiceDescriptor] = messages.DESCRIPTOR.services_by_name["People"]

    def __init__(self, site: Site) -> None:
        self._database = Database(site.system)

    def Find(self, request: messages.FindRequest) -> messages.FindReply:
        """Raises NoSuchPerson, Refused."""
        with self._database.read() as connection:
            profile = find(connection, request.who)
            if profile is None and "@" not in request.who:
                raise NoSuchPerson(f"nobody has the id {request.who!r}", field="who")
            key = address.parse(request.who).key if profile is None else profile.key
            held = suppressions(connection, key)
            said = {} if profile is None else preferences(connection, [profile.id]).get(profile.id, {})
        if profile is None and not held:
            raise NoSuchPerson(f"nobody has the address {request.who!r}, and it is not suppressed", field="who")
        return messages.FindReply(
            profile=None if profile is None else _profile(profile),
            preferences=said,
            suppressions=map(_suppression, held),
        )

    def FindMany(self, request: messages.FindManyRequest) -> messages.FindManyReply:
        """Raises Refused."""
        if len(request.addresses) > MAX_ADDRESSES:
            raise Refused("addresses", f"are more than {MAX_ADDRESSES}", len(request.addresses))
        keys = [address.parse(one).key for one in request.addresses]
        with self._database.read() as connection:
            found = profiles(connection, keys)
        return messages.FindManyReply(profiles=map(_profile, found.values()))

    def Suppress(self, request: messages.SuppressRequest) -> messages.Suppression:
        """Raises Refused."""
        why = _WHY.get(request.reason)
        if why is None:
            raise Refused("reason", "is missing, or unknown to this version", request.reason)
        key = address.parse(request.address).key
        with self._database.begin() as connection:
            return _suppression(suppress(connection, key, why, datetime.now(UTC)))

    def Prefer(self, request: messages.PreferRequest) -> messages.Preferences:
        """Raises NoSuchPerson, Refused."""
        with self._database.begin() as connection:
            person = self._known(find(connection, request.who), request.who)
            prefer(connection, person.id, request.topic, request.wanted, datetime.now(UTC))
            return messages.Preferences(id=person.id, preferences=preferences(connection, [person.id])[person.id])

    def GetPreferences(self, request: messages.FindRequest) -> messages.Preferences:
        """Raises NoSuchPerson, Refused."""
        with self._database.read() as connection:
            person = self._known(find(connection, request.who), request.who)
            said = preferences(connection, [person.id]).get(person.id, {})
        return messages.Preferences(id=person.id, preferences=said)

    def _known(self, profile: Profile | None, who: str) -> Profile:
        if profile is None:
            raise NoSuchPerson(f"nobody has the address or id {who!r}", field="who")
        return profile


def _profile(profile: Profile) -> messages.Profile:
    return messages.Profile(
        id=profile.id,
        address=profile.address,
        name=profile.name,
        locale=profile.locale,
        time_zone=profile.time_zone,
        created_at=profile.created_at,
        updated_at=profile.updated_at,
    )


def _suppression(entry: Suppression) -> messages.Suppression:
    reason = _REASON.get(entry.reason, messages.REASON_UNSPECIFIED)
    return messages.Suppression(key=entry.key, reason=reason, scope=entry.scope, at=entry.at)
