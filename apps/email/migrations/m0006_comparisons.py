"""What came of comparing mails in the shadow."""

import sqlalchemy as sa
from alembic import op

from actors.database import Timestamp

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.create_table(
        "email_comparisons",
        sa.Column("key", sa.String(length=40), nullable=False),
        sa.Column("beside", sa.String(length=200), nullable=False),
        sa.Column("rule", sa.String(length=200), nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("compared_at", Timestamp, nullable=False),
        sa.Column("outcome", sa.String(length=12), nullable=False),
        sa.Column("differs", sa.String(length=40), nullable=False),
        sa.Column("diff", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("key", "beside"),
    )
    op.create_index("email_comparisons_compared", "email_comparisons", ["compared_at"])
    op.create_index("email_comparisons_rule", "email_comparisons", ["rule", "beside", "compared_at"])
