"""What can be asked of the ledger of consents, and its way out and in.

Each verb is one transaction in a thread of its own. All raise Unavailable when the database is.
"""

from dataclasses import asdict
from typing import Any

from pydantic import Field

from actors.database import Connection, Database
from apps.people import address
from apps.people.consent import Channel, Consent, after, history, record_all, standing
from apps.people.drafts import RefusedRow
from apps.people.errors import NoSuchPerson, Refused
from apps.people.imports import CHUNK_ROWS
from apps.people.ledger.lines import line, read
from apps.people.profile import find
from supervision.verbs import Params, Site, Verb


class WhoParams(Params):
    who: str = Field(description="a number of E.164, an address, or a person's id")


class ExportParams(Params):
    after: int = Field(default=0, ge=0, description="the number of the last line that is known")
    most: int = Field(default=CHUNK_ROWS, ge=1, le=CHUNK_ROWS)


class Line(Params):
    """One line: where it stood in the file, and its fields."""

    line: int = Field(ge=1)
    fields: dict[str, Any]


class ImportParams(Params):
    rows: list[Line] = Field(max_length=CHUNK_ROWS)


def show(site: Site, params: WhoParams) -> dict[str, Any]:
    """All that somebody said, oldest first, and how it stands now, scope by scope."""
    with Database(site.system).read() as connection:
        channel, key = _key(connection, params.who)
        said = history(connection, channel, key)
        now = standing(connection, channel, [key], sorted({consent.scope for consent in said}))
    return {
        "channel": channel,
        "key": key,
        "standing": {scope: consent.state for (_, scope), consent in now.items()},
        "history": [line(consent) for consent in said],
    }


def export(site: Site, params: ExportParams) -> dict[str, Any]:
    """The next lines of everybody, in the order in which they were written down; `last` is where to go on."""
    with Database(site.system).read() as connection:
        found = after(connection, params.after, params.most)
    return {"lines": [line(consent) for _, consent in found], "last": found[-1][0] if found else params.after}


def import_lines(site: Site, params: ImportParams) -> dict[str, Any]:
    """Append lines; known ones are left out, and what cannot be kept is answered, line by line."""
    taken: list[Consent] = []
    refused: list[RefusedRow] = []
    for row in params.rows:
        try:
            taken.append(read(row.fields))
        except Refused as error:
            refused.append(RefusedRow.of(row.line, error))
    with Database(site.system).begin() as connection:
        added = record_all(connection, taken)
    return {"added": added, "known": len(taken) - added, "refused": [asdict(row) for row in refused]}


def _key(connection: Connection, who: str) -> tuple[Channel, str]:
    if who.startswith("+"):
        return Channel.SMS, who
    if "@" in who:
        return Channel.EMAIL, address.parse(who).key
    profile = find(connection, who)
    if profile is None:
        raise NoSuchPerson(f"nobody has the id {who!r}", field="who")
    return Channel.EMAIL, profile.key


VERBS = (
    Verb("people.consents", WhoParams, show, doc="What one number, address or person consented to, and when."),
    Verb("people.consents.export", ExportParams, export, doc="The next lines of the whole ledger of consents."),
    Verb("people.consents.import", ImportParams, import_lines, writes=True, doc="Append lines to the ledger."),
)
