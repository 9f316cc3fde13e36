"""What can be asked about audiences, over the control socket and over HTTP. A verb's own thread, a transaction each."""

from datetime import UTC, datetime
from typing import Any

from pydantic import Field

from actors.database import Database
from apps.people.audience import store
from apps.people.audience.query import parse, to_json
from apps.people.audience.store import Audience
from apps.people.errors import NoSuchPerson
from apps.people.profile import find
from supervision.verbs import NoParams, Params, Site, Verb


class NameParams(Params):
    name: str = Field(description="of an audience that is stored")


class KeepParams(Params):
    name: str
    query: dict[str, Any] = Field(description='such as {"country": "GB", "signed": "mill-lane-trees"}; {} is everybody')


class SignParams(Params):
    who: str = Field(description="an address or an id")
    petition: str = Field(min_length=1, max_length=200)


def keep(site: Site, params: KeepParams) -> dict[str, Any]:
    """Store it, and count whom it means now. Raises Refused."""
    query = parse(params.query)
    with Database(site.system).begin() as connection:
        store.keep(connection, params.name, query, datetime.now(UTC))
    return count(site, NameParams(name=params.name))


def listed(site: Site, params: NoParams) -> list[dict[str, Any]]:
    with Database(site.system).read() as connection:
        return [_plain(one) for one in store.listed(connection)]


def show(site: Site, params: NameParams) -> dict[str, Any]:
    """Raises NoSuchAudience."""
    with Database(site.system).read() as connection:
        return _plain(store.named(connection, params.name))


def count(site: Site, params: NameParams) -> dict[str, Any]:
    """Raises NoSuchAudience."""
    with Database(site.system).read() as connection:
        found = store.named(connection, params.name)
        return {**_plain(found), "people": store.count(connection, found.query)}


def forget(site: Site, params: NameParams) -> dict[str, Any]:
    """Raises NoSuchAudience."""
    with Database(site.system).begin() as connection:
        store.forget(connection, params.name)
    return {"name": params.name}


def sign(site: Site, params: SignParams) -> dict[str, Any]:
    """Write down a signature. Raises NoSuchPerson."""
    with Database(site.system).begin() as connection:
        profile = find(connection, params.who)
        if profile is None:
            raise NoSuchPerson(f"nobody has the address or id {params.who!r}; import the person first", field="who")
        new = store.sign(connection, params.petition, [profile.id], datetime.now(UTC))
    return {"id": profile.id, "petition": params.petition, "new": bool(new)}


def _plain(one: Audience) -> dict[str, Any]:
    return {"name": one.name, "query": to_json(one.query), "changed_at": one.changed_at.isoformat()}


VERBS = (
    Verb("people.audience.add", KeepParams, keep, writes=True, doc="Store a query over people under a name."),
    Verb("people.audience.list", NoParams, listed, doc="The stored queries."),
    Verb("people.audience.show", NameParams, show, doc="One stored query."),
    Verb("people.audience.count", NameParams, count, doc="How many people a stored query means now."),
    Verb("people.audience.remove", NameParams, forget, writes=True, doc="Forget a stored query."),
    Verb("people.sign", SignParams, sign, writes=True, doc="Write down that a person signed a petition."),
)
