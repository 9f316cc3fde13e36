"""The ledger of consents, which the database itself keeps from being changed."""

import sqlalchemy as sa
from alembic import op

from actors.database import Json, Timestamp

revision = "0003"
down_revision = "0002"

APPEND_ONLY = {
    "sqlite": (
        "CREATE TRIGGER people_consents_no_update BEFORE UPDATE ON people_consents"
        " BEGIN SELECT RAISE(ABORT, 'people_consents is append-only'); END",
        "CREATE TRIGGER people_consents_no_delete BEFORE DELETE ON people_consents"
        " BEGIN SELECT RAISE(ABORT, 'people_consents is append-only'); END",
    ),
    "postgresql": (
        "CREATE OR REPLACE FUNCTION people_consents_refuse() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN RAISE EXCEPTION 'people_consents is append-only'; END $$",
        "CREATE TRIGGER people_consents_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON people_consents"
        " FOR EACH STATEMENT EXECUTE FUNCTION people_consents_refuse()",
    ),
}


def upgrade() -> None:
    op.create_table(
        "people_consents",
        sa.Column("number", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("channel", sa.String(length=8), nullable=False),
        sa.Column(
            "key",
            sa.String(length=320).with_variant(sa.String(length=320, collation="C"), "postgresql"),
            nullable=False,
        ),
        sa.Column("scope", sa.String(length=100), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("source", sa.String(length=32), nullable=False),
        sa.Column("evidence", Json, nullable=False),
        sa.Column("at", Timestamp, nullable=False),
        sa.PrimaryKeyConstraint("number"),
        sa.UniqueConstraint("id"),
    )
    op.create_index(
        "ix_people_consents_said", "people_consents", ["channel", "key", "scope", "at", "number"], unique=False
    )
    for statement in APPEND_ONLY[op.get_context().dialect.name]:
        op.execute(statement)
