"""The tables of this app, and the statements over them that need more than a table's own methods.

A suppression belongs to an address, known or not; a preference belongs to a person and stays when the address changes.
A signature is a person's on a petition. They hold what is true now. A ledger of consents (who said what, when, with
which evidence) fits beside them: it would be appended to where these rows are written.
"""

from collections.abc import Sequence

from sqlalchemy import Boolean, Column, ForeignKey, MetaData, Select, String, Table, or_, select

from actors.database import Json, Timestamp

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


def profiles_of(keys: Sequence[str], ids: Sequence[str]) -> Select[tuple[object, ...]]:
    """Who has one of these addresses or ids."""
    return select(profiles).where(or_(profiles.c.key.in_(keys), profiles.c.id.in_(ids)))
