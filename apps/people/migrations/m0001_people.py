"""Profiles, preferences and suppressions.

Rookery 0.1 made these tables without keeping a history; where they exist already, there is nothing to do.
"""

import sqlalchemy as sa
from alembic import op

from actors.database import Json, Timestamp

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "people_profiles",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column(
            "key",
            sa.String(length=320).with_variant(sa.String(length=320, collation="C"), "postgresql"),
            nullable=False,
        ),
        sa.Column("address", sa.String(length=320), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("locale", sa.String(length=16), nullable=True),
        sa.Column("time_zone", sa.String(length=64), nullable=True),
        sa.Column("attributes", Json, nullable=False),
        sa.Column("created_at", Timestamp, nullable=False),
        sa.Column("updated_at", Timestamp, nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("key"),
        if_not_exists=True,
    )
    op.create_table(
        "people_suppressions",
        sa.Column(
            "key",
            sa.String(length=320).with_variant(sa.String(length=320, collation="C"), "postgresql"),
            nullable=False,
        ),
        sa.Column("reason", sa.String(length=32), nullable=False),
        sa.Column("scope", sa.String(length=8), nullable=False),
        sa.Column("evidence", Json, nullable=False),
        sa.Column("at", Timestamp, nullable=False),
        sa.PrimaryKeyConstraint("key", "reason"),
        if_not_exists=True,
    )
    op.create_table(
        "people_preferences",
        sa.Column("person", sa.String(length=64), nullable=False),
        sa.Column("topic", sa.String(length=100), nullable=False),
        sa.Column("wanted", sa.Boolean(), nullable=False),
        sa.Column("changed_at", Timestamp, nullable=False),
        sa.ForeignKeyConstraint(["person"], ["people_profiles.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("person", "topic"),
        if_not_exists=True,
    )
