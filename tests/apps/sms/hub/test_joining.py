"""A sign-up by link, on both databases."""

import pytest
from sqlalchemy import Engine, select

from apps.people.consent import Channel, Said, history
from apps.sms.hub.joining import UnknownToken, join
from apps.sms.states import MemberState
from apps.sms.tables import news
from tests.apps.sms.hub.conversing import MARY, NOW, lead, member, out, say

LINK = {
    "mode": "link",
    "welcome": "Join {leader}: {link}",
    "link": "https://ada.example/join/{token}",
    "done": "Hi, {name}!",
}


@pytest.fixture
def token(engine: Engine) -> str:
    """As Mary got it."""
    lead(engine, **LINK)
    (welcome,) = say(engine, "hello")
    start, _, token = welcome.rpartition("/")
    assert start == "Join Ada: https://ada.example/join" and len(token) == 12
    return token


def test_whoever_follows_the_link_is_a_member(engine: Engine, token: str) -> None:
    with engine.begin() as conn:
        joined = join(
            conn, token, {"name": "Mary", "email": "mary@example.org", "bird": "wren"}, {"ip": "192.0.2.1"}, NOW
        )
    assert member(engine) == joined
    assert (joined.state, joined.name, joined.answers["bird"]) == (MemberState.JOINED, "Mary", "wren")
    assert joined.person is not None
    assert [row.body for row in out(engine)][1:] == ["Hi, Mary!"]
    with engine.connect() as conn:
        (line,) = history(conn, Channel.SMS, MARY)
        told = conn.execute(select(news)).one()
    assert (line.state, line.scope, line.source, line.evidence["ip"]) == (Said.GRANTED, "ada", "form", "192.0.2.1")
    assert (told.state, told.person) == ("joined", joined.person)


def test_a_link_is_good_for_once(engine: Engine, token: str) -> None:
    with engine.begin() as conn:
        join(conn, token, {}, {}, NOW)
    for wrong in (token, "nobody-knows"):
        with pytest.raises(UnknownToken), engine.begin() as conn:
            join(conn, wrong, {}, {}, NOW)


def test_a_link_does_not_bring_back_whoever_left(engine: Engine, token: str) -> None:
    say(engine, "STOP", start=1)
    with pytest.raises(UnknownToken), engine.begin() as conn:
        join(conn, token, {}, {}, NOW)
    assert member(engine).state is MemberState.LEFT
