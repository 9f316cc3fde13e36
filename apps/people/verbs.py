"""What can be asked about people and told about them, over the control socket and over HTTP.

Each verb is one transaction in a thread of its own. All raise Unavailable when the database is.
"""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from pydantic import Field

from actors.database import Database
from apps.people import address
from apps.people.audience.verbs import VERBS as AUDIENCE_VERBS
from apps.people.drafts import RefusedRow, draft
from apps.people.errors import NoSuchPerson, Refused
from apps.people.imports import CHUNK_ROWS, Answer
from apps.people.ledger.verbs import VERBS as LEDGER_VERBS
from apps.people.preference import prefer, preferences
from apps.people.profile import Draft, find
from apps.people.suppression import Scope, Suppression, Why, suppress, suppressions, unsuppress
from apps.people.upsert import upsert
from supervision.verbs import Params, Site, Verb


class ImportRow(Params):
    """One person: the line it came from, and fields as in a file."""

    line: int = Field(ge=1)
    fields: dict[str, Any]


class ImportParams(Params):
    rows: list[ImportRow] = Field(max_length=CHUNK_ROWS)
    dry_run: bool = False


class WhoParams(Params):
    who: str = Field(description="an address or an id")


class SuppressParams(Params):
    address: str
    reason: Why = Why.MANUAL
    scope: Scope | None = None
    evidence: dict[str, Any] = Field(default_factory=dict)


class UnsuppressParams(Params):
    address: str
    reason: Why | None = None


class PreferParams(Params):
    who: str
    topic: str
    wanted: bool


def import_rows(site: Site, params: ImportParams) -> dict[str, Any]:
    """Add or complete people; what cannot be kept is answered, row by row."""
    most = site.settings.section("people").max_attributes_bytes
    taken: list[tuple[int, Draft]] = []
    refused: list[RefusedRow] = []
    for row in params.rows:
        try:
            taken.append((row.line, draft(row.fields, most)))
        except Refused as error:
            refused.append(RefusedRow.of(row.line, error))
    database = Database(site.system)
    with database.read() if params.dry_run else database.begin() as connection:
        done = upsert(connection, [draft for _, draft in taken], _now(), dry_run=params.dry_run)
    for conflict in done.conflicts:
        line, left_out = taken[conflict.index]
        refused.append(RefusedRow(line, "address", conflict.reason, left_out.address.text))
    return asdict(Answer(done.inserted, done.updated, done.unchanged, tuple(refused)))


def show(site: Site, params: WhoParams) -> dict[str, Any]:
    """Everything known about one person or address."""
    with Database(site.system).read() as connection:
        profile = find(connection, params.who)
        if profile is None and "@" not in params.who:
            raise NoSuchPerson(f"nobody has the id {params.who!r}", field="who")
        key = profile.key if profile is not None else address.parse(params.who).key
        found = suppressions(connection, key)
        said = preferences(connection, [profile.id]).get(profile.id, {}) if profile is not None else {}
    if profile is None and not found:
        raise NoSuchPerson(f"nobody has the address {params.who!r}, and it is not suppressed", field="who")
    return {
        "profile": None if profile is None else _plain(asdict(profile)),
        "preferences": said,
        "suppressions": [_plain(asdict(suppression)) for suppression in found],
    }


def add_suppression(site: Site, params: SuppressParams) -> dict[str, Any]:
    """Hold back mail to an address from now on."""
    key = address.parse(params.address).key
    with Database(site.system).begin() as connection:
        entry: Suppression = suppress(
            connection, key, params.reason, _now(), scope=params.scope, evidence=params.evidence
        )
    return _plain(asdict(entry))


def lift_suppression(site: Site, params: UnsuppressParams) -> dict[str, Any]:
    """Let mail through again."""
    key = address.parse(params.address).key
    with Database(site.system).begin() as connection:
        return {"key": key, "lifted": unsuppress(connection, key, _now(), params.reason)}


def set_preference(site: Site, params: PreferParams) -> dict[str, Any]:
    """Write down whether a person wants to hear about a topic or a class of mail."""
    with Database(site.system).begin() as connection:
        profile = find(connection, params.who)
        if profile is None:
            raise NoSuchPerson(f"nobody has the address or id {params.who!r}; import the person first", field="who")
        prefer(connection, profile.id, params.topic, params.wanted, _now())
        return {"id": profile.id, "preferences": preferences(connection, [profile.id])[profile.id]}


def _plain(values: Mapping[str, Any]) -> dict[str, Any]:
    """Times as ISO 8601, for JSON."""
    return {name: value.isoformat() if isinstance(value, datetime) else value for name, value in values.items()}


def _now() -> datetime:
    return datetime.now(UTC)


VERBS = (
    Verb("people.import", ImportParams, import_rows, writes=True, doc="Add or complete up to 500 people."),
    Verb("people.show", WhoParams, show, doc="Everything known about one person or address."),
    Verb("people.suppress", SuppressParams, add_suppression, writes=True, doc="Hold back mail to an address."),
    Verb("people.unsuppress", UnsuppressParams, lift_suppression, writes=True, doc="Let mail through again."),
    Verb("people.prefer", PreferParams, set_preference, writes=True, doc="Whether a person wants a topic or class."),
    *AUDIENCE_VERBS,
    *LEDGER_VERBS,
)
