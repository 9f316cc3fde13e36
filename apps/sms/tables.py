"""The tables of the SMS app. Values only; any thread.

`sms_texts` is the record of every text, and what waits: texts in that the hub has not looked at (`received`), texts out
that wait for their turn (`queued`). Both are found by partial indexes, so what is done costs those who look nothing.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    SmallInteger,
    String,
    Table,
    Text,
)

from actors.database import Json, Timestamp
from apps.sms.states import TextState

METADATA = MetaData()

_Number = String(16)
_Leader = String(64)
#: Grows by itself on both engines.
_Serial = BigInteger().with_variant(Integer, "sqlite")

leaders = Table(
    "sms_leaders",
    METADATA,
    Column("id", _Leader, primary_key=True),
    Column("name", String(200), nullable=False),
    Column("locale", String(16)),
    Column("time_zone", String(64)),
    #: What a number that writes for the first time is asked or sent, and what members are told.
    Column("sign_up", Json, nullable=False),
    #: Grows when what the hub goes by was changed: the leader's words, its keywords.
    Column("version", Integer, nullable=False, default=1),
    Column("created_at", Timestamp, nullable=False),
)

#: Our numbers. One belongs to a leader, a carrier, and perhaps a registered campaign of a brand.
numbers = Table(
    "sms_numbers",
    METADATA,
    Column("number", _Number, primary_key=True),
    Column("type", String(16), nullable=False),
    Column("leader", _Leader, ForeignKey("sms_leaders.id"), index=True),
    Column("carrier", String(64), nullable=False),
    Column("campaign", String(64)),
    Column("brand", String(64)),
    Column("created_at", Timestamp, nullable=False),
)

members = Table(
    "sms_members",
    METADATA,
    Column("leader", _Leader, ForeignKey("sms_leaders.id"), primary_key=True),
    Column("number", _Number, primary_key=True),
    #: Of `people_profiles`, once it is known who it is.
    Column("person", String(64), index=True),
    #: Our number that this conversation stays with.
    Column("our_number", _Number, nullable=False),
    Column("state", String(16), nullable=False),
    Column("name", String(200), nullable=False, default=""),
    Column("locale", String(16)),
    Column("time_zone", String(64)),
    Column("country", String(2)),
    Column("place", String(200)),
    Column("born", Integer),
    #: Answers to the sign-up questions, by their names, and whatever else is known.
    Column("answers", Json, nullable=False),
    #: The sign-up question that was asked last.
    Column("asked", String(64)),
    #: In the link of a sign-up: whoever has it may answer for this number.
    Column("token", String(32), unique=True),
    Column("unread", Integer, nullable=False, default=0),
    #: Answers of themselves since then, so that two machines do not talk to each other for ever.
    Column("automatic", Integer, nullable=False, default=0),
    Column("automatic_since", Timestamp),
    #: When the leader's automatic answer went out last.
    Column("away_at", Timestamp),
    #: When the last opt-out or opt-in word came in: an older one that is looked at later changes nothing.
    Column("word_at", Timestamp),
    Column("joined_at", Timestamp),
    Column("left_at", Timestamp),
    Column("last_active_at", Timestamp),
    Column("created_at", Timestamp, nullable=False),
    Index("sms_members_active", "leader", "last_active_at"),
    Index("sms_members_number", "number"),
)

tags = Table(
    "sms_tags",
    METADATA,
    Column("leader", _Leader, primary_key=True),
    Column("tag", String(64), primary_key=True),
    Column("number", _Number, primary_key=True),
)

#: Who joined or left, until everybody was told: written in the transaction in which it came about.
news = Table(
    "sms_news",
    METADATA,
    Column("id", _Serial, primary_key=True),
    #: Of the text that did it.
    Column("cause", String(200), nullable=False, unique=True),
    Column("leader", _Leader, nullable=False),
    Column("number", _Number, nullable=False),
    Column("person", String(64)),
    Column("state", String(16), nullable=False),
    Column("at", Timestamp, nullable=False),
)

#: Answers of themselves: a text that is this word alone gets this answer.
keywords = Table(
    "sms_keywords",
    METADATA,
    Column("leader", _Leader, ForeignKey("sms_leaders.id"), primary_key=True),
    Column("word", String(64), primary_key=True),
    Column("answer", Text, nullable=False),
    #: The member who wrote it gets this tag.
    Column("tag", String(64)),
)

#: Answers that a leader has ready.
canned = Table(
    "sms_canned",
    METADATA,
    Column("leader", _Leader, ForeignKey("sms_leaders.id"), primary_key=True),
    Column("name", String(64), primary_key=True),
    Column("body", Text, nullable=False),
)

texts = Table(
    "sms_texts",
    METADATA,
    Column("id", _Serial, primary_key=True),
    #: In: `in:<carrier>:<the carrier's id>`. Out: made of what caused it, so that the same cause makes the same text.
    Column("key", String(200), nullable=False, unique=True),
    Column("direction", String(3), nullable=False),
    Column("leader", _Leader, nullable=False),
    Column("member", _Number, nullable=False),
    Column("our_number", _Number, nullable=False),
    Column("lane", String(16)),
    Column("body", Text, nullable=False),
    Column("state", String(16), nullable=False),
    Column("reason", Text),
    Column("broadcast", _Serial),
    #: Why it was written: the key of the text it answers.
    Column("cause", String(200)),
    Column("segments", SmallInteger),
    Column("coding", String(8)),
    Column("carrier", String(64)),
    #: Of the lease under which it was claimed.
    Column("epoch", BigInteger),
    Column("attempts", SmallInteger, nullable=False, default=0),
    #: Not before.
    Column("due_at", Timestamp),
    #: Not after.
    Column("expires_at", Timestamp),
    Column("created_at", Timestamp, nullable=False),
    Column("changed_at", Timestamp, nullable=False),
    Column("handed_at", Timestamp),
    Index("sms_texts_conversation", "leader", "member", "id"),
    Index("sms_texts_broadcast", "broadcast", "state"),
)
Index(
    "sms_texts_received",
    texts.c.leader,
    texts.c.id,
    sqlite_where=texts.c.state == TextState.RECEIVED.value,
    postgresql_where=texts.c.state == TextState.RECEIVED.value,
)
Index(
    "sms_texts_queued",
    texts.c.lane,
    texts.c.leader,
    texts.c.our_number,
    texts.c.due_at,
    texts.c.id,
    sqlite_where=texts.c.state == TextState.QUEUED.value,
    postgresql_where=texts.c.state == TextState.QUEUED.value,
)
Index(
    "sms_texts_claimed",
    texts.c.epoch,
    sqlite_where=texts.c.state == TextState.CLAIMED.value,
    postgresql_where=texts.c.state == TextState.CLAIMED.value,
)
Index(
    "sms_texts_handed",
    texts.c.handed_at,
    sqlite_where=texts.c.state == TextState.HANDED.value,
    postgresql_where=texts.c.state == TextState.HANDED.value,
)
Index(
    "sms_texts_in_doubt",
    texts.c.id,
    sqlite_where=texts.c.state == TextState.IN_DOUBT.value,
    postgresql_where=texts.c.state == TextState.IN_DOUBT.value,
)

#: The pieces of a text as the carrier knows them.
parts = Table(
    "sms_parts",
    METADATA,
    Column("text", String(200), primary_key=True),
    Column("number", SmallInteger, primary_key=True),
    Column("carrier", String(64), nullable=False),
    Column("carrier_id", String(128)),
    Column("state", String(16), nullable=False),
    Column("code", String(32)),
    Column("changed_at", Timestamp, nullable=False),
    #: When its carrier is asked for it, whose receipts do not come; and how often it was.
    Column("ask_at", Timestamp),
    Column("asked", SmallInteger, nullable=False, default=0),
    Index("sms_parts_carrier_id", "carrier", "carrier_id"),
)
Index(
    "sms_parts_ask_at",
    parts.c.ask_at,
    sqlite_where=parts.c.ask_at.is_not(None) & (parts.c.state == TextState.HANDED.value),
    postgresql_where=parts.c.ask_at.is_not(None) & (parts.c.state == TextState.HANDED.value),
)

#: Receipts that came before the carrier's answer, until it comes.
early_receipts = Table(
    "sms_early_receipts",
    METADATA,
    Column("carrier", String(64), primary_key=True),
    Column("carrier_id", String(128), primary_key=True),
    Column("state", String(16), primary_key=True),
    Column("code", String(32), nullable=False, default=""),
    Column("opted_out", Boolean, nullable=False, default=False),
    Column("at", Timestamp, nullable=False),
)

#: Carriers that somebody paused: they get no texts.
pauses = Table(
    "sms_pauses",
    METADATA,
    Column("carrier", String(64), primary_key=True),
    Column("reason", Text, nullable=False, default=""),
    Column("at", Timestamp, nullable=False),
)

#: What the holder of the outbound lease last said of its carriers and limits, for those in other processes.
reports = Table(
    "sms_reports",
    METADATA,
    Column("name", String(64), primary_key=True),
    Column("body", Json, nullable=False),
    Column("at", Timestamp, nullable=False),
)

broadcasts = Table(
    "sms_broadcasts",
    METADATA,
    Column("id", _Serial, primary_key=True),
    Column("leader", _Leader, ForeignKey("sms_leaders.id"), nullable=False, index=True),
    Column("name", String(200), nullable=False),
    Column("template", Text, nullable=False),
    #: Who gets it: the query over members as it was asked.
    Column("segment", Json, nullable=False),
    Column("state", String(16), nullable=False),
    Column("reason", Text),
    Column("paused", Boolean, nullable=False, default=False),
    #: The number of the last member who was frozen, and later of the last whose text was written, in order.
    Column("cursor", _Number, nullable=False, default=""),
    Column("targeted", Integer, nullable=False, default=0),
    #: How many of them were written, or skipped.
    Column("written", Integer, nullable=False, default=0),
    #: Not before.
    Column("start_at", Timestamp, nullable=False),
    #: Its texts are spread evenly over so many seconds.
    Column("spread_seconds", Integer, nullable=False, default=0),
    #: Not after.
    Column("expires_at", Timestamp),
    Column("created_at", Timestamp, nullable=False),
    Column("changed_at", Timestamp, nullable=False),
)

#: The audience of a broadcast, frozen at its start, and why whoever got no text got none.
targets = Table(
    "sms_targets",
    METADATA,
    Column("broadcast", _Serial, ForeignKey("sms_broadcasts.id"), primary_key=True),
    Column("number", _Number, primary_key=True),
    #: pending, written (see the text), skipped.
    Column("state", String(16), nullable=False),
    Column("reason", Text),
)

#: What long limits have reserved, by limit, key and window, before it is used: see `apps.sms.limits.blocks`.
limit_blocks = Table(
    "sms_limit_blocks",
    METADATA,
    Column("limit", String(200), primary_key=True),
    Column("key", String(400), primary_key=True),
    #: A calendar window's name, or a name made up for a block of a sliding one.
    Column("window", String(100), primary_key=True),
    Column("reserved", BigInteger, nullable=False),
    #: Of a sliding window: whether all of it was used by `at_us`.
    Column("closed", Boolean, nullable=False),
    #: Of the lease under which it was written last.
    Column("epoch", BigInteger, nullable=False),
    #: When, by the database's own clock.
    Column("at_us", BigInteger, nullable=False, index=True),
)
