"""Signatures and audiences."""

import sqlalchemy as sa
from alembic import op

from actors.database import Json, Timestamp

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.create_table(
        "people_audiences",
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("query", Json, nullable=False),
        sa.Column("changed_at", Timestamp, nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )
    op.create_table(
        "people_signatures",
        sa.Column("petition", sa.String(length=200), nullable=False),
        sa.Column("person", sa.String(length=64), nullable=False),
        sa.Column("at", Timestamp, nullable=False),
        sa.ForeignKeyConstraint(["person"], ["people_profiles.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("petition", "person"),
    )
    op.create_index(op.f("ix_people_signatures_person"), "people_signatures", ["person"], unique=False)
