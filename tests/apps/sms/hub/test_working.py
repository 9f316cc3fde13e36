"""Texts carried through on both databases: what becomes of members, answers, and the texts themselves."""

from datetime import timedelta

from sqlalchemy import Engine, select

from apps.people.consent import ALL, Channel, Said, history
from apps.people.tables import profiles
from apps.sms.hub.leaders import set_keyword
from apps.sms.hub.member import Keyword, Outcome
from apps.sms.hub.queueing import Outgoing, queue
from apps.sms.states import Lane, MemberState
from apps.sms.tables import news, tags, texts
from tests.apps.sms.hub.conversing import (
    BOBS,
    JOHN,
    MARY,
    NOW,
    OURS,
    QUESTIONS,
    arrived,
    hub,
    lead,
    member,
    out,
    put,
    rows,
    say,
    stop,
)


def test_a_sign_up_by_questions(engine: Engine) -> None:
    lead(engine, **QUESTIONS)
    assert say(engine, "hello", " Mary  Ann ", "long ago", "1979") == [
        "Hi, this is Ada!\nWhat is your name?",
        "Which year were you born in, Mary Ann?",
        "A year, please.",
        "Thanks, Mary Ann!",
    ]
    mary = member(engine)
    assert (mary.state, mary.name, mary.born, mary.joined_at) == (
        MemberState.JOINED,
        "Mary Ann",
        1979,
        NOW + timedelta(seconds=3),
    )
    assert mary.answers == {"name": "Mary Ann", "born": 1979}
    assert (mary.unread, mary.asked, mary.last_active_at) == (0, None, NOW + timedelta(seconds=3))
    assert {row.state for row in rows(engine, direction="in")} == {"settled"}
    with engine.connect() as conn:
        told = conn.execute(select(news)).one()
    assert (told.leader, told.number, told.state) == ("ada", MARY, "joined")


def test_a_text_is_stored_once_and_answered_once(engine: Engine) -> None:
    lead(engine, **QUESTIONS)
    assert len(put(engine, arrived(1, "hello"), arrived(1, "hello"))) == 1
    assert put(engine, arrived(1, "hello")) == []
    assert hub(engine) == {Outcome.ASKED: 1}
    assert hub(engine) == {}
    assert len(out(engine)) == 1


def test_many_texts_of_many_members_in_one_transaction_keep_their_order(engine: Engine) -> None:
    lead(engine, **QUESTIONS)
    lead(engine, "bob", BOBS, **QUESTIONS)
    both = [(MARY, OURS), (JOHN, OURS), (MARY, BOBS)]
    said = ["hi", "Some One", "1980"]
    put(engine, *(arrived(f"{i}{s}{o}", body, s, o) for i, body in enumerate(said) for s, o in both))
    assert hub(engine) == {Outcome.ASKED: 6, Outcome.JOINED: 3}
    for source, ours in both:
        answers = [row.body for row in out(engine, member=source, our_number=ours)]
        assert [answer.split()[0] for answer in answers] == ["Hi,", "Which", "Thanks,"]


def test_a_member_who_says_an_address_is_linked_to_their_person(engine: Engine) -> None:
    lead(engine, mode="questions", questions=[{"name": "email", "ask": "Your e-mail?", "kind": "email"}])
    say(engine, "hi", "mary@example.org")
    say(engine, "hi", "Mary@Example.org", source=JOHN)
    with engine.connect() as conn:
        person = conn.execute(select(profiles)).one()
    assert member(engine).person == person.id == member(engine, JOHN).person


def test_a_keyword_is_answered_and_tags(engine: Engine) -> None:
    lead(engine)
    with engine.begin() as conn:
        set_keyword(conn, "ada", "Vote!", Keyword("Vote on Tuesday, {name}", "voter"))
    say(engine, "hi")
    assert say(engine, "  VOTE ", "anything else", start=1) == ["Vote on Tuesday, ", ""]
    with engine.connect() as conn:
        assert [tuple(row) for row in conn.execute(select(tags))] == [("ada", "voter", MARY)]
    assert member(engine).unread == 1


# --- opt-out ---------------------------------------------------------------------------------------------------------


def test_an_opt_out_leaves_revokes_and_is_confirmed_once(engine: Engine) -> None:
    lead(engine)
    say(engine, "hi")
    with engine.begin() as conn:
        letters = [Outgoing(f"b{i}", "ada", MARY, OURS, Lane.BROADCAST, "news") for i in range(3)]
        queue(conn, [*letters, Outgoing("other", "ada", JOHN, OURS, Lane.BROADCAST, "news")], NOW)
        # Its broadcast is paused.
        conn.execute(texts.update().where(texts.c.key == "b1").values(state="held"))
    assert stop(engine, arrived("s", "STOP", second=5), arrived("t", "stop", second=6)) == {
        Outcome.OPTED_OUT: 1,
        Outcome.NO_CHANGE: 1,
    }
    waiting = out(engine, state="queued")
    assert [(row.key, row.member, row.lane) for row in waiting] == [
        ("other", JOHN, "broadcast"),
        ("stopped:in:simulated:s", MARY, "confirmation"),
    ]
    # Three texts of a broadcast, and the welcome that had not left yet.
    assert [row.reason for row in out(engine, state="revoked")] == ["the member opted out"] * 4
    assert member(engine).state is MemberState.LEFT
    with engine.connect() as conn:
        assert [row.state for row in conn.execute(select(news).order_by(news.c.id))] == ["joined", "left"]


