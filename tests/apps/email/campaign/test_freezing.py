from sqlalchemy import Connection, Engine, select

from apps.email.campaign import mails, sends
from apps.email.campaign.freezing import freeze_page
from apps.email.campaign.mails import Claim, Result
from apps.email.campaign.sends import Send, start_send
from apps.email.campaign.states import MailState, SendState
from apps.email.campaign.tables import PEOPLE
from tests.apps.email.campaign.world import ME, NOW, order, people, running


def freeze(conn: Connection, id: int, size: int) -> Send:
    send = sends.load(conn, id)
    while send.state is SendState.DRAFT:
        send = freeze_page(conn, id, size, NOW)
    return send


def frozen(conn: Connection, id: int) -> list[tuple[int, str]]:
    query = select(PEOPLE.c.position, PEOPLE.c.person_id).where(PEOPLE.c.send_id == id).order_by(PEOPLE.c.position)
    return [(row[0], row[1]) for row in conn.execute(query)]


def test_an_audience_is_frozen_page_by_page_and_numbered(engine: Engine) -> None:
    with engine.begin() as conn:
        ids = people(conn, 23)
        id, _ = start_send(conn, order(), NOW)
        send = freeze_page(conn, id, 10, NOW)
        assert (send.state, send.targeted, send.frozen_to) == (SendState.DRAFT, 10, ids[9])
        assert freeze(conn, id, 10).targeted == 23
        assert frozen(conn, id) == list(enumerate(ids, 1))
        assert freeze_page(conn, id, 10, NOW).state is SendState.FROZEN


def test_what_was_frozen_in_a_transaction_that_failed_is_frozen_again(engine: Engine) -> None:
    with engine.begin() as conn:
        ids = people(conn, 7)
        id, _ = start_send(conn, order(), NOW)
    with engine.connect() as conn:
        freeze_page(conn, id, 5, NOW)
        conn.rollback()
    with engine.begin() as conn:
        assert freeze(conn, id, 5).targeted == 7
        assert [person for _, person in frozen(conn, id)] == ids


def test_nobody_is_an_audience_too(engine: Engine) -> None:
    with engine.begin() as conn:
        people(conn, 3)
        id, _ = start_send(conn, order(audience={"any": []}), NOW)
        send = freeze(conn, id, 10)
        assert (send.state, send.targeted, send.chunks) == (SendState.FROZEN, 0, 0)


def test_who_comes_later_is_not_meant_and_who_is_known_stays(engine: Engine) -> None:
    with engine.begin() as conn:
        people(conn, 3)
        id, _ = start_send(conn, order(audience={"language": "en"}), NOW)
        freeze(conn, id, 10)
        people(conn, 3, start=10)
        assert len(frozen(conn, id)) == 3


def test_a_round_is_for_those_who_were_not_reached(engine: Engine) -> None:
    with engine.begin() as conn:
        ids = [f"{state}" for state in MailState] + ["nobody took them", "failed too"]
        parent = running(conn, ids)
        mails.claim(conn, parent, [Claim(id) for id in ids[:7] if id not in ("suppressed", "skipped")], ME, NOW)
        mails.claim(conn, parent, [Claim(id, state=MailState(id)) for id in ("suppressed", "skipped")], ME, NOW)
        mails.claim(conn, parent, [Claim("failed too", state=MailState.FAILED)], ME, NOW)
        results = [Result(id, MailState(id)) for id in ("handed", "failed", "in_doubt", "deferred")]
        assert mails.settle(conn, parent, results, ME, NOW) == 4
        sends.move(conn, parent.id, SendState.CANCELLED, NOW)
        id, _ = start_send(conn, order("second", audience=None, parent_id=parent.id), NOW)
        assert freeze(conn, id, 2).targeted == 4
        assert {person for _, person in frozen(conn, id)} == {"failed", "deferred", "nobody took them", "failed too"}
