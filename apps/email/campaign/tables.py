"""The tables of sends. Values only; any thread.

Frozen people and mails are many and short-lived: on PostgreSQL both tables are partitioned by the day on which their
send was started (`partitions`), so that a day is dropped, not deleted. A send's day never changes, which makes the
primary keys the guard against doubles. Neither table has a second index: a campaign is written once, row by row, and
summed up rarely.
"""

from sqlalchemy import Column, Date, Index, Integer, SmallInteger, String, Table, Text

from actors.database import Json, Timestamp
from apps.email.metadata import METADATA

SENDS = Table(
    "email_sends",
    METADATA,
    Column("id", Integer, primary_key=True),
    # The same order twice is one send: from the event's source and id and the rule, or made up by a command.
    Column("key", String(40), nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("rule", Text, nullable=False),
    Column("event_source", Text, nullable=False),
    Column("event_id", Text, nullable=False),
    Column("event_type", Text, nullable=False),
    Column("template", Text, nullable=False),
    Column("mail_class", String(16), nullable=False),
    Column("topic", Text),
    Column("locale", Text),
    # The query over people, as JSON; null in a round to those that `parent_id` did not reach.
    Column("audience", Json),
    Column("parent_id", Integer),
    Column("data", Json, nullable=False),
    # The rule as it was when the send was started, and limits of this send.
    Column("terms", Json, nullable=False),
    Column("state", String(12), nullable=False),
    Column("reason", Text),
    # Grows with every change of state and terms: what a cache of sends goes by.
    Column("version", Integer, nullable=False),
    Column("day", Date, nullable=False),
    Column("chunk_size", Integer, nullable=False),
    # The two cursors: the last id frozen, and how many chunks the broker confirmed.
    Column("frozen_to", String(64)),
    Column("targeted", Integer, nullable=False),
    Column("published", Integer, nullable=False),
    # Who fans it out, for how long unless renewed.
    Column("holder", Text),
    Column("held_until", Timestamp),
    Column("created_at", Timestamp, nullable=False),
    Column("changed_at", Timestamp, nullable=False),
    Column("started_at", Timestamp),
    Column("ended_at", Timestamp),
    # The sums, once the rows themselves are gone.
    Column("sums", Json),
)
Index("email_sends_state", SENDS.c.state)

PEOPLE = Table(
    "email_send_people",
    METADATA,
    Column("send_id", Integer, primary_key=True, autoincrement=False),
    Column("position", Integer, primary_key=True, autoincrement=False),
    Column("day", Date, primary_key=True),
    Column("person_id", String(64), nullable=False),
    postgresql_partition_by="RANGE (day)",
)

CHUNKS = Table(
    "email_send_chunks",
    METADATA,
    Column("send_id", Integer, primary_key=True, autoincrement=False),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("first", Integer, nullable=False),
    Column("last", Integer, nullable=False),
    Column("state", String(12), nullable=False),
    Column("times", Integer, nullable=False),
    Column("again_at", Timestamp),
    Column("changed_at", Timestamp, nullable=False),
)
Index("email_send_chunks_state", CHUNKS.c.send_id, CHUNKS.c.state)

MAILS = Table(
    "email_send_mails",
    METADATA,
    Column("send_id", Integer, primary_key=True, autoincrement=False),
    Column("person_id", String(64), primary_key=True),
    Column("day", Date, primary_key=True),
    Column("state", String(12), nullable=False),
    Column("attempts", SmallInteger, nullable=False),
    Column("code", SmallInteger),
    Column("enhanced", String(16)),
    Column("reply", Text),
    Column("reason", Text),
    Column("locale", String(35)),
    Column("claimed_by", Text),
    Column("due_at", Timestamp),
    Column("at", Timestamp, nullable=False),
    postgresql_partition_by="RANGE (day)",
)
