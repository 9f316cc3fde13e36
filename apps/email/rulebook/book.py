"""The rules in force: those of the configuration, and over them, by name, the last versions kept in the database.

Whoever asks after a change was committed gets it, in whichever process: each time the versions are counted, and read
anew when there are others. A rule's versions are never overwritten: who changed what when stays. `Book` may be used by
any thread; the rest are functions over a connection, and pure ones.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from pydantic import ValidationError
from sqlalchemy import func, select

from actors.database import Connection, Database, Unavailable
from actors.database.statements import one_at_a_time
from apps.email.config import Email, Rule
from apps.email.errors import EmailError
from apps.email.rulebook.tables import RULES
from supervision.validation import faults_of


class BadRule(EmailError):
    """The rule is not one; the message has a line for each fault."""

    title = "The rule is not valid"


class NoRule(EmailError):
    """Neither the configuration nor the database has a rule of that name."""

    title = "No such rule"
    status = 404
    exit_code = 66


@dataclass(frozen=True, slots=True)
class Version:
    """What somebody made of a rule; without a `rule` what the configuration says counts again."""

    name: str
    version: int
    rule: Mapping[str, Any] | None
    changed_by: str
    changed_at: datetime
    note: str


def checked(config: Email, name: str, given: Mapping[str, Any]) -> Rule:
    """The rule, if it would do under this name. Raises BadRule."""
    try:
        found = Rule.model_validate(dict(given))
        Email.model_validate({"templates": config.templates, "rules": {name: found}})
    except ValidationError as error:
        raise BadRule(f"rule {name}: " + "; ".join(faults_of(error, Rule)), field="rule") from error
    return found


def merged(config: Email, versions: Iterable[Version]) -> Email:
    """The configuration with these versions over its own rules. Raises BadRule."""
    own = {one.name: checked(config, one.name, one.rule) for one in versions if one.rule is not None}
    return config.model_copy(update={"rules": {**config.rules, **own}}) if own else config


def latest(conn: Connection) -> list[Version]:
    """The last version of each name, by name."""
    last = select(RULES.c.name, func.max(RULES.c.version).label("version")).group_by(RULES.c.name).subquery()
    both = (RULES.c.name == last.c.name) & (RULES.c.version == last.c.version)
    return [Version(**row._mapping) for row in conn.execute(select(RULES).join(last, both).order_by(RULES.c.name))]


def history(conn: Connection, name: str) -> list[Version]:
    """All versions, the last one first."""
    rows = conn.execute(select(RULES).where(RULES.c.name == name).order_by(RULES.c.version.desc()))
    return [Version(**row._mapping) for row in rows]


def write(
    conn: Connection, name: str, rule: Mapping[str, Any] | None, changed_by: str, note: str, now: float
) -> Version:
    """Keep one more version of a rule that was checked."""
    one_at_a_time(conn, "email rules")
    last = conn.execute(select(func.max(RULES.c.version)).where(RULES.c.name == name)).scalar_one()
    version = Version(name, (last or 0) + 1, rule, changed_by, datetime.fromtimestamp(now, UTC), note)
    conn.execute(RULES.insert().values({field: getattr(version, field) for field in Version.__slots__}))
    return version


@dataclass(frozen=True, slots=True)
class Known:
    """The configuration with the rules in force, as it was when there were so many versions."""

    versions: int
    today: Email


class Book:
    """The rules in force."""

    def __init__(self, config: Email, database: Database) -> None:
        self.config = config
        self._database = database
        self._known = Known(0, config)

    def today(self) -> Email:
        """The configuration with the rules in force. Raises Unavailable, BadRule."""
        with self._database.read() as conn:
            versions = conn.execute(select(func.count()).select_from(RULES)).scalar_one()
            known = self._known
            if versions != known.versions:
                # Another thread may put an older one in its place: then the next look finds another number again.
                known = self._known = Known(versions, merged(self.config, latest(conn)))
        return known.today

    def last_known(self) -> Email:
        """The same, or while the database is away what it said last. Raises BadRule."""
        try:
            return self.today()
        except Unavailable:
            return self._known.today
