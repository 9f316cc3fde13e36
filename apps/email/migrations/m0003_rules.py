"""Rules that are changed while Rookery runs, the events they decided, and what the ledger needs for their limits."""

import sqlalchemy as sa
from alembic import op

from actors.database import Json, Timestamp

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.create_table(
        "email_rules",
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("rule", Json, nullable=True),
        sa.Column("changed_by", sa.Text(), nullable=False),
        sa.Column("changed_at", Timestamp, nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name", "version"),
    )
    op.create_table(
        "email_events",
        sa.Column("source", sa.String(length=200), nullable=False),
        sa.Column("id", sa.String(length=200), nullable=False),
        sa.Column("type", sa.String(length=200), nullable=False),
        sa.Column("received_at", Timestamp, nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("source", "id"),
    )
    op.create_index("email_events_received", "email_events", ["received_at"], unique=False)
    op.create_table(
        "email_shadows",
        sa.Column("key", sa.String(length=40), nullable=False),
        sa.Column("rendered_at", Timestamp, nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("mail", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("key"),
    )
    op.create_index("email_shadows_rendered", "email_shadows", ["rendered_at"], unique=False)
    op.add_column("email_ledger", sa.Column("rule", sa.Text(), nullable=True))
    op.add_column("email_ledger", sa.Column("topic", sa.Text(), nullable=True))
    op.add_column("email_ledger", sa.Column("dedupe", sa.String(length=40), nullable=True))
