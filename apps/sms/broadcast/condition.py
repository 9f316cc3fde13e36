"""A segment as a condition on `sms_members`, with every value bound. Values only; any thread.

Each part is true or false and never unknown, so that NOT means everybody else.
"""

from datetime import datetime, timedelta
from functools import partial
from typing import assert_never

from sqlalchemy import and_, exists, func, true

from apps.people.audience.condition import Condition, has_value, put_together, speaks
from apps.people.audience.query import Country, Language
from apps.sms.broadcast.segment import Active, Age, Answered, Joined, Leaf, Place, Segment, Tag
from apps.sms.states import MemberState
from apps.sms.tables import members, tags


def condition(segment: Segment, leader: str, now: datetime, dialect: str) -> Condition:
    """Who of the members of a leader is meant at this moment (aware). Whoever left is not."""
    asked = put_together(segment, partial(_leaf, now=now, dialect=dialect))
    return and_(members.c.leader == leader, members.c.state == MemberState.JOINED.value, asked)


def _leaf(leaf: Leaf, now: datetime, dialect: str) -> Condition:
    match leaf:
        case Tag(names):
            mine = and_(tags.c.leader == members.c.leader, tags.c.number == members.c.number)
            return exists().where(mine, tags.c.tag.in_(names))
        case Place(names):
            return func.coalesce(func.lower(members.c.place).in_(names), False)
        case Country(codes):
            return func.coalesce(members.c.country.in_(codes), False)
        case Language(wanted):
            return speaks(members.c.locale, wanted)
        case Age(least, most):
            return _is_aged(least, most, now.year)
        case Active(days):
            return func.coalesce(members.c.last_active_at >= now - timedelta(days=days), False)
        case Joined(days):
            return func.coalesce(members.c.joined_at >= now - timedelta(days=days), False)
        case Answered(value):
            return has_value(members.c.answers, value, dialect)
    assert_never(leaf)


def _is_aged(least: float | None, most: float | None, year: int) -> Condition:
    oldest, youngest = year - members.c.born, year - 1 - members.c.born
    bounds = [youngest >= least] if least is not None else []
    bounds += [oldest <= most] if most is not None else []
    return func.coalesce(and_(true(), members.c.born.is_not(None), *bounds), False)
