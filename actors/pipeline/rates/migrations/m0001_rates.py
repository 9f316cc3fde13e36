"""Shared rates, and what was charged to each of their keys lately."""

import sqlalchemy as sa
from alembic import op

from actors.database import Json

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "rates",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("allowed", sa.BigInteger(), nullable=False),
        sa.Column("interval_us", sa.BigInteger(), nullable=False),
        sa.Column("lease_us", sa.BigInteger(), nullable=False),
        sa.Column("declared_allowed", sa.BigInteger(), nullable=False),
        sa.Column("declared_interval_us", sa.BigInteger(), nullable=False),
        sa.Column("born_us", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )
    op.create_table(
        "rates_windows",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("at_us", sa.BigInteger(), nullable=False),
        sa.Column("charges", Json, nullable=False),
        sa.PrimaryKeyConstraint("name", "key"),
    )
    op.create_index("ix_rates_windows_at_us", "rates_windows", ["at_us"])
