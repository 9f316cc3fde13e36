"""Limits know a person by any name; past events are looked for by id, and old mails by age."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.add_column("email_ledger", sa.Column("human", sa.Text(), nullable=True))
    otherwise = sa.text("human IS NOT NULL")
    op.create_index("email_ledger_human", "email_ledger", ["human"], sqlite_where=otherwise, postgresql_where=otherwise)
    op.create_index("email_ledger_event", "email_ledger", ["event_id"])
    op.create_index("email_ledger_created", "email_ledger", ["created_at"], postgresql_using="brin")
