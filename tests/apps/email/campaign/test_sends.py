import pytest
from sqlalchemy import Engine

from apps.email.campaign import sends
from apps.email.campaign.errors import NoSuchSend, NotNow
from apps.email.campaign.sends import start_send
from apps.email.campaign.states import SendState
from apps.people.errors import Refused
from tests.apps.email.campaign.world import NOW, order


def test_the_same_order_twice_is_one_send(engine: Engine) -> None:
    with engine.begin() as conn:
        id, new = start_send(conn, order("spring", data={"petition": "x"}), NOW, 100)
        assert new
        assert start_send(conn, order("again", event_id="spring"), NOW) == (id, False)
        assert start_send(conn, order("autumn"), NOW)[1]
        send = sends.load(conn, id)
    assert (send.state, send.version, send.name, send.day) == (SendState.DRAFT, 1, "spring", NOW.date())
    assert (send.data, send.chunk_size, send.targeted, send.chunks) == ({"petition": "x"}, 100, 0, 0)


def test_an_audience_that_is_no_query_is_refused_at_once(engine: Engine) -> None:
    with pytest.raises(Refused), engine.begin() as conn:
        start_send(conn, order(audience={"contry": "GB"}), NOW)


def test_a_send_is_found_by_id_and_by_its_latest_name(engine: Engine) -> None:
    with engine.begin() as conn:
        start_send(conn, order("spring"), NOW)
        second, _ = start_send(conn, order("spring", event_id="second"), NOW)
        assert sends.find(conn, "spring").id == sends.find(conn, str(second)).id == second
        assert [send.id for send in sends.listed(conn, 1)] == [second]
        assert sends.state_of(conn, second) == (SendState.DRAFT, 1)
        for name in ("winter", "99", "9" * 30):
            with pytest.raises(NoSuchSend):
                sends.find(conn, name)
        with pytest.raises(NoSuchSend):
            sends.state_of(conn, 99)


def test_a_change_of_state_makes_a_new_version_and_what_is_not_allowed_changes_nothing(engine: Engine) -> None:
    with engine.begin() as conn:
        id, _ = start_send(conn, order(), NOW)
        with pytest.raises(NotNow, match="is draft: it cannot become running"):
            sends.move(conn, id, SendState.RUNNING, NOW)
        assert sends.move(conn, id, SendState.DRAFT, NOW).version == 1
        sends.move(conn, id, SendState.FROZEN, NOW)
        send = sends.move(conn, id, SendState.RUNNING, NOW)
        assert (send.version, send.started_at, send.ended_at) == (3, NOW, None)
        send = sends.move(conn, id, SendState.CANCELLED, NOW, "wrong picture")
        assert (send.reason, send.ended_at) == ("wrong picture", NOW)


def test_the_mail_to_a_person_has_one_key_per_send(engine: Engine) -> None:
    with engine.begin() as conn:
        first, second = (sends.load(conn, start_send(conn, order(name), NOW)[0]) for name in ("spring", "autumn"))
    keys = {send.mail_key(person) for send in (first, second) for person in ("a", "b")}
    assert len(keys) == 4
    assert all(len(key) == 40 for key in keys)
