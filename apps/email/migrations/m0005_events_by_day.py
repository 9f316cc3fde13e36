"""Decided events lie by day, each day in a partition of its own on PostgreSQL."""

from datetime import date, timedelta

import sqlalchemy as sa
from alembic import op

from actors.database import Timestamp

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.drop_index("email_events_received", table_name="email_events")
    op.rename_table("email_events", "email_events_before")
    op.create_table(
        "email_events",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("source", sa.String(length=200), nullable=False),
        sa.Column("id", sa.String(length=200), nullable=False),
        sa.Column("type", sa.String(length=200), nullable=False),
        sa.Column("received_at", Timestamp, nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("day", "source", "id"),
        postgresql_partition_by="RANGE (day)",
    )
    op.create_index("email_events_received", "email_events", ["received_at", "source", "id"])
    day = "date(received_at)"
    if op.get_bind().dialect.name == "postgresql":
        day = "(received_at AT TIME ZONE 'UTC')::date"
        for one in op.get_bind().execute(sa.text(f"SELECT DISTINCT {day} FROM email_events_before")).scalars().all():
            _partition(one)
    op.execute(
        "INSERT INTO email_events (day, source, id, type, received_at, body) "
        f"SELECT {day}, source, id, type, received_at, body FROM email_events_before"
    )
    op.drop_table("email_events_before")


def _partition(day: date) -> None:
    op.execute(
        f"CREATE TABLE email_events_{day:%Y_%m_%d} PARTITION OF email_events "
        f"FOR VALUES FROM ('{day}') TO ('{day + timedelta(days=1)}')"
    )
