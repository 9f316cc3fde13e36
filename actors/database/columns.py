"""Column types that mean the same on SQLite and PostgreSQL, for the tables of all apps. Values only; any thread."""

from datetime import UTC, datetime

from sqlalchemy import JSON, DateTime, Dialect
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.engine import Connection
from sqlalchemy.types import TypeDecorator

__all__ = ["Connection", "Json", "Timestamp"]


class Timestamp(TypeDecorator[datetime]):
    """A moment: aware in, aware UTC out. SQLite has no time zones, so UTC stands there without one.

    Raises ValueError (wrapped by SQLAlchemy as StatementError) for a datetime without a time zone.
    """

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"{value!r} has no time zone; use datetime.now(UTC)")
        moment = value.astimezone(UTC)
        return moment.replace(tzinfo=None) if dialect.name == "sqlite" else moment

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


#: JSON as text on SQLite, JSONB on PostgreSQL. NaN, infinities and U+0000 have no place in either.
Json = JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")
