"""The pages behind a mail's links as a root serves them, with people in a database; and links as mails hold them."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from actors.database import Database
from apps.email.config import Email
from apps.email.letterhead import links, secret
from apps.email.letterhead.links import Stands
from apps.people import address
from apps.people.preference import preferences
from apps.people.profile import Draft
from apps.people.suppression import Suppression, suppressions
from apps.people.upsert import upsert
from supervision.app import App
from tests.actors.web.serving import Served, serving

PEOPLE = App(name="people", config="apps.people.config:People", tables="apps.people.tables:METADATA")
EMAIL = App(
    name="email",
    config="apps.email.config:Email",
    tables="apps.email.tables:METADATA",
    routes="apps.email.choices.routes:routes",
)
APPS = ("actors.database", f"{__name__}:PEOPLE", f"{__name__}:EMAIL")


@dataclass(frozen=True, slots=True)
class Pages:
    served: Served

    @property
    def database(self) -> Database:
        return Database(self.served.running.system)

    def token(self, stands: Stands) -> str:
        return links.token(stands, secret.load(Email.model_validate({}).letterhead, self.served.home))

    def know(self, id: str, mail: str, locale: str | None = None) -> None:
        with self.database.begin() as conn:
            upsert(conn, [Draft(address.parse(mail), id=id, locale=locale)], datetime.now(UTC), dry_run=False)

    def said(self, id: str) -> dict[str, bool]:
        with self.database.read() as conn:
            return preferences(conn, [id]).get(id, {})

    def suppressions(self, key: str) -> list[Suppression]:
        with self.database.read() as conn:
            return suppressions(conn, key)


@contextmanager
def pages(home: Path, **console: Any) -> Iterator[Pages]:
    with serving(home, APPS, **console) as served:
        yield Pages(served)
