"""Texts, leaders, members."""

import sqlalchemy as sa
from alembic import op

from actors.database import Json, Timestamp

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "sms_early_receipts",
        sa.Column("carrier", sa.String(length=64), nullable=False),
        sa.Column("carrier_id", sa.String(length=128), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("code", sa.String(length=32), nullable=False),
        sa.Column("opted_out", sa.Boolean(), nullable=False),
        sa.Column("at", Timestamp, nullable=False),
        sa.PrimaryKeyConstraint("carrier", "carrier_id", "state"),
    )
    op.create_table(
        "sms_leaders",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("locale", sa.String(length=16), nullable=True),
        sa.Column("time_zone", sa.String(length=64), nullable=True),
        sa.Column("sign_up", Json, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", Timestamp, nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "sms_limit_blocks",
        sa.Column("limit", sa.String(length=200), nullable=False),
        sa.Column("key", sa.String(length=400), nullable=False),
        sa.Column("window", sa.String(length=100), nullable=False),
        sa.Column("reserved", sa.BigInteger(), nullable=False),
        sa.Column("closed", sa.Boolean(), nullable=False),
        sa.Column("epoch", sa.BigInteger(), nullable=False),
        sa.Column("at_us", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("limit", "key", "window"),
    )
    op.create_index(op.f("ix_sms_limit_blocks_at_us"), "sms_limit_blocks", ["at_us"], unique=False)
    op.create_table(
        "sms_news",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("cause", sa.String(length=200), nullable=False),
        sa.Column("leader", sa.String(length=64), nullable=False),
        sa.Column("number", sa.String(length=16), nullable=False),
        sa.Column("person", sa.String(length=64), nullable=True),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("at", Timestamp, nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("cause"),
    )
    op.create_table(
        "sms_parts",
        sa.Column("text", sa.String(length=200), nullable=False),
        sa.Column("number", sa.SmallInteger(), nullable=False),
        sa.Column("carrier", sa.String(length=64), nullable=False),
        sa.Column("carrier_id", sa.String(length=128), nullable=True),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("code", sa.String(length=32), nullable=True),
        sa.Column("changed_at", Timestamp, nullable=False),
        sa.Column("ask_at", Timestamp, nullable=True),
        sa.Column("asked", sa.SmallInteger(), nullable=False),
        sa.PrimaryKeyConstraint("text", "number"),
    )
    op.create_index(
        "sms_parts_ask_at",
        "sms_parts",
        ["ask_at"],
        unique=False,
        sqlite_where=sa.text("ask_at IS NOT NULL AND state = 'handed'"),
        postgresql_where=sa.text("ask_at IS NOT NULL AND state = 'handed'"),
    )
    op.create_index("sms_parts_carrier_id", "sms_parts", ["carrier", "carrier_id"], unique=False)
    op.create_table(
        "sms_pauses",
        sa.Column("carrier", sa.String(length=64), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("at", Timestamp, nullable=False),
        sa.PrimaryKeyConstraint("carrier"),
    )
    op.create_table(
        "sms_reports",
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("body", Json, nullable=False),
        sa.Column("at", Timestamp, nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )
    op.create_table(
        "sms_tags",
        sa.Column("leader", sa.String(length=64), nullable=False),
        sa.Column("tag", sa.String(length=64), nullable=False),
        sa.Column("number", sa.String(length=16), nullable=False),
        sa.PrimaryKeyConstraint("leader", "tag", "number"),
    )
    op.create_table(
        "sms_texts",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.Column("direction", sa.String(length=3), nullable=False),
        sa.Column("leader", sa.String(length=64), nullable=False),
        sa.Column("member", sa.String(length=16), nullable=False),
        sa.Column("our_number", sa.String(length=16), nullable=False),
        sa.Column("lane", sa.String(length=16), nullable=True),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("broadcast", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("cause", sa.String(length=200), nullable=True),
        sa.Column("segments", sa.SmallInteger(), nullable=True),
        sa.Column("coding", sa.String(length=8), nullable=True),
        sa.Column("carrier", sa.String(length=64), nullable=True),
        sa.Column("epoch", sa.BigInteger(), nullable=True),
        sa.Column("attempts", sa.SmallInteger(), nullable=False),
        sa.Column("due_at", Timestamp, nullable=True),
        sa.Column("expires_at", Timestamp, nullable=True),
        sa.Column("created_at", Timestamp, nullable=False),
        sa.Column("changed_at", Timestamp, nullable=False),
        sa.Column("handed_at", Timestamp, nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("key"),
    )
    op.create_index("sms_texts_broadcast", "sms_texts", ["broadcast", "state"], unique=False)
    op.create_index(
        "sms_texts_claimed",
        "sms_texts",
        ["epoch"],
        unique=False,
        sqlite_where=sa.text("state = 'claimed'"),
        postgresql_where=sa.text("state = 'claimed'"),
    )
    op.create_index("sms_texts_conversation", "sms_texts", ["leader", "member", "id"], unique=False)
    op.create_index(
        "sms_texts_handed",
        "sms_texts",
        ["handed_at"],
        unique=False,
        sqlite_where=sa.text("state = 'handed'"),
        postgresql_where=sa.text("state = 'handed'"),
    )
    op.create_index(
        "sms_texts_in_doubt",
        "sms_texts",
        ["id"],
        unique=False,
        sqlite_where=sa.text("state = 'in_doubt'"),
        postgresql_where=sa.text("state = 'in_doubt'"),
    )
    op.create_index(
        "sms_texts_queued",
        "sms_texts",
        ["lane", "leader", "our_number", "due_at", "id"],
        unique=False,
        sqlite_where=sa.text("state = 'queued'"),
        postgresql_where=sa.text("state = 'queued'"),
    )
    op.create_index(
        "sms_texts_received",
        "sms_texts",
        ["leader", "id"],
        unique=False,
        sqlite_where=sa.text("state = 'received'"),
        postgresql_where=sa.text("state = 'received'"),
    )
    op.create_table(
        "sms_broadcasts",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("leader", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("template", sa.Text(), nullable=False),
        sa.Column("segment", Json, nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("paused", sa.Boolean(), nullable=False),
        sa.Column("cursor", sa.String(length=16), nullable=False),
        sa.Column("targeted", sa.Integer(), nullable=False),
        sa.Column("written", sa.Integer(), nullable=False),
        sa.Column("start_at", Timestamp, nullable=False),
        sa.Column("spread_seconds", sa.Integer(), nullable=False),
        sa.Column("expires_at", Timestamp, nullable=True),
        sa.Column("created_at", Timestamp, nullable=False),
        sa.Column("changed_at", Timestamp, nullable=False),
        sa.ForeignKeyConstraint(
            ["leader"],
            ["sms_leaders.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_sms_broadcasts_leader"), "sms_broadcasts", ["leader"], unique=False)
    op.create_table(
        "sms_canned",
        sa.Column("leader", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["leader"],
            ["sms_leaders.id"],
        ),
        sa.PrimaryKeyConstraint("leader", "name"),
    )
    op.create_table(
        "sms_keywords",
        sa.Column("leader", sa.String(length=64), nullable=False),
        sa.Column("word", sa.String(length=64), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("tag", sa.String(length=64), nullable=True),
        sa.ForeignKeyConstraint(
            ["leader"],
            ["sms_leaders.id"],
        ),
        sa.PrimaryKeyConstraint("leader", "word"),
    )
    op.create_table(
        "sms_members",
        sa.Column("leader", sa.String(length=64), nullable=False),
        sa.Column("number", sa.String(length=16), nullable=False),
        sa.Column("person", sa.String(length=64), nullable=True),
        sa.Column("our_number", sa.String(length=16), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("locale", sa.String(length=16), nullable=True),
        sa.Column("time_zone", sa.String(length=64), nullable=True),
        sa.Column("country", sa.String(length=2), nullable=True),
        sa.Column("place", sa.String(length=200), nullable=True),
        sa.Column("born", sa.Integer(), nullable=True),
        sa.Column("answers", Json, nullable=False),
        sa.Column("asked", sa.String(length=64), nullable=True),
        sa.Column("token", sa.String(length=32), nullable=True),
        sa.Column("unread", sa.Integer(), nullable=False),
        sa.Column("automatic", sa.Integer(), nullable=False),
        sa.Column("automatic_since", Timestamp, nullable=True),
        sa.Column("away_at", Timestamp, nullable=True),
        sa.Column("word_at", Timestamp, nullable=True),
        sa.Column("joined_at", Timestamp, nullable=True),
        sa.Column("left_at", Timestamp, nullable=True),
        sa.Column("last_active_at", Timestamp, nullable=True),
        sa.Column("created_at", Timestamp, nullable=False),
        sa.ForeignKeyConstraint(
            ["leader"],
            ["sms_leaders.id"],
        ),
        sa.PrimaryKeyConstraint("leader", "number"),
        sa.UniqueConstraint("token"),
    )
    op.create_index(op.f("ix_sms_members_person"), "sms_members", ["person"], unique=False)
    op.create_index("sms_members_active", "sms_members", ["leader", "last_active_at"], unique=False)
    op.create_index("sms_members_number", "sms_members", ["number"], unique=False)
    op.create_table(
        "sms_numbers",
        sa.Column("number", sa.String(length=16), nullable=False),
        sa.Column("type", sa.String(length=16), nullable=False),
        sa.Column("leader", sa.String(length=64), nullable=True),
        sa.Column("carrier", sa.String(length=64), nullable=False),
        sa.Column("campaign", sa.String(length=64), nullable=True),
        sa.Column("brand", sa.String(length=64), nullable=True),
        sa.Column("created_at", Timestamp, nullable=False),
        sa.ForeignKeyConstraint(
            ["leader"],
            ["sms_leaders.id"],
        ),
        sa.PrimaryKeyConstraint("number"),
    )
    op.create_index(op.f("ix_sms_numbers_leader"), "sms_numbers", ["leader"], unique=False)
    op.create_table(
        "sms_targets",
        sa.Column("broadcast", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("number", sa.String(length=16), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["broadcast"],
            ["sms_broadcasts.id"],
        ),
        sa.PrimaryKeyConstraint("broadcast", "number"),
    )
