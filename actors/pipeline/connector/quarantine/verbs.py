"""What can be asked about the quarantine and done with it. Each verb runs in a thread of its own.

All raise Unavailable when the database does not work, and UnknownEntry or SettledEntry for what cannot be done.
"""

import json
from base64 import b64decode
from collections.abc import Callable, Iterable
from typing import Any

from pydantic import Field

from actors.broker import Broker
from actors.broker.message import MAX_NAME_BYTES
from actors.database import Database
from actors.errors import ActorsError
from actors.pipeline.connector.errors import WrongEdit
from actors.pipeline.connector.quarantine import store
from actors.pipeline.connector.quarantine.edit import with_fields, with_headers
from supervision.errors import RookeryError
from supervision.verbs import Params, Site, Verb

MAX_IDS = 1000
WHO = "command line"


class ListParams(Params):
    """Which ones; `all` also shows those that were replayed or dropped."""

    queue: str | None = Field(None, max_length=MAX_NAME_BYTES)
    all: bool = False
    limit: int = Field(100, ge=1, le=10_000)


class EntryParams(Params):
    id: int = Field(ge=1)


class EditParams(EntryParams):
    """A whole new body (base64), or fields of a JSON body; and headers, of which null removes one."""

    body: str | None = Field(None, description="in base64")
    fields: dict[str, Any] = Field(default_factory=dict)
    headers: dict[str, Any] = Field(default_factory=dict)
    by: str = WHO


class ReplayParams(Params):
    ids: list[int] = Field(min_length=1, max_length=MAX_IDS)
    by: str = WHO


class DropParams(ReplayParams):
    reason: str = Field(min_length=1, max_length=1000)


def entries(site: Site, params: ListParams) -> list[dict[str, Any]]:
    """What is held, the latest first, without bodies."""
    states = (*store.OPEN, store.REPLAYED, store.DROPPED) if params.all else store.OPEN
    with Database(site.system).read() as conn:
        rows = store.listing(conn, states, params.queue, params.limit)
    return [{name: _plain(value) for name, value in row.items()} for row in rows]


def show(site: Site, params: EntryParams) -> dict[str, Any]:
    """One message with body, traceback and history."""
    with Database(site.system).begin() as conn:
        return store.shown(store.find(conn, params.id))


def edit(site: Site, params: EditParams) -> dict[str, Any]:
    """Change a held message."""
    now = site.system.clock.time()
    if not (params.body is not None or params.fields or params.headers):
        raise WrongEdit("nothing to change: give a body, fields or headers", field="body")
    with Database(site.system).begin() as conn:
        entry = store.find_open(conn, params.id)
        body = entry.body if params.body is None else _decoded(params.body)
        body = with_fields(body, params.fields) if params.fields else body
        headers = with_headers(entry.headers, params.headers)
        store.change(conn, entry, now, params.by, _told(params), body=body, headers=headers)
        return store.shown(store.find(conn, params.id))


def replay(site: Site, params: ReplayParams) -> list[dict[str, Any]]:
    """Publish them to their queues once more, each marked as replayed when that is confirmed."""
    return _each(params.ids, lambda number: _replay(site, number, params.by))


def drop(site: Site, params: DropParams) -> list[dict[str, Any]]:
    """Give them up; the rows stay, with the reason."""
    return _each(params.ids, lambda number: _drop(site, number, params.by, params.reason))


def _replay(site: Site, number: int, by: str) -> str:
    database, clock = Database(site.system), site.system.clock
    with database.begin() as conn:
        entry = store.find_open(conn, number)
        # If the confirmation never comes, nobody can tell whether it was published; the row says so.
        store.change(conn, entry, clock.time(), by, "replay begins", state=store.REPLAYING)
    try:
        Broker(site.system).publish([entry.message()])
    except ActorsError as error:
        with database.begin() as conn:
            entry = store.find(conn, number)
            store.change(conn, entry, clock.time(), by, f"replay failed: {error}", state=store.HELD)
        raise
    with database.begin() as conn:
        entry = store.find(conn, number)
        store.change(conn, entry, clock.time(), by, f"replayed to {entry.queue}", state=store.REPLAYED)
    return store.REPLAYED


def _drop(site: Site, number: int, by: str, reason: str) -> str:
    with Database(site.system).begin() as conn:
        entry = store.find_open(conn, number)
        store.change(conn, entry, site.system.clock.time(), by, f"dropped: {reason}", state=store.DROPPED)
    return store.DROPPED


def _each(ids: Iterable[int], work: Callable[[int], str]) -> list[dict[str, Any]]:
    """What became of each; one that cannot be done does not stop the others. Alone, it is an error."""
    numbers, results = list(dict.fromkeys(ids)), []
    for number in numbers:
        try:
            results.append({"id": number, "state": work(number), "error": None})
        except RookeryError as error:
            if len(numbers) == 1:
                raise
            results.append({"id": number, "state": None, "error": str(error)})
    return results


def _decoded(text: str) -> bytes:
    try:
        return b64decode(text, validate=True)
    except ValueError as error:
        raise WrongEdit(f"the body is not base64: {error}", field="body") from error


def _told(params: EditParams) -> str:
    changed = ["body"] if params.body is not None else []
    changed += [f"{name}={json.dumps(value, ensure_ascii=False)}" for name, value in params.fields.items()]
    changed += [f"header {name}" for name in params.headers]
    return f"edited: {', '.join(changed)}"


def _plain(value: Any) -> Any:
    return value.isoformat(timespec="seconds") if hasattr(value, "isoformat") else value


VERBS = (
    Verb("quarantine.list", ListParams, entries, doc="The messages in quarantine."),
    Verb("quarantine.show", EntryParams, show, doc="One message in quarantine, with body, traceback and history."),
    Verb("quarantine.edit", EditParams, edit, writes=True, doc="Change a message in quarantine."),
    Verb("quarantine.replay", ReplayParams, replay, writes=True, doc="Publish messages to their queues once more."),
    Verb("quarantine.drop", DropParams, drop, writes=True, doc="Give messages up, with a reason."),
)
