"""The database's answer is that of the segment evaluated in Python, member by member, on both engines."""

import operator
from datetime import UTC, datetime, timedelta
from typing import Any, assert_never

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, insert, select

from apps.people.audience.logic import All, Any_, Not, fold
from apps.people.audience.matching import has_value
from apps.people.audience.query import Between, Country, Has, Is, Language
from apps.sms.broadcast.condition import condition
from apps.sms.broadcast.segment import Active, Age, Answered, Joined, Leaf, Place, Segment, Tag
from apps.sms.tables import leaders, members, tags

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
TAGS, PLACES, COUNTRIES, LOCALES = ["vip", "press"], ["Leeds", "york"], ["GB", "PT"], ["en", "pt-BR"]
MEMBERS: Any = st.fixed_dictionaries(
    {
        "state": st.sampled_from(["joined", "joined", "joined", "left", "asked"]),
        "place": st.none() | st.sampled_from(PLACES),
        "country": st.none() | st.sampled_from(COUNTRIES),
        "locale": st.none() | st.sampled_from(LOCALES),
        "born": st.none() | st.integers(1950, 2015),
        "last_active_at": st.none() | st.integers(0, 60).map(lambda days: NOW - timedelta(days=days)),
        "joined_at": st.none() | st.integers(0, 60).map(lambda days: NOW - timedelta(days=days)),
        "answers": st.dictionaries(st.sampled_from(["team", "gifts"]), st.sampled_from(["red", 3, True]), max_size=2),
        "tags": st.frozensets(st.sampled_from(TAGS)),
    }
)
_BOUND = st.none() | st.integers(10, 70)
_LEAVES: Any = st.one_of(
    st.builds(Tag, st.lists(st.sampled_from(TAGS), max_size=2).map(tuple)),
    st.builds(Place, st.lists(st.sampled_from(["leeds", "york"]), max_size=2).map(tuple)),
    st.builds(Country, st.lists(st.sampled_from(COUNTRIES), max_size=2).map(tuple)),
    st.builds(Language, st.lists(st.sampled_from(["en", "pt"]), max_size=2).map(tuple)),
    st.builds(Age, _BOUND, _BOUND),
    st.builds(Active, st.integers(1, 60)),
    st.builds(Joined, st.integers(1, 60)),
    st.builds(Answered, st.sampled_from([Has("team"), Is("team", ("red",)), Between("gifts", 1, None)])),
)
SEGMENTS: Any = st.recursive(
    _LEAVES,
    lambda parts: (
        st.builds(Not, parts)
        | st.builds(All, st.lists(parts, max_size=3).map(tuple))
        | st.builds(Any_, st.lists(parts, max_size=3).map(tuple))
    ),
    max_leaves=5,
)


def holds(segment: Segment, one: dict[str, Any]) -> bool:
    def leaf_holds(leaf: Leaf) -> bool:
        match leaf:
            case Tag(names):
                return bool(one["tags"] & set(names))
            case Place(names):
                return (one["place"] or "").lower() in names
            case Country(codes):
                return one["country"] in codes
            case Language(wanted):
                return (one["locale"] or "").partition("-")[0] in wanted
            case Age(least, most):
                return one["born"] is not None and _surely(2026 - one["born"], least, most)
            case Active(days):
                return one["last_active_at"] is not None and NOW - one["last_active_at"] <= timedelta(days=days)
            case Joined(days):
                return one["joined_at"] is not None and NOW - one["joined_at"] <= timedelta(days=days)
            case Answered(value):
                return has_value(one["answers"], value)
        assert_never(leaf)

    return one["state"] == "joined" and fold(segment, leaf_holds, all, any, operator.not_)


def _surely(turns: int, least: float | None, most: float | None) -> bool:
    return (least is None or turns - 1 >= least) and (most is None or turns <= most)


@pytest.fixture
def leader(engine: Engine) -> str:
    with engine.begin() as conn:
        for id in ("ada", "eve"):
            conn.execute(insert(leaders), {"id": id, "name": id, "sign_up": {}, "created_at": NOW})
    return "ada"


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(segment=SEGMENTS, people=st.lists(MEMBERS, min_size=3, max_size=7))
def test_the_database_means_the_same_members(
    engine: Engine, leader: str, segment: Segment, people: list[dict[str, Any]]
) -> None:
    with engine.connect() as conn:
        for number, one in enumerate(people):
            row = {name: value for name, value in one.items() if name != "tags"}
            for whose in ("ada", "eve"):
                key = {"leader": whose, "number": str(number)}
                conn.execute(insert(members), {**row, **key, "our_number": "+1", "created_at": NOW})
            for tag in one["tags"]:
                conn.execute(insert(tags), {"leader": leader, "tag": tag, "number": str(number)})
        asked = condition(segment, leader, NOW, conn.dialect.name)
        found = conn.execute(select(members.c.leader, members.c.number).where(asked)).all()
        conn.rollback()
    expected = {(leader, str(number)) for number, one in enumerate(people) if holds(segment, one)}
    assert {(row.leader, row.number) for row in found} == expected
