"""The tables of this app, and the statements over them that need more than a table's own methods.

A suppression belongs to an address, known or not; a preference belongs to a person and stays when the address changes.
A signature is a person's on a petition. They hold what is true now. The ledger of consents holds who said what, when,
with which evidence, and is only ever appended to: the database itself refuses to change or delete a row of it.
"""

from collections.abc import Collection, Sequence

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Select,
    String,
    Table,
    event,
    func,
    or_,
    select,
)

from actors.database import Connection, Json, Timestamp

METADATA = MetaData()

#: Compared byte by byte on both engines: no language's idea of equal letters makes two addresses one.
_Key = String(320).with_variant(String(320, collation="C"), "postgresql")

profiles = Table(
    "people_profiles",
    METADATA,
    Column("id", String(64), primary_key=True),
    Column("key", _Key, nullable=False, unique=True),
    Column("address", String(320), nullable=False),
    Column("name", String(200), nullable=False, default=""),
    Column("locale", String(16)),
    Column("time_zone", String(64)),
    Column("attributes", Json, nullable=False),
    Column("created_at", Timestamp, nullable=False),
    Column("updated_at", Timestamp, nullable=False),
)

preferences = Table(
    "people_preferences",
    METADATA,
    Column("person", String(64), ForeignKey("people_profiles.id", ondelete="CASCADE"), primary_key=True),
    Column("topic", String(100), primary_key=True),
    Column("wanted", Boolean, nullable=False),
    Column("changed_at", Timestamp, nullable=False),
)

suppressions = Table(
    "people_suppressions",
    METADATA,
    Column("key", _Key, primary_key=True),
    Column("reason", String(32), primary_key=True),
    Column("scope", String(8), nullable=False),
    Column("evidence", Json, nullable=False),
    Column("at", Timestamp, nullable=False),
)


#: Who signed what. Found by petition: a petition's signers are an audience.
signatures = Table(
    "people_signatures",
    METADATA,
    Column("petition", String(200), primary_key=True),
    Column("person", String(64), ForeignKey("people_profiles.id", ondelete="CASCADE"), primary_key=True, index=True),
    Column("at", Timestamp, nullable=False),
)

#: Queries over people, by name.
audiences = Table(
    "people_audiences",
    METADATA,
    Column("name", String(100), primary_key=True),
    Column("query", Json, nullable=False),
    Column("changed_at", Timestamp, nullable=False),
)

#: What was said about consent, channel by channel; `number` is the order in which it was written down.
consents = Table(
    "people_consents",
    METADATA,
    Column("number", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("id", String(64), nullable=False, unique=True),
    Column("channel", String(8), nullable=False),
    Column("key", _Key, nullable=False),
    Column("scope", String(100), nullable=False),
    Column("state", String(8), nullable=False),
    Column("source", String(32), nullable=False),
    Column("evidence", Json, nullable=False),
    Column("at", Timestamp, nullable=False),
)
Index("ix_people_consents_said", consents.c.channel, consents.c.key, consents.c.scope, consents.c.at, consents.c.number)

#: By dialect, what makes the ledger immutable; a migration has the same.
_APPEND_ONLY = {
    "sqlite": (
        "CREATE TRIGGER people_consents_no_update BEFORE UPDATE ON people_consents"
        " BEGIN SELECT RAISE(ABORT, 'people_consents is append-only'); END",
        "CREATE TRIGGER people_consents_no_delete BEFORE DELETE ON people_consents"
        " BEGIN SELECT RAISE(ABORT, 'people_consents is append-only'); END",
    ),
    "postgresql": (
        "CREATE OR REPLACE FUNCTION people_consents_refuse() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN RAISE EXCEPTION 'people_consents is append-only'; END $$",
        "CREATE TRIGGER people_consents_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON people_consents"
        " FOR EACH STATEMENT EXECUTE FUNCTION people_consents_refuse()",
    ),
}


@event.listens_for(consents, "after_create")
def _keep(table: Table, connection: Connection, **_: object) -> None:
    for statement in _APPEND_ONLY[connection.dialect.name]:
        connection.exec_driver_sql(statement)


def profiles_of(keys: Sequence[str], ids: Sequence[str]) -> Select[tuple[object, ...]]:
    """Who has one of these addresses or ids."""
    return select(profiles).where(or_(profiles.c.key.in_(keys), profiles.c.id.in_(ids)))


def latest_consents(channel: str, keys: Sequence[str], scopes: Collection[str]) -> Select[tuple[object, ...]]:
    """Of each key and scope what was said last; of what was said at once, what was written down last."""
    said = consents.c
    place = func.row_number().over(partition_by=(said.key, said.scope), order_by=(said.at.desc(), said.number.desc()))
    ranked = (
        select(consents, place.label("place"))
        .where(said.channel == channel, said.key.in_(keys), said.scope.in_(scopes))
        .subquery()
    )
    return select(ranked).where(ranked.c.place == 1)