def test_an_opt_out_that_overtook_takes_back_what_older_texts_would_have_begun(engine: Engine) -> None:
    lead(engine, **QUESTIONS)
    put(engine, arrived(1, "hello"), arrived(2, "Mary", second=1))
    stop(engine, arrived(3, "STOP", second=2))
    assert hub(engine) == {Outcome.FROM_LEFT: 2}
    assert [row.lane for row in out(engine)] == ["confirmation"]
    assert member(engine).unread == 2


def test_an_opt_in_that_is_looked_at_later_than_a_later_opt_out_changes_nothing(engine: Engine) -> None:
    lead(engine)
    say(engine, "hi", "STOP")
    put(engine, arrived("start", "START", second=10))
    stop(engine, arrived("stop", "STOP", second=11))
    assert hub(engine) == {Outcome.NO_CHANGE: 1}
    assert member(engine).state is MemberState.LEFT


def test_who_comes_back_is_a_member_again_and_can_leave_again(engine: Engine) -> None:
    lead(engine)
    answers = say(engine, "hi", "STOP", "start", "STOP")
    assert [answer.split()[0] for answer in answers] == ["You", "You", "Welcome", "You"]
    # The texts that opt-outs found queued were revoked: a confirmation too, if it was of an earlier word.
    assert [row.key for row in out(engine, state="queued")] == [f"stopped:in:simulated:{MARY}-3"]


def test_answers_of_the_same_transaction_are_revoked_too(engine: Engine) -> None:
    lead(engine)
    put(engine, arrived(1, "hi"), arrived(2, "STOP", second=1))
    assert hub(engine) == {Outcome.JOINED: 1, Outcome.OPTED_OUT: 1}
    assert [(row.lane, row.state) for row in out(engine)] == [("answer", "revoked"), ("confirmation", "queued")]


def test_yes_in_the_lane_of_words_waits_for_its_turn_in_the_conversation(engine: Engine) -> None:
    ask = {"name": "ok", "ask": "May we write?", "kind": "yes_no"}
    lead(engine, mode="questions", questions=[ask])
    put(engine, arrived(1, "hello"))
    assert stop(engine, arrived(2, "YES", second=1)) == {}
    assert hub(engine) == {Outcome.ASKED: 1, Outcome.JOINED: 1}


def test_who_wants_no_more_of_anybody_leaves_all_leaders(engine: Engine) -> None:
    lead(engine)
    lead(engine, "bob", BOBS)
    for place, (who, ours) in enumerate([(MARY, OURS), (MARY, BOBS), (JOHN, BOBS)]):
        put(engine, arrived(place, "hi", who, ours))
    hub(engine)
    stop(engine, arrived("all", "STOPALL", second=5))
    states = {
        (who, leader): member(engine, who, leader).state
        for who in (MARY, JOHN)
        for leader in ("ada", "bob")
        if (who, leader) != (JOHN, "ada")
    }
    assert states == {(MARY, "ada"): "left", (MARY, "bob"): "left", (JOHN, "bob"): "joined"}
    assert [(row.leader, row.lane) for row in out(engine, state="queued")] == [
        ("bob", "answer"),
        ("ada", "confirmation"),
    ]
    with engine.connect() as conn:
        left = conn.execute(select(news.c.leader).where(news.c.state == "left").order_by(news.c.leader)).scalars().all()
        line = history(conn, Channel.SMS, MARY)[-1]
    assert left == ["ada", "bob"]
    assert (line.scope, line.state) == (ALL, Said.REVOKED)


def test_consent_is_written_down_with_the_text_that_proves_it(engine: Engine) -> None:
    lead(engine, version="2026-01")
    say(engine, "hi", "please stop texting me", "START")
    with engine.connect() as conn:
        lines = history(conn, Channel.SMS, MARY)
    assert [(line.state, line.scope, line.evidence["text"]) for line in lines] == [
        (Said.GRANTED, "ada", "hi"),
        (Said.REVOKED, "ada", "please stop texting me"),
        (Said.GRANTED, "ada", "START"),
    ]
    assert lines[0].evidence == {
        "text": "hi",
        "text_key": f"in:simulated:{MARY}-0",
        "carrier": "simulated",
        "our_number": OURS,
        "form": "2026-01",
    }


def test_help_is_answered_to_everybody(engine: Engine) -> None:
    lead(engine, contact="Write to help@ada.example.")
    assert stop(engine, arrived(1, "HELP"), arrived(2, "help", JOHN)) == {Outcome.HELPED: 2}
    assert {row.body.partition(" Reply")[0] for row in out(engine)} == {"Ada: Write to help@ada.example."}
    assert {row.lane for row in out(engine)} == {"confirmation"}
