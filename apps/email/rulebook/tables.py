"""The tables of rules: what was changed when by whom, the events that were decided, mails that were only rendered."""

from sqlalchemy import Column, Date, Index, Integer, LargeBinary, String, Table, Text

from actors.database import Json, Timestamp
from apps.email.metadata import METADATA

#: Every version of every rule that was ever kept here; the last one of a name counts.
RULES = Table(
    "email_rules",
    METADATA,
    Column("name", String(200), primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    # Null: from this version on what the configuration says counts again.
    Column("rule", Json),
    Column("changed_by", Text, nullable=False),
    Column("changed_at", Timestamp, nullable=False),
    Column("note", Text, nullable=False),
)

#: Events of types that had a rule, as they came, by the day; the days are forgotten one by one (`partitions`).
EVENTS = Table(
    "email_events",
    METADATA,
    Column("day", Date, primary_key=True),
    Column("source", String(200), primary_key=True),
    Column("id", String(200), primary_key=True),
    Column("type", String(200), nullable=False),
    Column("received_at", Timestamp, nullable=False),
    Column("body", Text, nullable=False),
    postgresql_partition_by="RANGE (day)",
)
Index("email_events_received", EVENTS.c.received_at, EVENTS.c.source, EVENTS.c.id)

#: What a rule in the shadow would have sent; pruned with the events.
SHADOWS = Table(
    "email_shadows",
    METADATA,
    Column("key", String(40), primary_key=True),
    Column("rendered_at", Timestamp, nullable=False),
    Column("digest", String(64), nullable=False),
    Column("mail", LargeBinary, nullable=False),
)
Index("email_shadows_rendered", SHADOWS.c.rendered_at)

#: What came of comparing such a mail with that of another rule (`beside`, empty when there is none); pruned alike.
COMPARISONS = Table(
    "email_comparisons",
    METADATA,
    Column("key", String(40), primary_key=True),
    Column("beside", String(200), primary_key=True),
    Column("rule", String(200), nullable=False),
    Column("person", Text, nullable=False),
    Column("compared_at", Timestamp, nullable=False),
    Column("outcome", String(12), nullable=False),
    Column("differs", String(40), nullable=False),
    Column("diff", Text),
)
Index("email_comparisons_compared", COMPARISONS.c.compared_at)
Index("email_comparisons_rule", COMPARISONS.c.rule, COMPARISONS.c.beside, COMPARISONS.c.compared_at)
