"""A page of the outbox: what the embedded mail server took, newest first, with what the ledger knows of each mail.

Runs in a thread that may block (files, database). Not guaranteed: a search looks at the newest mails only, see
`SEARCHED`; without the database the mails are listed all the same, without language and state.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from actors.database import Database, Unavailable
from actors.smtp.mta import store
from apps.email import ledger
from apps.email.outbox import key_of
from supervision.verbs import Site

PAGE = 50
SEARCHED = 20_000
CHUNK = 1_000


@dataclass(frozen=True, slots=True)
class Item:
    """One mail in the list; `entry` is its row in the ledger, None when it has none (or without database)."""

    mail: store.Summary
    entry: ledger.Entry | None


@dataclass(frozen=True, slots=True)
class Listing:
    """One page; `more` when older mails follow. `total` counts all mails kept, found or not."""

    items: tuple[Item, ...]
    more: bool
    total: int


def listing(site: Site, needle: str = "", before: int | None = None, limit: int = PAGE) -> Listing:
    """Up to `limit` mails older than number `before` whose recipient, sender, subject or Message-ID holds `needle`.

    Raises StoreFailed.
    """
    path = store.store_path(site.settings.home)
    wanted = needle.casefold().strip()
    found = list(islice(_matching(path, wanted, before), limit + 1))
    page = found[:limit]
    entries = entries_of(site, [mail.message_id for mail in page])
    items = tuple(Item(mail, entries.get(key_of(mail.message_id))) for mail in page)
    return Listing(items, len(found) > limit, store.count(path))


def _matching(path: Path, wanted: str, before: int | None) -> Iterator[store.Summary]:
    """Summaries, newest first, read in chunks; all of them when nothing is searched for."""
    chunk = CHUNK if wanted else PAGE + 1
    for _ in range(SEARCHED // chunk):
        mails = store.latest(path, limit=chunk, before=before)
        yield from (mail for mail in mails if wanted in haystack(mail))
        if len(mails) < chunk:
            return
        before = mails[-1].id


def haystack(mail: store.Summary) -> str:
    """What a search looks at."""
    return "\n".join((*mail.recipients, mail.sender, mail.subject, mail.message_id)).casefold()


def entries_of(site: Site, message_ids: Sequence[str]) -> dict[str, ledger.Entry]:
    """The ledger's rows by key; none while the database is not there."""
    keys = [key for message_id in message_ids if (key := key_of(message_id))]
    try:
        with Database(site.system).read() as conn:
            return ledger.look_up(conn, keys)
    except Unavailable:
        return {}
