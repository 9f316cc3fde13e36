"""Quarantine, deaths and claims of pipelines."""

import sqlalchemy as sa
from alembic import op

from actors.database import Json, Timestamp

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "connector_claims",
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("holder", sa.Text(), nullable=False),
        sa.Column("until", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("key"),
    )
    op.create_index(op.f("ix_connector_claims_until"), "connector_claims", ["until"], unique=False)
    op.create_table(
        "connector_deaths",
        sa.Column("identity", sa.String(length=64), nullable=False),
        sa.Column("deaths", sa.Integer(), nullable=False),
        sa.Column("alone", sa.Integer(), nullable=False),
        sa.Column("traceback", sa.Text(), nullable=False),
        sa.Column("trial", sa.Text(), nullable=False),
        sa.Column("changed_at", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("identity"),
    )
    op.create_index(op.f("ix_connector_deaths_changed_at"), "connector_deaths", ["changed_at"], unique=False)
    op.create_table(
        "connector_quarantine",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("identity", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("queue", sa.Text(), nullable=False),
        sa.Column("exchange", sa.Text(), nullable=False),
        sa.Column("routing_key", sa.Text(), nullable=False),
        sa.Column("message_id", sa.Text(), nullable=False),
        sa.Column("content_type", sa.Text(), nullable=False),
        sa.Column("properties", Json, nullable=False),
        sa.Column("headers", Json, nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("traceback", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("deaths", sa.Integer(), nullable=False),
        sa.Column("first_seen", Timestamp, nullable=False),
        sa.Column("quarantined_at", Timestamp, nullable=False),
        sa.Column("changed_at", Timestamp, nullable=False),
        sa.Column("history", Json, nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "connector_quarantine_held",
        "connector_quarantine",
        ["identity"],
        unique=True,
        sqlite_where=sa.text("state = 'held'"),
        postgresql_where=sa.text("state = 'held'"),
    )
